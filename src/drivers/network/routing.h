#pragma once

#include <vector>

#include "drivers/network/rtnetlink.h"
#include "host/network/network.h"

// Pure: the routing of a VPC's namespace, from what is there and what is wanted.
namespace terrarium::network {

inline constexpr int kLocalTable = 100;        // one /32 for each interface, and nothing behind them
inline constexpr int kFirstSubnetTable = 1000;
inline constexpr std::uint32_t kLocalPriority = 100, kSubnetPriority = 1000;
inline constexpr int kGatewayLink = 3;         // "igw" in a VPC's namespace
inline constexpr int kLoopback = 1;

struct Routing {
  std::vector<Address> addresses{};
  std::vector<Route> routes{};
  std::vector<PolicyRule> rules{};
};

struct RoutingPlan {
  // To be done in this order: a packet never meets a subnet without its routes.
  std::vector<Address> new_addresses{};
  std::vector<Route> new_routes{};
  std::vector<PolicyRule> new_rules{};
  std::vector<PolicyRule> old_rules{};
  std::vector<Route> old_routes{};
  std::vector<Address> old_addresses{};
};

// `gateway` is the fabric's end of the gateway link, 0.0.0.0 without one.
RoutingPlan PlanRouting(const Routing& have, const host::VpcSpec& spec, Ipv4 gateway);

// The block of the VPC whose namespace has these rules.
std::optional<Cidr> VpcBlock(const std::vector<PolicyRule>& rules);

// The subnets with their routes, read back.
std::vector<host::SubnetSpec> SubnetsOf(const Routing& have);

}  // namespace terrarium::network
