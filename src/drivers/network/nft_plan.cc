#include "drivers/network/nft_plan.h"

#include <algorithm>

#include "base/text.h"

namespace terrarium::network {
namespace {

constexpr std::string_view kAdd = "add ", kDelete = "delete ";

// `accept` ends only the base chain that it stands in, `drop` is final: so a packet passes when the sender's egress AND the receiver's
// ingress let it. Drops are silent, as on AWS. Priorities leave room for network ACLs between the two.
constexpr std::string_view kBase = R"(add table inet vpc
add set inet vpc eni_src { type ifname . ipv4_addr; }
add map inet vpc pol_out { type ifname : verdict; }
add map inet vpc pol_in { type ifname : verdict; }
add set inet vpc task_eni { type ifname; }
add map inet vpc eip_d { type ipv4_addr : ipv4_addr; }
add map inet vpc eip_s { type ipv4_addr : ipv4_addr; }
add set inet vpc eip_p { type ipv4_addr; }
add chain inet vpc pre_raw { type filter hook prerouting priority -300; policy accept; }
add chain inet vpc pre_nat { type nat hook prerouting priority -100; policy accept; }
add chain inet vpc post_nat { type nat hook postrouting priority 100; policy accept; }
add chain inet vpc f_edge { type filter hook forward priority -50; policy accept; }
add chain inet vpc f_sgout { type filter hook forward priority -40; policy accept; }
add chain inet vpc f_sgin { type filter hook forward priority -10; policy accept; }
add chain inet vpc input { type filter hook input priority 0; policy accept; }
flush chain inet vpc pre_raw
flush chain inet vpc pre_nat
flush chain inet vpc post_nat
flush chain inet vpc f_edge
flush chain inet vpc f_sgout
flush chain inet vpc f_sgin
flush chain inet vpc input
add rule inet vpc pre_raw meta nfproto ipv6 drop
add rule inet vpc pre_raw iifname "lo" accept
add rule inet vpc pre_raw iifname "igw" ip saddr @CIDR@ counter drop comment "spoofed"
add rule inet vpc pre_raw iifname "igw" accept
add rule inet vpc pre_raw iifname . ip saddr @eni_src accept
add rule inet vpc pre_raw counter drop comment "spoofed"
add rule inet vpc pre_nat iifname "igw" dnat ip to ip daddr map @eip_d
add rule inet vpc post_nat oifname "igw" snat ip to ip saddr map @eip_s
add rule inet vpc f_edge iifname "igw" oifname "igw" counter drop comment "not for this VPC"
add rule inet vpc f_edge oifname "igw" ip saddr != @eip_p counter drop comment "no public address"
add rule inet vpc f_edge oifname "igw" ip daddr { 0.0.0.0/8, 100.64.0.0/10, 127.0.0.0/8, 169.254.0.0/16, 224.0.0.0/3 } counter drop comment "not on the internet"
add rule inet vpc f_sgout ct state established,related accept
add rule inet vpc f_sgout ct state invalid counter drop comment "invalid"
add rule inet vpc f_sgout iifname "igw" accept
add rule inet vpc f_sgout iifname vmap @pol_out
add rule inet vpc f_sgout counter drop comment "no interface"
add rule inet vpc f_sgin ct state established,related accept
add rule inet vpc f_sgin oifname "igw" accept
add rule inet vpc f_sgin oifname vmap @pol_in
add rule inet vpc f_sgin counter drop comment "no interface"
add rule inet vpc input iifname "lo" accept
add rule inet vpc input iifname "igw" counter drop comment "to the router"
add rule inet vpc input ip daddr { @DNS@, 169.254.169.253 } meta l4proto { tcp, udp } th dport 53 accept
add rule inet vpc input ip daddr 169.254.170.2 tcp dport 80 iifname @task_eni accept
add rule inet vpc input counter drop comment "to the router"
)";

constexpr std::string_view kFabric = R"(add table inet fabric
add chain inet fabric forward { type filter hook forward priority 0; policy accept; }
add chain inet fabric input { type filter hook input priority 0; policy accept; }
flush chain inet fabric forward
flush chain inet fabric input
add rule inet fabric forward meta nfproto ipv6 drop
add rule inet fabric forward ip daddr { 0.0.0.0/8, 100.64.0.0/10, 127.0.0.0/8, 169.254.0.0/16, 224.0.0.0/3 } counter drop
add rule inet fabric input iifname "lo" accept
add rule inet fabric input ct state established,related accept
add rule inet fabric input ip daddr 198.18.0.2 tcp dport { 80, 443, 4566 } accept
add rule inet fabric input counter drop
)";

