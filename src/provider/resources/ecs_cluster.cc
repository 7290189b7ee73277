#include "provider/resources/ecs.h"
#include "provider/resources/resources.h"

namespace terrarium::provider {
namespace {

constexpr std::string_view kTable = R"(
arn      string computed < clusterArn
id       string optional computed < clusterArn
name     string required replaces <> clusterName
region   string optional computed replaces
tags     map(string) optional
tags_all map(string) optional computed
block configuration list max=1 <> configuration {
  block execute_command_configuration list max=1 <> executeCommandConfiguration {
    kms_key_id string optional <> kmsKeyId
    logging    string optional <> logging
    block log_configuration list max=1 <> logConfiguration {
      cloud_watch_encryption_enabled bool optional <> cloudWatchEncryptionEnabled
      cloud_watch_log_group_name     string optional <> cloudWatchLogGroupName
      s3_bucket_encryption_enabled   bool optional <> s3EncryptionEnabled
      s3_bucket_name                 string optional <> s3BucketName
      s3_key_prefix                  string optional <> s3KeyPrefix
    }
  }
  block managed_storage_configuration list max=1 <> managedStorageConfiguration {
    fargate_ephemeral_storage_kms_key_id string optional <> fargateEphemeralStorageKmsKeyId
    kms_key_id                           string optional <> kmsKeyId
  }
}
block service_connect_defaults list max=1 <> serviceConnectDefaults {
  namespace string required <> namespace
}
block setting set computed <> settings {
  name  string required <> name
  value string required <> value
}
)";

Result<std::optional<Value>> FindCluster(Call& call, const Value& id) {
  TRY_ASSIGN(const auto found, call.Find("ecs", "DescribeClusters",
                                         {{"clusters", List{id}}, {"include", List{"TAGS", "SETTINGS", "CONFIGURATIONS"}}},
                                         "clusters", {"ClusterNotFoundException"}));
  if (!found || (*found)["status"] == Value("INACTIVE")) return std::nullopt;
  return found;
}

Result<void> WaitActive(Call& call, const Value& id) {
  return call.WaitUntil("waiting for the cluster to become active", [&]() -> Result<bool> {
    TRY_ASSIGN(const auto found, FindCluster(call, id));
    if (found && (*found)["status"] == Value("FAILED"))
      return Fail(ErrorKind::kConflict, "the cluster is in the state FAILED");
    return found && (*found)["status"] == Value("ACTIVE");
  });
}

Result<void> Create(Call& call, const Object& planned) {
  TRY_ASSIGN(const Object made, call.Api("ecs", "CreateCluster", WithEcsTags(ToApi(call.body, planned), planned)));
  const Value arn = At(made, "cluster")["clusterArn"];
  call.Created(arn.Text());
  return WaitActive(call, arn);
}

Result<std::optional<Object>> Read(Call& call, const Object& state) {
  TRY_ASSIGN(const auto found, FindCluster(call, At(state, "id")));
  if (!found) return std::nullopt;
  Object cluster = FromApi(call.body, *found);
  cluster["tags"] = TagMap((*found)["tags"], "key", "value");
  return cluster;
}

Result<void> Update(Call& call, const Object& prior, const Object& planned) {
  Object request = ChangesToApi(call.body, prior, planned);
  request["cluster"] = At(prior, "id");
  const auto gone = [&](std::string_view block) {
    return !At(prior, block).Items().empty() && At(planned, block).Items().empty();
  };
  if (gone("configuration")) request["configuration"] = Object{};
  if (gone("service_connect_defaults")) request["serviceConnectDefaults"] = Object{{"namespace", ""}};
  TRY(call.Tolerate("ecs", "UpdateCluster", request, {}));
  return WaitActive(call, At(prior, "id"));
}

Result<void> Destroy(Call& call, const Object& state) {
  return call.Remove("ecs", "DeleteCluster", {{"cluster", At(state, "id")}}, {"ClusterNotFoundException"},
                     {"ClusterContainsContainerInstancesException", "ClusterContainsServicesException",
                      "ClusterContainsTasksException", "UpdateInProgressException"});
}

}  // namespace

Resource EcsCluster() {
  return {
      .type = "aws_ecs_cluster",
      .title = "ECS Cluster",
      .schema = {.body = ParseTable(kTable)},
      .tags = kEcsTags,
      .create = Create,
      .read = Read,
      .update = Update,
      .destroy = Destroy,
  };
}

}  // namespace terrarium::provider
