#pragma once

#include <string>

#include "control/reconciler.h"
#include "services/ecs/ops.h"

namespace terrarium::ecs {

// Keeps a service's count: starts and stops tasks, registers targets, counts failures, rolls back. Rows and neighbours only; tasks are made true by their own
// reconciler. Keys: "ecs/service/<row key>".
class ServiceReconciler final : public control::Reconciler {
 public:
  ServiceReconciler(store::Database& database, Neighbours& neighbours, const Clock& clock, Random& random)
      : database_(database), neighbours_(neighbours), clock_(clock), random_(random) {}

  runtime::Task<Result<control::Settled>> Reconcile(std::string key) override;

 private:
  Result<control::Settled> Turn(store::Tx& tx, Arena& arena, const std::string& key);

  store::Database& database_;
  Neighbours& neighbours_;
  const Clock& clock_;
  Random& random_;
};

// The service's deployment of that content; it becomes the PRIMARY one.
rows::Deployment& PutDeployment(const Scope& scope, rows::Service& service, const rows::Deployment& content);
void AddEvent(const Scope& scope, rows::Service& service, std::string message);

}  // namespace terrarium::ecs
