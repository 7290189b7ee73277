#pragma once

#include <coroutine>

#include "runtime/scheduler.h"

namespace terrarium::runtime {

// One waiter, any number of Raise: a task waits for "something changed". A raise with nobody waiting is remembered, once.
class Signal {
 public:
  explicit Signal(Scheduler& scheduler) : scheduler_(scheduler) {}
  Signal(const Signal&) = delete;
  ~Signal() { scheduler_.Cancel(wake_); }

  void Raise() {
    raised_ = true;
    if (waiter_ == nullptr || wake_) return;
    wake_ = scheduler_.At(scheduler_.Now(), [this] {  // never inline from the one who raises
      wake_ = {};
      Waiter* waiter = waiter_;
      if (waiter == nullptr) return;
      raised_ = false;
      waiter_ = nullptr;
      waiter->handle.resume();
    });
  }

  struct Waiter {
    explicit Waiter(Signal& s) : signal(s) {}
    Waiter(const Waiter&) = delete;
    ~Waiter() {
      if (signal.waiter_ == this) signal.waiter_ = nullptr;
    }
    bool await_ready() const noexcept {
      if (!signal.raised_) return false;
      signal.raised_ = false;
      return true;
    }
    void await_suspend(std::coroutine_handle<> h) noexcept {
      handle = h;
      signal.waiter_ = this;
    }
    void await_resume() const noexcept {}
    Signal& signal;
    std::coroutine_handle<> handle{};
  };
  // co_await signal.Wait(); at most one task at a time.
  Waiter Wait() { return Waiter(*this); }

 private:
  Scheduler& scheduler_;
  Waiter* waiter_ = nullptr;
  TimerId wake_{};
  bool raised_ = false;
};

}  // namespace terrarium::runtime
