#include "host/files/spec.h"
#include "services/efs/common.h"

namespace terrarium::efs {
namespace {

void Fill(api::Call& call, const rows::AccessPoint& row, wire::AccessPointDescription& out) {
  out.client_token = row.token;
  out.tags = ShowTags(call, row.tags);
  for (const auto& tag : row.tags)
    if (tag.key == "Name") out.name = tag.value;
  out.access_point_id = row.id;
  out.access_point_arn = call.arena.Copy(ArnOf(call, "access-point", row.id));
  out.file_system_id = row.file_system;
  if (row.user_uid) {
    out.posix_user = call.arena.New<wire::PosixUser>();
    out.posix_user->uid = row.user_uid;
    out.posix_user->gid = row.user_gid;
  }
  out.root_directory = call.arena.New<wire::RootDirectory>();
  out.root_directory->path = row.path;
  if (row.owner_uid) {
    auto* info = out.root_directory->creation_info = call.arena.New<wire::CreationInfo>();
    info->owner_uid = row.owner_uid;
    info->owner_gid = row.owner_gid;
    info->permissions = row.permissions;
  }
  out.owner_id = call.arena.Copy(call.caller.account);
  out.life_cycle_state = "available";
}

Result<wire::AccessPointDescription*> Create(api::Call& call, const wire::CreateAccessPointRequest& request) {
  TRY_ASSIGN(const rows::FileSystem* file_system, GetFileSystem(call, request.file_system_id));
  if (file_system->state != "available")
    return ApiError("IncorrectFileSystemLifeCycleState", "File system '" + file_system->id.str() + "' is in state '" + file_system->state.str() + "', not 'available'.", ErrorKind::kConflict);
  for (const rows::AccessPoint* one : kAccessPoints.ListPrefix(call.tx, call.Key(""), call.arena))
    if (one->token == request.client_token) return ApiError("AccessPointAlreadyExists", "Access point '" + one->id.str() + "' already exists with client token '" + one->token.str() + "'", ErrorKind::kConflict);
  rows::AccessPoint row;
  row.id = call.arena.Copy(NewId(call.random, "fsap"));
  row.file_system = file_system->id;
  row.token = request.client_token;
  row.path = "/";
  if (const auto* user = request.posix_user) {
    if (!user->secondary_gids.empty()) return NotSupported("SecondaryGids");
    if (*user->uid > 4'294'967'294 || *user->gid > 4'294'967'294) return Bad("Uid and Gid must be below 4294967295.");
    row.user_uid = user->uid;
    row.user_gid = user->gid;
  }
  if (const auto* root = request.root_directory) {
    row.path = call.arena.Copy(root->path.value_or("/"));
    if (!host::IsFileSystemPath(row.path)) return Bad("Path '" + row.path.str() + "' is not valid.");
    if (const auto* info = root->creation_info) {
      if (*info->owner_uid > 4'294'967'294 || *info->owner_gid > 4'294'967'294) return Bad("OwnerUid and OwnerGid must be below 4294967295.");
      row.owner_uid = info->owner_uid;
      row.owner_gid = info->owner_gid;
      row.permissions = info->permissions;
    }
  }
  TRY(CheckTagging(call, request.tags, ArnOf(call, "access-point", row.id), "CreateAccessPoint"));
  TRY_ASSIGN(row.tags, ReadTags(call, request.tags, {}));
  Save(call, row);
  auto* out = call.arena.New<wire::AccessPointDescription>();
  Fill(call, row, *out);
  return out;
}

Result<wire::DescribeAccessPointsResponse*> Describe(api::Call& call, const wire::DescribeAccessPointsRequest& request) {
  std::vector<rows::AccessPoint*> found;
  if (request.access_point_id) {
    TRY_ASSIGN(rows::AccessPoint * row, GetAccessPoint(call, request.access_point_id));
    found.push_back(row);
  } else if (request.file_system_id) {
    TRY_ASSIGN(const rows::FileSystem* file_system, GetFileSystem(call, request.file_system_id));
    for (rows::AccessPoint* row : kAccessPoints.ListOwner(call.tx, call.Key(file_system->id), call.arena)) found.push_back(row);
  } else {
    for (rows::AccessPoint* row : kAccessPoints.ListPrefix(call.tx, call.Key(""), call.arena)) found.push_back(row);
  }
  auto* out = call.arena.New<wire::DescribeAccessPointsResponse>();
  TRY(Paginate(found, request.max_results, request.next_token, out->next_token));
  out->access_points.Present(call.arena);
  for (const rows::AccessPoint* row : found) Fill(call, *row, out->access_points.Add(call.arena));
  return out;
}

Result<wire::ops::DeleteAccessPoint::Response*> Delete(api::Call& call, const wire::DeleteAccessPointRequest& request) {
  TRY_ASSIGN(const rows::AccessPoint* row, GetAccessPoint(call, request.access_point_id));
  kAccessPoints.Delete(call.tx, call.Key(row->id));
  return call.arena.New<wire::ops::DeleteAccessPoint::Response>();
}

template <class Request>
Result<api::Access> OnAccessPoint(api::Call& call, const Request& request) {
  api::Access access;
  access.resources = {ArnOf(call, "access-point", request.access_point_id ? IdOf(request.access_point_id) : std::string_view("*"))};
  return access;
}

}  // namespace

void RegisterAccessPoints(api::Registry& registry) {
  using namespace wire;
  registry.Add<ops::CreateAccessPoint>(Create, OnFileSystem(&CreateAccessPointRequest::file_system_id));
  registry.Add<ops::DescribeAccessPoints>(Describe, OnAccessPoint<DescribeAccessPointsRequest>);
  registry.Add<ops::DeleteAccessPoint>(Delete, OnAccessPoint<DeleteAccessPointRequest>);
}

}  // namespace terrarium::efs
