#include "services/iam/policies.h"

#include <algorithm>

#include "base/check.h"
#include "base/text.h"
#include "services/iam/entities.h"
#include "services/iam/managed_policies.h"
#include "services/iam/names.h"
#include "services/iam/operations.h"

namespace terrarium::iam {
namespace {

using api::Access;
using api::Call;
constexpr std::size_t kPolicyQuota = 6'144;
constexpr std::size_t kVersions = 5;

rows::Policy* FromManaged(const ManagedPolicy& managed, Arena& arena) {
  auto* out = arena.New<rows::Policy>();
  out->arn = arena.Copy(std::string(ManagedPolicyArnPrefix()) + std::string(managed.path) + std::string(managed.name));
  out->name = managed.name;
  out->path = managed.path;
  out->id = managed.id;
  out->created = out->updated = ParseIso8601(managed.date);
  out->default_version = managed.version;
  rows::PolicyVersion& version = out->versions.Add(arena);
  version.id = managed.version;
  version.document = managed.document;
  version.created = out->created;
  return out;
}

struct Usage {
  std::int32_t attached = 0, boundaries = 0;
};
Usage UsageOf(Call& call, std::string_view arn) {
  Usage usage;
  for (const EntityKind kind : {EntityKind::kRole, EntityKind::kUser}) {
    for (const rows::Entity* entity : TableOf(kind).ListPrefix(call.tx, call.caller.account + "/", call.arena)) {
      usage.attached += static_cast<std::int32_t>(std::count(entity->attached.begin(), entity->attached.end(), Str(arn)));
      usage.boundaries += entity->boundary == arn ? 1 : 0;
    }
  }
  return usage;
}

wire::Policy WirePolicy(Call& call, const rows::Policy& policy) {
  const Usage usage = UsageOf(call, policy.arn);
  wire::Policy out;
  out.policy_name = policy.name;
  out.policy_id = policy.id;
  out.arn = policy.arn;
  out.path = policy.path;
  out.default_version_id = policy.default_version;
  out.attachment_count = usage.attached;
  out.permissions_boundary_usage_count = usage.boundaries;
  out.is_attachable = true;
  out.create_date = policy.created;
  out.update_date = policy.updated;
  return out;
}

Result<rows::Policy*> GetByArn(Call& call, std::string_view arn) {
  const auto parsed = Arn::Parse(arn);
  if (!parsed || parsed->service != "iam") return ApiError("ValidationError", "Invalid ARN:  Could not be parsed!");
  rows::Policy* policy = FindPolicy(call, arn);
  if (policy == nullptr) return NoSuchEntity("Policy " + std::string(arn) + " was not found.");
  return policy;
}

// For changes: AWS's own policies are not the customer's, and another account's neither.
Result<rows::Policy*> GetOwn(Call& call, std::string_view arn) {
  TRY_ASSIGN(rows::Policy* policy, GetByArn(call, arn));
  if (FindManagedPolicy(arn) != nullptr || Arn::Parse(arn)->account != call.caller.account)
    return ApiError("AccessDenied", "User: " + call.caller.arn + " is not authorized to change the policy " + std::string(arn) + ", which another account owns", ErrorKind::kDenied);
  return policy;
}

void Save(Call& call, const rows::Policy& policy) {
  kPolicies.Put(call.tx, NameKey(call.caller.account, policy.name), policy);
  StampAccount(call.tx, call.random, call.caller.account);
}

Status CheckDocument(std::string_view document) {
  TRY(ParsePolicy(document, PolicyKind::kIdentity));
  if (CountedPolicySize(document) > kPolicyQuota) return LimitExceeded("PolicySize", kPolicyQuota);
  return {};
}

void AddVersion(Call& call, rows::Policy& policy, std::string_view document) {
  rows::PolicyVersion& version = policy.versions.Add(call.arena);
  version.id = call.arena.Copy("v" + std::to_string(policy.next_version.value_or(1)));
  version.document = call.arena.Copy(document);
  version.created = call.Now() / 1000 * 1000;
  policy.next_version = policy.next_version.value_or(1) + 1;
}

Result<wire::CreatePolicyResponse*> CreatePolicy(Call& call, const wire::CreatePolicyRequest& r) {
  TRY(CheckName(r.policy_name, "policyName"));
  TRY(CheckPath(r.path.value_or("/")));
  if (kPolicies.Exists(call.tx, NameKey(call.caller.account, r.policy_name)))
    return ApiError("EntityAlreadyExists", "A policy called " + r.policy_name.str() + " already exists. Duplicate names are not allowed.", ErrorKind::kConflict);
  TRY(CheckDocument(r.policy_document));
  auto* policy = call.arena.New<rows::Policy>();
  policy->name = r.policy_name;
  policy->path = r.path.has_value() ? r.path : Str("/");
  policy->arn = call.arena.Copy(EntityArn(call.caller.account, "policy", policy->path, r.policy_name));
  policy->id = call.arena.Copy(NewUniqueId(call.random, "ANPA"));
  policy->description = r.description;
  policy->created = policy->updated = call.Now() / 1000 * 1000;
  AddVersion(call, *policy, r.policy_document);
  policy->default_version = "v1";
  if (!r.tags.empty()) {
    std::vector<api::Fact> facts;
    AddTagFacts(r.tags, facts);
    TRY(call.authorizer.Check(call.caller, call.tx, "iam:TagPolicy", policy->arn, facts));
    TRY(AddTags(call, r.tags, policy->tags, "TagsPerPolicy"));
  }
  Save(call, *policy);
  auto* out = call.arena.New<wire::CreatePolicyResponse>();
  out->policy = call.arena.New<wire::Policy>();
  *out->policy = WirePolicy(call, *policy);
  out->policy->tags = WireTags(call, policy->tags);
  return out;
}

Result<wire::GetPolicyResponse*> GetPolicy(Call& call, const wire::GetPolicyRequest& r) {
  TRY_ASSIGN(const rows::Policy* policy, GetByArn(call, r.policy_arn));
  auto* out = call.arena.New<wire::GetPolicyResponse>();
  out->policy = call.arena.New<wire::Policy>();
  *out->policy = WirePolicy(call, *policy);
  if (!policy->description.empty()) out->policy->description = policy->description;
  out->policy->tags = WireTags(call, policy->tags);
  out->policy->tags.Present(call.arena);
  return out;
}

Result<wire::ListPoliciesResponse*> ListPolicies(Call& call, const wire::ListPoliciesRequest& r) {
  if (r.policy_usage_filter.has_value()) return ApiError("InvalidInput", "Terrarium does not filter by PolicyUsageFilter; leave it out", ErrorKind::kUnsupported);
  List<wire::Policy> all;
  const auto add = [&](const rows::Policy& policy) {
    if (!policy.path.view().starts_with(r.path_prefix.value_or("/"))) return;
    const wire::Policy shown = WirePolicy(call, policy);
    if (!r.only_attached.value_or(false) || *shown.attachment_count > 0) all.Add(call.arena, shown);
  };
  const std::string_view scope = r.scope.value_or("All");
  if (scope != "AWS")
    for (const rows::Policy* policy : kPolicies.ListPrefix(call.tx, call.caller.account + "/", call.arena)) add(*policy);
  if (scope != "Local")
    for (const ManagedPolicy& managed : ManagedPolicies()) add(*FromManaged(managed, call.arena));
  std::sort(all.begin(), all.end(), [](const wire::Policy& a, const wire::Policy& b) { return a.arn.view() < b.arn.view(); });
  auto page = PageOf(call.arena, all, [](const wire::Policy& policy) { return policy.arn.view(); }, r.marker, r.max_items);
  auto* out = call.arena.New<wire::ListPoliciesResponse>();
  out->policies = page.items;
  out->is_truncated = page.truncated;
  if (page.truncated) out->marker = call.arena.Copy(page.marker);
  return out;
}

Result<Empty*> DeletePolicy(Call& call, const wire::DeletePolicyRequest& r) {
  TRY_ASSIGN(const rows::Policy* policy, GetOwn(call, r.policy_arn));
  const Usage usage = UsageOf(call, policy->arn);
  if (usage.attached + usage.boundaries > 0) return ApiError("DeleteConflict", "Cannot delete a policy attached to entities.", ErrorKind::kConflict);
  if (policy->versions.size() > 1)
    return ApiError("DeleteConflict", "This policy has more than one version. Before you delete a policy, you must delete the policy's versions. The default version is deleted with the policy.", ErrorKind::kConflict);
  kPolicies.Delete(call.tx, NameKey(call.caller.account, policy->name));
  StampAccount(call.tx, call.random, call.caller.account);
  return call.arena.New<Empty>();
}

wire::PolicyVersion WireVersion(const rows::Policy& policy, const rows::PolicyVersion& version) {
  wire::PolicyVersion out;
  out.version_id = version.id;
  out.is_default_version = version.id == policy.default_version;
  out.create_date = version.created;
  return out;
}

Result<wire::CreatePolicyVersionResponse*> CreatePolicyVersion(Call& call, const wire::CreatePolicyVersionRequest& r) {
  TRY_ASSIGN(rows::Policy* policy, GetOwn(call, r.policy_arn));
  TRY(CheckDocument(r.policy_document));
  if (policy->versions.size() >= kVersions)
    return ApiError("LimitExceeded", "A managed policy can have up to 5 versions. Before you create a new version, you must delete an existing version.", ErrorKind::kLimit);
  AddVersion(call, *policy, r.policy_document);
  const rows::PolicyVersion& version = policy->versions[policy->versions.size() - 1];
  if (r.set_as_default.value_or(false)) policy->default_version = version.id;
  policy->updated = call.Now() / 1000 * 1000;
  Save(call, *policy);
  auto* out = call.arena.New<wire::CreatePolicyVersionResponse>();
  out->policy_version = call.arena.New<wire::PolicyVersion>();
  *out->policy_version = WireVersion(*policy, version);
  return out;
}

Result<const rows::PolicyVersion*> GetVersion(const rows::Policy& policy, std::string_view id) {
  const rows::PolicyVersion* version = FindVersion(policy, id);
  if (version == nullptr) return NoSuchEntity("Policy " + policy.arn.str() + " version " + std::string(id) + " does not exist or is not attachable.");
  return version;
}

Result<wire::GetPolicyVersionResponse*> GetPolicyVersion(Call& call, const wire::GetPolicyVersionRequest& r) {
  TRY_ASSIGN(const rows::Policy* policy, GetByArn(call, r.policy_arn));
  TRY_ASSIGN(const rows::PolicyVersion* version, GetVersion(*policy, r.version_id));
  auto* out = call.arena.New<wire::GetPolicyVersionResponse>();
  out->policy_version = call.arena.New<wire::PolicyVersion>();
  *out->policy_version = WireVersion(*policy, *version);
  out->policy_version->document = EncodeDocument(call, version->document);
  return out;
}

Result<wire::ListPolicyVersionsResponse*> ListPolicyVersions(Call& call, const wire::ListPolicyVersionsRequest& r) {
  TRY_ASSIGN(const rows::Policy* policy, GetByArn(call, r.policy_arn));
  auto* out = call.arena.New<wire::ListPolicyVersionsResponse>();
  out->versions.Present(call.arena);
  for (std::size_t i = policy->versions.size(); i-- > 0;) out->versions.Add(call.arena, WireVersion(*policy, policy->versions[i]));
  TRY(CutPage(call.arena, out->versions, [](const wire::PolicyVersion& version) { return version.version_id.view(); }, r, *out));
  return out;
}

Result<Empty*> DeletePolicyVersion(Call& call, const wire::DeletePolicyVersionRequest& r) {
  TRY_ASSIGN(rows::Policy* policy, GetOwn(call, r.policy_arn));
  TRY_ASSIGN(const rows::PolicyVersion* version, GetVersion(*policy, r.version_id));
  if (version->id == policy->default_version) return ApiError("DeleteConflict", "Cannot delete the default version of a policy.", ErrorKind::kConflict);
  EraseAt(policy->versions, static_cast<std::size_t>(version - policy->versions.begin()));
  Save(call, *policy);
  return call.arena.New<Empty>();
}

Result<Empty*> SetDefaultPolicyVersion(Call& call, const wire::SetDefaultPolicyVersionRequest& r) {
  TRY_ASSIGN(rows::Policy* policy, GetOwn(call, r.policy_arn));
  TRY_ASSIGN(const rows::PolicyVersion* version, GetVersion(*policy, r.version_id));
  policy->default_version = version->id;
  policy->updated = call.Now() / 1000 * 1000;
  Save(call, *policy);
  return call.arena.New<Empty>();
}

Result<Empty*> TagPolicy(Call& call, const wire::TagPolicyRequest& r) {
  TRY_ASSIGN(rows::Policy* policy, GetOwn(call, r.policy_arn));
  TRY(AddTags(call, r.tags, policy->tags, "TagsPerPolicy"));
  Save(call, *policy);
  return call.arena.New<Empty>();
}

Result<Empty*> UntagPolicy(Call& call, const wire::UntagPolicyRequest& r) {
  TRY_ASSIGN(rows::Policy* policy, GetOwn(call, r.policy_arn));
  RemoveTags(r.tag_keys, policy->tags);
  Save(call, *policy);
  return call.arena.New<Empty>();
}

Result<wire::ListPolicyTagsResponse*> ListPolicyTags(Call& call, const wire::ListPolicyTagsRequest& r) {
  TRY_ASSIGN(const rows::Policy* policy, GetByArn(call, r.policy_arn));
  auto* out = call.arena.New<wire::ListPolicyTagsResponse>();
  out->tags = WireTags(call, policy->tags);
  out->tags.Present(call.arena);
  TRY(CutPage(call.arena, out->tags, [](const wire::Tag& tag) { return tag.key.view(); }, r, *out));
  return out;
}

struct Holder {
  EntityKind kind;
  const rows::Entity* entity;
  std::string_view key;  // where it stands in the listing
};

Result<wire::ListEntitiesForPolicyResponse*> ListEntitiesForPolicy(Call& call, const wire::ListEntitiesForPolicyRequest& r) {
  TRY_ASSIGN(const rows::Policy* policy, GetByArn(call, r.policy_arn));
  const std::string_view usage = r.policy_usage_filter.value_or(""), filter = r.entity_filter.value_or("");
  List<Holder> holders;
  for (const EntityKind kind : {EntityKind::kRole, EntityKind::kUser}) {
    const std::string name = kind == EntityKind::kRole ? "Role" : "User";
    if (!filter.empty() && filter != name) continue;
    for (const rows::Entity* entity : TableOf(kind).ListPrefix(call.tx, call.caller.account + "/", call.arena)) {
      const bool attached = std::count(entity->attached.begin(), entity->attached.end(), policy->arn) > 0;
      const bool used = (usage != "PermissionsBoundary" && attached) || (usage != "PermissionsPolicy" && entity->boundary == policy->arn);
      if (used && entity->path.view().starts_with(r.path_prefix.value_or("/"))) holders.Add(call.arena, Holder{kind, entity, call.arena.Copy(name + "/" + entity->name.str())});
    }
  }
  auto* out = call.arena.New<wire::ListEntitiesForPolicyResponse>();
  TRY(CutPage(call.arena, holders, [](const Holder& holder) { return holder.key; }, r, *out));
  out->policy_groups.Present(call.arena);
  out->policy_users.Present(call.arena);
  out->policy_roles.Present(call.arena);
  for (const Holder& holder : holders) {
    if (holder.kind == EntityKind::kRole) {
      out->policy_roles.Add(call.arena, wire::PolicyRole{.role_name = holder.entity->name, .role_id = holder.entity->id});
    } else {
      out->policy_users.Add(call.arena, wire::PolicyUser{.user_name = holder.entity->name, .user_id = holder.entity->id});
    }
  }
  return out;
}

}  // namespace

rows::Policy* FindPolicy(store::Tx& tx, std::string_view arn, Arena& arena) {
  if (const ManagedPolicy* managed = FindManagedPolicy(arn)) return FromManaged(*managed, arena);
  const auto parsed = Arn::Parse(arn);
  if (!parsed || parsed->service != "iam" || parsed->type() != "policy") return nullptr;
  rows::Policy* policy = kPolicies.Find(tx, NameKey(parsed->account, parsed->name()), arena);
  return policy != nullptr && policy->arn == arn ? policy : nullptr;
}

const rows::PolicyVersion* FindVersion(const rows::Policy& policy, std::string_view id) {
  for (const rows::PolicyVersion& version : policy.versions)
    if (version.id == id) return &version;
  return nullptr;
}

std::string_view DefaultDocument(const rows::Policy& policy) {
  const rows::PolicyVersion* version = FindVersion(policy, policy.default_version);
  TERRARIUM_CHECK(version != nullptr);
  return version->document;
}

void RegisterPolicies(api::Registry& registry) {
  const auto on_policy = [](Call&, const auto& r) -> Result<Access> { return On(r.policy_arn.str()); };
  const auto on_all = [](Call& call, const auto&) -> Result<Access> { return On("arn:aws:iam::" + call.caller.account + ":policy/"); };
  registry.Add<wire::ops::CreatePolicy>(iam::CreatePolicy, [](Call& call, const wire::CreatePolicyRequest& r) -> Result<Access> {
    Access access = On(EntityArn(call.caller.account, "policy", r.path.value_or("/"), r.policy_name));
    AddTagFacts(r.tags, access.facts);
    return access;
  });
  registry.Add<wire::ops::GetPolicy>(iam::GetPolicy, on_policy);
  registry.Add<wire::ops::ListPolicies>(iam::ListPolicies, on_all);
  registry.Add<wire::ops::DeletePolicy>(iam::DeletePolicy, on_policy);
  registry.Add<wire::ops::CreatePolicyVersion>(iam::CreatePolicyVersion, on_policy);
  registry.Add<wire::ops::GetPolicyVersion>(iam::GetPolicyVersion, on_policy);
  registry.Add<wire::ops::ListPolicyVersions>(iam::ListPolicyVersions, on_policy);
  registry.Add<wire::ops::DeletePolicyVersion>(iam::DeletePolicyVersion, on_policy);
  registry.Add<wire::ops::SetDefaultPolicyVersion>(iam::SetDefaultPolicyVersion, on_policy);
  registry.Add<wire::ops::TagPolicy>(iam::TagPolicy, [](Call&, const wire::TagPolicyRequest& r) -> Result<Access> {
    Access access = On(r.policy_arn.str());
    AddTagFacts(r.tags, access.facts);
    return access;
  });
  registry.Add<wire::ops::UntagPolicy>(iam::UntagPolicy, [](Call&, const wire::UntagPolicyRequest& r) -> Result<Access> {
    Access access = On(r.policy_arn.str());
    AddTagFacts(r.tag_keys, access.facts);
    return access;
  });
  registry.Add<wire::ops::ListPolicyTags>(iam::ListPolicyTags, on_policy);
  registry.Add<wire::ops::ListEntitiesForPolicy>(iam::ListEntitiesForPolicy, on_policy);
}

}  // namespace terrarium::iam
