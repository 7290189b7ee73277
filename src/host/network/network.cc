#include "host/network/network.h"

#include <set>

#include "base/text.h"

namespace terrarium::host {
namespace {

std::string ProtocolName(int protocol) {
  switch (protocol) {
    case kAllProtocols: return "all";
    case kIcmp: return "icmp";
    case kTcp: return "tcp";
    case kUdp: return "udp";
    default: return std::to_string(protocol);
  }
}

std::optional<int> ProtocolNumber(std::string_view name) {
  for (const int p : {kAllProtocols, kIcmp, kTcp, kUdp})
    if (name == ProtocolName(p)) return p;
  const auto n = ParseInt(name);
  if (!n || *n < 0 || *n > 255) return std::nullopt;
  return static_cast<int>(*n);
}

Status CheckRule(const RuleSpec& rule, const std::set<GroupId>& groups) {
  const bool ports = rule.protocol == kTcp || rule.protocol == kUdp, icmp = rule.protocol == kIcmp;
  if (rule.id.str().empty()) return Fail(ErrorKind::kInvalid, "a rule has no id");
  if (rule.protocol < -1 || rule.protocol > 255) return Fail(ErrorKind::kInvalid, rule.id.str() + ": protocol out of range");
  if (ports && (rule.from < 0 || rule.to > 65535 || rule.from > rule.to))
    return Fail(ErrorKind::kInvalid, rule.id.str() + ": ports out of range");
  if (icmp && (rule.from < -1 || rule.from > 255 || rule.to < -1 || rule.to > 255 || (rule.from == -1 && rule.to != -1)))
    return Fail(ErrorKind::kInvalid, rule.id.str() + ": ICMP type or code out of range");
  if (!ports && !icmp && (rule.from != -1 || rule.to != -1))
    return Fail(ErrorKind::kInvalid, rule.id.str() + ": ports without a protocol that has them");
  if (const auto* group = std::get_if<GroupId>(&rule.peer)) {
    if (!groups.contains(*group)) return Fail(ErrorKind::kInvalid, rule.id.str() + ": refers to a group that the VPC does not have");
  } else if (!std::get<Cidr>(rule.peer).Canonical()) {
    return Fail(ErrorKind::kInvalid, rule.id.str() + ": block with host bits");
  }
  return {};
}

}  // namespace

bool IsResourceId(std::string_view kind, std::string_view text) {
  if (!text.starts_with(kind) || text.size() < kind.size() + 9 || text.size() > kind.size() + 18 || text[kind.size()] != '-') return false;
  return text.find_first_not_of("0123456789abcdef", kind.size() + 1) == std::string_view::npos;
}

Status CheckSpec(const VpcSpec& spec) {
  if (spec.id.str().empty()) return Fail(ErrorKind::kInvalid, "the VPC has no id");
  if (!spec.cidr.Canonical() || spec.cidr.prefix < 16 || spec.cidr.prefix > 28) return Fail(ErrorKind::kInvalid, "a VPC is a block from /16 to /28");
  for (std::size_t i = 0; i < spec.subnets.size(); ++i) {
    const SubnetSpec& subnet = spec.subnets[i];
    if (!subnet.cidr.Canonical() || subnet.cidr.prefix > 28 || !spec.cidr.Contains(subnet.cidr))
      return Fail(ErrorKind::kInvalid, subnet.cidr.ToString() + " is not a subnet of the VPC");
    for (std::size_t k = 0; k < i; ++k)
      if (subnet.cidr.Overlaps(spec.subnets[k].cidr)) return Fail(ErrorKind::kInvalid, subnet.cidr.ToString() + " overlaps another subnet");
    std::set<Cidr> seen;
    for (const RouteSpec& route : subnet.routes) {
      if (!route.destination.Canonical() || !seen.insert(route.destination).second)
        return Fail(ErrorKind::kInvalid, "route to " + route.destination.ToString() + " is malformed or given twice");
      if (spec.cidr.Contains(route.destination))
        return Fail(ErrorKind::kInvalid, "route to " + route.destination.ToString() + " is more specific than local");
      if (route.target == RouteTarget::kInternet && !spec.internet)
        return Fail(ErrorKind::kInvalid, "a route leads to an internet gateway that is not attached");
    }
  }
  std::set<GroupId> groups;
  for (const GroupSpec& group : spec.groups)
    if (group.id.str().empty() || !groups.insert(group.id).second) return Fail(ErrorKind::kInvalid, "a group is given twice");
  for (const GroupSpec& group : spec.groups)
    for (const auto* rules : {&group.ingress, &group.egress})
      for (const RuleSpec& rule : *rules) TRY(CheckRule(rule, groups));
  return {};
}

Status CheckSpec(const EniSpec& spec) {
  if (spec.id.str().empty() || spec.vpc.str().empty()) return Fail(ErrorKind::kInvalid, "the interface has no id or no VPC");
  const Cidr& subnet = spec.subnet;
  // AWS keeps the first four addresses and the last one of a subnet.
  if (!subnet.Canonical() || !subnet.Contains(spec.address) || spec.address < subnet.First() + 4 || spec.address == subnet.Last())
    return Fail(ErrorKind::kInvalid, spec.address.ToString() + " is not an address for interfaces in " + subnet.ToString());
  if ((spec.mac.bytes[0] & 3) != 2) return Fail(ErrorKind::kInvalid, "the MAC address is not a local unicast one");
  if (spec.groups.empty() || spec.groups.size() > 16 || std::set<GroupId>(spec.groups.begin(), spec.groups.end()).size() != spec.groups.size())
    return Fail(ErrorKind::kInvalid, "an interface has one to sixteen different groups");
  return {};
}

std::string RuleLine(const RuleSpec& rule) {
  std::string out = rule.id.str() + ' ' + ProtocolName(rule.protocol);
  if (rule.protocol == kTcp || rule.protocol == kUdp) out += ' ' + std::to_string(rule.from) + '-' + std::to_string(rule.to);
  if (rule.protocol == kIcmp) out += ' ' + std::to_string(rule.from) + '/' + std::to_string(rule.to);
  const auto* group = std::get_if<GroupId>(&rule.peer);
  return out + ' ' + (group != nullptr ? group->str() : std::get<Cidr>(rule.peer).ToString());
}

std::optional<RuleSpec> ParseRuleLine(std::string_view line) {
  const auto words = Split(line, ' ');
  if (words.size() < 3) return std::nullopt;
  RuleSpec rule;
  const auto id = RuleId::Parse(words[0]);
  const auto protocol = ProtocolNumber(words[1]);
  if (!id || !protocol) return std::nullopt;
  rule.id = *id;
  rule.protocol = *protocol;
  const bool icmp = rule.protocol == kIcmp, ports = icmp || rule.protocol == kTcp || rule.protocol == kUdp;
  if (words.size() != (ports ? 4u : 3u)) return std::nullopt;
  if (ports) {
    const auto cut = words[2].find(icmp ? '/' : '-');
    if (cut == std::string_view::npos) return std::nullopt;
    const auto from = ParseInt(words[2].substr(0, cut)), to = ParseInt(words[2].substr(cut + 1));
    if (!from || !to || *from < -1 || *from > 65535 || *to < -1 || *to > 65535) return std::nullopt;
    rule.from = static_cast<int>(*from);
    rule.to = static_cast<int>(*to);
  }
  if (const auto group = GroupId::Parse(words.back())) {
    rule.peer = *group;
  } else {
    const auto cidr = Cidr::Parse(words.back());
    if (!cidr) return std::nullopt;
    rule.peer = *cidr;
  }
  return rule;
}

bool RuleCovers(const RuleSpec& rule, int protocol, int port) {
  if (rule.protocol == kAllProtocols) return true;
  if (rule.protocol != protocol) return false;
  if (protocol == kTcp || protocol == kUdp) return rule.from <= port && port <= rule.to;
  if (protocol == kIcmp) return rule.from == -1 || rule.from == port;
  return true;
}

}  // namespace terrarium::host
