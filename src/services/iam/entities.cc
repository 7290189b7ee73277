#include "services/iam/entities.h"

#include <algorithm>

#include "base/text.h"
#include "services/iam/managed_policies.h"
#include "services/iam/names.h"
#include "services/iam/policies.h"

namespace terrarium::iam {
namespace {

constexpr std::size_t kTagsPerEntity = 50;
constexpr std::size_t kPoliciesPerEntity = 10;

std::string Capital(std::string_view word) { return word == "role" ? "Role" : "User"; }

std::size_t InlineQuota(EntityKind kind) { return kind == EntityKind::kRole ? 10'240 : 2'048; }

rows::InlinePolicy* FindInline(rows::Entity& entity, std::string_view name) {
  for (rows::InlinePolicy& policy : entity.inline_policies)
    if (EqualsIgnoreCase(policy.name, name)) return &policy;
  return nullptr;
}

}  // namespace

const store::Table<rows::Entity>& TableOf(EntityKind kind) { return kind == EntityKind::kRole ? kRoles : kUsers; }
std::string_view WordOf(EntityKind kind) { return kind == EntityKind::kRole ? "role" : "user"; }

std::unexpected<Error> NoSuchEntity(std::string message) { return ApiError("NoSuchEntity", std::move(message), ErrorKind::kNotFound); }
std::unexpected<Error> LimitExceeded(std::string_view quota, std::size_t value) {
  return ApiError("LimitExceeded", "Cannot exceed quota for " + std::string(quota) + ": " + std::to_string(value), ErrorKind::kLimit);
}

Result<rows::Entity*> GetEntity(const api::Call& call, EntityKind kind, std::string_view name) {
  rows::Entity* entity = TableOf(kind).Find(call.tx, NameKey(call.caller.account, name), call.arena);
  if (entity == nullptr) return NoSuchEntity("The " + std::string(WordOf(kind)) + " with name " + std::string(name) + " cannot be found.");
  return entity;
}

void SaveEntity(const api::Call& call, EntityKind kind, const rows::Entity& entity) {
  TableOf(kind).Put(call.tx, NameKey(call.caller.account, entity.name), entity);
  StampAccount(call.tx, call.random, call.caller.account);
}

std::string EntityResource(const api::Call& call, EntityKind kind, std::string_view name) {
  const rows::Entity* entity = TableOf(kind).Find(call.tx, NameKey(call.caller.account, name), call.arena);
  return entity != nullptr ? entity->arn.str() : EntityArn(call.caller.account, WordOf(kind), "/", name);
}

rows::Entity* FindEntityByArn(store::Tx& tx, std::string_view arn, Arena& arena) {
  const auto parsed = Arn::Parse(arn);
  if (!parsed || parsed->service != "iam" || (parsed->type() != "role" && parsed->type() != "user")) return nullptr;
  const EntityKind kind = parsed->type() == "role" ? EntityKind::kRole : EntityKind::kUser;
  rows::Entity* entity = TableOf(kind).Find(tx, NameKey(parsed->account, parsed->name()), arena);
  return entity != nullptr && entity->arn == arn ? entity : nullptr;
}

Status AddTags(const api::Call& call, const List<wire::Tag>& tags, List<rows::Tag>& to, std::string_view what) {
  for (std::size_t i = 0; i < tags.size(); ++i) {
    if (ToLower(tags[i].key).starts_with("aws:")) return ApiError("InvalidInput", "System tags cannot be added, removed or updated");
    for (std::size_t k = 0; k < i; ++k)
      if (EqualsIgnoreCase(tags[i].key, tags[k].key)) return ApiError("InvalidInput", "Duplicate tag keys found. Please note that Tag keys are case insensitive.");
  }
  for (const wire::Tag& tag : tags) {
    const auto same = std::find_if(to.begin(), to.end(), [&](const rows::Tag& old) { return EqualsIgnoreCase(old.key, tag.key); });
    rows::Tag& target = same != to.end() ? *same : to.Add(call.arena);
    target.key = tag.key;
    target.value = tag.value.has_value() ? tag.value : Str("");
  }
  if (to.size() > kTagsPerEntity) return LimitExceeded(what, kTagsPerEntity);
  return {};
}

void RemoveTags(const List<Str>& keys, List<rows::Tag>& from) {
  for (const Str key : keys)
    for (std::size_t i = from.size(); i-- > 0;)
      if (EqualsIgnoreCase(from[i].key, key)) EraseAt(from, i);
}

List<wire::Tag> WireTags(const api::Call& call, const List<rows::Tag>& tags) {
  List<wire::Tag> out;
  if (tags.empty()) return out;
  for (const rows::Tag& tag : tags) out.Add(call.arena, wire::Tag{.key = tag.key, .value = tag.value});
  return out;
}

void AddTagFacts(const List<wire::Tag>& tags, std::vector<api::Fact>& facts) {
  for (const wire::Tag& tag : tags) {
    facts.push_back({"aws:RequestTag/" + tag.key.str(), tag.value.str()});
    facts.push_back({"aws:TagKeys", tag.key.str()});
  }
}
void AddTagFacts(const List<Str>& keys, std::vector<api::Fact>& facts) {
  for (const Str key : keys) facts.push_back({"aws:TagKeys", key.str()});
}

Status PutInlinePolicy(const api::Call& call, EntityKind kind, std::string_view name, std::string_view policy, std::string_view document) {
  TRY(CheckName(policy, "policyName"));
  TRY_ASSIGN(rows::Entity* entity, GetEntity(call, kind, name));
  TRY(ParsePolicy(document, PolicyKind::kIdentity));
  rows::InlinePolicy* known = FindInline(*entity, policy);
  if (known == nullptr) {
    known = &entity->inline_policies.Add(call.arena);
    known->name = call.arena.Copy(policy);
  }
  known->document = call.arena.Copy(document);
  std::size_t size = 0;
  for (const rows::InlinePolicy& p : entity->inline_policies) size += CountedPolicySize(p.document);
  if (size > InlineQuota(kind))
    return ApiError("LimitExceeded", "Maximum policy size of " + std::to_string(InlineQuota(kind)) + " bytes exceeded for " + std::string(WordOf(kind)) + " " + entity->name.str(), ErrorKind::kLimit);
  SaveEntity(call, kind, *entity);
  return {};
}

Result<std::string> GetInlinePolicy(const api::Call& call, EntityKind kind, std::string_view name, std::string_view policy) {
  TRY_ASSIGN(rows::Entity* entity, GetEntity(call, kind, name));
  const rows::InlinePolicy* known = FindInline(*entity, policy);
  if (known == nullptr) return NoSuchEntity("The " + std::string(WordOf(kind)) + " policy with name " + std::string(policy) + " cannot be found.");
  return known->document.str();
}

Status DeleteInlinePolicy(const api::Call& call, EntityKind kind, std::string_view name, std::string_view policy) {
  TRY_ASSIGN(rows::Entity* entity, GetEntity(call, kind, name));
  const rows::InlinePolicy* known = FindInline(*entity, policy);
  if (known == nullptr) return NoSuchEntity("The " + std::string(WordOf(kind)) + " policy with name " + std::string(policy) + " cannot be found.");
  EraseAt(entity->inline_policies, static_cast<std::size_t>(known - entity->inline_policies.begin()));
  SaveEntity(call, kind, *entity);
  return {};
}

Status AttachPolicy(const api::Call& call, EntityKind kind, std::string_view name, std::string_view policy_arn) {
  TRY_ASSIGN(rows::Entity* entity, GetEntity(call, kind, name));
  if (FindPolicy(call, policy_arn) == nullptr) return NoSuchEntity("Policy " + std::string(policy_arn) + " does not exist or is not attachable.");
  if (IsForServiceLinkedRoles(policy_arn)) return ApiError("PolicyNotAttachable", "Cannot attach a Service Role Policy to a Customer " + Capital(WordOf(kind)) + ".");
  for (const Str attached : entity->attached)
    if (attached == policy_arn) return {};
  if (entity->attached.size() >= kPoliciesPerEntity) return LimitExceeded("PoliciesPer" + Capital(WordOf(kind)), kPoliciesPerEntity);
  entity->attached.Add(call.arena, call.arena.Copy(policy_arn));
  SaveEntity(call, kind, *entity);
  return {};
}

Status DetachPolicy(const api::Call& call, EntityKind kind, std::string_view name, std::string_view policy_arn) {
  TRY_ASSIGN(rows::Entity* entity, GetEntity(call, kind, name));
  for (std::size_t i = 0; i < entity->attached.size(); ++i) {
    if (entity->attached[i] != policy_arn) continue;
    EraseAt(entity->attached, i);
    SaveEntity(call, kind, *entity);
    return {};
  }
  return NoSuchEntity("Policy " + std::string(policy_arn) + " was not found.");
}

Status SetBoundary(const api::Call& call, rows::Entity& entity, std::string_view policy_arn) {
  if (FindPolicy(call, policy_arn) == nullptr) return NoSuchEntity("Scope ARN: " + std::string(policy_arn) + " does not exist or is not attachable.");
  entity.boundary = call.arena.Copy(policy_arn);
  return {};
}

Str EncodeDocument(const api::Call& call, std::string_view document) { return call.arena.Copy(UriEncode(document)); }

}  // namespace terrarium::iam
