#include "provider/resources/container_definitions.h"
#include "provider/resources/ecs.h"
#include "provider/resources/resources.h"
#include "provider/value/json.h"

namespace terrarium::provider {
namespace {

constexpr std::string_view kTable = R"(
arn                      string computed < taskDefinitionArn
arn_without_revision     string computed
container_definitions    string required replaces check=json
cpu                      string optional replaces <> cpu
enable_fault_injection   bool optional computed replaces <> enableFaultInjection
execution_role_arn       string optional replaces <> executionRoleArn
family                   string required replaces <> family
id                       string optional computed < family
ipc_mode                 string optional replaces <> ipcMode
memory                   string optional replaces <> memory
network_mode             string optional computed replaces <> networkMode
pid_mode                 string optional replaces <> pidMode
region                   string optional computed replaces
requires_compatibilities set(string) optional replaces <> requiresCompatibilities
revision                 number computed < revision
skip_destroy             bool optional = false
tags                     map(string) optional
tags_all                 map(string) optional computed
task_role_arn            string optional replaces <> taskRoleArn
track_latest             bool optional = false
block ephemeral_storage list replaces max=1 <> ephemeralStorage {
  size_in_gib number required replaces <> sizeInGiB
}
block placement_constraints set replaces max=10 <> placementConstraints {
  expression string optional replaces <> expression
  type       string required replaces <> type
}
block proxy_configuration list replaces max=1 <> proxyConfiguration {
  container_name string required replaces <> containerName
  properties     map(string) optional replaces <> properties
  type           string optional replaces = "APPMESH" <> type
}
block runtime_platform list replaces max=1 <> runtimePlatform {
  cpu_architecture        string optional replaces <> cpuArchitecture
  operating_system_family string optional replaces <> operatingSystemFamily
}
block volume set replaces <> volumes {
  configure_at_launch bool optional computed <> configuredAtLaunch
  host_path           string optional replaces <> host.sourcePath
  name                string required replaces <> name
  block docker_volume_configuration list replaces max=1 <> dockerVolumeConfiguration {
    autoprovision bool optional replaces = false <> autoprovision
    driver        string optional computed replaces <> driver
    driver_opts   map(string) optional replaces <> driverOpts
    labels        map(string) optional replaces <> labels
    scope         string optional computed replaces <> scope
  }
  block efs_volume_configuration list replaces max=1 <> efsVolumeConfiguration {
    file_system_id          string required replaces <> fileSystemId
    root_directory          string optional replaces = "/" <> rootDirectory
    transit_encryption      string optional replaces <> transitEncryption
    transit_encryption_port number optional replaces <> transitEncryptionPort
    block authorization_config list replaces max=1 <> authorizationConfig {
      access_point_id string optional replaces <> accessPointId
      iam             string optional replaces <> iam
    }
  }
  block fsx_windows_file_server_volume_configuration list replaces max=1 <> fsxWindowsFileServerVolumeConfiguration {
    file_system_id string required replaces <> fileSystemId
    root_directory string required replaces <> rootDirectory
    block authorization_config list replaces min=1 max=1 <> authorizationConfig {
      credentials_parameter string required replaces <> credentialsParameter
      domain                string required replaces <> domain
    }
  }
}
)";

Result<void> Create(Call& call, const Object& planned) {
  Object request = WithEcsTags(ToApi(call.body, planned), planned);
  TRY_ASSIGN(request["containerDefinitions"], ParseJson(At(planned, "container_definitions").Text()));
  TRY_ASSIGN(const Object made, call.Api("ecs", "RegisterTaskDefinition", request));
  call.Created(At(made, "taskDefinition")["family"].Text());
  // The id does not name the revision: Read goes by the ARN, which only now is known.
  call.config["arn"] = At(made, "taskDefinition")["taskDefinitionArn"];
  return {};
}

Result<std::optional<Object>> Read(Call& call, const Object& state) {
  Value name = At(state, "arn").IsKnown() ? At(state, "arn") : At(call.config, "arn");
  if (At(state, "track_latest").Bool() || name.Text().empty()) name = At(state, "family").Text().empty() ? At(state, "id") : At(state, "family");
  auto answer = call.Api("ecs", "DescribeTaskDefinition", {{"taskDefinition", name}, {"include", List{"TAGS"}}});
  if (!answer && HasCode(answer.error(), {"ClientException", "InvalidParameterException"})) return std::nullopt;
  if (!answer) return std::unexpected(std::move(answer).error());
  const Value& found = At(*answer, "taskDefinition");
  const auto& status = found["status"].Text();
  if (status == "INACTIVE" || status == "DELETE_IN_PROGRESS") return std::nullopt;
  Object definition = FromApi(call.body, found);
  definition["container_definitions"] = ContainerDefinitionsText(found["containerDefinitions"]);
  const std::string arn = definition["arn"].Text();
  definition["arn_without_revision"] = arn.substr(0, arn.rfind(':'));
  if (definition["enable_fault_injection"].IsNull()) definition["enable_fault_injection"] = false;
  definition["tags"] = TagMap(At(*answer, "tags"), "key", "value");
  return definition;
}

// A deregistered revision stays describable; services that run it go on.
Result<void> Destroy(Call& call, const Object& state) {
  if (At(state, "skip_destroy").Bool()) return {};
  return call.Tolerate("ecs", "DeregisterTaskDefinition", {{"taskDefinition", At(state, "arn")}}, {});
}

Result<Object> Import(Call&, const std::string& arn) {
  const auto slash = arn.rfind('/');
  const auto colon = arn.rfind(':');
  if (slash == arn.npos || colon == arn.npos || colon < slash)
    return Fail(ErrorKind::kInvalid, "expected the ARN of a task definition with its revision");
  const std::string family = arn.substr(slash + 1, colon - slash - 1);
  return Object{{"id", family}, {"family", family}, {"arn", arn}};
}

Body Table() {
  Body body = ParseTable(kTable);
  Row(body, "container_definitions").same = IsSameContainerDefinitions;
  return body;
}

}  // namespace

Resource EcsTaskDefinition() {
  return {
      .type = "aws_ecs_task_definition",
      .title = "ECS Task Definition",
      .schema = {.version = 1, .body = Table()},
      .tags = kEcsTags,
      .create = Create,
      .read = Read,
      .destroy = Destroy,
      .import = Import,
  };
}

}  // namespace terrarium::provider
