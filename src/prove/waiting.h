#pragma once

#include <chrono>
#include <string>

#include "prove/claim.h"

namespace terrarium::prove {

// Since it was made, in seconds of the monotonic clock.
class Stopwatch {
 public:
  double Seconds() const { return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count(); }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

enum class Outage : unsigned char { kIsAnError, kIsExpected };

// Looks every 50 ms until `look` (Result<bool>) says true: the seconds that it took. kUnavailable with "<what> did not come about" after
// `longest`; kConflict when interrupted. With Outage::kIsExpected an API that does not answer is looked at again.
template <class Look>
Result<double> Await(Context& context, const std::string& what, Millis longest, Look look, Outage outage = Outage::kIsAnError) {
  const Stopwatch watch;
  std::string last;
  for (;;) {
    Result<bool> seen = look();
    if (!seen && (outage == Outage::kIsAnError || !seen.error().code.empty())) return std::unexpected(std::move(seen).error());
    if (seen && *seen) return watch.Seconds();
    last = seen ? std::string() : ": " + seen.error().message;
    if (context.interrupted()) return Fail(ErrorKind::kConflict, "interrupted while waiting for " + what);
    if (watch.Seconds() * 1000 > static_cast<double>(longest.count()))
      return Fail(ErrorKind::kUnavailable, what + " did not come about within " + std::to_string(longest.count() / 1000) + " s" + last);
    context.sleep(Millis{50});
  }
}

}  // namespace terrarium::prove
