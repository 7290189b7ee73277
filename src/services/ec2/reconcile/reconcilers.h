#pragma once

#include <string>

#include "control/runner.h"
#include "gen/host_network/ports.h"
#include "runtime/blocking.h"
#include "services/ec2/tables.h"

namespace terrarium::ec2 {

// What reconcilers work with.
struct Machine {
  store::Database& database;
  host::NetworkHost& network;
  runtime::Blocking& blocking;
};

// "ec2/vpc/<row key>": a VPC with its subnets, routes, gateway and groups, as one picture.
class VpcReconciler final : public control::Reconciler {
 public:
  explicit VpcReconciler(Machine machine) : machine_(machine) {}
  runtime::Task<Result<control::Settled>> Reconcile(std::string key) override;

 private:
  Machine machine_;
};

// "ec2/eni/<row key>": one interface. A released one keeps its row, and its addresses, until the host has let go.
class EniReconciler final : public control::Reconciler {
 public:
  explicit EniReconciler(Machine machine) : machine_(machine) {}
  runtime::Task<Result<control::Settled>> Reconcile(std::string key) override;

 private:
  Machine machine_;
};

// "ec2/orphans": what the host has and no row asks for goes. Looks again now and then.
class OrphanReconciler final : public control::Reconciler {
 public:
  explicit OrphanReconciler(Machine machine) : machine_(machine) {}
  runtime::Task<Result<control::Settled>> Reconcile(std::string key) override;

 private:
  Machine machine_;
};

class Reconcilers {
 public:
  explicit Reconcilers(Machine machine) : machine_(machine), vpcs_(machine), enis_(machine), orphans_(machine) {}
  // Before the runner starts.
  void AddTo(control::Runner& runner);

 private:
  Machine machine_;
  VpcReconciler vpcs_;
  EniReconciler enis_;
  OrphanReconciler orphans_;
};

}  // namespace terrarium::ec2
