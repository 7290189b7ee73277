#pragma once

#include <compare>
#include <coroutine>
#include <cstdint>
#include <functional>
#include <map>

#include "base/clock.h"
#include "base/random.h"

namespace terrarium::runtime {

// Names one pending call of Scheduler::At. Zero is "none".
struct TimerId {
  Millis when{0};
  std::uint64_t tie = 0;
  explicit operator bool() const { return tie != 0; }
  friend auto operator<=>(const TimerId&, const TimerId&) = default;
};

// What runs when a turn ends, in this order. A turn is everything that was ready at once; see Loop.
enum class TurnPhase : unsigned char {
  kCommit,  // make the writes of this turn durable
  kSend,    // let answers leave: nothing that reveals a write goes out before kCommit is over
};

using HookId = std::uint64_t;

// The seam to time, order and chance. Everything asynchronous is built on it, so that a whole control plane runs in a seeded
// simulation. One thread only.
class Scheduler {
 public:
  using Callback = std::move_only_function<void()>;

  virtual ~Scheduler() = default;
  // Monotonic, from an arbitrary start: for waiting, not for rows (those take a Clock).
  virtual Millis Now() const = 0;
  // Calls `f` once, when `when` has come, never from inside At.
  virtual TimerId At(Millis when, Callback f) = 0;
  // Absent or already called is fine.
  virtual void Cancel(TimerId id) = 0;
  virtual terrarium::Random& Random() = 0;

  // `f` is called at the end of every turn in which something happened. The hooks of a phase run in the order of their adding.
  HookId AddTurnHook(TurnPhase phase, Callback f);
  void RemoveTurnHook(HookId id);

  class Sleeper;
  // co_await scheduler.Sleep(d)
  Sleeper Sleep(Millis duration);
  // Lets everything that is due now run first.
  Sleeper Yield();

 protected:
  void RunTurnHooks();

 private:
  std::map<std::pair<TurnPhase, HookId>, Callback> hooks_;
  HookId last_hook_ = 0;
};

class Scheduler::Sleeper {
 public:
  Sleeper(Scheduler& scheduler, Millis duration) : scheduler_(scheduler), duration_(duration) {}
  Sleeper(const Sleeper&) = delete;  // its address is in the queue
  ~Sleeper() {
    if (timer_) scheduler_.Cancel(timer_);
  }
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> waiter) {
    timer_ = scheduler_.At(scheduler_.Now() + duration_, [this, waiter] {
      timer_ = {};
      waiter.resume();
    });
  }
  void await_resume() const noexcept {}

 private:
  Scheduler& scheduler_;
  Millis duration_;
  TimerId timer_{};
};

inline Scheduler::Sleeper Scheduler::Sleep(Millis duration) { return {*this, duration}; }
inline Scheduler::Sleeper Scheduler::Yield() { return {*this, Millis{0}}; }

// Virtual time. Each step runs the earliest call; among those due at one instant the seed picks. Equal seeds give equal runs.
class SimScheduler final : public Scheduler {
 public:
  explicit SimScheduler(std::uint64_t seed) : random_(seed), clock_(*this) {}
  Millis Now() const override { return now_; }
  TimerId At(Millis when, Callback f) override;
  void Cancel(TimerId id) override { queue_.erase(id); }
  terrarium::Random& Random() override { return random_; }

  // Runs one call and the turn's hooks, moving time to it. False if nothing waits.
  bool Step();
  // Steps until nothing waits or `limit` calls ran; true in the first case.
  bool RunUntilIdle(std::size_t limit = 1'000'000);
  // Runs all that is due within `duration`; time is then exactly that much later.
  void RunFor(Millis duration);
  std::size_t pending() const { return queue_.size(); }
  // Wall clock that goes with virtual time.
  const Clock& clock() const { return clock_; }

 private:
  class SimClock final : public Clock {
   public:
    explicit SimClock(const SimScheduler& s) : scheduler_(s) {}
    UnixMillis Now() const override { return 1'700'000'000'000 + scheduler_.now_.count(); }

   private:
    const SimScheduler& scheduler_;
  };

  SeededRandom random_;
  Millis now_{0};
  std::map<TimerId, Callback> queue_;
  SimClock clock_;
};

}  // namespace terrarium::runtime
