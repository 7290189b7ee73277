#include <algorithm>

#include "services/ec2/ops/rules.h"
#include "services/ec2/ops/serve.h"

namespace terrarium::ec2 {
namespace {

constexpr std::size_t kMostRules = 60;  // AWS's quota, for each direction

std::unexpected<Error> NoSuchRule() { return ApiError("InvalidPermission.NotFound", "The specified rule does not exist in this security group.", ErrorKind::kNotFound); }
std::unexpected<Error> NoSuchRuleId(Str id) {
  return ApiError("InvalidSecurityGroupRuleId.NotFound", "The security group rule ID '" + std::string(id.value_or("")) + "' does not exist", ErrorKind::kNotFound);
}

// The old form of a request, with one permission in its top-level members, becomes a list of one.
template <class Request>
List<wire::IpPermission> PermissionsOf(const api::Call& call, const Request& request) {
  if (!request.ip_protocol) return request.ip_permissions;
  List<wire::IpPermission> out = request.ip_permissions;
  auto& one = out.Add(call.arena);
  one.ip_protocol = request.ip_protocol;
  one.from_port = request.from_port;
  one.to_port = request.to_port;
  if (request.cidr_ip) one.ip_ranges.Add(call.arena).cidr_ip = request.cidr_ip;
  return out;
}

template <class Response, class Request>
Result<Response*> Authorize(api::Call& call, const Request& request, bool egress) {
  TRY(Only(request, {"GroupId", "IpPermissions", "IpProtocol", "FromPort", "ToPort", "CidrIp", "TagSpecifications"}));
  TRY_ASSIGN(rows::Group * group, GetGroup(call, request.group_id));
  TRY_ASSIGN(std::vector<rows::Rule> added, ReadPermissions(call, *group, PermissionsOf(call, request), egress));
  auto* out = call.arena.template New<Response>();
  out->return_ = true;
  out->security_group_rules.Present(call.arena);
  for (rows::Rule& rule : added) {
    for (const auto& known : group->rules)
      if (SameTraffic(known, rule)) return ApiError("InvalidPermission.Duplicate", "the specified rule \"" + DescribeRule(rule) + "\" already exists", ErrorKind::kConflict);
    rule.id = Copy(call.arena, NewId(call.random, "sgr"));
    TRY_ASSIGN(rule.tags, ReadTags(call, request.tag_specifications, "security-group-rule", rule.id.view(), egress ? "AuthorizeSecurityGroupEgress" : "AuthorizeSecurityGroupIngress"));
    group->rules.Add(call.arena, rule);
    out->security_group_rules.Add(call.arena, WireRule(call, *group, rule));
  }
  const auto used = std::count_if(group->rules.begin(), group->rules.end(), [&](const rows::Rule& rule) { return rule.egress.value_or(false) == egress; });
  if (static_cast<std::size_t>(used) > kMostRules)
    return ApiError("RulesPerSecurityGroupLimitExceeded", "The maximum number of rules per security group has been reached.", ErrorKind::kLimit);
  SaveGroup(call, *group);
  return out;
}

template <class Response, class Request>
Result<Response*> Revoke(api::Call& call, const Request& request, bool egress) {
  TRY(Only(request, {"GroupId", "IpPermissions", "IpProtocol", "FromPort", "ToPort", "CidrIp", "SecurityGroupRuleIds"}));
  TRY_ASSIGN(rows::Group * group, GetGroup(call, request.group_id));
  std::vector<std::string> gone;
  for (const Str id : request.security_group_rule_ids) {
    const bool known = std::any_of(group->rules.begin(), group->rules.end(), [&](const rows::Rule& rule) { return rule.id == id && rule.egress.value_or(false) == egress; });
    if (!known) return NoSuchRuleId(id);
    gone.push_back(id.str());
  }
  const List<wire::IpPermission> permissions = PermissionsOf(call, request);
  if (!permissions.empty() || gone.empty()) {
    for (const auto& permission : permissions)
      if (!permission.ipv6_ranges.empty() || !permission.prefix_list_ids.empty()) return NoSuchRule();  // no group can have one
    TRY_ASSIGN(const std::vector<rows::Rule> wanted, ReadPermissions(call, *group, permissions, egress));
    for (const rows::Rule& rule : wanted) {
      const auto known = std::find_if(group->rules.begin(), group->rules.end(), [&](const rows::Rule& one) { return SameTraffic(one, rule); });
      if (known == group->rules.end()) return NoSuchRule();
      gone.push_back(known->id.str());
    }
  }
  auto* out = call.arena.template New<Response>();
  out->return_ = true;
  out->revoked_security_group_rules.Present(call.arena);
  List<rows::Rule> left;
  for (const auto& rule : group->rules) {
    if (std::find(gone.begin(), gone.end(), rule.id.view()) == gone.end()) {
      left.Add(call.arena, rule);
      continue;
    }
    auto& one = out->revoked_security_group_rules.Add(call.arena);
    one.security_group_rule_id = rule.id;
    one.group_id = group->id;
    one.is_egress = egress;
    one.ip_protocol = rule.protocol;
    one.from_port = rule.from.value_or(-1);
    one.to_port = rule.to.value_or(-1);
    one.cidr_ipv4 = rule.cidr;
    one.referenced_group_id = rule.group;
    one.description = rule.description;
  }
  group->rules = left;
  SaveGroup(call, *group);
  return out;
}

// One rule of the answer, with what pages and filters go by.
struct ListedRule {
  Str id;
  List<rows::Tag> tags;
  const rows::Group* group;
  const rows::Rule* rule;
};

Result<wire::DescribeSecurityGroupRulesResult*> DescribeSecurityGroupRules(api::Call& call, const wire::DescribeSecurityGroupRulesRequest& request) {
  List<ListedRule*> all;
  for (const rows::Group* group : AllOf(call, kGroups))
    for (const auto& rule : group->rules) {
      auto* one = call.arena.New<ListedRule>();
      *one = {rule.id, rule.tags, group, &rule};
      all.Add(call.arena, one);
    }
  std::sort(all.begin(), all.end(), [](const ListedRule* a, const ListedRule* b) { return a->id.view() < b->id.view(); });
  const auto values = [](const ListedRule& one, std::string_view name) -> std::optional<std::vector<std::string>> {
    if (name == "group-id") return {{one.group->id.str()}};
    if (name == "security-group-rule-id") return {{one.id.str()}};
    return std::nullopt;
  };
  TRY_ASSIGN(auto found, Select(all, request.security_group_rule_ids, request.filters, [](const ListedRule& one) { return one.tags; }, values, NoSuchRuleId));
  auto* out = call.arena.New<wire::DescribeSecurityGroupRulesResult>();
  TRY(Paginate(found, request.max_results, request.next_token, call.arena, out->next_token));
  out->security_group_rules.Present(call.arena);
  for (const ListedRule* one : found) out->security_group_rules.Add(call.arena, WireRule(call, *one->group, *one->rule));
  return out;
}

// A rule keeps its id, its direction and the kind of its peer.
Result<wire::ModifySecurityGroupRulesResult*> ModifySecurityGroupRules(api::Call& call, const wire::ModifySecurityGroupRulesRequest& request) {
  TRY_ASSIGN(rows::Group * group, GetGroup(call, request.group_id));
  for (const auto& update : request.security_group_rules) {
    const auto known = std::find_if(group->rules.begin(), group->rules.end(), [&](const rows::Rule& rule) { return rule.id == update.security_group_rule_id; });
    if (known == group->rules.end()) return NoSuchRuleId(update.security_group_rule_id);
    if (update.security_group_rule == nullptr) return Missing("securityGroupRule");
    const auto& wanted = *update.security_group_rule;
    TRY(Only(wanted, {"IpProtocol", "FromPort", "ToPort", "CidrIpv4", "ReferencedGroupId", "Description"}));
    if (wanted.cidr_ipv4.has_value() == wanted.referenced_group_id.has_value()) return InvalidValue("A rule has exactly one of CidrIpv4 and ReferencedGroupId");
    if (wanted.cidr_ipv4.has_value() != known->cidr.has_value()) return InvalidValue("You may not modify the source or destination type of an existing rule");
    List<wire::IpPermission> one;
    auto& permission = one.Add(call.arena);
    permission.ip_protocol = wanted.ip_protocol;
    permission.from_port = wanted.from_port;
    permission.to_port = wanted.to_port;
    if (wanted.cidr_ipv4) permission.ip_ranges.Add(call.arena, {.description = wanted.description, .cidr_ip = wanted.cidr_ipv4});
    if (wanted.referenced_group_id) {
      auto& pair = permission.user_id_group_pairs.Add(call.arena);
      pair.group_id = wanted.referenced_group_id;
      pair.description = wanted.description;
    }
    TRY_ASSIGN(std::vector<rows::Rule> read, ReadPermissions(call, *group, one, known->egress.value_or(false)));
    rows::Rule& changed = read.front();
    for (const auto& other : group->rules)
      if (other.id != known->id && SameTraffic(other, changed)) return ApiError("InvalidPermission.Duplicate", "the specified rule \"" + DescribeRule(changed) + "\" already exists", ErrorKind::kConflict);
    changed.id = known->id;
    changed.tags = known->tags;
    *known = changed;
  }
  SaveGroup(call, *group);
  auto* out = call.arena.New<wire::ModifySecurityGroupRulesResult>();
  out->return_ = true;
  return out;
}

template <class Response, class Request>
Result<Response*> Redescribe(api::Call& call, const Request& request, bool egress) {
  TRY(Only(request, {"GroupId", "IpPermissions", "SecurityGroupRuleDescriptions"}));
  TRY_ASSIGN(rows::Group * group, GetGroup(call, request.group_id));
  for (const auto& named : request.security_group_rule_descriptions) {
    const auto known = std::find_if(group->rules.begin(), group->rules.end(), [&](const rows::Rule& rule) { return rule.id == named.security_group_rule_id && rule.egress.value_or(false) == egress; });
    if (known == group->rules.end()) return NoSuchRuleId(named.security_group_rule_id);
    known->description = named.description;
  }
  if (!request.ip_permissions.empty()) {
    TRY_ASSIGN(const std::vector<rows::Rule> wanted, ReadPermissions(call, *group, request.ip_permissions, egress));
    for (const rows::Rule& rule : wanted) {
      const auto known = std::find_if(group->rules.begin(), group->rules.end(), [&](const rows::Rule& one) { return SameTraffic(one, rule); });
      if (known == group->rules.end()) return NoSuchRule();
      known->description = rule.description;
    }
  }
  SaveGroup(call, *group);
  auto* out = call.arena.template New<Response>();
  out->return_ = true;
  return out;
}

}  // namespace

void RegisterRules(api::Registry& registry) {
  namespace ops = wire::ops;
  constexpr std::string_view kType = "security-group";
  Serve<ops::AuthorizeSecurityGroupIngress>(
      registry, [](api::Call& call, const auto& request) { return Authorize<wire::AuthorizeSecurityGroupIngressResult>(call, request, false); }, On(kType, &wire::AuthorizeSecurityGroupIngressRequest::group_id));
  Serve<ops::AuthorizeSecurityGroupEgress>(
      registry, [](api::Call& call, const auto& request) { return Authorize<wire::AuthorizeSecurityGroupEgressResult>(call, request, true); }, On(kType, &wire::AuthorizeSecurityGroupEgressRequest::group_id));
  Serve<ops::RevokeSecurityGroupIngress>(
      registry, [](api::Call& call, const auto& request) { return Revoke<wire::RevokeSecurityGroupIngressResult>(call, request, false); }, On(kType, &wire::RevokeSecurityGroupIngressRequest::group_id));
  Serve<ops::RevokeSecurityGroupEgress>(
      registry, [](api::Call& call, const auto& request) { return Revoke<wire::RevokeSecurityGroupEgressResult>(call, request, true); }, On(kType, &wire::RevokeSecurityGroupEgressRequest::group_id));
  Serve<ops::DescribeSecurityGroupRules>(registry, DescribeSecurityGroupRules);
  Serve<ops::ModifySecurityGroupRules>(registry, ModifySecurityGroupRules, On(kType, &wire::ModifySecurityGroupRulesRequest::group_id));
  Serve<ops::UpdateSecurityGroupRuleDescriptionsIngress>(
      registry, [](api::Call& call, const auto& request) { return Redescribe<wire::UpdateSecurityGroupRuleDescriptionsIngressResult>(call, request, false); },
      On(kType, &wire::UpdateSecurityGroupRuleDescriptionsIngressRequest::group_id));
  Serve<ops::UpdateSecurityGroupRuleDescriptionsEgress>(
      registry, [](api::Call& call, const auto& request) { return Redescribe<wire::UpdateSecurityGroupRuleDescriptionsEgressResult>(call, request, true); },
      On(kType, &wire::UpdateSecurityGroupRuleDescriptionsEgressRequest::group_id));
}

}  // namespace terrarium::ec2
