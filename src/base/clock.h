#pragma once

#include <chrono>
#include <cstdint>

namespace terrarium {

using Millis = std::chrono::milliseconds;

// Milliseconds since 1970-01-01 UTC: what rows, wire and logs carry.
using UnixMillis = std::int64_t;

// The world's time. Only base and runtime read the system's clocks; everything else is handed one of these.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual UnixMillis Now() const = 0;
};

class SystemClock final : public Clock {
 public:
  UnixMillis Now() const override;
};

// A clock that a test moves by hand.
class FakeClock final : public Clock {
 public:
  explicit FakeClock(UnixMillis now = 1'700'000'000'000) : now_(now) {}
  UnixMillis Now() const override { return now_; }
  void Advance(Millis by) { now_ += by.count(); }
  void Set(UnixMillis now) { now_ = now; }

 private:
  UnixMillis now_;
};

}  // namespace terrarium
