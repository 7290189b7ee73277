#include "services/ec2/reconcile/host_plan.h"

#include "base/text.h"

namespace terrarium::ec2 {
namespace {

namespace net = gen::host_network;

int ProtocolNumber(Str name) {
  if (name == "-1") return -1;
  if (name == "icmp") return 1;
  if (name == "tcp") return 6;
  if (name == "udp") return 17;
  return static_cast<int>(ParseInt(name.view()).value_or(-1));
}

void AddRule(const rows::Rule& rule, net::NetworkGroup& group, Arena& arena) {
  net::NetworkRule& out = rule.egress.value_or(false) ? group.egress.Add(arena) : group.ingress.Add(arena);
  out.id = rule.id;
  out.protocol = ProtocolNumber(rule.protocol);
  out.from = rule.from.value_or(-1);
  out.to = rule.to.value_or(-1);
  out.cidr = rule.cidr;
  out.group = rule.group;
}

}  // namespace

net::EnsureVpcRequest* PlanVpc(store::Tx& tx, std::string_view row_key, Arena& arena) {
  const rows::Vpc* vpc = kVpcs.Find(tx, row_key, arena);
  if (vpc == nullptr) return nullptr;
  auto* out = arena.New<net::EnsureVpcRequest>();
  out->vpc = vpc->id;
  out->cidr = vpc->cidr;
  const auto gateways = kGateways.ListOwner(tx, vpc->id.view(), arena);
  out->internet = !gateways.empty();
  const auto tables = kRouteTables.ListOwner(tx, vpc->id.view(), arena);
  for (const rows::Subnet* subnet : kSubnets.ListOwner(tx, vpc->id.view(), arena)) {
    const rows::RouteTable* own = nullptr;
    const rows::RouteTable* main = nullptr;
    for (const rows::RouteTable* table : tables)
      for (const auto& association : table->associations) {
        if (!association.subnet) main = table;
        if (association.subnet.has_value() && association.subnet == subnet->id) own = table;
      }
    auto& one = out->subnets.Add(arena);
    one.cidr = subnet->cidr;
    if (own == nullptr) own = main;
    if (own == nullptr) continue;
    for (const auto& route : own->routes) {
      bool attached = false;
      for (const rows::Gateway* gateway : gateways) attached |= gateway->id == route.gateway;
      auto& way = one.routes.Add(arena);
      way.destination = route.destination;
      way.target = attached ? "internet" : "blackhole";
    }
  }
  for (const rows::Group* group : kGroups.ListOwner(tx, vpc->id.view(), arena)) {
    auto& one = out->groups.Add(arena);
    one.id = group->id;
    for (const auto& rule : group->rules) AddRule(rule, one, arena);
  }
  return out;
}

net::EnsureEniRequest* PlanEni(const rows::Eni& eni, Arena& arena) {
  auto* out = arena.New<net::EnsureEniRequest>();
  out->eni = eni.id;
  out->vpc = eni.vpc;
  out->subnet = eni.block;
  out->address = eni.address;
  out->mac = eni.mac;
  out->groups = eni.groups;
  out->public_address = eni.public_address;
  out->task_endpoints = eni.task_endpoints;
  return out;
}

}  // namespace terrarium::ec2