std::string WithMarker(std::string text) {
  const std::string table = text.starts_with("add table inet fabric") ? "fabric" : "vpc";
  return text + "add chain inet " + table + ' ' + BaseMarker(text) + '\n';
}

std::string PolicyChain(const std::string& policy, Direction direction) { return policy + (direction == Direction::kIngress ? "_i" : "_e"); }

bool IsPolicyChain(std::string_view chain) { return chain.starts_with("p_") && chain.size() == 20; }

void AppendElement(std::string& text, std::string_view verb, std::string_view set, const std::string& key, const std::string& value) {
  text += verb;
  text += "element inet vpc ";
  text += set;
  text += " { " + key + (value.empty() || verb == kDelete ? "" : " : " + value) + " }\n";
}

bool SameRules(const std::vector<TableRule>& have, const std::vector<RuleSpec>& want) {
  return std::equal(have.begin(), have.end(), want.begin(), want.end(),
                    [](const TableRule& a, const RuleSpec& b) { return a.comment == host::RuleLine(b); });
}

}  // namespace

std::string BaseText(const Cidr& vpc) {
  return WithMarker(ReplaceAll(ReplaceAll(kBase, "@CIDR@", vpc.ToString()), "@DNS@", (vpc.First() + 2).ToString()));
}

std::string FabricText() { return WithMarker(std::string(kFabric)); }

std::string BaseMarker(std::string_view base_text) {
  // The marker's own line, if it is there already, does not count.
  const auto marker = base_text.find(" base_");
  const auto cut = marker == std::string_view::npos ? base_text.size() : base_text.rfind('\n', marker) + 1;
  std::uint64_t hash = 14695981039346656037u;
  for (const char c : base_text.substr(0, cut)) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211u;
  std::string out = "base_";
  for (int i = 60; i >= 0; i -= 4) out += "0123456789abcdef"[hash >> i & 15];
  return out;
}

std::string RuleText(const RuleSpec& rule, Direction direction) {
  std::string out;
  const char* side = direction == Direction::kIngress ? "ip saddr " : "ip daddr ";
  if (const auto* group = std::get_if<GroupId>(&rule.peer)) {
    out += side + ('@' + MemberSet(*group)) + ' ';
  } else if (const Cidr& cidr = std::get<Cidr>(rule.peer); cidr.prefix > 0) {
    out += side + cidr.ToString() + ' ';
  }
  const std::string name = rule.protocol == host::kTcp ? "tcp" : "udp";
  switch (rule.protocol) {
    case host::kAllProtocols: break;
    case host::kTcp:
    case host::kUdp:
      if (rule.from == 0 && rule.to == 65535) {
        out += "meta l4proto " + name + ' ';
      } else {
        out += name + " dport " + std::to_string(rule.from) + (rule.to == rule.from ? "" : '-' + std::to_string(rule.to)) + ' ';
      }
      break;
    case host::kIcmp:
      if (rule.from == -1) out += "meta l4proto icmp ";
      if (rule.from >= 0) out += "icmp type " + std::to_string(rule.from) + ' ';
      if (rule.to >= 0) out += "icmp code " + std::to_string(rule.to) + ' ';
      break;
    default: out += "meta l4proto " + std::to_string(rule.protocol) + ' ';
  }
  return out + "counter accept comment \"" + host::RuleLine(rule) + '"';
}

