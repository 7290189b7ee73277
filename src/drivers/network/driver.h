#pragma once

#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "drivers/network/nft_table.h"
#include "drivers/network/routing.h"
#include "host/network/network.h"

namespace terrarium::network {

// The network port on a Linux host: a namespace for every VPC (its router) and for every interface, routed veth pairs with one /32 each,
// one nftables table in each VPC. Nothing is remembered between calls: each reads the kernel, plans and acts. Needs CAP_SYS_ADMIN and CAP_NET_ADMIN.
class NetworkDriver final : public host::Network {
 public:
  // `instance`: one to eight of [a-z0-9]; part of every name on the host.
  static Result<std::unique_ptr<NetworkDriver>> Create(const std::string& instance);
  // Makes and removes a namespace with the fixed tables, to tell early and plainly that this kernel will not do.
  Status Probe();

  Status EnsureVpc(const host::VpcSpec& spec) override;
  Status RemoveVpc(const host::VpcId& vpc) override;
  Result<host::EniPlace> EnsureEni(const host::EniSpec& spec) override;
  Status RemoveEni(const host::VpcId& vpc, const host::EniId& eni) override;
  Result<host::NetworkListing> List() override;
  Result<host::PathVerdict> Explain(const host::PathQuery& query) override;
  Result<UniqueFd> OpenSocket(const host::SocketSpec& spec) override;
  Status RemoveAll() override;

  // The name below /run/netns.
  std::string NetnsOf(std::string_view id) const { return prefix_ + std::string(id); }

 private:
  struct Uplink {
    int link = 0;  // in the fabric; 0 without
    Ipv4 inner, outer;
  };
  explicit NetworkDriver(std::string prefix) : prefix_(std::move(prefix)) {}
  Status EnsureFabric();
  Result<Uplink> FindUplink(const std::string& vpc);
  Result<Uplink> EnsureUplink(const std::string& vpc);
  Status RemoveUplink();
  Status RoutePublic(const Uplink& uplink, const std::vector<Interface>& interfaces);
  Status UnroutePublic(const Uplink& uplink, const std::set<Ipv4>& addresses);
  Status ConnectEni(Rtnetlink& router, const host::EniSpec& spec, const std::vector<Link>& links);
  Result<bool> EniSideReady(const host::EniSpec& spec);

  const std::string prefix_;
  std::mutex mutex_;
};

}  // namespace terrarium::network
