#include "runtime/scheduler.h"

#include <algorithm>

namespace terrarium::runtime {

HookId Scheduler::AddTurnHook(TurnPhase phase, Callback f) {
  hooks_.emplace(std::pair{phase, ++last_hook_}, std::move(f));
  return last_hook_;
}

void Scheduler::RemoveTurnHook(HookId id) {
  hooks_.erase({TurnPhase::kCommit, id});
  hooks_.erase({TurnPhase::kSend, id});
}

void Scheduler::RunTurnHooks() {
  for (auto it = hooks_.begin(); it != hooks_.end();) {
    const auto key = it->first;
    it->second();
    it = hooks_.upper_bound(key);  // a hook may add or remove other hooks
  }
}

TimerId SimScheduler::At(Millis when, Callback f) {
  TimerId id{std::max(when, now_), 0};
  do {
    id.tie = random_.Next();
  } while (id.tie == 0 || queue_.contains(id));
  queue_.emplace(id, std::move(f));
  return id;
}

bool SimScheduler::Step() {
  if (queue_.empty()) return false;
  auto node = queue_.extract(queue_.begin());
  now_ = std::max(now_, node.key().when);
  node.mapped()();
  RunTurnHooks();
  return true;
}

bool SimScheduler::RunUntilIdle(std::size_t limit) {
  for (; limit > 0; --limit) {
    if (!Step()) return true;
  }
  return queue_.empty();
}

void SimScheduler::RunFor(Millis duration) {
  const Millis end = now_ + duration;
  while (!queue_.empty() && queue_.begin()->first.when <= end) Step();
  now_ = end;
}

}  // namespace terrarium::runtime
