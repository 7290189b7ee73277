#include "services/ec2/ops/rules.h"

#include "base/text.h"

namespace terrarium::ec2 {
namespace {

std::unexpected<Error> Malformed(std::string message) { return ApiError("InvalidPermission.Malformed", std::move(message)); }

// Ports, or ICMP type and code, as the protocol wants them.
Status ReadPorts(const wire::IpPermission& permission, rows::Rule& rule) {
  if (rule.protocol == "tcp" || rule.protocol == "udp") {
    if (!permission.from_port || !permission.to_port) return Missing("fromPort and toPort");
    if (*permission.from_port < 0 || *permission.to_port > 65535 || *permission.from_port > *permission.to_port)
      return InvalidValue("Invalid value for portRange. Must specify both from and to ports with from <= to, between 0 and 65535");
  } else if (rule.protocol == "icmp") {
    const int type = permission.from_port.value_or(-1), code = permission.to_port.value_or(-1);
    if (type < -1 || type > 255 || code < -1 || code > 255 || (type == -1 && code != -1)) return Malformed("ICMP type " + std::to_string(type) + ", code " + std::to_string(code) + " is not valid");
  } else {
    rule.from = -1;
    rule.to = -1;
    return {};
  }
  rule.from = permission.from_port.value_or(-1);
  rule.to = permission.to_port.value_or(-1);
  return {};
}

Status CheckDescription(Str description) {
  if (description.view().size() > 255) return InvalidValue("Invalid rule description. Rule descriptions must be less than 256 characters");
  for (const char c : description.view())
    if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || std::string_view(" ._-:/()#,@[]+=&;{}!$*").find(c) != std::string_view::npos))
      return InvalidValue("Invalid rule description. Valid descriptions are strings less than 256 characters from the following set:  a-zA-Z0-9. _-:/()#,@[]+=&;{}!$*");
  return {};
}

}  // namespace

std::optional<std::string> NormalProtocol(std::string_view text) {
  const std::string lower = ToLower(text);
  if (lower == "tcp" || lower == "6") return "tcp";
  if (lower == "udp" || lower == "17") return "udp";
  if (lower == "icmp" || lower == "1") return "icmp";
  if (lower == "-1" || lower == "all") return "-1";
  const auto number = ParseInt(lower);
  if (!number || *number < 0 || *number > 255 || *number == 58) return std::nullopt;
  return std::to_string(*number);
}

Result<std::vector<rows::Rule>> ReadPermissions(const api::Call& call, const rows::Group& group, const List<wire::IpPermission>& permissions, bool egress) {
  std::vector<rows::Rule> out;
  for (const auto& permission : permissions) {
    if (!permission.ip_protocol) return Missing("ipProtocol");
    const auto protocol = NormalProtocol(permission.ip_protocol.view());
    if (!protocol && (EqualsIgnoreCase(permission.ip_protocol.view(), "icmpv6") || permission.ip_protocol == "58")) return NotSupported("Protocol icmpv6");
    if (!protocol) return Malformed("Invalid value '" + permission.ip_protocol.str() + "' for IP protocol. Unknown protocol.");
    if (!permission.ipv6_ranges.empty()) return NotSupported("Ipv6Ranges");
    if (!permission.prefix_list_ids.empty()) return NotSupported("PrefixListIds");
    rows::Rule rule;
    rule.egress = egress;
    rule.protocol = Copy(call.arena, *protocol);
    TRY(ReadPorts(permission, rule));
    const std::size_t before = out.size();
    for (const auto& range : permission.ip_ranges) {
      const auto cidr = Cidr::Parse(range.cidr_ip.value_or(""));
      if (!cidr || !cidr->Canonical()) return InvalidValue("CIDR block " + std::string(range.cidr_ip.value_or("")) + " is malformed");
      TRY(CheckDescription(range.description));
      rule.cidr = range.cidr_ip;
      rule.description = range.description;
      out.push_back(rule);
    }
    rule.cidr = {};
    for (const auto& pair : permission.user_id_group_pairs) {
      if (pair.vpc_peering_connection_id || (pair.user_id && pair.user_id != call.caller.account)) return NotSupported("A group of another account or of a peered VPC");
      if (!pair.group_id) return pair.group_name ? Result<std::vector<rows::Rule>>(NotSupported("GroupName of a source group; use GroupId")) : Missing("groupId");
      TRY_ASSIGN(const rows::Group* source, GetGroup(call, pair.group_id));
      if (source->vpc != group.vpc) return ApiError("InvalidGroup.NotFound", "You have specified two resources that belong to different networks.", ErrorKind::kNotFound);
      TRY(CheckDescription(pair.description));
      rule.group = source->id;
      rule.description = pair.description;
      out.push_back(rule);
    }
    if (out.size() == before) return Missing("ipRanges, or userIdGroupPairs");
  }
  if (out.empty()) return Missing("ipPermissions");
  return out;
}

