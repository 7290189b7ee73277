#pragma once

#include <set>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/random.h"
#include "control/runner.h"
#include "crypto/root_key.h"
#include "gen/host_database/ports.h"
#include "runtime/blocking.h"
#include "services/rds/tables.h"

namespace terrarium::rds {

struct Machine {
  store::Database& database;
  host::DatabaseHost& host;
  runtime::Blocking& blocking;
  const crypto::RootKey& root;
  const Clock& clock;
  Random& random;
};

// "rds/instance/<row key>": the server of one instance, its parameters and its master password.
class InstanceReconciler final : public control::Reconciler {
 public:
  explicit InstanceReconciler(Machine machine) : machine_(machine) {}
  runtime::Task<Result<control::Settled>> Reconcile(std::string key) override;

 private:
  struct Plan;
  struct Seen {
    bool pending = false;  // something waits for the next start
    UnixMillis started_at = 0;
  };
  Result<Plan*> Prepare(store::Tx& tx, const std::string& row_key, Arena& arena);
  runtime::Task<Status> Serve(const Plan& plan, Seen& seen, Arena& arena);
  runtime::Task<Status> TakeSnapshots(const rows::Instance& row, bool final, Arena& arena);
  runtime::Task<Status> TakeFinalSnapshot(std::string row_key);
  runtime::Task<Result<control::Settled>> Stop(std::string row_key);
  runtime::Task<Result<control::Settled>> Run(std::string row_key);
  runtime::Task<Result<control::Settled>> Remove(std::string row_key);
  Machine machine_;
};

// "rds/snapshot/<row key>": takes one that was deleted off the machine. Taking it is its instance's work.
class SnapshotReconciler final : public control::Reconciler {
 public:
  explicit SnapshotReconciler(Machine machine) : machine_(machine) {}
  runtime::Task<Result<control::Settled>> Reconcile(std::string key) override;

 private:
  Machine machine_;
};

// "rds/orphans": what was removed and is on the machine again.
class OrphanReconciler final : public control::Reconciler {
 public:
  explicit OrphanReconciler(Machine machine) : machine_(machine) {}
  runtime::Task<Result<control::Settled>> Reconcile(std::string key) override;

 private:
  Machine machine_;
  std::set<std::string> named_{};  // each is named once
};
// Remembers that a server or a snapshot was removed on request.
void Bury(store::Tx& tx, Str host_name, UnixMillis now);

// "rds/engines": which versions the host can run, kept as rows for the operations.
class EnginesReconciler final : public control::Reconciler {
 public:
  explicit EnginesReconciler(Machine machine) : machine_(machine) {}
  runtime::Task<Result<control::Settled>> Reconcile(std::string key) override;

 private:
  Machine machine_;
};

class Reconcilers {
 public:
  explicit Reconcilers(Machine machine) : machine_(machine), instances_(machine), snapshots_(machine), engines_(machine), orphans_(machine) {}
  // Before the runner starts.
  void AddTo(control::Runner& runner);

 private:
  Machine machine_;
  InstanceReconciler instances_;
  SnapshotReconciler snapshots_;
  EnginesReconciler engines_;
  OrphanReconciler orphans_;
};

}  // namespace terrarium::rds
