#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "api/call.h"
#include "base/arn.h"
#include "services/ecs/tables.h"

namespace terrarium::ecs {

std::unexpected<Error> Invalid(std::string message);                // InvalidParameterException
std::unexpected<Error> ClientError(std::string message);            // ClientException
std::unexpected<Error> Refused(std::string_view what);              // by name: not made real here
std::unexpected<Error> NoCluster();                                 // ClusterNotFoundException

bool IsName(std::string_view s);  // letters, digits, - and _; at most 255

std::string EcsArn(std::string_view account, std::string_view region, std::string_view resource);
inline std::string EcsArn(const api::Call& call, std::string_view resource) { return EcsArn(call.caller.account, call.caller.region, resource); }

// Name of the cluster that is meant by name or ARN; "default" where absent.
std::string ClusterName(Str cluster);
// "family" and revision of "family", "family:7" or an ARN. No revision: the newest active.
struct DefinitionReference {
  std::string family;
  std::optional<std::int32_t> revision;
};
std::optional<DefinitionReference> ParseDefinition(std::string_view text);
// The last part of "service/cluster/name" in an ARN, or the text itself.
std::string LastPart(std::string_view text);
std::string DefinitionKey(std::string_view account, std::string_view region, std::string_view family, std::int32_t revision);

Result<rows::Cluster*> GetCluster(const api::Call& call, std::string_view name);
// Null where there is none.
rows::TaskDefinition* FindDefinition(store::Tx& tx, Arena& arena, std::string_view account, std::string_view region, std::string_view reference);

// FNV-1a of the container's name, ten digits: the second half of a runtime id on Fargate.
std::string RuntimeId(std::string_view task, std::string_view container);

template <class Wire>
List<rows::Tag> RowTags(Arena& arena, const List<Wire>& tags) {
  List<rows::Tag> out;
  out.Present(arena);
  for (const auto& t : tags) out.Add(arena) = {t.key, t.value};
  return out;
}
template <class Wire>
List<Wire> WireTags(Arena& arena, const List<rows::Tag>& tags) {
  List<Wire> out;
  out.Present(arena);
  for (const auto& t : tags) {
    Wire& w = out.Add(arena);
    w.key = t.key;
    w.value = t.value;
  }
  return out;
}
// Replaces by key. InvalidParameterException over 50 or with a reserved key.
Status MergeTags(Arena& arena, List<rows::Tag>& tags, const List<rows::Tag>& more);

template <class T>
bool Has(const List<Str>& list, const T& item) {
  for (const Str& s : list) {
    if (s == item) return true;
  }
  return false;
}

}  // namespace terrarium::ecs
