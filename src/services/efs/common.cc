#include "services/efs/common.h"

#include <algorithm>

#include "services/efs/operations.h"

namespace terrarium::efs {

std::string NewId(Random& random, std::string_view prefix) { return std::string(prefix) + "-" + RandomHex(random, 17); }

Result<rows::FileSystem*> GetFileSystem(const api::Call& call, std::string_view id) {
  if (rows::FileSystem* row = kFileSystems.Find(call.tx, call.Key(IdOf(id)), call.arena)) return row;
  return ApiError("FileSystemNotFound", "File system '" + std::string(IdOf(id)) + "' does not exist.", ErrorKind::kNotFound);
}
Result<rows::MountTarget*> GetMountTarget(const api::Call& call, std::string_view id) {
  if (rows::MountTarget* row = kMountTargets.Find(call.tx, call.Key(id), call.arena)) return row;
  return ApiError("MountTargetNotFound", "Mount target " + std::string(id) + " does not exist.", ErrorKind::kNotFound);
}
Result<rows::AccessPoint*> GetAccessPoint(const api::Call& call, std::string_view id) {
  if (rows::AccessPoint* row = kAccessPoints.Find(call.tx, call.Key(IdOf(id)), call.arena)) return row;
  return ApiError("AccessPointNotFound", "Access point " + std::string(IdOf(id)) + " does not exist.", ErrorKind::kNotFound);
}

void Save(api::Call& call, const rows::FileSystem& row) {
  kFileSystems.Put(call.tx, call.Key(row.id), row);
  call.tx.Touch(FileSystemWork(call.Key(row.id)));
}
void Save(api::Call& call, const rows::MountTarget& row) {
  kMountTargets.Put(call.tx, call.Key(row.id), row, call.Key(row.file_system));
  call.tx.Touch(FileSystemWork(call.Key(row.file_system)));
}
void Save(api::Call& call, const rows::AccessPoint& row) { kAccessPoints.Put(call.tx, call.Key(row.id), row, call.Key(row.file_system)); }

Result<List<rows::Tag>> ReadTags(api::Call& call, const List<wire::Tag>& tags, const List<rows::Tag>& existing) {
  List<rows::Tag> out;
  for (const auto& tag : existing) out.Add(call.arena, tag);
  for (const auto& tag : tags) {
    const auto at = std::find_if(out.begin(), out.end(), [&](const rows::Tag& one) { return one.key == tag.key; });
    rows::Tag& kept = at == out.end() ? out.Add(call.arena) : *at;
    kept.key = tag.key;
    kept.value = call.arena.Copy(tag.value.value_or(""));
  }
  if (out.size() > 50) return Bad("A resource can have at most 50 tags.");
  return out;
}

Status CheckTagging(api::Call& call, const List<wire::Tag>& tags, std::string_view resource, std::string_view creating) {
  if (tags.empty()) return {};
  std::vector<api::Fact> facts{{"elasticfilesystem:CreateAction", std::string(creating)}};
  for (const auto& tag : tags) facts.push_back({"aws:RequestTag/" + tag.key.str(), std::string(tag.value.value_or(""))});
  return call.authorizer.Check(call.caller, call.tx, "elasticfilesystem:TagResource", resource, facts);
}

List<wire::Tag> ShowTags(api::Call& call, const List<rows::Tag>& tags) {
  List<wire::Tag> out;
  out.Present(call.arena);
  for (const auto& tag : tags) out.Add(call.arena, {.key = tag.key, .value = tag.value});
  return out;
}

void RegisterEfs(api::Registry& registry, const crypto::RootKey& root) {
  registry.AddService(wire::kService);
  RegisterFileSystems(registry, root);
  RegisterMountTargets(registry);
  RegisterAccessPoints(registry);
}

}  // namespace terrarium::efs
