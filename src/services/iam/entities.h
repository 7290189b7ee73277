#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "api/page.h"
#include "api/registry.h"
#include "gen/iam/types.h"
#include "iam/policy.h"
#include "services/iam/tables.h"

// Users and roles: what their operations share.
namespace terrarium::iam {

namespace wire = gen::iam;

enum class EntityKind : unsigned char { kRole, kUser };

const store::Table<rows::Entity>& TableOf(EntityKind kind);
// "role" or "user": the words of ARNs and error texts.
std::string_view WordOf(EntityKind kind);

std::unexpected<Error> NoSuchEntity(std::string message);
std::unexpected<Error> LimitExceeded(std::string_view quota, std::size_t value);

// NoSuchEntity "The role with name X cannot be found." if absent.
Result<rows::Entity*> GetEntity(const api::Call& call, EntityKind kind, std::string_view name);
void SaveEntity(const api::Call& call, EntityKind kind, const rows::Entity& entity);

// What an operation on that entity is authorised on: its ARN, or, if there is none, the ARN it would have without path, as on AWS.
std::string EntityResource(const api::Call& call, EntityKind kind, std::string_view name);

// The entity that an ARN names, whatever its account; null if there is none.
rows::Entity* FindEntityByArn(store::Tx& tx, std::string_view arn, Arena& arena);
// The user or role that a principal's ARN is about; of a role's session, the role.
rows::Entity* FindPrincipal(store::Tx& tx, std::string_view arn, Arena& arena);

// Tags. `what` completes the quota's name: "TagsPerRole".
Status AddTags(const api::Call& call, const List<wire::Tag>& tags, List<rows::Tag>& to, std::string_view what);
void RemoveTags(const List<Str>& keys, List<rows::Tag>& from);
List<wire::Tag> WireTags(const api::Call& call, const List<rows::Tag>& tags);
// aws:RequestTag/… and aws:TagKeys of a request with tags.
void AddTagFacts(const List<wire::Tag>& tags, std::vector<api::Fact>& facts);
void AddTagFacts(const List<Str>& keys, std::vector<api::Fact>& facts);

// Inline policies. Names match whatever their case; the first spelling stays.
Status PutInlinePolicy(const api::Call& call, EntityKind kind, std::string_view entity, std::string_view name, std::string_view document);
Result<std::string> GetInlinePolicy(const api::Call& call, EntityKind kind, std::string_view entity, std::string_view name);
Status DeleteInlinePolicy(const api::Call& call, EntityKind kind, std::string_view entity, std::string_view name);

// Managed policies. Attaching twice is success.
Status AttachPolicy(const api::Call& call, EntityKind kind, std::string_view entity, std::string_view policy_arn);
Status DetachPolicy(const api::Call& call, EntityKind kind, std::string_view entity, std::string_view policy_arn);
Status SetBoundary(const api::Call& call, rows::Entity& entity, std::string_view policy_arn);

// Policies come back URL-encoded: blanks as %20, so that a client that takes + for a blank reads the same.
Str EncodeDocument(const api::Call& call, std::string_view document);

// A trust policy as it is answered: accounts as root ARNs, principals that are gone as the ids they had.
std::string RenderTrust(const api::Call& call, const rows::Entity& role);
// Checks a trust policy and fills in `role`. MalformedPolicyDocument also for principals that do not exist.
Status SetTrust(const api::Call& call, rows::Entity& role, std::string_view document);

// Access to one resource under no facts of the service's own.
inline api::Access On(std::string resource) { return api::Access{{std::move(resource)}, {}}; }

template <class T>
void EraseAt(List<T>& list, std::size_t at) {
  for (std::size_t i = at + 1; i < list.size(); ++i) list[i - 1] = list[i];
  --list.count;
}

// One page of a listing ordered by `key`; the marker is the last key of the page before.
template <class T>
struct Page {
  List<T> items;
  bool truncated = false;
  std::string marker;
};
template <class T, class Key>
Page<T> PageOf(Arena& arena, const List<T>& all, Key key, Str marker, std::optional<std::int32_t> max_items) {
  Page<T> page;
  page.items.Present(arena);
  const std::size_t limit = static_cast<std::size_t>(max_items.value_or(100));
  for (const T& item : all) {
    const std::string_view at = key(item);
    if (marker.has_value() && at <= marker.view()) continue;
    if (page.items.size() == limit) {
      page.truncated = true;
      page.marker = std::string(key(page.items[limit - 1]));
      break;
    }
    page.items.Add(arena, item);
  }
  return page;
}

// The page that the request asks for, and whether there is more. ValidationError where the marker is none of the listing.
template <class T, class Key>
Status CutPage(Arena& arena, List<T>& items, Key key, const auto& request, auto& out) {
  if (!api::CutPage(arena, items, key, request.marker, static_cast<std::size_t>(request.max_items.value_or(100)), out.marker)) return ApiError("ValidationError", "Invalid Marker.");
  out.is_truncated = out.marker.has_value();
  return {};
}

}  // namespace terrarium::iam
