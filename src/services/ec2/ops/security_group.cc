#include "services/ec2/ops/rules.h"
#include "services/ec2/ops/serve.h"

namespace terrarium::ec2 {
namespace {

Status CheckName(Str text, std::string_view parameter) {
  if (!text || text.empty()) return Missing(parameter);
  if (text.view().size() > 255) return InvalidValue("Value (" + text.str() + ") for parameter " + std::string(parameter) + " is invalid. Name or description exceeds 255 characters");
  for (const char c : text.view())
    if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || std::string_view(" ._-:/()#,@[]+=&;{}!$*").find(c) != std::string_view::npos))
      return InvalidValue("Value (" + text.str() + ") for parameter " + std::string(parameter) + " is invalid. Character sets beyond ASCII are not supported.");
  return {};
}

// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSecurityGroup.html
Result<wire::CreateSecurityGroupResult*> CreateSecurityGroup(api::Call& call, const wire::CreateSecurityGroupRequest& request) {
  TRY(CheckName(request.group_name, "GroupName"));
  TRY(CheckName(request.description, "GroupDescription"));
  TRY_ASSIGN(const rows::Vpc* vpc, GetVpc(call, request.vpc_id));
  if (request.group_name.view().starts_with("sg-")) return InvalidValue("invalid value for parameter groupName: " + request.group_name.str() + "; Group names may not be in the format sg-*.");
  if (request.group_name == "default") return InvalidValue("Cannot use reserved security group name: default");
  for (const rows::Group* other : kGroups.ListOwner(call.tx, vpc->id.view(), call.arena))
    if (other->name == request.group_name)
      return ApiError("InvalidGroup.Duplicate", "The security group '" + request.group_name.str() + "' already exists for VPC '" + vpc->id.str() + "'", ErrorKind::kConflict);
  rows::Group group;
  group.id = Copy(call.arena, NewId(call.random, "sg"));
  group.vpc = vpc->id;
  group.name = request.group_name;
  group.description = request.description;
  auto& out_rule = group.rules.Add(call.arena);
  out_rule.id = Copy(call.arena, NewId(call.random, "sgr"));
  out_rule.egress = true;
  out_rule.protocol = "-1";
  out_rule.from = -1;
  out_rule.to = -1;
  out_rule.cidr = "0.0.0.0/0";
  TRY_ASSIGN(group.tags, ReadTags(call, request.tag_specifications, "security-group", group.id.view(), "CreateSecurityGroup"));
  SaveGroup(call, group);
  auto* out = call.arena.New<wire::CreateSecurityGroupResult>();
  out->group_id = group.id;
  out->security_group_arn = Copy(call.arena, ArnOf(call, "security-group", group.id.view()));
  out->tags = WireTags(call.arena, group.tags);
  return out;
}

std::vector<std::string> RuleValues(const rows::Group& group, bool egress, std::string_view field) {
  std::vector<std::string> out;
  for (const auto& rule : group.rules) {
    if (rule.egress.value_or(false) != egress) continue;
    if (field == "cidr" && rule.cidr) out.push_back(rule.cidr.str());
    if (field == "group-id" && rule.group) out.push_back(rule.group.str());
    if (field == "protocol") out.push_back(rule.protocol.str());
    if (field == "from-port") out.push_back(std::to_string(rule.from.value_or(-1)));
    if (field == "to-port") out.push_back(std::to_string(rule.to.value_or(-1)));
  }
  return out;
}

Result<wire::DescribeSecurityGroupsResult*> DescribeSecurityGroups(api::Call& call, const wire::DescribeSecurityGroupsRequest& request) {
  TRY(Only(request, {"GroupIds", "Filters", "MaxResults", "NextToken"}));
  const auto values = [&](const rows::Group& group, std::string_view name) -> std::optional<std::vector<std::string>> {
    if (name == "group-id") return {{group.id.str()}};
    if (name == "group-name") return {{group.name.str()}};
    if (name == "description") return {{group.description.str()}};
    if (name == "vpc-id") return {{group.vpc.str()}};
    if (name == "owner-id") return {{call.caller.account}};
    if (name.starts_with("ip-permission.")) return RuleValues(group, false, name.substr(14));
    if (name.starts_with("egress.ip-permission.")) return RuleValues(group, true, name.substr(21));
    return std::nullopt;
  };
  TRY_ASSIGN(auto found, Select(AllOf(call, kGroups), request.group_ids, request.filters, [](const rows::Group& group) { return group.tags; }, values, [](Str id) {
               return ApiError("InvalidGroup.NotFound", "The security group '" + id.str() + "' does not exist", ErrorKind::kNotFound);
             }));
  auto* out = call.arena.New<wire::DescribeSecurityGroupsResult>();
  TRY(Paginate(found, request.max_results, request.next_token, call.arena, out->next_token));
  out->security_groups.Present(call.arena);
  for (const rows::Group* group : found) {
    auto& one = out->security_groups.Add(call.arena);
    one.group_id = group->id;
    one.group_name = group->name;
    one.description = group->description;
    one.vpc_id = group->vpc;
    one.owner_id = Copy(call.arena, call.caller.account);
    one.security_group_arn = Copy(call.arena, ArnOf(call, "security-group", group->id.view()));
    one.ip_permissions = WirePermissions(call, *group, false);
    one.ip_permissions_egress = WirePermissions(call, *group, true);
    one.tags = WireTags(call.arena, group->tags);
  }
  return out;
}

Result<wire::DeleteSecurityGroupResult*> DeleteSecurityGroup(api::Call& call, const wire::DeleteSecurityGroupRequest& request) {
  TRY(Only(request, {"GroupId"}));
  TRY_ASSIGN(const rows::Group* group, GetGroup(call, request.group_id));
  if (group->name == "default")
    return ApiError("CannotDelete", "the specified group: \"" + group->id.str() + "\" name: \"default\" cannot be deleted by a user");
  for (const rows::Eni* eni : kEnis.ListOwner(call.tx, group->vpc.view(), call.arena))
    for (const Str member : eni->groups)
      if (member == group->id) return Depends(group->id.view());
  for (const rows::Group* other : kGroups.ListOwner(call.tx, group->vpc.view(), call.arena))
    for (const auto& rule : other->rules)
      if (other->id != group->id && rule.group.has_value() && rule.group == group->id) return Depends(group->id.view());
  kGroups.Delete(call.tx, call.Key(group->id.view()));
  TouchVpc(call, group->vpc.view());
  auto* out = call.arena.New<wire::DeleteSecurityGroupResult>();
  out->return_ = true;
  out->group_id = group->id;
  return out;
}

}  // namespace

void RegisterGroups(api::Registry& registry) {
  Serve<wire::ops::CreateSecurityGroup>(registry, CreateSecurityGroup, New("security-group", "vpc", &wire::CreateSecurityGroupRequest::vpc_id));
  Serve<wire::ops::DescribeSecurityGroups>(registry, DescribeSecurityGroups);
  Serve<wire::ops::DeleteSecurityGroup>(registry, DeleteSecurityGroup, On("security-group", &wire::DeleteSecurityGroupRequest::group_id));
}

}  // namespace terrarium::ec2
