#pragma once

#include <map>
#include <mutex>
#include <string>

#include "gen/host_proxy/ports.h"
#include "host/proxy/spec.h"

namespace terrarium::proxy {

// The port without a proxy, for simulations. It refuses and answers as the driver does (the contract suite runs on both); what checks find
// out is what SetHealth says, and until then a target is initial.
class FakeProxyHost final : public host::ProxyHost {
 public:
  Result<gen::host_proxy::EnsureProxyResponse*> EnsureProxy(const gen::host_proxy::EnsureProxyRequest& request, Arena& arena) override;
  Result<gen::host_proxy::ReadTargetsResponse*> ReadTargets(const gen::host_proxy::ReadTargetsRequest& request, Arena& arena) override;
  Result<gen::host_proxy::SetTargetStateResponse*> SetTargetState(const gen::host_proxy::SetTargetStateRequest& request, Arena& arena) override;
  Result<gen::host_proxy::RemoveProxyResponse*> RemoveProxy(const gen::host_proxy::RemoveProxyRequest& request, Arena& arena) override;
  Result<gen::host_proxy::ListProxiesResponse*> ListProxies(const gen::host_proxy::ListProxiesRequest& request, Arena& arena) override;

  // "10.0.0.5:80" answers its checks from now on, or does not; "<proxy's id>/10.0.0.5:80" only those of this proxy.
  void SetHealth(const std::string& target, bool healthy);
  // Foreign hands: the process is gone.
  void Crash(const std::string& id);

 private:
  struct Proxy {
    Spec spec;
    bool running = true;
    long long generation = 1;
  };
  gen::host_proxy::ProxyState* StateOf(const Proxy& proxy, Arena& arena) const;

  std::mutex mutex_;
  std::map<std::string, Proxy> proxies_;
  std::map<std::string, bool> health_;
};

}  // namespace terrarium::proxy
