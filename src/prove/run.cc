#include "prove/run.h"

#include <cstdio>
#include <cstdlib>
#include <thread>

#include "base/text.h"
#include "prove/waiting.h"

namespace terrarium::prove {
namespace {

std::string Machine() {
  double load[1] = {0};
  char text[64];
  if (::getloadavg(load, 1) == 1) {
    std::snprintf(text, sizeof text, "%u cores, load %.1f", std::thread::hardware_concurrency(), load[0]);
  } else {
    std::snprintf(text, sizeof text, "%u cores", std::thread::hardware_concurrency());
  }
  return text;
}

}  // namespace

Result<Report> Run(Context& context, const RunOptions& options, const std::function<void(const Row&)>& done) {
  std::vector<const Claim*> chosen;
  for (const auto& claim : Claims())
    if (options.names.empty()) chosen.push_back(&claim);
  for (const auto& name : options.names) {
    const Claim* found = nullptr;
    for (const auto& claim : Claims())
      if (claim.name == name) found = &claim;
    if (!found) return Fail(ErrorKind::kInvalid, "there is no claim \"" + Printable(name) + "\"");
    chosen.push_back(found);
  }
  Report report{.version = options.version, .stack = context.stack.name(), .machine = Machine(), .seed = options.seed, .started = context.clock.Now()};
  for (const Claim* claim : chosen) {
    Row row{.name = std::string(claim->name), .promise = std::string(claim->promise)};
    const Stopwatch watch;
    if (claim->disposable && !options.disposable) {
      row.finding = {.verdict = Verdict::kNotRun, .experiment = "destroys the stack", .measured = "not run: needs --disposable"};
    } else if (context.interrupted()) {
      row.finding = {.verdict = Verdict::kNotRun, .experiment = "–", .measured = "not run: interrupted"};
    } else {
      context.progress(claim->name);
      auto finding = claim->run(context);
      row.finding = finding ? std::move(*finding) : Finding{.verdict = Verdict::kFailed, .experiment = "could not be carried out", .measured = finding.error().message};
    }
    // What an experiment that was cut short saw is no finding.
    if (context.interrupted() && row.finding.verdict == Verdict::kRefuted) {
      row.finding.verdict = Verdict::kFailed;
      row.finding.evidence.insert(row.finding.evidence.begin(), "interrupted");
    }
    row.seconds = watch.Seconds();
    done(row);
    report.rows.push_back(std::move(row));
  }
  return report;
}

}  // namespace terrarium::prove
