#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "api/registry.h"
#include "base/arn.h"
#include "codec/descriptor.h"
#include "crypto/root_key.h"
#include "gen/efs/types.h"
#include "services/efs/tables.h"

// What the operations of EFS share.
namespace terrarium::efs {

namespace wire = gen::efs;

inline std::unexpected<Error> Bad(std::string message) { return ApiError("BadRequest", std::move(message)); }
inline std::unexpected<Error> NotSupported(std::string_view what) {
  return ApiError("BadRequest", "Terrarium does not support " + std::string(what) + ": it would not make it real", ErrorKind::kUnsupported);
}
// "fs-…" of "fs-…" or "arn:…/fs-…".
inline std::string_view IdOf(std::string_view text) { return text.substr(text.rfind('/') + 1); }
inline std::string ArnOf(const api::Call& call, std::string_view type, std::string_view id) {
  return MakeArn("elasticfilesystem", call.caller.region, call.caller.account, std::string(type) + "/" + std::string(id));
}
std::string NewId(Random& random, std::string_view prefix);  // prefix, "-" and 17 hexadecimal digits

Result<rows::FileSystem*> GetFileSystem(const api::Call& call, std::string_view id);
Result<rows::MountTarget*> GetMountTarget(const api::Call& call, std::string_view id);
Result<rows::AccessPoint*> GetAccessPoint(const api::Call& call, std::string_view id);
void Save(api::Call& call, const rows::FileSystem& row);
void Save(api::Call& call, const rows::MountTarget& row);
void Save(api::Call& call, const rows::AccessPoint& row);

Result<List<rows::Tag>> ReadTags(api::Call& call, const List<wire::Tag>& tags, const List<rows::Tag>& existing);
// elasticfilesystem:TagResource, for what is created with tags.
Status CheckTagging(api::Call& call, const List<wire::Tag>& tags, std::string_view resource, std::string_view creating);
List<wire::Tag> ShowTags(api::Call& call, const List<rows::Tag>& tags);

// MaxItems items from Marker (the id of the last one shown) on.
template <class Row>
Status Paginate(std::vector<Row*>& rows, std::optional<std::int32_t> most, Str marker, Str& next) {
  if (marker) {
    std::size_t at = 0;
    while (at < rows.size() && rows[at]->id != marker.view()) ++at;
    if (at == rows.size()) return Bad("The marker is invalid.");
    rows.erase(rows.begin(), rows.begin() + static_cast<std::ptrdiff_t>(at) + 1);
  }
  const std::size_t limit = static_cast<std::size_t>(most.value_or(100));
  if (rows.size() > limit) {
    rows.resize(limit);
    next = rows.back()->id;
  }
  return {};
}

// The file system that a member of the request names, as IAM's resource.
template <class Request>
auto OnFileSystem(Str Request::*id) {
  return [id](api::Call& call, const Request& request) -> Result<api::Access> {
    api::Access access;
    access.resources = {ArnOf(call, "file-system", request.*id ? IdOf((request.*id).view()) : "*")};
    return access;
  };
}

void RegisterFileSystems(api::Registry& registry, const crypto::RootKey& root);
void RegisterMountTargets(api::Registry& registry);
void RegisterAccessPoints(api::Registry& registry);

}  // namespace terrarium::efs
