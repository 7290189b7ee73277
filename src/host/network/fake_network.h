#pragma once

#include <map>
#include <mutex>

#include "host/network/network.h"

namespace terrarium::host {

// The network port without a network, for simulations. It refuses and answers as the driver does (the contract suite runs on both); its
// sockets lead nowhere.
class FakeNetwork final : public Network {
 public:
  Status EnsureVpc(const VpcSpec& spec) override;
  Status RemoveVpc(const VpcId& vpc) override;
  Result<EniPlace> EnsureEni(const EniSpec& spec) override;
  Status RemoveEni(const VpcId& vpc, const EniId& eni) override;
  Result<NetworkListing> List() override;
  Result<PathVerdict> Explain(const PathQuery& query) override;
  Result<UniqueFd> OpenSocket(const SocketSpec& spec) override;
  Status RemoveAll() override;

  // Foreign hands: the interface's link is gone, its namespace is not.
  void Disconnect(const EniId& eni);

 private:
  struct Eni {
    EniSpec spec;
    bool connected = true;
  };
  std::mutex mutex_;
  std::map<VpcId, VpcSpec> vpcs_;
  std::map<EniId, Eni> enis_;
};

}  // namespace terrarium::host
