#include <algorithm>

#include "base/text.h"
#include "provider/resource/name.h"
#include "provider/resource/policy.h"
#include "provider/resources/iam.h"
#include "provider/resources/resources.h"
#include "provider/schema/checks.h"

namespace terrarium::provider {
namespace {

constexpr std::string_view kTable = R"(
arn                   string computed < Arn
assume_role_policy    string required check=json > AssumeRolePolicyDocument
create_date           string computed < CreateDate
description           string optional <> Description
force_detach_policies bool optional = false
id                    string optional computed < RoleName
managed_policy_arns   set(string) optional computed deprecated
max_session_duration  number optional = 3600 <> MaxSessionDuration
name                  string optional computed replaces conflicts=name_prefix < RoleName
name_prefix           string optional computed replaces conflicts=name
path                  string optional replaces = "/" <> Path
permissions_boundary  string optional check=arn > PermissionsBoundary < PermissionsBoundary.PermissionsBoundaryArn
tags                  map(string) optional
tags_all              map(string) optional computed
unique_id             string computed < RoleId
block inline_policy set computed {
  name   string optional check=name
  policy string optional check=json
}
)";

constexpr TagApi kTags{.service = "iam", .tag = "TagRole", .untag = "UntagRole", .id_member = "RoleName",
                       .id_attribute = "id"};

Object InlinePolicies(const Value& blocks) {
  Object policies;
  for (const auto& block : blocks.Items())
    if (!block["name"].Text().empty()) policies.emplace(block["name"].Text(), block["policy"]);
  return policies;
}

bool HasArn(const Value& arns, const Value& arn) { return std::ranges::find(arns.Items(), arn) != arns.Items().end(); }

// From the policies of `prior` to those of `planned`; what is unknown is left as it is.
Result<void> ChangePolicies(Call& call, const Value& role, const Object& prior, const Object& planned) {
  if (const auto& blocks = At(planned, "inline_policy"); IsWhollyKnown(blocks)) {
    const Object before = InlinePolicies(At(prior, "inline_policy")), after = InlinePolicies(blocks);
    for (const auto& [name, policy] : before)
      if (!after.contains(name))
        TRY(call.Tolerate("iam", "DeleteRolePolicy", {{"RoleName", role}, {"PolicyName", name}}, {"NoSuchEntity"}));
    for (const auto& [name, policy] : after)
      if (At(before, name) != policy)
        TRY(call.Tolerate("iam", "PutRolePolicy",
                          {{"RoleName", role}, {"PolicyName", name}, {"PolicyDocument", policy}}, {}));
  }
  const Value& before = At(prior, "managed_policy_arns");
  const Value& after = At(planned, "managed_policy_arns");
  if (!IsWhollyKnown(after)) return {};
  for (const auto& arn : before.Items())
    if (!HasArn(after, arn))
      TRY(call.Tolerate("iam", "DetachRolePolicy", {{"RoleName", role}, {"PolicyArn", arn}}, {"NoSuchEntity"}));
  for (const auto& arn : after.Items())
    if (!HasArn(before, arn)) TRY(call.Tolerate("iam", "AttachRolePolicy", {{"RoleName", role}, {"PolicyArn", arn}}, {}));
  return {};
}

Result<void> Create(Call& call, const Object& planned) {
  Object request = ToApi(call.body, planned);
  const std::string name = ChooseName(call, planned);
  request["RoleName"] = name;
  if (Value tags = TagsForCreate(kTags, planned); !tags.Items().empty()) request["Tags"] = std::move(tags);
  TRY_ASSIGN(const Object made, call.Api("iam", "CreateRole", request));
  call.Created(name);
  return ChangePolicies(call, name, {}, planned);
}

Result<std::optional<Object>> Read(Call& call, const Object& state) {
  const Object by_name{{"RoleName", At(state, "id")}};
  TRY_ASSIGN(const auto found, call.Find("iam", "GetRole", by_name, "Role", {"NoSuchEntity"}));
  if (!found) return std::nullopt;
  Object role = FromApi(call.body, *found);
  role["name_prefix"] = PrefixOfName(role["name"].Text());
  role["assume_role_policy"] = DecodedPolicy((*found)["AssumeRolePolicyDocument"]);
  role["tags"] = TagMap((*found)["Tags"]);

  List blocks;
  TRY_ASSIGN(const Object inline_names, call.Api("iam", "ListRolePolicies", by_name));
  for (const auto& name : At(inline_names, "PolicyNames").Items()) {
    TRY_ASSIGN(const Object policy,
               call.Api("iam", "GetRolePolicy", {{"RoleName", At(state, "id")}, {"PolicyName", name}}));
    blocks.push_back(Object{{"name", name}, {"policy", DecodedPolicy(At(policy, "PolicyDocument"))}});
  }
  role["inline_policy"] = std::move(blocks);
  TRY_ASSIGN(const Object attached, call.Api("iam", "ListAttachedRolePolicies", by_name));
  List arns;
  for (const auto& one : At(attached, "AttachedPolicies").Items()) arns.push_back(one["PolicyArn"]);
  role["managed_policy_arns"] = std::move(arns);
  return role;
}

Result<void> Update(Call& call, const Object& prior, const Object& planned) {
  const Value& name = At(prior, "id");
  const auto changed = [&](std::string_view attribute) { return At(prior, attribute) != At(planned, attribute); };
  if (changed("assume_role_policy"))
    TRY(call.Tolerate("iam", "UpdateAssumeRolePolicy",
                      {{"RoleName", name}, {"PolicyDocument", At(planned, "assume_role_policy")}}, {}));
  if (changed("description") || changed("max_session_duration"))
    TRY(call.Tolerate("iam", "UpdateRole", {{"RoleName", name},
                                            {"Description", At(planned, "description").Text()},
                                            {"MaxSessionDuration", At(planned, "max_session_duration")}}, {}));
  if (changed("permissions_boundary")) {
    const auto& arn = At(planned, "permissions_boundary").Text();
    TRY(arn.empty() ? call.Tolerate("iam", "DeleteRolePermissionsBoundary", {{"RoleName", name}}, {"NoSuchEntity"})
                    : call.Tolerate("iam", "PutRolePermissionsBoundary",
                                    {{"RoleName", name}, {"PermissionsBoundary", arn}}, {}));
  }
  return ChangePolicies(call, name, prior, planned);
}

// Policies that the configuration owns, or may detach by force, go before the role; others keep it, with an error.
Result<void> Destroy(Call& call, const Object& state) {
  const Value& name = At(state, "id");
  const bool force = At(state, "force_detach_policies").Bool();
  Object owned = state;
  if (force) {
    TRY_ASSIGN(const auto role, Read(call, state));
    if (!role) return {};
    owned = *role;
  }
  TRY(ChangePolicies(call, name, owned, {{"inline_policy", List{}}, {"managed_policy_arns", List{}}}));
  return call.Remove("iam", "DeleteRole", {{"RoleName", name}}, {"NoSuchEntity"});
}

Body Table() {
  Body body = ParseTable(kTable);
  Row(body, "assume_role_policy").same = IsSamePolicy;
  Row(body, "inline_policy.policy").same = IsSamePolicy;
  Row(body, "description").check = Length(0, 1000);
  Row(body, "managed_policy_arns").check = Each(IsArn());
  Row(body, "max_session_duration").check = Between(3600, 43200);
  Row(body, "name").check = NameLike(64);
  Row(body, "name_prefix").check = NameLike(38);
  Row(body, "path").check = Length(0, 512);
  return body;
}

}  // namespace

Resource IamRole() {
  return {
      .type = "aws_iam_role",
      .title = "IAM Role",
      .schema = {.body = Table()},
      .tags = kTags,
      .create = Create,
      .read = Read,
      .update = Update,
      .destroy = Destroy,
  };
}

}  // namespace terrarium::provider
