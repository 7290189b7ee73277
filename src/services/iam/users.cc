#include "base/text.h"
#include "services/iam/access_keys.h"
#include "services/iam/entities.h"
#include "services/iam/names.h"
#include "services/iam/operations.h"

namespace terrarium::iam {
namespace {

using api::Access;
using api::Call;
constexpr auto kUser = EntityKind::kUser;
constexpr std::size_t kAccessKeysPerUser = 2;

wire::User WireUser(Call& call, const rows::Entity& user) {
  wire::User out;
  out.path = user.path;
  out.user_name = user.name;
  out.user_id = user.id;
  out.arn = user.arn;
  out.create_date = user.created;
  out.tags = WireTags(call, user.tags);
  if (user.boundary.has_value()) {
    out.permissions_boundary = call.arena.New<wire::AttachedPermissionsBoundary>();
    out.permissions_boundary->permissions_boundary_type = "Policy";
    out.permissions_boundary->permissions_boundary_arn = user.boundary;
  }
  return out;
}

bool IsRoot(const Call& call) { return call.caller.arn.ends_with(":root"); }

// The user that a request without UserName means: the caller. Empty: the root user.
Result<std::string> UserName(const Call& call, Str given) {
  if (given.has_value()) return given.str();
  if (IsRoot(call)) return std::string();
  const auto arn = Arn::Parse(call.caller.arn);
  if (!arn || arn->service != "iam" || arn->type() != "user") return ApiError("ValidationError", "Must specify userName when calling with non-User credentials");
  return std::string(arn->name());
}

std::string UserResource(const Call& call, Str given) {
  const auto name = UserName(call, given);
  return !name ? "*" : name->empty() ? "arn:aws:iam::" + call.caller.account + ":root" : EntityResource(call, kUser, *name);
}

Result<wire::CreateUserResponse*> CreateUser(Call& call, const wire::CreateUserRequest& r) {
  TRY(CheckName(r.user_name, "userName"));
  TRY(CheckPath(r.path.value_or("/")));
  const std::string key = NameKey(call.caller.account, r.user_name);
  if (kUsers.Exists(call.tx, key)) return ApiError("EntityAlreadyExists", "User with name " + r.user_name.str() + " already exists.", ErrorKind::kConflict);
  auto* user = call.arena.New<rows::Entity>();
  user->name = r.user_name;
  user->path = r.path.has_value() ? r.path : Str("/");
  user->id = call.arena.Copy(NewUniqueId(call.random, "AIDA"));
  user->arn = call.arena.Copy(EntityArn(call.caller.account, "user", user->path, r.user_name));
  user->created = call.Now() / 1000 * 1000;
  if (r.permissions_boundary.has_value()) TRY(SetBoundary(call, *user, r.permissions_boundary));
  if (!r.tags.empty()) {
    std::vector<api::Fact> facts;
    AddTagFacts(r.tags, facts);
    TRY(call.authorizer.Check(call.caller, call.tx, "iam:TagUser", user->arn, facts));
    TRY(AddTags(call, r.tags, user->tags, "TagsPerUser"));
  }
  SaveEntity(call, kUser, *user);
  auto* out = call.arena.New<wire::CreateUserResponse>();
  out->user = call.arena.New<wire::User>();
  *out->user = WireUser(call, *user);
  return out;
}

Result<wire::GetUserResponse*> GetUser(Call& call, const wire::GetUserRequest& r) {
  TRY_ASSIGN(const std::string name, UserName(call, r.user_name));
  auto* out = call.arena.New<wire::GetUserResponse>();
  out->user = call.arena.New<wire::User>();
  if (name.empty()) {
    out->user->user_id = call.arena.Copy(call.caller.account);
    out->user->arn = call.arena.Copy(call.caller.arn);
    return out;
  }
  TRY_ASSIGN(const rows::Entity* user, GetEntity(call, kUser, name));
  *out->user = WireUser(call, *user);
  return out;
}

Result<wire::ListUsersResponse*> ListUsers(Call& call, const wire::ListUsersRequest& r) {
  List<wire::User> all;
  for (const rows::Entity* user : kUsers.ListPrefix(call.tx, call.caller.account + "/", call.arena)) {
    if (!user->path.view().starts_with(r.path_prefix.value_or("/"))) continue;
    wire::User shown = WireUser(call, *user);
    shown.tags = {};
    shown.permissions_boundary = nullptr;
    all.Add(call.arena, shown);
  }
  auto page = PageOf(call.arena, all, [](const wire::User& user) { return user.user_name.view(); }, r.marker, r.max_items);
  auto* out = call.arena.New<wire::ListUsersResponse>();
  out->users = page.items;
  out->is_truncated = page.truncated;
  if (page.truncated) out->marker = call.arena.Copy(page.marker);
  return out;
}

Result<Empty*> DeleteUser(Call& call, const wire::DeleteUserRequest& r) {
  TRY_ASSIGN(const rows::Entity* user, GetEntity(call, kUser, r.user_name));
  const auto conflict = [](const char* what) { return ApiError("DeleteConflict", std::string("Cannot delete entity, must ") + what + " first.", ErrorKind::kConflict); };
  if (!user->attached.empty()) return conflict("detach all policies");
  if (!user->inline_policies.empty()) return conflict("delete policies");
  if (!kAccessKeys.ListOwner(call.tx, AccessKeyOwner(call.caller.account, user->name), call.arena).empty()) return conflict("delete access keys");
  kUsers.Delete(call.tx, NameKey(call.caller.account, user->name));
  StampAccount(call.tx, call.random, call.caller.account);
  return call.arena.New<Empty>();
}

Result<Empty*> PutUserPolicy(Call& call, const wire::PutUserPolicyRequest& r) {
  TRY(PutInlinePolicy(call, kUser, r.user_name, r.policy_name, r.policy_document));
  return call.arena.New<Empty>();
}

Result<wire::GetUserPolicyResponse*> GetUserPolicy(Call& call, const wire::GetUserPolicyRequest& r) {
  TRY_ASSIGN(const std::string document, GetInlinePolicy(call, kUser, r.user_name, r.policy_name));
  auto* out = call.arena.New<wire::GetUserPolicyResponse>();
  out->user_name = r.user_name;
  out->policy_name = r.policy_name;
  out->policy_document = EncodeDocument(call, document);
  return out;
}

Result<Empty*> DeleteUserPolicy(Call& call, const wire::DeleteUserPolicyRequest& r) {
  TRY(DeleteInlinePolicy(call, kUser, r.user_name, r.policy_name));
  return call.arena.New<Empty>();
}

Result<wire::ListUserPoliciesResponse*> ListUserPolicies(Call& call, const wire::ListUserPoliciesRequest& r) {
  TRY_ASSIGN(const rows::Entity* user, GetEntity(call, kUser, r.user_name));
  auto* out = call.arena.New<wire::ListUserPoliciesResponse>();
  out->policy_names.Present(call.arena);
  for (const rows::InlinePolicy& policy : user->inline_policies) out->policy_names.Add(call.arena, policy.name);
  TRY(CutPage(call.arena, out->policy_names, [](const Str& name) { return name.view(); }, r, *out));
  return out;
}

Result<Empty*> AttachUserPolicy(Call& call, const wire::AttachUserPolicyRequest& r) {
  TRY(AttachPolicy(call, kUser, r.user_name, r.policy_arn));
  return call.arena.New<Empty>();
}

Result<Empty*> DetachUserPolicy(Call& call, const wire::DetachUserPolicyRequest& r) {
  TRY(DetachPolicy(call, kUser, r.user_name, r.policy_arn));
  return call.arena.New<Empty>();
}

Result<wire::ListAttachedUserPoliciesResponse*> ListAttachedUserPolicies(Call& call, const wire::ListAttachedUserPoliciesRequest& r) {
  TRY_ASSIGN(const rows::Entity* user, GetEntity(call, kUser, r.user_name));
  auto* out = call.arena.New<wire::ListAttachedUserPoliciesResponse>();
  out->attached_policies.Present(call.arena);
  for (const Str arn : user->attached) out->attached_policies.Add(call.arena, wire::AttachedPolicy{.policy_name = Arn::Parse(arn)->name(), .policy_arn = arn});
  TRY(CutPage(call.arena, out->attached_policies, [](const wire::AttachedPolicy& policy) { return policy.policy_arn.view(); }, r, *out));
  return out;
}

Result<Empty*> TagUser(Call& call, const wire::TagUserRequest& r) {
  TRY_ASSIGN(rows::Entity* user, GetEntity(call, kUser, r.user_name));
  TRY(AddTags(call, r.tags, user->tags, "TagsPerUser"));
  SaveEntity(call, kUser, *user);
  return call.arena.New<Empty>();
}

Result<Empty*> UntagUser(Call& call, const wire::UntagUserRequest& r) {
  TRY_ASSIGN(rows::Entity* user, GetEntity(call, kUser, r.user_name));
  RemoveTags(r.tag_keys, user->tags);
  SaveEntity(call, kUser, *user);
  return call.arena.New<Empty>();
}

Result<wire::CreateAccessKeyResponse*> CreateAccessKey(Call& call, const wire::CreateAccessKeyRequest& r, const crypto::RootKey& root) {
  TRY_ASSIGN(const std::string name, UserName(call, r.user_name));
  const rows::Entity* user = nullptr;
  if (!name.empty()) {
    TRY_ASSIGN(user, GetEntity(call, kUser, name));
  }
  if (kAccessKeys.ListOwner(call.tx, AccessKeyOwner(call.caller.account, name), call.arena).size() >= kAccessKeysPerUser) return LimitExceeded("AccessKeysPerUser", kAccessKeysPerUser);
  const NewAccessKey made = MakeAccessKey(call.tx, call.random, root, call.caller.account, user, call.Now());
  auto* out = call.arena.New<wire::CreateAccessKeyResponse>();
  out->access_key = call.arena.New<wire::AccessKey>();
  out->access_key->user_name = user == nullptr ? Str("") : user->name;
  out->access_key->access_key_id = call.arena.Copy(made.id);
  out->access_key->secret_access_key = call.arena.Copy(made.secret);
  out->access_key->status = "Active";
  out->access_key->create_date = call.Now() / 1000 * 1000;
  return out;
}

Result<wire::ListAccessKeysResponse*> ListAccessKeys(Call& call, const wire::ListAccessKeysRequest& r) {
  TRY_ASSIGN(const std::string name, UserName(call, r.user_name));
  if (!name.empty()) TRY(GetEntity(call, kUser, name));
  auto* out = call.arena.New<wire::ListAccessKeysResponse>();
  out->access_key_metadata.Present(call.arena);
  for (const rows::AccessKey* key : kAccessKeys.ListOwner(call.tx, AccessKeyOwner(call.caller.account, name), call.arena))
    out->access_key_metadata.Add(call.arena, wire::AccessKeyMetadata{.user_name = key->user_name, .access_key_id = key->id, .status = key->active.value_or(false) ? "Active" : "Inactive", .create_date = key->created});
  TRY(CutPage(call.arena, out->access_key_metadata, [](const wire::AccessKeyMetadata& key) { return key.access_key_id.view(); }, r, *out));
  return out;
}

Result<rows::AccessKey*> GetAccessKey(Call& call, Str user_name, std::string_view id) {
  TRY_ASSIGN(const std::string name, UserName(call, user_name));
  rows::AccessKey* key = kAccessKeys.Find(call.tx, id, call.arena);
  if (key == nullptr || key->account.view() != call.caller.account || !EqualsIgnoreCase(key->user_name, name)) return NoSuchEntity("The Access Key with id " + std::string(id) + " cannot be found.");
  return key;
}

Result<Empty*> UpdateAccessKey(Call& call, const wire::UpdateAccessKeyRequest& r) {
  if (r.status != "Active" && r.status != "Inactive") return ApiError("InvalidInput", "Status must be Active or Inactive");
  TRY_ASSIGN(rows::AccessKey* key, GetAccessKey(call, r.user_name, r.access_key_id));
  key->active = r.status == "Active";
  kAccessKeys.Put(call.tx, key->id, *key, AccessKeyOwner(call.caller.account, key->user_name));
  StampAccount(call.tx, call.random, call.caller.account);
  return call.arena.New<Empty>();
}

Result<Empty*> DeleteAccessKey(Call& call, const wire::DeleteAccessKeyRequest& r) {
  TRY_ASSIGN(const rows::AccessKey* key, GetAccessKey(call, r.user_name, r.access_key_id));
  kAccessKeys.Delete(call.tx, key->id);
  StampAccount(call.tx, call.random, call.caller.account);
  return call.arena.New<Empty>();
}

Result<wire::GetAccountSummaryResponse*> GetAccountSummary(Call& call, const Empty&) {
  const auto count = [&](const auto& table) { return static_cast<std::int32_t>(table.ListPrefix(call.tx, call.caller.account + "/", call.arena).size()); };
  const bool root_key = !kAccessKeys.ListOwner(call.tx, AccessKeyOwner(call.caller.account, ""), call.arena).empty();
  auto* out = call.arena.New<wire::GetAccountSummaryResponse>();
  const std::pair<const char*, std::int32_t> entries[] = {
      {"Users", count(kUsers)}, {"Roles", count(kRoles)}, {"Policies", count(kPolicies)}, {"AccountAccessKeysPresent", root_key ? 1 : 0},
      {"AccessKeysPerUserQuota", static_cast<std::int32_t>(kAccessKeysPerUser)}, {"PolicySizeQuota", 6144}, {"AssumeRolePolicySizeQuota", 2048}, {"VersionsPerPolicyQuota", 5}};
  for (const auto& [key, value] : entries) out->summary_map.Add(call.arena, Entry<std::int32_t>{key, value});
  return out;
}

// Account aliases cannot be made here, so there are none.
Result<wire::ListAccountAliasesResponse*> ListAccountAliases(Call& call, const wire::ListAccountAliasesRequest&) {
  auto* out = call.arena.New<wire::ListAccountAliasesResponse>();
  out->account_aliases.Present(call.arena);
  out->is_truncated = false;
  return out;
}

}  // namespace

void RegisterUsers(api::Registry& registry, const crypto::RootKey& root) {
  const auto on_user = [](Call& call, const auto& r) -> Result<Access> { return On(UserResource(call, r.user_name)); };
  const auto with_policy_arn = [](Call& call, const auto& r) -> Result<Access> {
    return Access{{UserResource(call, r.user_name)}, {{"iam:PolicyARN", r.policy_arn.str()}}};
  };
  registry.Add<wire::ops::CreateUser>(iam::CreateUser, [](Call& call, const wire::CreateUserRequest& r) -> Result<Access> {
    Access access = On(EntityArn(call.caller.account, "user", r.path.value_or("/"), r.user_name));
    if (r.permissions_boundary.has_value()) access.facts.push_back({"iam:PermissionsBoundary", r.permissions_boundary.str()});
    AddTagFacts(r.tags, access.facts);
    return access;
  });
  registry.Add<wire::ops::GetUser>(iam::GetUser, on_user);
  registry.Add<wire::ops::ListUsers>(iam::ListUsers, [](Call& call, const auto&) -> Result<Access> { return On("arn:aws:iam::" + call.caller.account + ":user/"); });
  registry.Add<wire::ops::DeleteUser>(iam::DeleteUser, on_user);
  registry.Add<wire::ops::PutUserPolicy>(iam::PutUserPolicy, on_user);
  registry.Add<wire::ops::GetUserPolicy>(iam::GetUserPolicy, on_user);
  registry.Add<wire::ops::DeleteUserPolicy>(iam::DeleteUserPolicy, on_user);
  registry.Add<wire::ops::ListUserPolicies>(iam::ListUserPolicies, on_user);
  registry.Add<wire::ops::AttachUserPolicy>(iam::AttachUserPolicy, with_policy_arn);
  registry.Add<wire::ops::DetachUserPolicy>(iam::DetachUserPolicy, with_policy_arn);
  registry.Add<wire::ops::ListAttachedUserPolicies>(iam::ListAttachedUserPolicies, on_user);
  registry.Add<wire::ops::TagUser>(iam::TagUser, [](Call& call, const wire::TagUserRequest& r) -> Result<Access> {
    Access access = On(UserResource(call, r.user_name));
    AddTagFacts(r.tags, access.facts);
    return access;
  });
  registry.Add<wire::ops::UntagUser>(iam::UntagUser, [](Call& call, const wire::UntagUserRequest& r) -> Result<Access> {
    Access access = On(UserResource(call, r.user_name));
    AddTagFacts(r.tag_keys, access.facts);
    return access;
  });
  registry.Add<wire::ops::CreateAccessKey>([&root](Call& call, const wire::CreateAccessKeyRequest& r) { return iam::CreateAccessKey(call, r, root); }, on_user);
  registry.Add<wire::ops::ListAccessKeys>(iam::ListAccessKeys, on_user);
  registry.Add<wire::ops::UpdateAccessKey>(iam::UpdateAccessKey, on_user);
  registry.Add<wire::ops::DeleteAccessKey>(iam::DeleteAccessKey, on_user);
  registry.Add<wire::ops::GetAccountSummary>(iam::GetAccountSummary);
  registry.Add<wire::ops::ListAccountAliases>(iam::ListAccountAliases);
}

}  // namespace terrarium::iam
