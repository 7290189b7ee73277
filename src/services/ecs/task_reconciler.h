#pragma once

#include <string>

#include "control/reconciler.h"
#include "gen/host_container/ports.h"
#include "runtime/blocking.h"
#include "services/ecs/ops.h"

namespace terrarium::ecs {

// What the host cannot know of a task: where the engine's registry is reached without TLS.
struct TaskSettings {
  bool insecure_registry = true;
};

// Makes one task true: network interface, secrets, log streams, images, containers; watches them, stores their output, and takes all of it away again.
// Keys: "ecs/task/<row key>". One look a half second while it runs: exits and output are read from the host, never from an event that could be missed.
class TaskReconciler final : public control::Reconciler {
 public:
  TaskReconciler(store::Database& database, runtime::Blocking& blocking, host::ContainerHost& host, Neighbours& neighbours, const Clock& clock, Random& random,
                 TaskSettings settings)
      : database_(database), blocking_(blocking), host_(host), neighbours_(neighbours), clock_(clock), random_(random), settings_(settings) {}

  runtime::Task<Result<control::Settled>> Reconcile(std::string key) override;

 private:
  struct Start;
  runtime::Task<Result<control::Settled>> Launch(std::string key);
  runtime::Task<Result<control::Settled>> Watch(std::string key);
  runtime::Task<Result<control::Settled>> Finish(std::string key);
  runtime::Task<Status> CollectOutput(std::string key, std::size_t container);
  Result<Start> Prepare(store::Tx& tx, const std::string& key, Arena& arena);
  // The task as it is now, changed by `change` and saved if that returns true.
  template <class F>
  Status Change(const std::string& key, F change);
  Status FailStart(const std::string& key, std::string reason);
  Scope ScopeOf(store::Tx& tx, Arena& arena, const rows::Task& task) const { return {tx, arena, clock_, random_, task.account.str(), task.region.str()}; }

  store::Database& database_;
  runtime::Blocking& blocking_;
  host::ContainerHost& host_;
  Neighbours& neighbours_;
  const Clock& clock_;
  Random& random_;
  TaskSettings settings_;
};

// Name of a task's container on the host.
std::string HostName(const rows::Task& task, std::size_t container);

}  // namespace terrarium::ecs
