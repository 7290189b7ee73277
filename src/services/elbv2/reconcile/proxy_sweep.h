#pragma once

#include "control/runner.h"
#include "gen/host_proxy/ports.h"
#include "runtime/blocking.h"
#include "services/elbv2/tables.h"

namespace terrarium::elbv2 {

// Removes proxies from the host that no load balancer has: left by a state that was put back, or by a row that went while the host was away.
// One key, "elbv2/sweep", at the start and once a minute.
class ProxySweep final : public control::Reconciler {
 public:
  ProxySweep(store::Database& database, runtime::Blocking& blocking, host::ProxyHost& host) : database_(database), blocking_(blocking), host_(host) {}

  void AddTo(control::Runner& runner);
  runtime::Task<Result<control::Settled>> Reconcile(std::string key) override;

 private:
  store::Database& database_;
  runtime::Blocking& blocking_;
  host::ProxyHost& host_;
};

}  // namespace terrarium::elbv2
