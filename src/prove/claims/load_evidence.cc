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