GroupsPlan PlanGroups(const Table& table, const host::VpcSpec& spec, const std::vector<Interface>& interfaces) {
  GroupsPlan plan;
  const std::string base = BaseText(spec.cidr);
  const bool same_base = table.chains.contains(BaseMarker(base));
  if (!same_base) {
    plan.text += base;
    for (const auto& [chain, rules] : table.chains)
      if (chain.starts_with("base_")) plan.text += "delete chain inet vpc " + chain + '\n';
  }
  // Sets and chains first: rules may refer to a group that comes later.
  for (const GroupSpec& group : spec.groups) {
    if (!table.elements.contains(MemberSet(group.id))) plan.text += "add set inet vpc " + MemberSet(group.id) + " { type ipv4_addr; }\n";
    for (const auto direction : {Direction::kIngress, Direction::kEgress})
      if (!table.chains.contains(GroupChain(group.id, direction))) plan.text += "add chain inet vpc " + GroupChain(group.id, direction) + '\n';
  }
  for (const GroupSpec& group : spec.groups) {
    for (const auto direction : {Direction::kIngress, Direction::kEgress}) {
      const auto& rules = direction == Direction::kIngress ? group.ingress : group.egress;
      const std::string chain = GroupChain(group.id, direction);
      const auto have = table.chains.find(chain);
      if (have != table.chains.end() && SameRules(have->second, rules)) continue;
      if (have != table.chains.end()) plan.text += "flush chain inet vpc " + chain + '\n';
      for (const RuleSpec& rule : rules) plan.text += "add rule inet vpc " + chain + ' ' + RuleText(rule, direction) + '\n';
    }
  }
  std::string gone;
  for (const GroupId& group : GroupsOf(table)) {
    if (std::any_of(spec.groups.begin(), spec.groups.end(), [&](const GroupSpec& g) { return g.id == group; })) continue;
    if (std::any_of(interfaces.begin(), interfaces.end(),
                    [&](const Interface& i) { return std::find(i.groups.begin(), i.groups.end(), group) != i.groups.end(); })) {
      plan.kept.push_back(group);
      continue;
    }
    for (const auto direction : {Direction::kIngress, Direction::kEgress}) {
      const std::string chain = GroupChain(group, direction);
      if (!table.chains.contains(chain)) continue;
      plan.text += "flush chain inet vpc " + chain + '\n';
      gone += "delete chain inet vpc " + chain + '\n';
    }
    if (table.elements.contains(MemberSet(group))) gone += "delete set inet vpc " + MemberSet(group) + '\n';
  }
  plan.text += gone;
  return plan;
}

std::string PlanInterfaces(const Table& table, const std::vector<Interface>& interfaces) {
  // Everything that the table should hold beside base and groups.
  std::map<std::string, std::map<std::string, std::string>> want;
  for (const char* name : {"eni_src", "pol_out", "pol_in", "task_eni", "eip_d", "eip_s", "eip_p"}) want[name];
  for (const auto& [name, unused] : table.elements)
    if (name.starts_with("m_")) want[name];
  std::map<std::string, std::vector<GroupId>> policies;
  for (const Interface& one : interfaces) {
    const std::string name = '"' + one.name + '"', address = one.address.ToString(), policy = PolicyName(one.groups);
    policies[policy] = one.groups;
    want["eni_src"][name + " . " + address];
    want["pol_out"][name] = "goto " + PolicyChain(policy, Direction::kEgress);
    want["pol_in"][name] = "goto " + PolicyChain(policy, Direction::kIngress);
    for (const GroupId& group : one.groups) want[MemberSet(group)][address];
    if (one.task_endpoints) want["task_eni"][name];
    if (one.public_address) {
      want["eip_d"][one.public_address->ToString()] = address;
      want["eip_s"][address] = one.public_address->ToString();
      want["eip_p"][address];
    }
  }
  std::string text;
  for (auto& [policy, groups] : policies) {
    if (table.chains.contains(PolicyChain(policy, Direction::kIngress)) && table.chains.contains(PolicyChain(policy, Direction::kEgress))) continue;
    std::sort(groups.begin(), groups.end());
    for (const auto direction : {Direction::kIngress, Direction::kEgress}) {
      const std::string chain = PolicyChain(policy, direction);
      text += "add chain inet vpc " + chain + "\nflush chain inet vpc " + chain + '\n';
      for (const GroupId& group : groups) text += "add rule inet vpc " + chain + " jump " + GroupChain(group, direction) + '\n';
      text += "add rule inet vpc " + chain + " counter drop comment \"no rule\"\n";
    }
  }
  std::string added;
  for (const auto& [set, elements] : want) {
    static const std::map<std::string, std::string> kNone;
    const auto at = table.elements.find(set);
    const auto& have = at == table.elements.end() ? kNone : at->second;
    for (const auto& [key, value] : have) {
      const auto wanted = elements.find(key);
      if (wanted == elements.end() || wanted->second != value) AppendElement(text, kDelete, set, key, value);
    }
    for (const auto& [key, value] : elements) {
      const auto present = have.find(key);
      if (present == have.end() || present->second != value) AppendElement(added, kAdd, set, key, value);
    }
  }
  text += added;
  std::string gone;
  for (const auto& [chain, rules] : table.chains) {
    if (!IsPolicyChain(chain) || policies.contains(chain.substr(0, chain.size() - 2))) continue;
    text += "flush chain inet vpc " + chain + '\n';
    gone += "delete chain inet vpc " + chain + '\n';
  }
  return text + gone;
}

}  // namespace terrarium::network
