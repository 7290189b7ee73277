#include <algorithm>
#include <cstdio>

#include "prove/claims/claims.h"
#include "prove/waiting.h"
#include "prove/words.h"

namespace terrarium::prove {

Result<ServiceState> SteadyService(Context& context) {
  ServiceState state;
  TRY_ASSIGN([[maybe_unused]] const double took, Await(context, "a steady service " + context.stack.name(), Millis{120'000}, [&]() -> Result<bool> {
    TRY_ASSIGN(state, context.stack.Service());
    return state.Steady();
  }));
  if (state.desired == 0) return Fail(ErrorKind::kConflict, "the service " + context.stack.name() + " is to have no task: there is nothing to prove it with (release an image first)");
  return state;
}

Result<double> BearableRate(Context& context, const LoadOptions& options) {
  constexpr double kSteps = 128, kCalm = 1'000;  // ms of p99
  // From below: a load that is too high fails health checks, and that would replace the very tasks which are to be looked at.
  double calm = 0;
  for (double rate = context.rate / kSteps; context.bearable == 0; rate = std::min(context.rate, rate * 2)) {
    LoadOptions now = options;
    now.rate = rate;
    TRY_ASSIGN(auto load, LoadClient::Start(now));
    context.sleep(Millis{2'000});
    const LoadReport report = load->Stop();
    if (report.failed != 0 || report.ok == 0 || report.p99_ms > kCalm) {
      if (calm == 0) return Fail(ErrorKind::kConflict, "the site at 127.0.0.1:" + std::to_string(options.port) + options.path + " does not bear any load before something is disturbed: " + Describe(report));
      context.bearable = calm / 2;
      context.progress("at " + std::to_string(static_cast<int>(rate)) + " requests a second this site is at its limit by itself; the load is " + std::to_string(static_cast<int>(context.bearable)));
      // The service may have lost a health check to that.
      TRY_ASSIGN([[maybe_unused]] const ServiceState steady, SteadyService(context));
      break;
    }
    calm = rate;
    if (rate >= context.rate) context.bearable = rate;
    if (context.interrupted()) return Fail(ErrorKind::kConflict, "interrupted");
  }
  return context.bearable;
}

Json ValuesOf(const LoadReport& report) {
  Json reasons{Json::Object{}};
  for (const auto& [reason, count] : report.reasons) reasons.Set(reason, static_cast<std::int64_t>(count));
  return Object({{"sent", static_cast<std::int64_t>(report.sent)}, {"ok", static_cast<std::int64_t>(report.ok)}, {"failed", static_cast<std::int64_t>(report.failed)}, {"reasons", std::move(reasons)},
                 {"connections", static_cast<std::int64_t>(report.connections)}, {"seconds", report.seconds}, {"p50_ms", report.p50_ms}, {"p99_ms", report.p99_ms},
                 {"max_ms", report.max_ms}, {"client_late_ms", report.late_ms}});
}

void AddFailures(Finding& finding, const LoadReport& report) {
  for (const auto& [reason, count] : report.reasons) finding.evidence.push_back(Grouped(count) + " x " + reason);
  const std::size_t most = 10;
  for (std::size_t i = 0; i < report.first.size() && i < most; ++i)
    finding.evidence.push_back("at " + Seconds(static_cast<double>(report.first[i].at.count()) / 1000) + " of the load: " + report.first[i].reason);
  if (!KeptItsRate(report)) {
    char text[96];
    std::snprintf(text, sizeof text, "the client itself was up to %.0f ms late: this machine is too busy for this rate", report.late_ms);
    finding.evidence.emplace_back(text);
  }
}

bool KeptItsRate(const LoadReport& report) { return report.late_ms < 1'000; }

}  // namespace terrarium::prove
