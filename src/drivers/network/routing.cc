#include "drivers/network/routing.h"

#include <algorithm>
#include <limits>
#include <set>

namespace terrarium::network {
namespace {

constexpr std::uint32_t kLastMetric = std::numeric_limits<std::uint32_t>::max();

template <class T>
bool Has(const std::vector<T>& list, const T& item) {
  return std::find(list.begin(), list.end(), item) != list.end();
}

Route Blackhole(int table, const Cidr& destination, std::uint32_t metric) {
  return {.table = table, .destination = destination, .kind = RouteKind::kBlackhole, .metric = metric};
}

}  // namespace

RoutingPlan PlanRouting(const Routing& have, const host::VpcSpec& spec, Ipv4 gateway) {
  std::vector<Address> addresses{{kLoopback, {spec.cidr.First() + 2, 32}}, {kLoopback, {host::kResolverAddress, 32}}, {kLoopback, {host::kTaskAddress, 32}}};
  std::vector<Route> routes{Blackhole(kLocalTable, spec.cidr, kLastMetric)};
  std::vector<PolicyRule> rules{{.priority = kLocalPriority, .to = spec.cidr, .table = kLocalTable}};

  std::set<int> taken;
  for (const PolicyRule& rule : have.rules) taken.insert(rule.table);
  int next = kFirstSubnetTable;
  for (const host::SubnetSpec& subnet : spec.subnets) {
    const Address router{kLoopback, {subnet.cidr.First() + 1, 32}};
    if (!Has(addresses, router)) addresses.push_back(router);
    PolicyRule rule{.priority = kSubnetPriority, .from = subnet.cidr};
    const auto known = std::find_if(have.rules.begin(), have.rules.end(),
                                    [&](const PolicyRule& r) { return r.priority == kSubnetPriority && r.from == subnet.cidr; });
    if (known != have.rules.end()) {
      rule.table = known->table;
    } else {
      while (taken.contains(next)) ++next;
      rule.table = next;
      taken.insert(next);
    }
    rules.push_back(rule);
    // Without a route a packet is dropped in silence; the kernel's own answer would be an ICMP error.
    routes.push_back(Blackhole(rule.table, {{}, 0}, kLastMetric));
    for (const host::RouteSpec& route : subnet.routes) {
      if (route.target == host::RouteTarget::kInternet && gateway.value != 0) {
        routes.push_back({.table = rule.table, .destination = route.destination, .link = kGatewayLink, .gateway = gateway});
      } else {
        routes.push_back(Blackhole(rule.table, route.destination, 0));
      }
    }
  }

  RoutingPlan plan;
  for (const Address& a : addresses)
    if (!Has(have.addresses, a)) plan.new_addresses.push_back(a);
  for (const Address& a : have.addresses)
    if (a.link == kLoopback && a.address.address.value >> 24 != 127 && !Has(addresses, a)) plan.old_addresses.push_back(a);
  for (const PolicyRule& r : rules)
    if (!Has(have.rules, r)) plan.new_rules.push_back(r);
  for (const PolicyRule& r : have.rules)
    if ((r.priority == kLocalPriority || r.priority == kSubnetPriority) && !Has(rules, r)) plan.old_rules.push_back(r);
  for (const Route& r : routes)
    if (!Has(have.routes, r)) plan.new_routes.push_back(r);
  for (const Route& r : have.routes) {
    const bool ours = r.table >= kFirstSubnetTable || (r.table == kLocalTable && r.kind == RouteKind::kBlackhole);
    if (!ours || Has(routes, r)) continue;
    // A new route of the same destination has replaced it.
    if (std::any_of(plan.new_routes.begin(), plan.new_routes.end(),
                    [&](const Route& n) { return n.table == r.table && n.destination == r.destination && n.metric == r.metric; }))
      continue;
    plan.old_routes.push_back(r);
  }
  return plan;
}

std::optional<Cidr> VpcBlock(const std::vector<PolicyRule>& rules) {
  for (const PolicyRule& rule : rules)
    if (rule.priority == kLocalPriority && rule.table == kLocalTable) return rule.to;
  return std::nullopt;
}

std::vector<host::SubnetSpec> SubnetsOf(const Routing& have) {
  std::vector<host::SubnetSpec> out;
  for (const PolicyRule& rule : have.rules) {
    if (rule.priority != kSubnetPriority) continue;
    host::SubnetSpec subnet{.cidr = rule.from, .routes = {}};
    for (const Route& route : have.routes)
      if (route.table == rule.table && route.metric != kLastMetric)
        subnet.routes.push_back({route.destination, route.kind == RouteKind::kBlackhole ? host::RouteTarget::kBlackhole : host::RouteTarget::kInternet});
    out.push_back(std::move(subnet));
  }
  return out;
}

}  // namespace terrarium::network
