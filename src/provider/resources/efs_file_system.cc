#include "provider/resource/name.h"
#include "provider/resources/efs.h"
#include "provider/resources/resources.h"

namespace terrarium::provider {
namespace {

constexpr std::string_view kTable = R"(
arn                             string computed < FileSystemArn
availability_zone_id            string computed < AvailabilityZoneId
availability_zone_name          string optional computed replaces <> AvailabilityZoneName
creation_token                  string optional computed replaces <> CreationToken
dns_name                        string computed
encrypted                       bool optional computed replaces <> Encrypted
id                              string optional computed < FileSystemId
kms_key_id                      string optional computed replaces check=arn <> KmsKeyId
name                            string computed < Name
number_of_mount_targets         number computed < NumberOfMountTargets
owner_id                        string computed < OwnerId
performance_mode                string optional computed replaces in=generalPurpose|maxIO <> PerformanceMode
provisioned_throughput_in_mibps number optional <> ProvisionedThroughputInMibps
region                          string optional computed replaces
size_in_bytes                   list(object{value:number,value_in_ia:number,value_in_standard:number}) computed
tags                            map(string) optional
tags_all                        map(string) optional computed
throughput_mode                 string optional in=bursting|elastic|provisioned = "bursting" <> ThroughputMode
block lifecycle_policy list max=3 < LifecyclePolicies {
  transition_to_archive               string optional <> TransitionToArchive
  transition_to_ia                    string optional <> TransitionToIA
  transition_to_primary_storage_class string optional <> TransitionToPrimaryStorageClass
}
block protection list max=1 computed refused {
  replication_overwrite string optional computed refused
}
)";

Result<std::optional<Value>> Describe(Call& call, const Value& id) {
  return call.Find("efs", "DescribeFileSystems", {{"FileSystemId", id}}, "FileSystems", {"FileSystemNotFound"});
}

Result<void> WaitUntilAvailable(Call& call, const Value& id) {
  return WaitForEfs(call, "waiting for the file system", false, [&] { return Describe(call, id); });
}

// One transition a policy, in the order of the configuration.
Result<void> SetLifecycle(Call& call, const Value& id, const Value& policies) {
  List list;
  const Block& block = *FindBlock(call.body, "lifecycle_policy");
  for (const auto& one : policies.Items()) list.push_back(ToApi(block.body, one.Fields()));
  return call.Tolerate("efs", "PutLifecycleConfiguration", {{"FileSystemId", id}, {"LifecyclePolicies", std::move(list)}}, {});
}

Result<void> Create(Call& call, const Object& planned) {
  Object request = WithEfsTags(ToApi(call.body, planned), planned);
  if (!request.contains("CreationToken")) request["CreationToken"] = ChooseName(call, {});
  if (!At(planned, "encrypted").Bool()) request.erase("Encrypted");
  if (At(planned, "provisioned_throughput_in_mibps").Int() == 0) request.erase("ProvisionedThroughputInMibps");
  TRY_ASSIGN(const Object made, call.Api("efs", "CreateFileSystem", request));
  const Value id = At(made, "FileSystemId");
  call.Created(id.Text());
  TRY(WaitUntilAvailable(call, id));
  const auto& policies = At(planned, "lifecycle_policy");
  return policies.Items().empty() ? Result<void>() : SetLifecycle(call, id, policies);
}

Result<std::optional<Object>> Read(Call& call, const Object& state) {
  const Value& id = At(state, "id");
  TRY_ASSIGN(const auto found, Describe(call, id));
  if (!found || (*found)["LifeCycleState"].Text() == "deleted") return std::nullopt;
  Object files = FromApi(call.body, *found);
  files["dns_name"] = EfsDnsName(call, id);
  const Value& size = (*found)["SizeInBytes"];
  files["size_in_bytes"] = List{Object{{"value", size["Value"]}, {"value_in_ia", size["ValueInIA"]}, {"value_in_standard", size["ValueInStandard"]}}};
  files["tags"] = TagMap((*found)["Tags"]);
  TRY_ASSIGN(const Object lifecycle, call.Api("efs", "DescribeLifecycleConfiguration", {{"FileSystemId", id}}));
  files["lifecycle_policy"] = FromApi(call.body, lifecycle)["lifecycle_policy"];
  return files;
}

Result<void> Update(Call& call, const Object& prior, const Object& planned) {
  const Value& id = At(prior, "id");
  const auto changed = [&](std::string_view argument) { return At(prior, argument) != At(planned, argument); };
  if (changed("throughput_mode") || changed("provisioned_throughput_in_mibps")) {
    Object request{{"FileSystemId", id}, {"ThroughputMode", At(planned, "throughput_mode")}};
    if (At(planned, "throughput_mode") == Value("provisioned"))
      request["ProvisionedThroughputInMibps"] = At(planned, "provisioned_throughput_in_mibps");
    TRY(call.Tolerate("efs", "UpdateFileSystem", request, {}));
    TRY(WaitUntilAvailable(call, id));
  }
  if (changed("lifecycle_policy")) return SetLifecycle(call, id, At(planned, "lifecycle_policy"));
  return {};
}

// Mount targets that are on their way out keep it a moment.
Result<void> Destroy(Call& call, const Object& state) {
  const Value& id = At(state, "id");
  TRY(call.Remove("efs", "DeleteFileSystem", {{"FileSystemId", id}}, {"FileSystemNotFound"}, {"FileSystemInUse"}));
  return WaitForEfs(call, "waiting for the file system to go", true, [&] { return Describe(call, id); });
}

}  // namespace

Resource EfsFileSystem() {
  return {
      .type = "aws_efs_file_system",
      .title = "EFS File System",
      .schema = {.body = ParseTable(kTable)},
      .tags = kEfsTags,
      .create = Create,
      .read = Read,
      .update = Update,
      .destroy = Destroy,
  };
}

}  // namespace terrarium::provider
