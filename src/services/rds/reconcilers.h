#pragma once

#include <string>

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
  Result<Plan*> Prepare(store::Tx& tx, const std::string& row_key, Arena& arena);
  runtime::Task<Result<control::Settled>> Run(std::string row_key);
  runtime::Task<Result<control::Settled>> Remove(std::string row_key);
  Machine machine_;
};

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
  explicit Reconcilers(Machine machine) : machine_(machine), instances_(machine), engines_(machine) {}
  // Before the runner starts.
  void AddTo(control::Runner& runner);

 private:
  Machine machine_;
  InstanceReconciler instances_;
  EnginesReconciler engines_;
};

}  // namespace terrarium::rds
