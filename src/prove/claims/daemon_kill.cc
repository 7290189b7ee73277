#include <algorithm>

#include "prove/claims/claims.h"
#include "prove/daemons.h"
#include "prove/waiting.h"
#include "prove/words.h"

namespace terrarium::prove {
namespace {

constexpr int kRounds = 3;

}  // namespace

// Both daemons are killed and started again, several times, under load: what runs is adopted, the same processes and the same tasks.
Result<Finding> ProveDaemonKill(Context& context) {
  TRY_ASSIGN(const ServiceState before, SteadyService(context));
  const std::string prefix = "trm-" + context.stack.options().instance + "-";
  TRY_ASSIGN(Daemons daemons, Daemons::Find(context.stack.options().run_dir, context.stack.options().instance));
  TRY_ASSIGN(const auto tasks_before, context.stack.Tasks());
  TRY_ASSIGN(const auto processes_before, ProcessesIn(prefix));
  TRY_ASSIGN(LoadOptions options, context.stack.Load(context.rate));
  TRY_ASSIGN(options.rate, BearableRate(context, options));
  TRY_ASSIGN(auto load, LoadClient::Start(options));
  Finding finding;
  double worst = 0;
  Json::Array seconds;
  for (int round = 0; round < kRounds && !context.interrupted(); ++round) {
    context.sleep(Millis{500 + static_cast<std::int64_t>(context.random.Next() % 1'000)});
    context.progress("kill " + std::to_string(round + 1) + " of " + std::to_string(kRounds));
    TRY(daemons.Kill());
    const Stopwatch since;
    TRY(daemons.Restart());
    TRY_ASSIGN([[maybe_unused]] const double answered, Await(context, "an answer of the restarted engine", Millis{60'000}, [&]() -> Result<bool> {
      TRY_ASSIGN(const ServiceState now, context.stack.Service());
      return now.desired == before.desired;
    }, Outage::kIsExpected));
    worst = std::max(worst, since.Seconds());
    seconds.push_back(Json(since.Seconds()));
    TRY_ASSIGN([[maybe_unused]] const double steady, Await(context, "a steady service after the restart", Millis{60'000}, [&]() -> Result<bool> {
      TRY_ASSIGN(const ServiceState now, context.stack.Service());
      return now.Steady();
    }, Outage::kIsExpected));
  }
  // The reconcilers have looked at every row since: what they would replace, they have replaced by now.
  context.sleep(Millis{2'000});
  const LoadReport report = load->Stop();
  TRY_ASSIGN(const auto tasks_after, context.stack.Tasks());
  TRY_ASSIGN(const auto processes_after, ProcessesIn(prefix));

  for (const auto& task : tasks_before) {
    const auto it = std::ranges::find(tasks_after, task.arn, &TaskState::arn);
    if (it == tasks_after.end() || it->started_at != task.started_at || it->last_status != task.last_status) finding.evidence.push_back("task " + task.arn + " was not kept");
  }
  std::size_t kept = 0;
  for (const auto& process : processes_before) {
    if (std::ranges::find(processes_after, process) != processes_after.end()) {
      ++kept;
    } else if (!process.program.empty() && (process.program == "terrarium-node" || process.program == "haproxy" || process.program == "mysqld")) {
      finding.evidence.push_back(process.program + " (pid " + std::to_string(process.pid) + ") was not kept");
    }
  }
  for (const auto& task : tasks_before) {
    const auto here = [&](const ProcessId& p) { return std::ranges::find(processes_before, p) != processes_before.end(); };
    const auto first = FirstProcessOf(prefix + task.interface_id);
    if (!first || !here(*first)) finding.evidence.push_back("the container of " + task.arn + " was not kept");
  }
  finding.experiment = std::to_string(kRounds) + " times SIGKILL of terrariumd and terrarium-host, restarted, at " + Grouped(static_cast<std::uint64_t>(options.rate)) + "/s";
  finding.limit = "0 failed, same tasks and pids";
  const std::string adopted = std::to_string(tasks_before.size()) + " tasks and " + std::to_string(kept) + " of " + std::to_string(processes_before.size()) + " processes kept; answers again after " + Seconds(worst) + " at worst; ";
  finding.measured = adopted + Describe(report);
  finding.values = ValuesOf(report);
  finding.values.Set("restart_seconds", Json(std::move(seconds)));
  finding.values.Set("processes_before", static_cast<std::int64_t>(processes_before.size()));
  finding.values.Set("processes_kept", static_cast<std::int64_t>(kept));
  const bool adopted_all = finding.evidence.empty();
  AddFailures(finding, report);
  finding.verdict = adopted_all && report.failed == 0 && report.ok > 0 ? (KeptItsRate(report) ? Verdict::kProved : Verdict::kFailed) : Verdict::kRefuted;
  return finding;
}

}  // namespace terrarium::prove
