#pragma once

#include <string>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "control/reconciler.h"
#include "gen/host_proxy/ports.h"
#include "runtime/blocking.h"
#include "services/elbv2/tables.h"

namespace terrarium::elbv2 {

// Makes one load balancer true: a proxy on the interface in each of its subnets. Keys: "elbv2/lb/<row key>".
// One look a second while it lives: what the proxies' health checks say is read from the host, and becomes the targets' states. A target is
// healthy when every proxy says so; states that only one proxy knows count as the worse one.
class LoadBalancerReconciler final : public control::Reconciler {
 public:
  LoadBalancerReconciler(store::Database& database, runtime::Blocking& blocking, host::ProxyHost& host, const Clock& clock, Random& random)
      : database_(database), blocking_(blocking), host_(host), clock_(clock), random_(random) {}

  runtime::Task<Result<control::Settled>> Reconcile(std::string key) override;

 private:
  struct Plan;
  Plan Read(store::Tx& tx, const std::string& key, Arena& arena);
  void StoreHealth(store::Tx& tx, const Plan& plan);
  void StoreState(store::Tx& tx, const std::string& key, const Plan& plan, std::string_view state, std::string_view reason);

  store::Database& database_;
  runtime::Blocking& blocking_;
  host::ProxyHost& host_;
  const Clock& clock_;
  Random& random_;
};

// Name of the proxy on that interface.
std::string ProxyId(std::string_view eni);

}  // namespace terrarium::elbv2
