#pragma once

#include <map>
#include <string>
#include <vector>

#include "control/reconciler.h"
#include "control/work_queue.h"
#include "runtime/scheduler.h"
#include "runtime/scope.h"
#include "store/database.h"

namespace terrarium::control {

// What `why` shows of a key.
struct Progress {
  std::string key;
  std::int64_t generation = 0;
  std::int64_t observed = 0;
  std::int64_t attempts = 0;
  std::string error;
  bool settled() const { return generation == observed; }
};

// Hands touched keys to their reconcilers, one worker a key, `most` at a time. The database is the queue: a key is pending while generation differs from
// observed, so a restart loses nothing.
class Runner {
 public:
  Runner(runtime::Scheduler& scheduler, store::Database& database, const Clock& clock, std::size_t most = 32);
  Runner(const Runner&) = delete;
  // Drops what runs and what waits; the rows still say what is pending.
  ~Runner();

  // Keys that start with `prefix` ("ec2/vpc/") go to this reconciler. Before Start.
  void Add(std::string prefix, Reconciler& reconciler);
  // The key is also run soon after rows of that table ("ec2_eni") changed: for what is made from rows that are not its own. Changes that come
  // close together wake it once. Before Start.
  void Follow(std::string table, std::string key) { followed_.emplace_back(std::move(table), std::move(key)); }
  // From now on commits wake reconcilers. Every known key runs once: what is pending goes first, the rest looks for drift.
  void Start();
  // Runs the key soon, though nothing was asked: a container ended, a health check changed.
  void Wake(std::string key) { Enqueue(std::move(key)); }

  std::vector<Progress> Unsettled();
  bool idle() const { return queue_.waiting() == 0 && queue_.busy() == 0; }

 private:
  void Enqueue(std::string key);
  void Pump();
  runtime::Task<> Work(std::string key);
  runtime::Task<Result<Settled>> RunCaught(std::string key, Reconciler& reconciler);
  void EnqueueAfter(std::string key, Millis delay);
  Millis BackOff(std::int64_t attempts);
  Reconciler* FindReconciler(const std::string& key) const;

  runtime::Scheduler& scheduler_;
  store::Database& database_;
  const Clock& clock_;
  const std::size_t most_;
  std::vector<std::pair<std::string, Reconciler*>> reconcilers_;
  std::vector<std::pair<std::string, std::string>> followed_;  // table, key
  WorkQueue queue_;
  std::map<std::string, runtime::TimerId> timers_;  // at most one a key, the earliest
  runtime::Scope workers_;
  bool started_ = false;
};

}  // namespace terrarium::control
