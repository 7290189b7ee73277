#include "services/ecs/container_spec.h"

#include <algorithm>

#include "base/text.h"
#include "services/ecs/ops.h"

namespace terrarium::ecs {

namespace host_wire = gen::host_container;

Result<host_wire::ContainerSpec*> RenderContainer(const LaunchTask& task, const LaunchContainer& container, const host_wire::EnsureImageResponse& image, Arena& arena) {
  TRY_ASSIGN(const auto* definition, Decode<wire::TaskDefinition>(task.definition_json, arena));
  TRY_ASSIGN(const auto* overrides, Decode<wire::TaskOverride>(task.overrides_json, arena));
  const auto* c = std::find_if(definition->container_definitions.begin(), definition->container_definitions.end(), [&](const auto& d) { return d.name == std::string_view(container.name); });
  if (c == definition->container_definitions.end()) return Fail(ErrorKind::kInvalid, "no container " + container.name);
  const wire::ContainerOverride* o = nullptr;
  for (const auto& candidate : overrides->container_overrides) {
    if (candidate.name == c->name) o = &candidate;
  }
  const auto copy = [&](std::string_view s) { return Str(arena.Copy(s)); };
  auto* spec = arena.New<host_wire::ContainerSpec>();
  spec->name = copy(container.host_name);
  spec->task = copy(task.id);
  spec->generation = task.generation;
  spec->image = image.image;
  spec->entry_point = c->entry_point;
  spec->command = o != nullptr && !o->command.empty() ? o->command : c->command;

  // The later wins: what the engine injects, the definition, the run's override.
  std::map<std::string, std::string> environment;
  environment["AWS_EXECUTION_ENV"] = "AWS_ECS_FARGATE";
  environment["ECS_CONTAINER_METADATA_URI"] = "http://169.254.170.2/v3/" + task.metadata_id;
  environment["ECS_CONTAINER_METADATA_URI_V4"] = "http://169.254.170.2/v4/" + task.metadata_id;
  if (!task.credentials_id.empty()) environment["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"] = "/v2/credentials/" + task.credentials_id;
  if (!task.api_endpoint.empty()) environment["AWS_ENDPOINT_URL"] = task.api_endpoint;
  const auto is_region = [](Str name) { return name == "AWS_REGION" || name == "AWS_DEFAULT_REGION"; };
  const bool own_region = std::any_of(image.environment.begin(), image.environment.end(), [&](const auto& v) { return is_region(v.name); }) ||
                          std::any_of(c->environment.begin(), c->environment.end(), [&](const auto& v) { return is_region(v.name); });
  if (!own_region) environment["AWS_REGION"] = environment["AWS_DEFAULT_REGION"] = task.region;
  for (const auto& v : c->environment) environment[v.name.str()] = v.value.str();
  if (o != nullptr) {
    for (const auto& v : o->environment) environment[v.name.str()] = v.value.str();
  }
  for (const auto& [name, value] : container.secrets) {
    environment.erase(name);
    spec->secrets.Add(arena) = {copy(name), copy(value)};
  }
  for (const auto& [name, value] : environment) spec->environment.Add(arena) = {copy(name), copy(value)};

  spec->user = c->user;
  spec->working_directory = c->working_directory;
  const std::string fallback = "ip-" + ReplaceAll(task.address, ".", "-");
  spec->hostname = copy(task.host_name.empty() || task.host_name.size() > 64 ? fallback : task.host_name);
  spec->network_namespace = copy(task.network_namespace);
  spec->hosts.Add(arena) = {copy(task.address), spec->hostname};
  spec->name_servers.Add(arena) = copy(task.resolver);
  spec->search_domains.Add(arena) = copy(task.region == "us-east-1" ? "ec2.internal" : task.region + ".compute.internal");
  spec->uid_base = task.uid_base;
  const auto cpu = ParseInt(definition->cpu.value_or("")), memory = ParseInt(definition->memory.value_or(""));
  if (!cpu || !memory) return Fail(ErrorKind::kInvalid, "the task has no size");
  spec->task_cpu_units = static_cast<std::int32_t>(*cpu);
  spec->task_memory_mib = static_cast<std::int32_t>(*memory);
  spec->cpu_units = o != nullptr && o->cpu ? o->cpu : c->cpu;
  spec->memory_mib = o != nullptr && o->memory ? o->memory : c->memory;
  spec->memory_reservation_mib = o != nullptr && o->memory_reservation ? o->memory_reservation : c->memory_reservation;
  spec->read_only_root = c->readonly_root_filesystem.value_or(false);
  spec->pseudo_terminal = c->pseudo_terminal.value_or(false);
  if (const auto* l = c->linux_parameters; l != nullptr) {
    spec->init_process = l->init_process_enabled.value_or(false);
    for (const auto& t : l->tmpfs) spec->tmpfs.Add(arena) = {t.container_path, t.size, t.mount_options};
    if (l->capabilities != nullptr) {
      spec->add_capabilities = l->capabilities->add;
      spec->drop_capabilities = l->capabilities->drop;
    }
  }
  for (const auto& m : c->mount_points) {
    const auto shared = task.files.find(m.source_volume.str());
    if (shared == task.files.end()) {
      spec->volumes.Add(arena) = {m.source_volume, m.container_path, m.read_only.value_or(false)};
      continue;
    }
    const Files& files = shared->second;
    auto& mount = spec->files.Add(arena);
    mount.file_system = copy(files.file_system);
    mount.path = copy(files.path);
    mount.container_path = m.container_path;
    mount.read_only = files.read_only || m.read_only.value_or(false);
    mount.user_uid = files.user_uid;
    mount.user_gid = files.user_gid;
    mount.owner_uid = files.owner_uid;
    mount.owner_gid = files.owner_gid;
    mount.permissions = files.permissions;
  }
  for (const auto& s : c->system_controls) spec->sysctls.Add(arena) = {s.namespace_, s.value};
  for (const auto& u : c->ulimits) {
    spec->open_files_soft = u.soft_limit;
    spec->open_files_hard = u.hard_limit;
  }
  return spec;
}

}  // namespace terrarium::ecs
