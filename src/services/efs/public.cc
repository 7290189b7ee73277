#include "services/efs/public.h"

#include <cstdlib>

#include "base/arn.h"
#include "services/efs/tables.h"

namespace terrarium::efs {

Result<Mount> FindMount(const ec2::Scope& scope, const MountRequest& request) {
  Arena arena;
  const std::string prefix = scope.account + "/" + scope.region + "/", key = prefix + request.file_system;
  const std::string name = "\"" + request.file_system + ".efs." + scope.region + ".amazonaws.com\"";
  const auto unresolved = [&](std::string_view why) {
    return Fail(ErrorKind::kInvalid, "Failed to resolve " + name + " - check that your file system ID is correct, and ensure that the VPC has an EFS mount target for this file system ID. (" + std::string(why) + ")");
  };
  const rows::FileSystem* file_system = kFileSystems.Find(scope.tx, key, arena);
  if (file_system == nullptr || file_system->state == "deleting") return unresolved("there is no such file system");
  const auto client = ec2::FindEni(scope, request.eni);
  if (!client) return Fail(ErrorKind::kUnavailable, "the network interface is gone");
  const rows::MountTarget* target = nullptr;
  for (const rows::MountTarget* one : kMountTargets.ListOwner(scope.tx, key, arena))
    if (one->zone == client->zone && one->vpc == client->vpc && one->state != "deleting") target = one;
  if (target == nullptr) return unresolved("it has no mount target in " + client->zone + " of " + client->vpc);
  if (target->state != "available" || file_system->state != "available") return Fail(ErrorKind::kUnavailable, "the mount target is being made");
  if (const auto why = ec2::WhyUnreachable(scope, client->id, target->eni.view(), 2049))
    return Fail(ErrorKind::kInvalid, "mount.nfs4: Connection timed out (" + *why + ")");
  Mount out;
  out.file_system = request.file_system;
  out.file_system_arn = MakeArn("elasticfilesystem", scope.region, scope.account, "file-system/" + request.file_system);
  out.path = request.root.empty() ? "/" : request.root;
  if (request.access_point.empty()) return out;
  const rows::AccessPoint* point = kAccessPoints.Find(scope.tx, prefix + request.access_point, arena);
  if (point == nullptr || point->file_system != request.file_system)
    return Fail(ErrorKind::kInvalid, "mount.nfs4: access denied by server while mounting 127.0.0.1:/ (" + request.access_point + " is not an access point of " + request.file_system + ")");
  out.access_point_arn = MakeArn("elasticfilesystem", scope.region, scope.account, "access-point/" + request.access_point);
  out.path = point->path.str();
  out.user_uid = point->user_uid;
  out.user_gid = point->user_gid;
  if (point->owner_uid) {
    out.owner_uid = point->owner_uid;
    out.owner_gid = point->owner_gid;
    out.permissions = static_cast<int>(std::strtol(point->permissions.str().c_str(), nullptr, 8));
  }
  return out;
}

}  // namespace terrarium::efs
