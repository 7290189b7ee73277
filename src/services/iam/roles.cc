#include "base/text.h"
#include "services/iam/entities.h"
#include "services/iam/names.h"
#include "services/iam/operations.h"

namespace terrarium::iam {
namespace {

using api::Access;
using api::Call;
constexpr auto kRole = EntityKind::kRole;

// How much of a role an answer shows: lists leave out what AWS's lists leave out.
enum class Show : unsigned char { kAll, kListed };

wire::Role WireRole(Call& call, const rows::Entity& role, Show show) {
  wire::Role out;
  out.path = role.path;
  out.role_name = role.name;
  out.role_id = role.id;
  out.arn = role.arn;
  out.create_date = role.created;
  out.assume_role_policy_document = EncodeDocument(call, RenderTrust(call, role));
  if (!role.description.empty()) out.description = role.description;
  out.max_session_duration = role.max_session;
  if (show == Show::kListed) return out;
  out.tags = WireTags(call, role.tags);
  if (role.boundary.has_value()) {
    out.permissions_boundary = call.arena.New<wire::AttachedPermissionsBoundary>();
    out.permissions_boundary->permissions_boundary_type = "Policy";
    out.permissions_boundary->permissions_boundary_arn = role.boundary;
  }
  return out;
}

template <class Response>
Response* WithRole(Call& call, const rows::Entity& role) {
  auto* out = call.arena.New<Response>();
  out->role = call.arena.New<wire::Role>();
  *out->role = WireRole(call, role, Show::kAll);
  return out;
}

Result<wire::CreateRoleResponse*> CreateRole(Call& call, const wire::CreateRoleRequest& r) {
  TRY(CheckName(r.role_name, "roleName"));
  TRY(CheckPath(r.path.value_or("/")));
  const std::string path(r.path.value_or("/"));
  if (path.starts_with("/aws-service-role/")) return ApiError("InvalidInput", "The path /aws-service-role/ is reserved for the roles that services make for themselves.");
  const std::string key = NameKey(call.caller.account, r.role_name);
  if (kRoles.Exists(call.tx, key)) return ApiError("EntityAlreadyExists", "Role with name " + r.role_name.str() + " already exists.", ErrorKind::kConflict);
  rows::Entity role;
  role.name = r.role_name;
  role.path = path;
  const std::string id = NewUniqueId(call.random, "AROA"), arn = EntityArn(call.caller.account, "role", path, r.role_name);
  role.id = id;
  role.arn = arn;
  role.created = call.Now() / 1000 * 1000;
  role.description = r.description;
  role.max_session = r.max_session_duration.value_or(3600);
  TRY(SetTrust(call, role, r.assume_role_policy_document));
  if (r.permissions_boundary.has_value()) TRY(SetBoundary(call, role, r.permissions_boundary));
  if (!r.tags.empty()) {
    std::vector<api::Fact> facts;
    AddTagFacts(r.tags, facts);
    TRY(call.authorizer.Check(call.caller, call.tx, "iam:TagRole", arn, facts));
    TRY(AddTags(call, r.tags, role.tags, "TagsPerRole"));
  }
  SaveEntity(call, kRole, role);
  auto* out = WithRole<wire::CreateRoleResponse>(call, *kRoles.Find(call.tx, key, call.arena));
  return out;
}

Result<wire::GetRoleResponse*> GetRole(Call& call, const wire::GetRoleRequest& r) {
  TRY_ASSIGN(const rows::Entity* role, GetEntity(call, kRole, r.role_name));
  auto* out = WithRole<wire::GetRoleResponse>(call, *role);
  out->role->role_last_used = call.arena.New<wire::RoleLastUsed>();  // present and empty: use is not recorded
  return out;
}

Result<wire::ListRolesResponse*> ListRoles(Call& call, const wire::ListRolesRequest& r) {
  List<wire::Role> all;
  for (const rows::Entity* role : kRoles.ListPrefix(call.tx, call.caller.account + "/", call.arena))
    if (role->path.view().starts_with(r.path_prefix.value_or("/"))) all.Add(call.arena, WireRole(call, *role, Show::kListed));
  auto page = PageOf(call.arena, all, [](const wire::Role& role) { return role.role_name.view(); }, r.marker, r.max_items);
  auto* out = call.arena.New<wire::ListRolesResponse>();
  out->roles = page.items;
  out->is_truncated = page.truncated;
  if (page.truncated) out->marker = call.arena.Copy(page.marker);
  return out;
}

Result<wire::UpdateRoleResponse*> UpdateRole(Call& call, const wire::UpdateRoleRequest& r) {
  TRY_ASSIGN(rows::Entity* role, GetEntity(call, kRole, r.role_name));
  if (r.description.has_value()) role->description = r.description;
  if (r.max_session_duration) role->max_session = r.max_session_duration;
  SaveEntity(call, kRole, *role);
  return call.arena.New<wire::UpdateRoleResponse>();
}

Result<wire::UpdateRoleDescriptionResponse*> UpdateRoleDescription(Call& call, const wire::UpdateRoleDescriptionRequest& r) {
  TRY_ASSIGN(rows::Entity* role, GetEntity(call, kRole, r.role_name));
  role->description = r.description;
  SaveEntity(call, kRole, *role);
  return WithRole<wire::UpdateRoleDescriptionResponse>(call, *role);
}

Result<Empty*> UpdateAssumeRolePolicy(Call& call, const wire::UpdateAssumeRolePolicyRequest& r) {
  TRY_ASSIGN(rows::Entity* role, GetEntity(call, kRole, r.role_name));
  TRY(SetTrust(call, *role, r.policy_document));
  SaveEntity(call, kRole, *role);
  return call.arena.New<Empty>();
}

Result<Empty*> DeleteRole(Call& call, const wire::DeleteRoleRequest& r) {
  TRY_ASSIGN(const rows::Entity* role, GetEntity(call, kRole, r.role_name));
  if (!role->attached.empty()) return ApiError("DeleteConflict", "Cannot delete entity, must detach all policies first.", ErrorKind::kConflict);
  if (!role->inline_policies.empty()) return ApiError("DeleteConflict", "Cannot delete entity, must delete policies first.", ErrorKind::kConflict);
  kRoles.Delete(call.tx, NameKey(call.caller.account, role->name));
  StampAccount(call.tx, call.random, call.caller.account);
  return call.arena.New<Empty>();
}

Result<Empty*> TagRole(Call& call, const wire::TagRoleRequest& r) {
  TRY_ASSIGN(rows::Entity* role, GetEntity(call, kRole, r.role_name));
  TRY(AddTags(call, r.tags, role->tags, "TagsPerRole"));
  SaveEntity(call, kRole, *role);
  return call.arena.New<Empty>();
}

Result<Empty*> UntagRole(Call& call, const wire::UntagRoleRequest& r) {
  TRY_ASSIGN(rows::Entity* role, GetEntity(call, kRole, r.role_name));
  RemoveTags(r.tag_keys, role->tags);
  SaveEntity(call, kRole, *role);
  return call.arena.New<Empty>();
}

Result<wire::ListRoleTagsResponse*> ListRoleTags(Call& call, const wire::ListRoleTagsRequest& r) {
  TRY_ASSIGN(const rows::Entity* role, GetEntity(call, kRole, r.role_name));
  auto* out = call.arena.New<wire::ListRoleTagsResponse>();
  out->tags = WireTags(call, role->tags);
  out->tags.Present(call.arena);
  TRY(CutPage(call.arena, out->tags, [](const wire::Tag& tag) { return tag.key.view(); }, r, *out));
  return out;
}

Result<Empty*> PutRolePolicy(Call& call, const wire::PutRolePolicyRequest& r) {
  TRY(PutInlinePolicy(call, kRole, r.role_name, r.policy_name, r.policy_document));
  return call.arena.New<Empty>();
}

Result<wire::GetRolePolicyResponse*> GetRolePolicy(Call& call, const wire::GetRolePolicyRequest& r) {
  TRY_ASSIGN(const std::string document, GetInlinePolicy(call, kRole, r.role_name, r.policy_name));
  auto* out = call.arena.New<wire::GetRolePolicyResponse>();
  out->role_name = r.role_name;
  out->policy_name = r.policy_name;
  out->policy_document = EncodeDocument(call, document);
  return out;
}

Result<Empty*> DeleteRolePolicy(Call& call, const wire::DeleteRolePolicyRequest& r) {
  TRY(DeleteInlinePolicy(call, kRole, r.role_name, r.policy_name));
  return call.arena.New<Empty>();
}

Result<wire::ListRolePoliciesResponse*> ListRolePolicies(Call& call, const wire::ListRolePoliciesRequest& r) {
  TRY_ASSIGN(const rows::Entity* role, GetEntity(call, kRole, r.role_name));
  auto* out = call.arena.New<wire::ListRolePoliciesResponse>();
  out->policy_names.Present(call.arena);
  for (const rows::InlinePolicy& policy : role->inline_policies) out->policy_names.Add(call.arena, policy.name);
  TRY(CutPage(call.arena, out->policy_names, [](const Str& name) { return name.view(); }, r, *out));
  return out;
}

Result<Empty*> AttachRolePolicy(Call& call, const wire::AttachRolePolicyRequest& r) {
  TRY(AttachPolicy(call, kRole, r.role_name, r.policy_arn));
  return call.arena.New<Empty>();
}

Result<Empty*> DetachRolePolicy(Call& call, const wire::DetachRolePolicyRequest& r) {
  TRY(DetachPolicy(call, kRole, r.role_name, r.policy_arn));
  return call.arena.New<Empty>();
}

Result<wire::ListAttachedRolePoliciesResponse*> ListAttachedRolePolicies(Call& call, const wire::ListAttachedRolePoliciesRequest& r) {
  TRY_ASSIGN(const rows::Entity* role, GetEntity(call, kRole, r.role_name));
  auto* out = call.arena.New<wire::ListAttachedRolePoliciesResponse>();
  out->attached_policies.Present(call.arena);
  for (const Str arn : role->attached) out->attached_policies.Add(call.arena, wire::AttachedPolicy{.policy_name = Arn::Parse(arn)->name(), .policy_arn = arn});
  TRY(CutPage(call.arena, out->attached_policies, [](const wire::AttachedPolicy& policy) { return policy.policy_arn.view(); }, r, *out));
  return out;
}

Result<Empty*> PutRolePermissionsBoundary(Call& call, const wire::PutRolePermissionsBoundaryRequest& r) {
  TRY_ASSIGN(rows::Entity* role, GetEntity(call, kRole, r.role_name));
  TRY(SetBoundary(call, *role, r.permissions_boundary));
  SaveEntity(call, kRole, *role);
  return call.arena.New<Empty>();
}

Result<Empty*> DeleteRolePermissionsBoundary(Call& call, const wire::DeleteRolePermissionsBoundaryRequest& r) {
  TRY_ASSIGN(rows::Entity* role, GetEntity(call, kRole, r.role_name));
  if (!role->boundary.has_value()) return NoSuchEntity("Role " + role->name.str() + " does not have a Permission Boundary.");
  role->boundary = Str();
  SaveEntity(call, kRole, *role);
  return call.arena.New<Empty>();
}

// There are no instance profiles: the answer is empty because none can be made.
Result<wire::ListInstanceProfilesForRoleResponse*> ListInstanceProfilesForRole(Call& call, const wire::ListInstanceProfilesForRoleRequest& r) {
  TRY(GetEntity(call, kRole, r.role_name));
  auto* out = call.arena.New<wire::ListInstanceProfilesForRoleResponse>();
  out->instance_profiles.Present(call.arena);
  out->is_truncated = false;
  return out;
}

Result<Access> OnRole(Call& call, const auto& r) { return On(EntityResource(call, kRole, r.role_name)); }

}  // namespace

void RegisterRoles(api::Registry& registry) {
  const auto on_role = [](Call& call, const auto& r) { return OnRole(call, r); };
  const auto with_policy_arn = [](Call& call, const auto& r) -> Result<Access> {
    return Access{{EntityResource(call, kRole, r.role_name)}, {{"iam:PolicyARN", r.policy_arn.str()}}};
  };
  const auto on_all_roles = [](Call& call, const auto&) -> Result<Access> { return On("arn:aws:iam::" + call.caller.account + ":role/"); };

  registry.Add<wire::ops::CreateRole>(iam::CreateRole, [](Call& call, const wire::CreateRoleRequest& r) -> Result<Access> {
    Access access = On(EntityArn(call.caller.account, "role", r.path.value_or("/"), r.role_name));
    if (r.permissions_boundary.has_value()) access.facts.push_back({"iam:PermissionsBoundary", r.permissions_boundary.str()});
    AddTagFacts(r.tags, access.facts);
    return access;
  });
  registry.Add<wire::ops::GetRole>(iam::GetRole, on_role);
  registry.Add<wire::ops::ListRoles>(iam::ListRoles, on_all_roles);
  registry.Add<wire::ops::UpdateRole>(iam::UpdateRole, on_role);
  registry.Add<wire::ops::UpdateRoleDescription>(iam::UpdateRoleDescription, on_role);
  registry.Add<wire::ops::UpdateAssumeRolePolicy>(iam::UpdateAssumeRolePolicy, on_role);
  registry.Add<wire::ops::DeleteRole>(iam::DeleteRole, on_role);
  registry.Add<wire::ops::TagRole>(iam::TagRole, [](Call& call, const wire::TagRoleRequest& r) -> Result<Access> {
    TRY_ASSIGN(Access access, OnRole(call, r));
    AddTagFacts(r.tags, access.facts);
    return access;
  });
  registry.Add<wire::ops::UntagRole>(iam::UntagRole, [](Call& call, const wire::UntagRoleRequest& r) -> Result<Access> {
    TRY_ASSIGN(Access access, OnRole(call, r));
    AddTagFacts(r.tag_keys, access.facts);
    return access;
  });
  registry.Add<wire::ops::ListRoleTags>(iam::ListRoleTags, on_role);
  registry.Add<wire::ops::PutRolePolicy>(iam::PutRolePolicy, on_role);
  registry.Add<wire::ops::GetRolePolicy>(iam::GetRolePolicy, on_role);
  registry.Add<wire::ops::DeleteRolePolicy>(iam::DeleteRolePolicy, on_role);
  registry.Add<wire::ops::ListRolePolicies>(iam::ListRolePolicies, on_role);
  registry.Add<wire::ops::AttachRolePolicy>(iam::AttachRolePolicy, with_policy_arn);
  registry.Add<wire::ops::DetachRolePolicy>(iam::DetachRolePolicy, with_policy_arn);
  registry.Add<wire::ops::ListAttachedRolePolicies>(iam::ListAttachedRolePolicies, on_role);
  registry.Add<wire::ops::PutRolePermissionsBoundary>(iam::PutRolePermissionsBoundary, [](Call& call, const wire::PutRolePermissionsBoundaryRequest& r) -> Result<Access> {
    TRY_ASSIGN(Access access, OnRole(call, r));
    access.facts.push_back({"iam:PermissionsBoundary", r.permissions_boundary.str()});
    return access;
  });
  registry.Add<wire::ops::DeleteRolePermissionsBoundary>(iam::DeleteRolePermissionsBoundary, on_role);
  registry.Add<wire::ops::ListInstanceProfilesForRole>(iam::ListInstanceProfilesForRole, on_role);
}

}  // namespace terrarium::iam
