#include "services/ecs/definition.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <set>

#include "base/text.h"
#include "host/container/spec.h"
#include "host/files/spec.h"
#include "services/ecs/names.h"

namespace terrarium::ecs {
namespace {

// "0.25 vCPU" with unit "vcpu" and 1024 to one.
std::optional<std::int64_t> ParseUnits(std::string_view text, std::string_view unit) {
  if (const auto plain = ParseInt(text)) return plain;
  const std::string lower = ToLower(text);
  if (!lower.ends_with(unit)) return std::nullopt;
  const std::string number(Trim(std::string_view(lower).substr(0, lower.size() - unit.size())));
  if (number.empty() || number.find_first_not_of("0123456789.") != std::string::npos) return std::nullopt;
  char* end = nullptr;
  const double value = std::strtod(number.c_str(), &end);
  if (*end != '\0') return std::nullopt;
  return static_cast<std::int64_t>(std::llround(value * 1024));
}

bool Fargate(const wire::RegisterTaskDefinitionRequest& r) { return Has(r.requires_compatibilities, "FARGATE"); }
bool Volume(const wire::RegisterTaskDefinitionRequest& r, Str name) {
  return std::any_of(r.volumes.begin(), r.volumes.end(), [&](const auto& v) { return v.name == name; });
}
Str LogOption(const wire::LogConfiguration& log, std::string_view name) {
  for (const auto& o : log.options) {
    if (o.key == name) return o.value;
  }
  return {};
}
bool IsEcr(std::string_view image) { return image.find(".dkr.ecr.") != std::string_view::npos; }

Status ValidateFiles(const wire::RegisterTaskDefinitionRequest& r, const wire::Volume& v) {
  const auto& efs = *v.efs_volume_configuration;
  const auto* by = efs.authorization_config;
  const bool encrypted = efs.transit_encryption == "ENABLED";
  if (v.host != nullptr) return ClientError("Volume '" + v.name.str() + "' has both host and efsVolumeConfiguration.");
  if (!host::IsFileSystemId(efs.file_system_id.value_or(""))) return ClientError("Invalid file system ID '" + efs.file_system_id.str() + "' in volume '" + v.name.str() + "'.");
  if (!host::IsFileSystemPath(efs.root_directory.value_or("/"))) return ClientError("Invalid root directory in volume '" + v.name.str() + "'.");
  if (efs.transit_encryption_port) return Refused("transitEncryptionPort: no network is crossed here");
  if (by != nullptr && by->access_point_id && !by->access_point_id.empty()) {
    if (!encrypted) return ClientError("Transit encryption must be enabled when using an access point.");
    if (efs.root_directory.value_or("/") != "/") return ClientError("Root directory must be omitted or set to / when using an access point.");
  }
  if (by != nullptr && by->iam == "ENABLED") {
    if (!encrypted) return ClientError("Transit encryption must be enabled when using IAM authorization.");
    if (!r.task_role_arn || r.task_role_arn.empty()) return ClientError("A task role is required when using IAM authorization.");
  }
  return {};
}

Status ValidateContainer(const wire::RegisterTaskDefinitionRequest& r, const wire::ContainerDefinition& c) {
  if (c.name.empty()) return ClientError("Container.name should not be null or empty.");
  if (!IsName(c.name)) return ClientError("Invalid container name: " + c.name.str());
  if (c.image.empty()) return ClientError("Container.image should not be null or empty.");
  if (c.memory && c.memory_reservation && *c.memory < *c.memory_reservation) return ClientError("Invalid setting for container '" + c.name.str() + "'. 'memory' must be at least 'memoryReservation'.");
  if (c.memory && *c.memory < 6) return ClientError("Invalid setting for container '" + c.name.str() + "'. 'memory' must be at least 6.");
  if (!Fargate(r) && !c.memory && !c.memory_reservation && !r.memory) {
    return ClientError("Invalid setting for container '" + c.name.str() + "'. At least one of 'memory' or 'memoryReservation' must be specified.");
  }
  std::set<std::int32_t> ports;
  for (const auto& p : c.port_mappings) {
    if (p.container_port_range) return Refused("containerPortRange");
    if (r.network_mode == "awsvpc" && p.host_port.value_or(0) != 0 && p.host_port != p.container_port) {
      return ClientError("When networkMode=awsvpc, the host ports and container ports in port mappings must match.");
    }
    if (!ports.insert(p.container_port.value_or(0)).second) return ClientError("The container port " + std::to_string(p.container_port.value_or(0)) + " is used twice in container " + c.name.str() + ".");
  }
  for (const auto& m : c.mount_points) {
    if (!Volume(r, m.source_volume)) return ClientError("Unknown volume '" + m.source_volume.str() + "'.");
  }
  std::set<std::string_view> names;
  for (const auto& e : c.environment) names.insert(e.name.view());
  for (const auto& s : c.secrets) {
    if (!names.insert(s.name.view()).second) {
      return ClientError("The secret name must be unique and not shared with any new or existing environment variables set on the container, such as '" + s.name.str() + "'.");
    }
  }
  if (Fargate(r)) {
    if (c.privileged.value_or(false)) return ClientError("Tasks using the Fargate launch type do not support privileged containers.");
    if (!c.links.empty() || c.hostname || !c.extra_hosts.empty() || !c.dns_servers.empty() || !c.dns_search_domains.empty() || !c.docker_security_options.empty()) {
      return ClientError("Fargate does not support links, hostname, extraHosts, dnsServers, dnsSearchDomains or dockerSecurityOptions in container " + c.name.str() + ".");
    }
    if (c.stop_timeout && (*c.stop_timeout < 2 || *c.stop_timeout > 120)) return ClientError("Invalid 'stopTimeout' setting for container. 'stopTimeout' must be between 2 and 120 seconds.");
  }
  for (const auto& d : c.depends_on) {
    if (std::none_of(r.container_definitions.begin(), r.container_definitions.end(), [&](const auto& o) { return o.name == d.container_name; })) {
      return ClientError("Cannot depend on container + '" + d.container_name.str() + "' because it does not exist");
    }
  }
  if (c.log_configuration != nullptr && c.log_configuration->log_driver == "awslogs") {
    std::string missing;
    for (const char* option : {"awslogs-group", "awslogs-region"}) {
      if (!LogOption(*c.log_configuration, option)) missing += (missing.empty() ? "" : ", ") + std::string(option);
    }
    if (Fargate(r) && !LogOption(*c.log_configuration, "awslogs-stream-prefix")) missing += (missing.empty() ? "" : ", ") + std::string("awslogs-stream-prefix");
    if (!missing.empty()) return ClientError("Log driver awslogs requires options: " + missing);
  }
  // What would be a promise without a deed.
  if (!c.depends_on.empty()) return Refused("dependsOn of a container");
  if (c.health_check != nullptr) return Refused("healthCheck of a container; use the target group's");
  if (c.restart_policy != nullptr && c.restart_policy->enabled.value_or(false)) return Refused("restartPolicy of a container");
  if (!c.environment_files.empty()) return Refused("environmentFiles");
  if (!c.volumes_from.empty()) return Refused("volumesFrom");
  if (c.firelens_configuration != nullptr) return Refused("firelensConfiguration");
  if (c.repository_credentials != nullptr) return Refused("repositoryCredentials");
  for (const auto& s : c.system_controls) {
    if (!host::IsNetworkSysctl(s.namespace_)) return Refused("system control " + s.namespace_.str());
    if (!host::IsSysctlValue(s.value)) return ClientError("Invalid value for system control " + s.namespace_.str() + ".");
  }
  if (!c.resource_requirements.empty()) return Refused("resourceRequirements");
  if (!c.credential_specs.empty()) return Refused("credentialSpecs");
  if (c.start_timeout) return Refused("startTimeout");
  if (c.version_consistency == "disabled") return Refused("versionConsistency disabled");
  if (c.disable_networking.value_or(false)) return Refused("disableNetworking");
  if (c.privileged.value_or(false)) return Refused("privileged containers");
  if (c.log_configuration != nullptr) {
    if (c.log_configuration->log_driver != "awslogs") return Refused("log driver " + c.log_configuration->log_driver.str());
    for (const auto& o : c.log_configuration->options) {
      static const std::set<std::string_view> kServed = {"awslogs-group", "awslogs-region", "awslogs-stream-prefix", "awslogs-create-group", "mode", "max-buffer-size"};
      if (!kServed.contains(o.key.view())) return Refused("log option " + o.key.str());
    }
    if (!c.log_configuration->secret_options.empty()) return Refused("secretOptions of a log configuration");
  }
  for (const auto& u : c.ulimits) {
    if (u.name != "nofile") return Refused("ulimit " + u.name.str());
  }
  if (const auto* l = c.linux_parameters; l != nullptr) {
    if (!l->devices.empty() || l->shared_memory_size || l->max_swap || l->swappiness) return Refused("devices, sharedMemorySize, maxSwap and swappiness");
    if (l->capabilities != nullptr) {
      for (const Str& a : l->capabilities->add) {
        if (a != "SYS_PTRACE") return ClientError("Fargate does not support adding the capability " + a.str() + ".");
      }
    }
  }
  return {};
}

}  // namespace

std::optional<std::int64_t> ParseCpu(std::string_view text) { return ParseUnits(text, "vcpu"); }
std::optional<std::int64_t> ParseMemory(std::string_view text) { return ParseUnits(text, "gb"); }

bool IsFargatePair(std::int64_t cpu, std::int64_t memory) {
  const auto in = [memory](std::int64_t from, std::int64_t to, std::int64_t step) { return memory >= from && memory <= to && (memory - from) % step == 0; };
  switch (cpu) {
    case 256: return memory == 512 || memory == 1024 || memory == 2048;
    case 512: return in(1024, 4096, 1024);
    case 1024: return in(2048, 8192, 1024);
    case 2048: return in(4096, 16384, 1024);
    case 4096: return in(8192, 30720, 1024);
    case 8192: return in(16384, 61440, 4096);
    case 16384: return in(32768, 122880, 8192);
    default: return false;
  }
}

Status ValidateDefinition(const wire::RegisterTaskDefinitionRequest& r) {
  if (!IsName(r.family)) return ClientError("Family should contain alphanumerical characters, '-' or '_' only, and at most 255 of them.");
  if (r.container_definitions.empty()) return ClientError("Container list cannot be empty.");
  if (r.container_definitions.size() > 10) return ClientError("A task definition can have at most 10 containers.");
  bool essential = false;
  std::set<std::string_view> names;
  for (const auto& c : r.container_definitions) {
    essential |= c.essential.value_or(true);
    if (!names.insert(c.name.view()).second) return ClientError("Container name '" + c.name.str() + "' is used twice.");
  }
  if (!essential) return ClientError("Task definition doesn't have any essential container.");
  if (Fargate(r)) {
    if (!r.cpu) return ClientError("Fargate requires that 'cpu' be defined at the task level.");
    if (!r.memory) return ClientError("Fargate requires that 'memory' be defined at the task level.");
    if (r.network_mode != "awsvpc") return ClientError("Fargate only supports network mode \u2018awsvpc\u2019.");
    if (r.pid_mode && r.pid_mode != "task") return ClientError("Tasks using the Fargate launch type do not support pidMode 'host'. The supported value for pidMode is 'task'.");
    for (const auto& c : r.container_definitions) {
      if (r.execution_role_arn) break;
      if (IsEcr(c.image)) return ClientError("Fargate requires task definition to have execution role ARN to support ECR images.");
      if (c.log_configuration != nullptr) return ClientError("Fargate requires task definition to have execution role ARN to support log driver " + c.log_configuration->log_driver.str() + ".");
    }
  }
  const auto cpu = r.cpu ? ParseCpu(r.cpu) : std::nullopt, memory = r.memory ? ParseMemory(r.memory) : std::nullopt;
  for (const auto& [given, parsed, name] : {std::tuple(r.cpu, cpu, "cpu"), std::tuple(r.memory, memory, "memory")}) {
    if (given && !parsed) return ClientError("Invalid '" + std::string(name) + "' setting for task. For more information, see the Troubleshooting section of the Amazon ECS Developer Guide.");
  }
  if (Fargate(r) && !IsFargatePair(*cpu, *memory)) {
    return ClientError("No Fargate configuration exists for given values: " + std::to_string(*cpu) + " CPU, " + std::to_string(*memory) + " memory");
  }
  std::int64_t cpu_sum = 0, memory_sum = 0;
  for (const auto& c : r.container_definitions) {
    cpu_sum += c.cpu.value_or(0);
    memory_sum += c.memory_reservation.value_or(c.memory.value_or(0));
    if (memory && c.memory.value_or(0) > *memory) return ClientError("The 'memory' setting for container '" + c.name.str() + "' is greater than for the task.");
    TRY(ValidateContainer(r, c));
  }
  if (cpu && cpu_sum > *cpu) return ClientError("The total CPU of the containers is more than the task's.");
  if (memory && memory_sum > *memory) return ClientError("The total memory of the containers is more than the task's.");
  std::set<std::string_view> volumes;
  for (const auto& v : r.volumes) {
    if (!IsName(v.name)) return ClientError("Invalid volume name: " + v.name.str());
    if (!volumes.insert(v.name.view()).second) return ClientError("Volume '" + v.name.str() + "' is used twice.");
    if (v.host != nullptr && v.host->source_path && !v.host->source_path.empty()) return ClientError("Volume '" + v.name.str() + "': host.sourcePath is not supported on Fargate.");
    if (v.docker_volume_configuration != nullptr || v.fsx_windows_file_server_volume_configuration != nullptr ||
        v.s3files_volume_configuration != nullptr || v.configured_at_launch.value_or(false)) {
      return Refused("volume '" + v.name.str() + "' of another kind than a task's own and EFS");
    }
    if (v.efs_volume_configuration != nullptr) TRY(ValidateFiles(r, v));
  }
  if (!r.placement_constraints.empty()) return Refused("placementConstraints");
  if (r.pid_mode) return Refused("pidMode");
  if (r.ipc_mode) return Refused("ipcMode");
  if (r.proxy_configuration != nullptr) return Refused("proxyConfiguration");
  if (!r.inference_accelerators.empty()) return Refused("inferenceAccelerators");
  if (r.ephemeral_storage != nullptr) return Refused("ephemeralStorage other than the default");
  if (r.enable_fault_injection.value_or(false)) return Refused("enableFaultInjection");
  if (const auto* p = r.runtime_platform; p != nullptr) {
    if (p->operating_system_family && p->operating_system_family != "LINUX") return Refused("operatingSystemFamily " + p->operating_system_family.str());
    if (p->cpu_architecture && p->cpu_architecture != "X86_64") return Refused("cpuArchitecture " + p->cpu_architecture.str());
  }
  return {};
}

wire::TaskDefinition* NormalizeDefinition(const wire::RegisterTaskDefinitionRequest& r, Arena& arena) {
  auto* d = arena.New<wire::TaskDefinition>();
  const bool own_network = r.network_mode == "awsvpc" || r.network_mode == "host";
  d->family = r.family;
  d->task_role_arn = r.task_role_arn;
  d->execution_role_arn = r.execution_role_arn;
  d->network_mode = r.network_mode;
  d->requires_compatibilities = r.requires_compatibilities;
  d->runtime_platform = r.runtime_platform;
  d->volumes = r.volumes;
  d->volumes.Present(arena);
  for (auto& v : d->volumes) {
    if (v.efs_volume_configuration != nullptr) {
      auto* efs = arena.New<wire::EFSVolumeConfiguration>();
      *efs = *v.efs_volume_configuration;
      if (!efs->root_directory) efs->root_directory = "/";
      v.efs_volume_configuration = efs;
    } else if (v.host == nullptr) {
      v.host = arena.New<wire::HostVolumeProperties>();
    }
  }
  d->placement_constraints.Present(arena);
  if (r.cpu) d->cpu = arena.Copy(std::to_string(*ParseCpu(r.cpu)));
  if (r.memory) d->memory = arena.Copy(std::to_string(*ParseMemory(r.memory)));

  std::set<std::string> attributes = {"com.amazonaws.ecs.capability.docker-remote-api.1.18"};
  if (r.network_mode == "awsvpc") attributes.insert("ecs.capability.task-eni");
  if (r.task_role_arn) attributes.insert("com.amazonaws.ecs.capability.task-iam-role");
  for (const auto& given : r.container_definitions) {
    wire::ContainerDefinition& c = d->container_definitions.Add(arena);
    c = given;
    if (!c.cpu) c.cpu = 0;
    if (!c.essential) c.essential = true;
    c.port_mappings = {};
    c.port_mappings.Present(arena);
    for (const auto& p : given.port_mappings) {
      wire::PortMapping& out = c.port_mappings.Add(arena);
      out = p;
      if (!out.protocol) out.protocol = "tcp";
      if (own_network) out.host_port = p.container_port;
      else if (!out.host_port) out.host_port = 0;
    }
    c.environment.Present(arena);
    c.mount_points.Present(arena);
    c.volumes_from.Present(arena);
    c.system_controls.Present(arena);
    if (c.log_configuration != nullptr) {
      attributes.insert({"com.amazonaws.ecs.capability.logging-driver.awslogs", "ecs.capability.execution-role-awslogs", "com.amazonaws.ecs.capability.docker-remote-api.1.19"});
    }
    if (c.stop_timeout) attributes.insert({"ecs.capability.container-ordering", "com.amazonaws.ecs.capability.docker-remote-api.1.21"});
    if (IsEcr(c.image)) attributes.insert({"com.amazonaws.ecs.capability.ecr-auth", "ecs.capability.execution-role-ecr-pull"});
    for (const auto& s : c.secrets) {
      attributes.insert(s.value_from.view().find(":secretsmanager:") != std::string_view::npos ? "ecs.capability.secrets.asm.environment-variables" : "ecs.capability.secrets.ssm.environment-variables");
    }
  }
  for (const std::string& a : attributes) d->requires_attributes.Add(arena).name = arena.Copy(a);
  const auto cpu = ParseCpu(r.cpu.value_or("")), memory = ParseMemory(r.memory.value_or(""));
  d->compatibilities.Add(arena) = "EC2";
  if (r.network_mode == "awsvpc") {
    d->compatibilities.Add(arena) = "MANAGED_INSTANCES";
    if (cpu && memory && IsFargatePair(*cpu, *memory)) d->compatibilities.Add(arena) = "FARGATE";
  } else {
    d->compatibilities.Add(arena) = "EXTERNAL";
  }
  return d;
}

}  // namespace terrarium::ecs
