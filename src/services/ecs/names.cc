#include "services/ecs/names.h"

#include <algorithm>
#include <cstdio>

#include "base/text.h"

namespace terrarium::ecs {

std::unexpected<Error> Invalid(std::string message) { return ApiError("InvalidParameterException", std::move(message)); }
std::unexpected<Error> ClientError(std::string message) { return ApiError("ClientException", std::move(message)); }
std::unexpected<Error> Refused(std::string_view what) {
  return std::unexpected(Error{ErrorKind::kUnsupported, "ClientException", "Terrarium does not make this real: " + std::string(what), {}});
}
std::unexpected<Error> NoCluster() { return ApiError("ClusterNotFoundException", "Cluster not found.", ErrorKind::kNotFound); }

bool IsName(std::string_view s) {
  return !s.empty() && s.size() <= 255 && std::all_of(s.begin(), s.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
}

std::string EcsArn(std::string_view account, std::string_view region, std::string_view resource) { return MakeArn("ecs", region, account, resource); }

std::string LastPart(std::string_view text) {
  const std::size_t at = text.rfind('/');
  return std::string(at == std::string_view::npos ? text : text.substr(at + 1));
}

std::string ClusterName(Str cluster) { return cluster.has_value() && !cluster.empty() ? LastPart(cluster) : "default"; }

std::optional<DefinitionReference> ParseDefinition(std::string_view text) {
  if (text.starts_with("arn:")) {
    const auto arn = Arn::Parse(text);
    if (!arn || arn->service != "ecs" || !arn->resource.starts_with("task-definition/")) return std::nullopt;
    return ParseDefinition(std::string(arn->resource).substr(16));
  }
  DefinitionReference out;
  const std::size_t colon = text.find(':');
  out.family = text.substr(0, colon);
  if (!IsName(out.family)) return std::nullopt;
  if (colon != std::string_view::npos) {
    const auto revision = ParseInt(text.substr(colon + 1));
    if (!revision || *revision < 1 || *revision > INT32_MAX) return std::nullopt;
    out.revision = static_cast<std::int32_t>(*revision);
  }
  return out;
}

std::string DefinitionKey(std::string_view account, std::string_view region, std::string_view family, std::int32_t revision) {
  char digits[16];
  std::snprintf(digits, sizeof digits, "%010d", revision);
  return std::string(account) + "/" + std::string(region) + "/" + std::string(family) + "/" + digits;
}

Result<rows::Cluster*> GetCluster(const api::Call& call, std::string_view name) {
  rows::Cluster* c = kClusters.Find(call.tx, call.Key(name), call.arena);
  if (c == nullptr) return NoCluster();
  return c;
}

rows::TaskDefinition* FindDefinition(store::Tx& tx, Arena& arena, std::string_view account, std::string_view region, std::string_view reference) {
  const auto parsed = ParseDefinition(reference);
  if (!parsed) return nullptr;
  if (parsed->revision) return kDefinitions.Find(tx, DefinitionKey(account, region, parsed->family, *parsed->revision), arena);
  rows::TaskDefinition* newest = nullptr;
  const std::string prefix = std::string(account) + "/" + std::string(region) + "/" + parsed->family + "/";
  for (rows::TaskDefinition* d : kDefinitions.ListPrefix(tx, prefix, arena)) {
    if (d->status == "ACTIVE") newest = d;
  }
  return newest;
}

std::string RuntimeId(std::string_view task, std::string_view container) {
  std::uint32_t h = 2166136261U;
  for (unsigned char c : container) h = (h ^ c) * 16777619U;
  char digits[16];
  std::snprintf(digits, sizeof digits, "%010u", h);
  return std::string(task) + "-" + digits;
}

Status MergeTags(Arena& arena, List<rows::Tag>& tags, const List<rows::Tag>& more) {
  for (const rows::Tag& t : more) {
    if (t.key.view().starts_with("aws:")) return Invalid("Tag keys cannot start with aws:");
    auto* at = std::find_if(tags.begin(), tags.end(), [&](const rows::Tag& have) { return have.key == t.key; });
    if (at != tags.end()) at->value = t.value;
    else tags.Add(arena) = t;
  }
  if (tags.size() > 50) return Invalid("The number of tags exceeds the limit of 50");
  return {};
}

}  // namespace terrarium::ecs
