#include "prove/net/rules.h"

#include <algorithm>

namespace terrarium::prove {
namespace {

bool Matches(const Rule& rule, const Station& peer, int port) {
  if (rule.protocol != "-1" && rule.protocol != "tcp" && rule.protocol != "6") return false;
  const bool every_port = rule.protocol == "-1" || rule.from == -1;
  if (!every_port && (port < rule.from || port > rule.to)) return false;
  if (!rule.peer_group.empty()) return std::ranges::find(peer.groups, rule.peer_group) != peer.groups.end();
  return rule.peer.Contains(peer.address);
}

bool Any(const std::vector<Rule>& rules, const Station& of, bool egress, const Station& peer, int port) {
  return std::ranges::any_of(rules, [&](const Rule& rule) { return rule.egress == egress && std::ranges::find(of.groups, rule.group) != of.groups.end() && Matches(rule, peer, port); });
}

}  // namespace

std::vector<Rule> RulesOf(const Json& answer) {
  std::vector<Rule> out;
  for (const Json& one : answer["SecurityGroupRules"].array()) {
    Rule rule{.group = one["GroupId"].string(), .egress = one["IsEgress"].boolean(), .protocol = one["IpProtocol"].string()};
    if (const Json* from = one.Find("FromPort")) rule.from = static_cast<int>(from->integer());
    if (const Json* to = one.Find("ToPort")) rule.to = static_cast<int>(to->integer());
    rule.peer_group = one["ReferencedGroupInfo"]["GroupId"].string();
    if (rule.peer_group.empty()) {
      const auto block = Cidr::Parse(one["CidrIpv4"].string());
      if (!block) continue;
      rule.peer = *block;
    }
    out.push_back(std::move(rule));
  }
  return out;
}

bool Allows(const std::vector<Rule>& rules, const Station& from, const Station& to, int port) {
  if (from.part == Part::kInternet) return to.public_address && Any(rules, to, false, from, port);
  return Any(rules, from, true, to, port) && Any(rules, to, false, from, port);
}

std::string_view NameOf(Part part) {
  switch (part) {
    case Part::kInternet: return "internet";
    case Part::kHost: return "host";
    case Part::kBalancer: return "load balancer";
    case Part::kTask: return "task";
    case Part::kDatabase: return "database";
    case Part::kOther: return "other";
  }
  return "";
}

}  // namespace terrarium::prove
