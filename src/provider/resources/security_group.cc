#include "provider/resource/name.h"
#include "provider/resources/ec2.h"
#include "provider/resources/resources.h"
#include "provider/resources/security_group_rules.h"
#include "provider/schema/checks.h"

namespace terrarium::provider {
namespace {

constexpr std::string_view kTable = R"(
arn                    string computed < SecurityGroupArn
description            string optional replaces = "Managed by Terraform" <> Description
egress                 set(object{cidr_blocks:list(string),description:string,from_port:number,ipv6_cidr_blocks:list(string),prefix_list_ids:list(string),protocol:string,security_groups:set(string),self:bool,to_port:number}) optional computed
id                     string optional computed < GroupId
ingress                set(object{cidr_blocks:list(string),description:string,from_port:number,ipv6_cidr_blocks:list(string),prefix_list_ids:list(string),protocol:string,security_groups:set(string),self:bool,to_port:number}) optional computed
name                   string optional computed replaces conflicts=name_prefix < GroupName
name_prefix            string optional computed replaces conflicts=name
owner_id               string computed < OwnerId
region                 string optional computed replaces
revoke_rules_on_delete bool optional = false
tags                   map(string) optional
tags_all               map(string) optional computed
vpc_id                 string optional computed replaces <> VpcId
)";

struct Direction {
  std::string_view attribute;
  const char* answer;
  std::string_view authorize;
  std::string_view revoke;
};
constexpr Direction kDirections[] = {
    {"ingress", "IpPermissions", "AuthorizeSecurityGroupIngress", "RevokeSecurityGroupIngress"},
    {"egress", "IpPermissionsEgress", "AuthorizeSecurityGroupEgress", "RevokeSecurityGroupEgress"}};

Result<void> Send(Call& call, std::string_view operation, const std::string& id, List permissions, Codes fine = {}) {
  if (permissions.empty()) return {};
  return call.Tolerate("ec2", operation, {{"GroupId", id}, {"IpPermissions", std::move(permissions)}}, fine);
}

Result<void> ChangeRules(Call& call, const std::string& id, const Object& prior, const Object& planned) {
  for (const auto& [attribute, answer, authorize, revoke] : kDirections) {
    if (At(planned, attribute).IsUnknown()) continue;
    const auto before = PermissionsOfRules(At(prior, attribute), id);
    const auto after = PermissionsOfRules(At(planned, attribute), id);
    TRY(Send(call, revoke, id, Without(before, after), {"InvalidPermission.NotFound"}));
    TRY(Send(call, authorize, id, Without(after, before)));
  }
  return {};
}

// Terraform's groups have no rule that the configuration does not name: the one that AWS adds goes.
Result<void> RevokeDefaultEgress(Call& call, const std::string& id) {
  const Object v4{{"IpProtocol", "-1"}, {"IpRanges", List{Object{{"CidrIp", "0.0.0.0/0"}}}}};
  const Object v6{{"IpProtocol", "-1"}, {"Ipv6Ranges", List{Object{{"CidrIpv6", "::/0"}}}}};
  TRY(Send(call, "RevokeSecurityGroupEgress", id, {v4}));
  return Send(call, "RevokeSecurityGroupEgress", id, {v6}, {"InvalidPermission.NotFound", "InvalidParameterValue"});
}

Result<void> Create(Call& call, const Object& planned) {
  Object request = WithTagSpecification(ToApi(call.body, planned), "security-group", planned);
  request["GroupName"] = ChooseName(call, planned);
  TRY_ASSIGN(const Object made, call.Api("ec2", "CreateSecurityGroup", request));
  const std::string id = At(made, "GroupId").Text();
  call.Created(id);
  TRY(RevokeDefaultEgress(call, id));
  return ChangeRules(call, id, {}, planned);
}

Result<std::optional<Object>> Read(Call& call, const Object& state) {
  const std::string id = At(state, "id").Text();
  TRY_ASSIGN(const auto found, call.Find("ec2", "DescribeSecurityGroups", {{"GroupIds", List{id}}}, "SecurityGroups",
                                         {"InvalidGroup.NotFound", "InvalidGroupId.Malformed"}));
  if (!found) return std::nullopt;
  Object group = Ec2Object(call, *found);
  group["name_prefix"] = PrefixOfName(group["name"].Text());
  for (const auto& direction : kDirections)
    group[std::string(direction.attribute)] =
        RulesOfAnswer((*found)[direction.answer], At(state, direction.attribute), id);
  return group;
}

Result<void> Update(Call& call, const Object& prior, const Object& planned) {
  return ChangeRules(call, At(prior, "id").Text(), prior, planned);
}

Result<void> Destroy(Call& call, const Object& state) {
  const auto& id = At(state, "id").Text();
  if (At(state, "revoke_rules_on_delete").Bool())
    for (const auto& [attribute, answer, authorize, revoke] : kDirections)
      TRY(Send(call, revoke, id, Without(PermissionsOfRules(At(state, attribute), id), {}),
               {"InvalidPermission.NotFound", "InvalidGroup.NotFound"}));
  return call.Remove("ec2", "DeleteSecurityGroup", {{"GroupId", id}}, {"InvalidGroup.NotFound"},
                     {"DependencyViolation", "InvalidGroup.InUse"});
}

// Version 0 had no rule descriptions; the loader adds the missing attributes.
void Upgrade(Object& state, std::int64_t from) {
  if (from < 1) state.emplace("revoke_rules_on_delete", false);
}

std::optional<std::string> CheckRule(const Value& rule) {
  const auto& from = rule["from_port"];
  const auto& to = rule["to_port"];
  if (!from.IsKnown() || !to.IsKnown()) return std::nullopt;
  if (from.Int() > to.Int()) return "from_port is greater than to_port";
  if (ProtocolName(rule["protocol"].Text()) == "-1" && (from.Int() != 0 || to.Int() != 0))
    return "from_port and to_port must be 0 with protocol -1";
  return std::nullopt;
}

Body Table() {
  Body body = ParseTable(kTable);
  Row(body, "ingress").check = Row(body, "egress").check = Each(CheckRule);
  Row(body, "description").check = Length(0, 255);
  Row(body, "name").check = Length(0, 255);
  Row(body, "name_prefix").check = Length(0, 100);
  return body;
}

}  // namespace

Resource SecurityGroup() {
  using std::chrono::minutes;
  return {
      .type = "aws_security_group",
      .title = "Security Group",
      .schema = {.version = 1, .body = Table()},
      .timeouts = {.create = minutes(10), .destroy = minutes(15)},
      .tags = kEc2Tags,
      .create = Create,
      .read = Read,
      .update = Update,
      .destroy = Destroy,
      .upgrade = Upgrade,
  };
}

}  // namespace terrarium::provider
