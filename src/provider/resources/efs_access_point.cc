#include "base/random.h"
#include "provider/resources/efs.h"
#include "provider/resources/resources.h"

namespace terrarium::provider {
namespace {

// The root directory is answered also when none was asked for; then it is "/" and no difference.
constexpr std::string_view kTable = R"(
arn             string computed < AccessPointArn
file_system_arn string computed
file_system_id  string required replaces <> FileSystemId
id              string optional computed < AccessPointId
owner_id        string computed < OwnerId
region          string optional computed replaces
tags            map(string) optional
tags_all        map(string) optional computed
block posix_user list replaces max=1 <> PosixUser {
  gid            number required replaces <> Gid
  secondary_gids set(number) optional replaces <> SecondaryGids
  uid            number required replaces <> Uid
}
block root_directory list computed replaces max=1 <> RootDirectory {
  path string optional computed replaces <> Path
  block creation_info list computed replaces max=1 <> CreationInfo {
    owner_gid   number required replaces <> OwnerGid
    owner_uid   number required replaces <> OwnerUid
    permissions string required replaces <> Permissions
  }
}
)";

Result<std::optional<Value>> Describe(Call& call, const Value& id) {
  return call.Find("efs", "DescribeAccessPoints", {{"AccessPointId", id}}, "AccessPoints", {"AccessPointNotFound"});
}

Result<void> Create(Call& call, const Object& planned) {
  Object request = WithEfsTags(ToApi(call.body, planned), planned);
  request["ClientToken"] = RandomUuid(call.random());
  TRY_ASSIGN(const Object made, call.Api("efs", "CreateAccessPoint", request));
  const Value id = At(made, "AccessPointId");
  call.Created(id.Text());
  return WaitForEfs(call, "waiting for the access point", false, [&] { return Describe(call, id); });
}

Result<std::optional<Object>> Read(Call& call, const Object& state) {
  TRY_ASSIGN(const auto found, Describe(call, At(state, "id")));
  if (!found || (*found)["LifeCycleState"].Text() == "deleted") return std::nullopt;
  Object point = FromApi(call.body, *found);
  point["file_system_arn"] = FileSystemArn(call, (*found)["OwnerId"], (*found)["FileSystemId"]);
  point["tags"] = TagMap((*found)["Tags"]);
  return point;
}

Result<void> Destroy(Call& call, const Object& state) {
  const Value& id = At(state, "id");
  TRY(call.Remove("efs", "DeleteAccessPoint", {{"AccessPointId", id}}, {"AccessPointNotFound"}));
  return WaitForEfs(call, "waiting for the access point to go", true, [&] { return Describe(call, id); });
}

}  // namespace

Resource EfsAccessPoint() {
  return {
      .type = "aws_efs_access_point",
      .title = "EFS Access Point",
      .schema = {.body = ParseTable(kTable)},
      .tags = kEfsTags,
      .create = Create,
      .read = Read,
      .destroy = Destroy,
  };
}

}  // namespace terrarium::provider
