#pragma once

#include <coroutine>

#include "runtime/scheduler.h"
#include "runtime/task.h"

namespace terrarium::runtime {

// Owns root tasks. They start through the scheduler, never inside Spawn, and are destroyed (cancelled) with the scope. An exception
// that leaves a root ends the process: roots catch BugError themselves where they are a boundary.
class Scope {
 public:
  explicit Scope(Scheduler& scheduler) : scheduler_(scheduler) {}
  Scope(const Scope&) = delete;
  ~Scope() { Clear(); }

  void Spawn(Task<> task);
  // Cancels every task now. Not from inside one of them.
  void Clear();
  std::size_t live() const { return live_; }

 private:
  struct Root {
    struct promise_type {
      Scope* scope;
      TimerId start{};
      promise_type* next = nullptr;
      promise_type** back = nullptr;

      promise_type(Task<>&, Scope* owner) : scope(owner) {}
      ~promise_type();
      Root get_return_object() { return {std::coroutine_handle<promise_type>::from_promise(*this)}; }
      std::suspend_always initial_suspend() const noexcept { return {}; }
      std::suspend_never final_suspend() const noexcept { return {}; }
      void return_void() const noexcept {}
      [[noreturn]] void unhandled_exception() const;
    };
    std::coroutine_handle<promise_type> handle;
  };
  static Root Run(Task<> task, Scope* owner);

  Scheduler& scheduler_;
  Root::promise_type* first_ = nullptr;
  std::size_t live_ = 0;
};

}  // namespace terrarium::runtime
