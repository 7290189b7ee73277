#include "host/network/path.h"

#include <algorithm>

namespace terrarium::host {
namespace {

// Blocks that are nowhere on the internet.
constexpr std::pair<std::uint32_t, std::uint8_t> kNotInternet[] = {
    {0x00000000, 8}, {0x64400000, 10}, {0x7F000000, 8}, {0xA9FE0000, 16}, {0xE0000000, 3}};

const PathInterface* FindInterface(const PathView& view, Ipv4 address, std::optional<Ipv4> PathInterface::* field) {
  for (const PathInterface& one : view.interfaces)
    if (one.*field == address) return &one;
  return nullptr;
}

const PathInterface* FindPrivate(const PathView& view, Ipv4 address) {
  for (const PathInterface& one : view.interfaces)
    if (one.address == address) return &one;
  return nullptr;
}

bool PeerMatches(const PathView& view, const RuleSpec& rule, Ipv4 peer) {
  if (const auto* cidr = std::get_if<Cidr>(&rule.peer)) return cidr->Contains(peer);
  const auto* one = FindPrivate(view, peer);
  return one != nullptr && std::find(one->groups.begin(), one->groups.end(), std::get<GroupId>(rule.peer)) != one->groups.end();
}

PathStep GroupStep(const PathView& view, const PathInterface& one, bool ingress, Ipv4 peer, const PathQuery& query) {
  PathStep step{.stage = ingress ? "ingress" : "egress", .subject = one.name};
  for (const GroupId& group : one.groups) {
    for (const PathRule& known : view.rules(group, ingress)) {
      if (!RuleCovers(known.rule, query.protocol, query.port) || !PeerMatches(view, known.rule, peer)) continue;
      step.subject = group.str();
      step.rule = RuleLine(known.rule);
      step.allows = true;
      step.packets = known.packets;
      return step;
    }
  }
  return step;
}

// Whether a packet of an interface reaches the internet gateway.
PathStep GatewayStep(const PathView& view, const PathInterface& one, Ipv4 to, const char* stage) {
  PathStep step{.stage = stage, .subject = to.ToString()};
  for (const auto& [base, prefix] : kNotInternet)
    if (Cidr{{base}, prefix}.Contains(to)) {
      step.rule = "not on the internet";
      return step;
    }
  const RouteSpec* best = nullptr;
  for (const SubnetSpec& subnet : view.subnets)
    if (subnet.cidr.Contains(one.address))
      for (const RouteSpec& route : subnet.routes)
        if (route.destination.Contains(to) && (best == nullptr || route.destination.prefix > best->destination.prefix)) best = &route;
  if (best == nullptr) {
    step.rule = "the subnet's route table has no route";
  } else if (best->target == RouteTarget::kBlackhole) {
    step.rule = best->destination.ToString() + " is a blackhole";
  } else if (!one.public_address) {
    step.rule = "the interface has no public address";
  } else {
    step.rule = best->destination.ToString() + " by the internet gateway";
    step.allows = view.internet;
  }
  return step;
}

}  // namespace

PathVerdict ExplainPath(const PathView& view, const PathQuery& query) {
  PathVerdict verdict;
  const auto add = [&](PathStep step) {
    const bool allows = step.allows;
    verdict.steps.push_back(std::move(step));
    return allows;
  };
  const auto* source = FindPrivate(view, query.from);
  if (view.cidr.Contains(query.from) && source == nullptr) {
    add({.stage = "source", .subject = query.from.ToString(), .rule = "no interface has this address"});
    return verdict;
  }
  const bool local = source != nullptr && view.cidr.Contains(query.to);
  const auto* target = local ? FindPrivate(view, query.to) : FindInterface(view, query.to, &PathInterface::public_address);
  Ipv4 seen_source = query.from;
  // Routing comes before the filters, as in the kernel: what has no way is dropped there.
  if (local) {
    if (!add({.stage = "route", .subject = query.to.ToString(), .rule = target ? "local" : "no interface has this address", .allows = target != nullptr}))
      return verdict;
  } else if (source != nullptr) {
    if (!add(GatewayStep(view, *source, query.to, "route"))) return verdict;
    seen_source = *source->public_address;
  } else if (target == nullptr || !view.internet) {
    add({.stage = "route", .subject = query.to.ToString(), .rule = "no interface has this public address"});
    return verdict;
  } else {
    add({.stage = "route", .subject = query.to.ToString(), .rule = target->address.ToString() + " by the internet gateway", .allows = true});
  }
  if (source != nullptr && !add(GroupStep(view, *source, false, query.to, query))) return verdict;
  if (target != nullptr && !add(GroupStep(view, *target, true, seen_source, query))) return verdict;
  // The answers need a way as well.
  if (target != nullptr && !local && !add(GatewayStep(view, *target, seen_source, "return route"))) return verdict;
  verdict.allowed = true;
  return verdict;
}

}  // namespace terrarium::host
