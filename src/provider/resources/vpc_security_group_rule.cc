// aws_vpc_security_group_ingress_rule and …_egress_rule: one rule of a group, with an id of its own. Both come from
// the official provider's newer framework, so they keep every rule of Terraform.
#include "provider/resources/ec2.h"
#include "provider/resources/resources.h"
#include "provider/resources/security_group_rules.h"

namespace terrarium::provider {
namespace {

constexpr std::string_view kTable = R"(
arn                          string computed < SecurityGroupRuleArn
cidr_ipv4                    string optional <> CidrIpv4
cidr_ipv6                    string optional <> CidrIpv6
description                  string optional <> Description
from_port                    number optional <> FromPort
id                           string computed < SecurityGroupRuleId
ip_protocol                  string required <> IpProtocol
prefix_list_id               string optional <> PrefixListId
referenced_security_group_id string optional > ReferencedGroupId < ReferencedGroupInfo.GroupId
region                       string optional computed replaces
security_group_id            string required replaces < GroupId
security_group_rule_id       string computed < SecurityGroupRuleId
tags                         map(string) optional
tags_all                     map(string) computed
to_port                      number optional <> ToPort
)";

constexpr std::string_view kSources[] = {"cidr_ipv4", "cidr_ipv6", "prefix_list_id", "referenced_security_group_id"};

// For Authorize…: a permission of one source.
Object Permission(const Object& planned) {
  Object permission{{"IpProtocol", At(planned, "ip_protocol")}};
  for (const auto& [attribute, member] : {std::pair{"from_port", "FromPort"}, {"to_port", "ToPort"}})
    if (At(planned, attribute).IsKnown()) permission[member] = At(planned, attribute);
  constexpr struct {
    std::string_view attribute;
    const char* list;
    const char* name;
  } kLists[] = {{"cidr_ipv4", "IpRanges", "CidrIp"},
                {"cidr_ipv6", "Ipv6Ranges", "CidrIpv6"},
                {"prefix_list_id", "PrefixListIds", "PrefixListId"},
                {"referenced_security_group_id", "UserIdGroupPairs", "GroupId"}};
  for (const auto& [attribute, list, name] : kLists) {
    const auto& source = At(planned, attribute);
    if (!source.IsKnown()) continue;
    Object range{{name, source}};
    if (!At(planned, "description").Text().empty()) range["Description"] = At(planned, "description");
    permission[list] = List{std::move(range)};
  }
  return permission;
}

Result<void> Create(Call& call, const Object& planned, std::string_view operation) {
  Object request{{"GroupId", At(planned, "security_group_id")}, {"IpPermissions", List{Permission(planned)}}};
  TRY_ASSIGN(const Object made,
             call.Api("ec2", operation, WithTagSpecification(std::move(request), "security-group-rule", planned)));
  const auto& rules = At(made, "SecurityGroupRules").Items();
  if (rules.empty()) return Fail(ErrorKind::kUnavailable, "the answer names no rule");
  call.Created(rules[0]["SecurityGroupRuleId"].Text());
  return {};
}
Result<void> CreateIngress(Call& call, const Object& planned) {
  return Create(call, planned, "AuthorizeSecurityGroupIngress");
}
Result<void> CreateEgress(Call& call, const Object& planned) {
  return Create(call, planned, "AuthorizeSecurityGroupEgress");
}

Result<std::optional<Object>> Read(Call& call, const Object& state, bool egress) {
  TRY_ASSIGN(const auto found, call.Find("ec2", "DescribeSecurityGroupRules",
                                         {{"SecurityGroupRuleIds", List{At(state, "id")}}}, "SecurityGroupRules",
                                         {"InvalidSecurityGroupRuleId.NotFound"}));
  if (!found || (*found)["IsEgress"].Bool() != egress) return std::nullopt;
  Object rule = Ec2Object(call, *found);
  if (rule["arn"].IsNull())
    rule["arn"] = Ec2Arn(call, Object{{"OwnerId", (*found)["GroupOwnerId"]}}, "security-group-rule",
                         At(state, "id").Text());
  // -1 stands for "every port", which the configuration says by leaving the port out.
  for (const char* port : {"from_port", "to_port"})
    if (rule[port] == Value(-1) && At(state, port).IsNull()) rule[port] = Value();
  return rule;
}
Result<std::optional<Object>> ReadIngress(Call& call, const Object& state) { return Read(call, state, false); }
Result<std::optional<Object>> ReadEgress(Call& call, const Object& state) { return Read(call, state, true); }

Result<void> Update(Call& call, const Object& prior, const Object& planned) {
  const Object change{{"SecurityGroupRuleId", At(prior, "id")}, {"SecurityGroupRule", ToApi(call.body, planned)}};
  return call.Tolerate("ec2", "ModifySecurityGroupRules",
                       {{"GroupId", At(prior, "security_group_id")}, {"SecurityGroupRules", List{change}}}, {});
}

Result<void> Destroy(Call& call, const Object& state, std::string_view operation) {
  return call.Remove("ec2", operation,
                     {{"GroupId", At(state, "security_group_id")}, {"SecurityGroupRuleIds", List{At(state, "id")}}},
                     {"InvalidGroup.NotFound", "InvalidSecurityGroupRuleId.NotFound", "InvalidPermission.NotFound"});
}
Result<void> DestroyIngress(Call& call, const Object& state) {
  return Destroy(call, state, "RevokeSecurityGroupIngress");
}
Result<void> DestroyEgress(Call& call, const Object& state) {
  return Destroy(call, state, "RevokeSecurityGroupEgress");
}

// Exactly one source; another kind of source is another rule.
void Customize(PlanDraft& draft) {
  int sources = 0;
  for (const auto source : kSources) sources += !draft.config[source].IsNull();
  if (sources != 1)
    draft.diagnostics.push_back({.summary = "Invalid security group rule",
                                 .detail = "Exactly one of cidr_ipv4, cidr_ipv6, prefix_list_id and "
                                           "referenced_security_group_id must be set."});
  if (draft.prior.IsNull()) return;
  for (const auto source : kSources)
    if (draft.prior[source].IsNull() != draft.plan.planned[source].IsNull())
      draft.plan.replace.push_back(Path{} / source);
}

bool IsSameProtocol(const Value& a, const Value& b) { return ProtocolName(a.Text()) == ProtocolName(b.Text()); }

Resource Rule(std::string_view type, std::string_view title) {
  Body body = ParseTable(kTable);
  Row(body, "ip_protocol").same = IsSameProtocol;
  return {
      .type = type,
      .title = title,
      .schema = {.body = std::move(body)},
      .tags = kEc2Tags,
      .types = TypeSystem::kStrict,
      .create = CreateIngress,
      .read = ReadIngress,
      .update = Update,
      .destroy = DestroyIngress,
      .customize = Customize,
  };
}

}  // namespace

Resource VpcSecurityGroupIngressRule() {
  return Rule("aws_vpc_security_group_ingress_rule", "VPC Security Group Ingress Rule");
}

Resource VpcSecurityGroupEgressRule() {
  Resource rule = Rule("aws_vpc_security_group_egress_rule", "VPC Security Group Egress Rule");
  rule.create = CreateEgress;
  rule.read = ReadEgress;
  rule.destroy = DestroyEgress;
  return rule;
}

}  // namespace terrarium::provider
