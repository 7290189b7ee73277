#pragma once

#include <deque>
#include <optional>
#include <string>
#include <unordered_set>

namespace terrarium::control {

// Keys waiting to be reconciled, for one thread. A key is queued at most once and is never handed to two workers.
// Adding a key that is being worked on makes it run once more after Done().
class WorkQueue {
 public:
  void Add(std::string key) {
    if (!dirty_.insert(key).second || busy_.contains(key)) return;
    ready_.push_back(std::move(key));
  }
  std::optional<std::string> Take() {
    if (ready_.empty()) return std::nullopt;
    std::string key = std::move(ready_.front());
    ready_.pop_front();
    dirty_.erase(key);
    busy_.insert(key);
    return key;
  }
  void Done(const std::string& key) {
    busy_.erase(key);
    if (dirty_.contains(key)) ready_.push_back(key);
  }
  std::size_t waiting() const { return ready_.size(); }
  std::size_t busy() const { return busy_.size(); }

 private:
  std::deque<std::string> ready_;
  std::unordered_set<std::string> dirty_;
  std::unordered_set<std::string> busy_;
};

}  // namespace terrarium::control
