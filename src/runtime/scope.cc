#include "runtime/scope.h"

#include <exception>

#include "base/log.h"

namespace terrarium::runtime {

Scope::Root::promise_type::~promise_type() {
  if (start) scope->scheduler_.Cancel(start);
  if (back == nullptr) return;
  *back = next;
  if (next != nullptr) next->back = back;
  --scope->live_;
}

void Scope::Root::promise_type::unhandled_exception() const {
  try {
    throw;
  } catch (const std::exception& e) {  // a boundary: the process ends here, with the reason in its log
    LogError("runtime", e.what());
  } catch (...) {
    LogError("runtime", "a root task ended by an unknown exception");
  }
  std::terminate();
}

Scope::Root Scope::Run(Task<> task, Scope*) { co_await task; }

void Scope::Spawn(Task<> task) {
  Root root = Run(std::move(task), this);
  auto& promise = root.handle.promise();
  promise.next = first_;
  if (first_ != nullptr) first_->back = &promise.next;
  promise.back = &first_;
  first_ = &promise;
  ++live_;
  promise.start = scheduler_.At(scheduler_.Now(), [handle = root.handle] {
    handle.promise().start = {};
    handle.resume();
  });
}

void Scope::Clear() {
  while (first_ != nullptr) std::coroutine_handle<Root::promise_type>::from_promise(*first_).destroy();
}

}  // namespace terrarium::runtime