bool SameTraffic(const rows::Rule& a, const rows::Rule& b) {
  return a.egress == b.egress && a.protocol == b.protocol && a.from == b.from && a.to == b.to && a.cidr == b.cidr && a.group == b.group;
}

std::string DescribeRule(const rows::Rule& rule) {
  std::string out = "peer: " + (rule.cidr ? rule.cidr.str() : rule.group.str()) + ", ";
  if (rule.protocol == "-1") {
    out += "ALL";
  } else {
    for (const char c : rule.protocol.view()) out += static_cast<char>(c >= 'a' && c <= 'z' ? c - 32 : c);
    if (rule.protocol == "icmp") {
      out += ", type: " + std::to_string(*rule.from) + ", code: " + std::to_string(*rule.to);
    } else if (*rule.from >= 0) {
      out += ", from port: " + std::to_string(*rule.from) + ", to port: " + std::to_string(*rule.to);
    }
  }
  return out + ", ALLOW";
}

List<wire::IpPermission> WirePermissions(const api::Call& call, const rows::Group& group, bool egress) {
  List<wire::IpPermission> out;
  out.Present(call.arena);
  for (const auto& rule : group.rules) {
    if (rule.egress.value_or(false) != egress) continue;
    const bool ports = rule.protocol == "tcp" || rule.protocol == "udp" || rule.protocol == "icmp";
    wire::IpPermission* into = nullptr;
    for (auto& one : out)
      if (one.ip_protocol == rule.protocol && (!ports || (one.from_port == rule.from && one.to_port == rule.to))) into = &one;
    if (into == nullptr) {
      into = &out.Add(call.arena);
      into->ip_protocol = rule.protocol;
      if (ports) {
        into->from_port = rule.from;
        into->to_port = rule.to;
      }
      into->ip_ranges.Present(call.arena);
      into->ipv6_ranges.Present(call.arena);
      into->prefix_list_ids.Present(call.arena);
      into->user_id_group_pairs.Present(call.arena);
    }
    if (rule.cidr) {
      into->ip_ranges.Add(call.arena, {.description = rule.description, .cidr_ip = rule.cidr});
    } else {
      auto& pair = into->user_id_group_pairs.Add(call.arena);
      pair.group_id = rule.group;
      pair.user_id = Copy(call.arena, call.caller.account);
      pair.description = rule.description;
    }
  }
  return out;
}

wire::SecurityGroupRule WireRule(const api::Call& call, const rows::Group& group, const rows::Rule& rule) {
  wire::SecurityGroupRule out;
  out.security_group_rule_id = rule.id;
  out.security_group_rule_arn = Copy(call.arena, ArnOf(call, "security-group-rule", rule.id.view()));
  out.group_id = group.id;
  out.group_owner_id = Copy(call.arena, call.caller.account);
  out.is_egress = rule.egress.value_or(false);
  out.ip_protocol = rule.protocol;
  out.from_port = rule.from.value_or(-1);
  out.to_port = rule.to.value_or(-1);
  out.cidr_ipv4 = rule.cidr;
  if (rule.group) {
    out.referenced_group_info = call.arena.New<wire::ReferencedSecurityGroup>();
    out.referenced_group_info->group_id = rule.group;
    out.referenced_group_info->user_id = out.group_owner_id;
    out.referenced_group_info->vpc_id = group.vpc;
  }
  out.description = rule.description;
  out.tags = WireTags(call.arena, rule.tags);
  return out;
}

void SaveGroup(const api::Call& call, const rows::Group& group) {
  kGroups.Put(call.tx, call.Key(group.id.view()), group, group.vpc.view());
  TouchVpc(call, group.vpc.view());
}

}  // namespace terrarium::ec2
