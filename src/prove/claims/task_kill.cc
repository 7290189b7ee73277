#include <signal.h>

#include <algorithm>
#include <cerrno>
#include <optional>

#include "prove/claims/claims.h"
#include "prove/daemons.h"
#include "prove/waiting.h"
#include "prove/words.h"

namespace terrarium::prove {
namespace {

constexpr Millis kLongest{60'000};

}  // namespace

// One task's first process is killed: the task stops, a new one takes its place and becomes healthy.
Result<Finding> ProveTaskKill(Context& context) {
  TRY_ASSIGN(const ServiceState before, SteadyService(context));
  TRY_ASSIGN(const auto tasks, context.stack.Tasks());
  if (tasks.empty()) return Fail(ErrorKind::kConflict, "the service has no task");
  const TaskState victim = tasks[context.random.Next() % tasks.size()];
  TRY_ASSIGN(const ProcessId process, FirstProcessOf("trm-" + context.stack.options().instance + "-" + victim.interface_id));
  TRY_ASSIGN(LoadOptions options, context.stack.Load(context.rate));
  TRY_ASSIGN(options.rate, BearableRate(context, options));
  TRY_ASSIGN(auto load, LoadClient::Start(options));
  context.sleep(Millis{1'000});
  context.progress("SIGKILL to " + process.program + " of task " + victim.arn.substr(victim.arn.rfind('/') + 1));
  if (::kill(process.pid, SIGKILL) != 0) return SystemFail("SIGKILL to the task's process", errno);
  const Stopwatch since;
  std::optional<double> noticed, running, healthy;
  TaskState ended{};
  const auto whole = Await(context, "a healthy task in place of the killed one", kLongest, [&]() -> Result<bool> {
    if (!noticed) {
      TRY_ASSIGN(const TaskState now, context.stack.Task(victim.arn));
      if (now.last_status == "RUNNING") return false;
      noticed = since.Seconds();
    }
    TRY_ASSIGN(const auto all, context.stack.Tasks());
    std::vector<std::string> fresh;
    for (const auto& task : all) {
      const bool is_new = std::ranges::find(tasks, task.arn, &TaskState::arn) == tasks.end();
      if (is_new && task.last_status == "RUNNING") fresh.push_back(task.address);
    }
    if (fresh.empty()) return false;
    if (!running) running = since.Seconds();
    TRY_ASSIGN(const auto targets, context.stack.Targets());
    const auto is_healthy = [&](const std::string& address) { return std::ranges::find(targets, std::pair<std::string, std::string>(address, "healthy")) != targets.end(); };
    if (!std::ranges::any_of(fresh, is_healthy)) return false;
    healthy = since.Seconds();
    TRY_ASSIGN(const ServiceState now, context.stack.Service());
    return now.running == before.desired;
  });
  const LoadReport report = load->Stop();
  if (const auto now = context.stack.Task(victim.arn)) ended = *now;

  Finding finding;
  finding.experiment = "SIGKILL of 1 of " + std::to_string(before.desired) + " tasks at " + Grouped(static_cast<std::uint64_t>(options.rate)) + "/s";
  finding.limit = "healthy in 60 s; failures counted";
  if (whole) {
    finding.measured = "noticed after " + Seconds(*noticed) + ", new task RUNNING after " + Seconds(*running) + ", healthy after " + Seconds(*healthy) + "; " + Grouped(report.failed) + " of " +
                       Grouped(report.sent) + " requests failed";
  } else {
    finding.measured = whole.error().message;
  }
  finding.values = ValuesOf(report);
  if (noticed) finding.values.Set("noticed_seconds", *noticed);
  if (running) finding.values.Set("running_seconds", *running);
  if (healthy) finding.values.Set("healthy_seconds", *healthy);
  finding.values.Set("stopped_reason", ended.stopped_reason);
  finding.verdict = whole ? Verdict::kProved : Verdict::kRefuted;
  if (ended.last_status == "STOPPED" && ended.stop_code.empty()) {
    finding.evidence.push_back("the killed task says no reason why it stopped");
    finding.verdict = Verdict::kRefuted;
  }
  AddFailures(finding, report);
  return finding;
}

}  // namespace terrarium::prove
