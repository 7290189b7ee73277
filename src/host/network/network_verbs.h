#pragma once

#include "gen/host_network/ports.h"
#include "host/network/network.h"

namespace terrarium::host {

// The verbs of network.model, done by any implementation of the port: the driver in terrarium-host, the fake in simulations. Every field is
// parsed into a type of its own here; what does not parse is kInvalid and reaches nobody.
class NetworkVerbs final : public NetworkHost {
 public:
  explicit NetworkVerbs(Network& network) : network_(network) {}
  Result<gen::host_network::EnsureVpcResponse*> EnsureVpc(const gen::host_network::EnsureVpcRequest& request, Arena& arena) override;
  Result<gen::host_network::RemoveVpcResponse*> RemoveVpc(const gen::host_network::RemoveVpcRequest& request, Arena& arena) override;
  Result<gen::host_network::EnsureEniResponse*> EnsureEni(const gen::host_network::EnsureEniRequest& request, Arena& arena) override;
  Result<gen::host_network::RemoveEniResponse*> RemoveEni(const gen::host_network::RemoveEniRequest& request, Arena& arena) override;
  Result<gen::host_network::ListNetworkResponse*> ListNetwork(const gen::host_network::ListNetworkRequest& request, Arena& arena) override;
  Result<gen::host_network::ExplainPathResponse*> ExplainPath(const gen::host_network::ExplainPathRequest& request, Arena& arena) override;

 private:
  Network& network_;
};

}  // namespace terrarium::host
