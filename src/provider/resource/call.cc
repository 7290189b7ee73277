#include "provider/resource/call.h"

#include <algorithm>

namespace terrarium::provider {

using std::chrono_literals::operator""ms;

namespace {
constexpr auto kFirstGap = 50ms;
constexpr auto kLongestGap = 1000ms;
}  // namespace

bool HasCode(const Error& error, Codes codes) { return std::ranges::find(codes, error.code) != codes.end(); }

Result<Object> Call::Api(std::string_view service, std::string_view operation, const Object& request) {
  return RetryOn({}, service, operation, request);
}

Result<std::optional<Value>> Call::Find(std::string_view service, std::string_view operation, const Object& request,
                                        std::string_view member, Codes gone) {
  auto answer = Api(service, operation, request);
  if (!answer && HasCode(answer.error(), gone)) return std::nullopt;
  if (!answer) return std::unexpected(std::move(answer).error());
  const Value& found = At(*answer, member);
  if (found.If<Object>()) return std::optional(found);
  if (found.Items().empty()) return std::nullopt;
  return std::optional(found.Items()[0]);
}

Result<void> Call::Tolerate(std::string_view service, std::string_view operation, const Object& request, Codes fine) {
  auto answer = Api(service, operation, request);
  if (answer || HasCode(answer.error(), fine)) return {};
  return std::unexpected(std::move(answer).error());
}

Result<Object> Call::RetryOn(Codes codes, std::string_view service, std::string_view operation,
                             const Object& request) {
  for (auto gap = kFirstGap;; gap = std::min(2 * gap, kLongestGap)) {
    if (world_.stop.IsRaised()) return Fail(ErrorKind::kUnavailable, std::string(operation) + ": interrupted");
    auto answer = world_.cloud.Call(region, service, operation, request);
    if (answer || world_.clock.Now() >= deadline_) return answer;
    if (!HasCode(answer.error(), codes) && answer.error().code != "ServiceUnavailable") return answer;
    world_.stop.WaitFor(gap);
  }
}

Result<void> Call::Remove(std::string_view service, std::string_view operation, const Object& request, Codes gone,
                          Codes busy) {
  auto answer = RetryOn(busy, service, operation, request);
  if (answer || HasCode(answer.error(), gone)) return {};
  return std::unexpected(std::move(answer).error());
}

Result<void> Call::WaitUntil(std::string_view what, const std::function<Result<bool>()>& done) const {
  for (auto gap = kFirstGap;; gap = std::min(2 * gap, kLongestGap)) {
    if (world_.stop.IsRaised()) return Fail(ErrorKind::kUnavailable, std::string(what) + ": interrupted");
    TRY_ASSIGN(const bool is_done, done());
    if (is_done) return {};
    if (world_.clock.Now() >= deadline_)
      return Fail(ErrorKind::kUnavailable, std::string(what) + ": timeout; raise it in the timeouts block");
    world_.stop.WaitFor(gap);
  }
}

}  // namespace terrarium::provider
