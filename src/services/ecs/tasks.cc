#include <algorithm>

#include "base/text.h"
#include "services/ecs/ops.h"

namespace terrarium::ecs {
namespace {

constexpr std::int64_t kStoppedStay = 3'600'000;  // how long a stopped task can be read

bool IsTaskId(std::string_view s) {
  return s.size() == 32 && std::all_of(s.begin(), s.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

rows::Task* FindTask(api::Call& call, std::string_view cluster, std::string_view id_or_arn) {
  const std::string id = LastPart(id_or_arn);
  return IsTaskId(id) ? kTasks.Find(call.tx, call.Key(std::string(cluster) + "/" + id), call.arena) : nullptr;
}

// Same request, same text: a token's second use is told from another request by it.
std::string Fingerprint(const wire::RunTaskRequest& request) { return Encode(request); }

Result<wire::RunTaskResponse*> RunTask(api::Call& call, const wire::RunTaskRequest& request, Neighbours& neighbours) {
  TRY_ASSIGN(const rows::Cluster* cluster, GetCluster(call, ClusterName(request.cluster)));
  if (cluster->status != "ACTIVE") return ApiError("ClusterNotFoundException", "The referenced cluster was inactive.", ErrorKind::kNotFound);
  const rows::TaskDefinition* row = FindDefinition(call.tx, call.arena, call.caller.account, call.caller.region, request.task_definition);
  if (row == nullptr) return ClientError("TaskDefinition not found.");
  if (row->status != "ACTIVE") return Invalid("TaskDefinition is inactive");
  TRY_ASSIGN(const auto* definition, WireDefinition(call.arena, *row, call.caller.account, call.caller.region));
  if (!request.capacity_provider_strategy.empty()) return Refused("capacityProviderStrategy; use launch type FARGATE");
  if (request.launch_type != "FARGATE") return Invalid("No Container Instances were found in your cluster.");
  if (!Has(definition->compatibilities, "FARGATE")) return Invalid("Task definition does not support launch_type FARGATE.");
  if (request.enable_execute_command.value_or(false)) return Refused("enableExecuteCommand");
  if (!request.placement_constraints.empty() || !request.placement_strategy.empty()) return Refused("placement constraints and strategies");
  if (!request.volume_configurations.empty()) return Refused("volumeConfigurations");
  if (request.propagate_tags == "SERVICE") return Invalid("propagateTags SERVICE is not valid for a task.");
  if (request.platform_version && request.platform_version != "LATEST" && request.platform_version != "1.4.0") return ApiError("PlatformUnknownException", "The specified platform version does not exist.");
  const int count = request.count.value_or(1);
  if (count < 1 || count > 10) return Invalid("Task count must be between 1 and 10.");
  if (request.group && (request.group.view().starts_with("service:") || request.group.view().starts_with("family:"))) return Invalid("A task's group must not begin with service: or family:.");
  TRY_ASSIGN(const Placement placement, CheckNetwork(call, neighbours, request.network_configuration));
  std::string overrides = "{}";
  if (const auto* o = request.overrides; o != nullptr) {
    for (const auto& c : o->container_overrides) {
      if (std::none_of(definition->container_definitions.begin(), definition->container_definitions.end(), [&](const auto& d) { return d.name == c.name; })) {
        return Invalid("Override for container named " + c.name.str() + " is not a container in the TaskDefinition.");
      }
      if (!c.environment_files.empty() || !c.resource_requirements.empty()) return Refused("environmentFiles and resourceRequirements in an override");
    }
    if (o->cpu || o->memory || o->ephemeral_storage != nullptr || !o->inference_accelerator_overrides.empty()) return Refused("overrides of the task's size");
    for (const Str& role : {o->task_role_arn, o->execution_role_arn}) {
      if (role) TRY(neighbours.CheckPassRole(call, role));
    }
    overrides = Encode(*o);
    if (overrides.size() > 8192) return Invalid("The overrides are longer than 8192 characters.");
  }
  for (const Str& role : {definition->task_role_arn, definition->execution_role_arn}) {
    if (role && !role.empty()) TRY(neighbours.CheckPassRole(call, role));
  }

  auto* out = call.arena.New<wire::RunTaskResponse>();
  out->tasks.Present(call.arena);
  out->failures.Present(call.arena);
  std::string token;
  if (request.client_token && !request.client_token.empty()) {
    token = request.client_token.str() + "\n" + Fingerprint(request);
    bool conflict = false;
    for (rows::Task* t : kTasks.ListPrefix(call.tx, call.Key(cluster->name.str() + "/"), call.arena)) {
      if (!t->token.view().starts_with(request.client_token.str() + "\n")) continue;
      if (t->token == std::string_view(token)) out->tasks.Add(call.arena) = *WireTask(call.arena, *t, call.tx, true);
      else conflict = true;
    }
    if (conflict) return ApiError("ConflictException", "The RunTask request could not be processed due to conflicts. The provided clientToken is already in use with a different request.", ErrorKind::kConflict);
    if (!out->tasks.empty()) return out;
  }
  NewTask spec;
  spec.cluster = cluster->name.str();
  spec.definition = row->family.str() + ":" + std::to_string(*row->revision);
  spec.security_groups = placement.groups;
  spec.public_address = placement.public_address;
  spec.group = request.group.has_value() ? request.group.str() : "family:" + row->family.str();
  spec.started_by = request.started_by.str();
  spec.overrides = overrides;
  spec.token = token;
  spec.tags.Present(call.arena);
  if (request.propagate_tags == "TASK_DEFINITION") TRY(MergeTags(call.arena, spec.tags, row->tags));
  TRY(MergeTags(call.arena, spec.tags, RowTags(call.arena, request.tags)));
  if (request.enable_ecs_managed_tags.value_or(false)) spec.tags.Add(call.arena) = {"aws:ecs:clusterName", cluster->name};
  for (int i = 0; i < count; ++i) {
    spec.subnet = placement.subnets[static_cast<std::size_t>(i) % placement.subnets.size()].str();
    TRY_ASSIGN(rows::Task* task, PutTask(ScopeOf(call), spec));
    out->tasks.Add(call.arena) = *WireTask(call.arena, *task, call.tx, true);
  }
  return out;
}

Result<wire::StopTaskResponse*> StopTask(api::Call& call, const wire::StopTaskRequest& request) {
  TRY_ASSIGN(const rows::Cluster* cluster, GetCluster(call, ClusterName(request.cluster)));
  rows::Task* task = FindTask(call, cluster->name, request.task);
  if (task == nullptr) return Invalid("The referenced task was not found.");
  if (request.reason && request.reason.view().size() > 1024) return Invalid("The reason is longer than 1024 characters.");
  RequestStop(call.tx, *task, "UserInitiated", request.reason.value_or("Task stopped by user"), call.Now());
  auto* out = call.arena.New<wire::StopTaskResponse>();
  out->task = WireTask(call.arena, *task, call.tx, false);
  // AWS answers without what belongs to the task.
  out->task->attachments = {};
  out->task->attachments.Present(call.arena);
  out->task->containers = {};
  out->task->containers.Present(call.arena);
  return out;
}

Result<wire::DescribeTasksResponse*> DescribeTasks(api::Call& call, const wire::DescribeTasksRequest& request) {
  TRY_ASSIGN(const rows::Cluster* cluster, GetCluster(call, ClusterName(request.cluster)));
  if (request.tasks.empty()) return Invalid("Tasks cannot be empty.");
  if (request.tasks.size() > 100) return Invalid("Tasks cannot exceed 100.");
  auto* out = call.arena.New<wire::DescribeTasksResponse>();
  out->tasks.Present(call.arena);
  out->failures.Present(call.arena);
  for (const Str& id : request.tasks) {
    if (const rows::Task* task = FindTask(call, cluster->name, id)) {
      wire::Task& w = out->tasks.Add(call.arena);
      w = *WireTask(call.arena, *task, call.tx, Has(request.include, "TAGS"));
      w.health_status = "UNKNOWN";
    } else {
      auto& f = out->failures.Add(call.arena);
      f.arn = call.arena.Copy(EcsArn(call, "task/" + cluster->name.str() + "/" + LastPart(id)));
      f.reason = "MISSING";
    }
  }
  return out;
}

Result<wire::ListTasksResponse*> ListTasks(api::Call& call, const wire::ListTasksRequest& request) {
  TRY_ASSIGN(const rows::Cluster* cluster, GetCluster(call, ClusterName(request.cluster)));
  if (request.started_by && (request.family || request.service_name)) return Invalid("startedBy cannot be combined with another filter.");
  const std::string_view desired = request.desired_status.value_or("RUNNING");
  if (request.service_name && !kServices.Exists(call.tx, call.Key(cluster->name.str() + "/" + LastPart(request.service_name)))) {
    return ApiError("ServiceNotFoundException", "Service not found.", ErrorKind::kNotFound);
  }
  auto* out = call.arena.New<wire::ListTasksResponse>();
  out->task_arns.Present(call.arena);
  if (request.container_instance || (request.launch_type && request.launch_type != "FARGATE")) return out;
  for (const rows::Task* t : kTasks.ListPrefix(call.tx, call.Key(cluster->name.str() + "/"), call.arena)) {
    if (t->desired != desired) continue;
    if (request.family && !t->definition.view().starts_with(request.family.str() + ":")) continue;
    if (request.service_name && t->service != std::string_view(LastPart(request.service_name))) continue;
    if (request.started_by && !(t->started_by == request.started_by)) continue;
    if (request.next_token && t->id.view() <= request.next_token.view()) continue;
    if (out->task_arns.size() == static_cast<std::size_t>(request.max_results.value_or(100))) {
      out->next_token = call.arena.Copy(LastPart(out->task_arns[out->task_arns.size() - 1]));
      break;
    }
    out->task_arns.Add(call.arena) = call.arena.Copy(EcsArn(call, "task/" + cluster->name.str() + "/" + t->id.str()));
  }
  return out;
}

// The lowest number that no living task has: host ids of one never belong to two.
int FreeSlot(const Scope& scope) {
  std::vector<bool> used;
  for (const rows::Task* t : kTasks.ListPrefix(scope.tx, "", scope.arena)) {
    if (t->status == "STOPPED") continue;
    const auto slot = static_cast<std::size_t>(t->uid_slot.value_or(0));
    if (used.size() <= slot) used.resize(slot + 1);
    used[slot] = true;
  }
  for (std::size_t i = 0; i < used.size(); ++i) {
    if (!used[i]) return static_cast<int>(i);
  }
  return static_cast<int>(used.size());
}

}  // namespace

std::string TaskKey(const rows::Task& row) { return row.account.str() + "/" + row.region.str() + "/" + row.cluster.str() + "/" + row.id.str(); }

void SaveTask(store::Tx& tx, rows::Task& row) {
  row.version = row.version.value_or(0) + 1;
  const std::string owner = row.service.has_value() ? row.account.str() + "/" + row.region.str() + "/" + row.cluster.str() + "/" + row.service.str() : std::string();
  kTasks.Put(tx, TaskKey(row), row, owner);
  if (!owner.empty()) tx.Touch(ServiceWork(owner));
}

void RequestStop(store::Tx& tx, rows::Task& row, std::string_view code, std::string_view reason, UnixMillis now) {
  if (row.desired == "STOPPED") return;
  row.desired = "STOPPED";
  row.stop_code = Str(code);
  row.stopped_reason = Str(reason);
  row.stopping_at = now;
  SaveTask(tx, row);
  tx.Touch(TaskWork(TaskKey(row)));
}

Result<Placement> CheckNetwork(api::Call& call, Neighbours& neighbours, const wire::NetworkConfiguration* network) {
  if (network == nullptr || network->awsvpc_configuration == nullptr) return Invalid("Network Configuration must be provided when networkMode 'awsvpc' is specified.");
  const auto& vpc = *network->awsvpc_configuration;
  if (vpc.subnets.empty()) return Invalid("subnets can not be empty.");
  if (vpc.subnets.size() > 16) return Invalid("subnets can have at most 16 items.");
  if (vpc.security_groups.size() > 5) return Invalid("securityGroups can have at most 5 items.");
  const Scope scope = ScopeOf(call);
  for (const Str& s : vpc.subnets) {
    if (auto found = neighbours.CheckSubnet(scope, s); !found) {
      return Invalid("Error retrieving subnet information for [" + s.str() + "]: " + found.error().message + " (ErrorCode: " + found.error().code + ")");
    }
  }
  std::vector<std::string> groups;
  for (const Str& g : vpc.security_groups) groups.push_back(g.str());
  if (auto found = neighbours.CheckGroups(scope, vpc.subnets[0], groups); !found) {
    return Invalid("Error retrieving security group information for [" + Join(groups, ", ") + "]: " + found.error().message + " (ErrorCode: " + found.error().code + ")");
  }
  return Placement{vpc.subnets, vpc.security_groups, vpc.assign_public_ip == "ENABLED"};
}

Result<rows::Task*> PutTask(const Scope& scope, const NewTask& spec) {
  Arena& arena = scope.arena;
  const rows::TaskDefinition* row = FindDefinition(scope.tx, arena, scope.account, scope.region, spec.definition);
  if (row == nullptr) return ClientError("TaskDefinition not found.");
  TRY_ASSIGN(const auto* definition, WireDefinition(arena, *row, scope.account, scope.region));
  auto* t = arena.New<rows::Task>();
  const auto copy = [&](const std::string& s) { return s.empty() ? Str() : Str(arena.Copy(s)); };
  t->id = arena.Copy(RandomHex(scope.random, 32));
  t->account = copy(scope.account);
  t->region = copy(scope.region);
  t->cluster = copy(spec.cluster);
  t->definition = copy(spec.definition);
  t->status = "PROVISIONING";
  t->desired = "RUNNING";
  t->created_at = scope.clock.Now();
  t->group = copy(spec.group);
  t->started_by = copy(spec.started_by);
  t->subnet = copy(spec.subnet);
  t->security_groups = spec.security_groups;
  t->public_address = spec.public_address;
  t->attachment = arena.Copy(RandomUuid(scope.random));
  t->overrides = copy(spec.overrides.empty() ? "{}" : spec.overrides);
  t->tags = spec.tags;
  t->service = copy(spec.service);
  t->deployment = copy(spec.deployment);
  t->targets = spec.targets;
  t->token = copy(spec.token);
  t->image_pins = spec.pins;
  t->uid_slot = FreeSlot(scope);
  t->credentials_id = arena.Copy(RandomUuid(scope.random));
  t->metadata_id = arena.Copy(RandomHex(scope.random, 32) + "-" + t->id.str().substr(0, 10));
  for (const auto& c : definition->container_definitions) {
    rows::Container& out = t->containers.Add(arena);
    out.name = c.name;
    out.id = arena.Copy(RandomUuid(scope.random));
    out.image = c.image;
    out.status = "PENDING";
    out.essential = c.essential.value_or(true);
    out.stop_timeout = c.stop_timeout.value_or(30);
    if (c.log_configuration == nullptr) continue;
    for (const auto& o : c.log_configuration->options) {
      if (o.key == "awslogs-group") out.log_group = o.value;
      if (o.key == "awslogs-region") out.log_region = o.value;
      if (o.key == "awslogs-stream-prefix") out.log_stream = arena.Copy(o.value.str() + "/" + c.name.str() + "/" + t->id.str());
    }
    if (!out.log_stream) out.log_stream = t->id;
  }
  SaveTask(scope.tx, *t);
  scope.tx.Touch(TaskWork(TaskKey(*t)));
  return t;
}

wire::Task* WireTask(Arena& arena, const rows::Task& row, store::Tx& tx, bool with_tags) {
  auto* w = arena.New<wire::Task>();
  const auto arn = [&](const std::string& resource) { return arena.Copy(EcsArn(row.account, row.region, resource)); };
  const std::string path = row.cluster.str() + "/" + row.id.str();
  w->task_arn = arn("task/" + path);
  w->cluster_arn = arn("cluster/" + row.cluster.str());
  w->task_definition_arn = arn("task-definition/" + row.definition.str());
  w->group = row.group;
  w->started_by = row.started_by;
  w->last_status = row.status;
  w->desired_status = row.desired;
  w->version = row.version;
  w->launch_type = "FARGATE";
  w->platform_version = "1.4.0";
  w->platform_family = "Linux";
  w->enable_execute_command = false;
  w->availability_zone = row.zone;
  w->created_at = row.created_at;
  w->pull_started_at = row.pull_started_at;
  w->pull_stopped_at = row.pull_stopped_at;
  w->started_at = row.started_at;
  w->execution_stopped_at = row.execution_stopped_at;
  w->stopping_at = row.stopping_at;
  w->stopped_at = row.stopped_at;
  w->stop_code = row.stop_code;
  w->stopped_reason = row.stopped_reason;
  if (row.connectivity_at) {
    w->connectivity = "CONNECTED";
    w->connectivity_at = row.connectivity_at;
  }
  w->attributes.Add(arena) = {"ecs.cpu-architecture", "x86_64", {}, {}};
  w->ephemeral_storage = arena.New<wire::EphemeralStorage>();
  w->ephemeral_storage->size_in_gi_b = 20;
  w->fargate_ephemeral_storage = arena.New<wire::TaskEphemeralStorage>();
  w->fargate_ephemeral_storage->size_in_gi_b = 20;
  w->tags.Present(arena);
  if (with_tags) w->tags = WireTags<wire::Tag>(arena, row.tags);
  w->overrides = Decode<wire::TaskOverride>(row.overrides.value_or("{}"), arena).value_or(nullptr);
  if (w->overrides == nullptr) w->overrides = arena.New<wire::TaskOverride>();
  w->overrides->inference_accelerator_overrides.Present(arena);
  const rows::TaskDefinition* stored = FindDefinition(tx, arena, row.account, row.region, row.definition);
  const auto definition = stored != nullptr ? WireDefinition(arena, *stored, row.account, row.region) : Result<wire::TaskDefinition*>(nullptr);
  if (definition && *definition != nullptr) {
    w->cpu = (*definition)->cpu;
    w->memory = (*definition)->memory;
  }

  auto& a = w->attachments.Add(arena);
  a.id = row.attachment;
  a.type = "ElasticNetworkInterface";
  a.status = row.status == "STOPPED" ? "DELETED" : row.status == "DEPROVISIONING" ? "DETACHING" : row.connectivity_at ? "ATTACHED" : "PRECREATED";
  a.details.Add(arena) = {"subnetId", row.subnet};
  if (row.eni) {
    a.details.Add(arena) = {"networkInterfaceId", row.eni};
    a.details.Add(arena) = {"macAddress", row.mac};
    if (row.private_name && !row.private_name.empty()) a.details.Add(arena) = {"privateDnsName", row.private_name};
    a.details.Add(arena) = {"privateIPv4Address", row.address};
  }
  for (const rows::Container& c : row.containers) {
    if (w->overrides->container_overrides.empty() ||
        std::none_of(w->overrides->container_overrides.begin(), w->overrides->container_overrides.end(), [&](const auto& o) { return o.name == c.name; })) {
      w->overrides->container_overrides.Add(arena).name = c.name;
    }
    auto& out = w->containers.Add(arena);
    out.container_arn = arn("container/" + path + "/" + c.id.str());
    out.task_arn = w->task_arn;
    out.name = c.name;
    out.image = c.image;
    out.image_digest = c.digest;
    if (row.pull_started_at) out.runtime_id = arena.Copy(RuntimeId(row.id, c.name));
    out.last_status = c.status;
    out.exit_code = c.exit_code;
    out.reason = c.reason;
    out.health_status = "UNKNOWN";
    out.network_bindings.Present(arena);
    out.network_interfaces.Present(arena);
    if (row.address) {
      auto& n = out.network_interfaces.Add(arena);
      n.attachment_id = row.attachment;
      n.private_ipv4_address = row.address;
    }
    out.cpu = "0";
    if (definition && *definition != nullptr) {
      for (const auto& d : (*definition)->container_definitions) {
        if (!(d.name == c.name)) continue;
        out.cpu = arena.Copy(std::to_string(d.cpu.value_or(0)));
        if (d.memory) out.memory = arena.Copy(std::to_string(*d.memory));
        if (d.memory_reservation) out.memory_reservation = arena.Copy(std::to_string(*d.memory_reservation));
      }
    }
  }
  return w;
}

// A task that nobody may read any more.
bool IsOld(const rows::Task& row, UnixMillis now) { return row.status == "STOPPED" && now - row.stopped_at.value_or(now) > kStoppedStay; }

void RegisterTasks(api::Registry& registry, Neighbours& neighbours) {
  namespace ops = wire::ops;
  registry.Add<ops::RunTask>([&neighbours](api::Call& call, const wire::RunTaskRequest& r) { return RunTask(call, r, neighbours); },
                             [](api::Call& call, const wire::RunTaskRequest& r) -> Result<api::Access> {
                               // An unqualified family is judged as the revision that it means.
                               const auto* row = FindDefinition(call.tx, call.arena, call.caller.account, call.caller.region, r.task_definition);
                               const std::string name = row != nullptr ? row->family.str() + ":" + std::to_string(*row->revision) : LastPart(r.task_definition);
                               return api::Access{{EcsArn(call, "task-definition/" + name)}, {{"ecs:cluster", EcsArn(call, "cluster/" + ClusterName(r.cluster))}}};
                             });
  registry.Add<ops::StopTask>(StopTask, [](api::Call& call, const wire::StopTaskRequest& r) -> Result<api::Access> {
    return api::Access{{EcsArn(call, "task/" + ClusterName(r.cluster) + "/" + LastPart(r.task))}, {{"ecs:cluster", EcsArn(call, "cluster/" + ClusterName(r.cluster))}}};
  });
  registry.Add<ops::DescribeTasks>(DescribeTasks, [](api::Call& call, const wire::DescribeTasksRequest& r) -> Result<api::Access> {
    api::Access out{{}, {{"ecs:cluster", EcsArn(call, "cluster/" + ClusterName(r.cluster))}}};
    for (const Str& t : r.tasks) out.resources.push_back(EcsArn(call, "task/" + ClusterName(r.cluster) + "/" + LastPart(t)));
    if (out.resources.empty()) out.resources.push_back("*");
    return out;
  });
  registry.Add<ops::ListTasks>(ListTasks, [](api::Call& call, const wire::ListTasksRequest& r) -> Result<api::Access> {
    return api::Access{{"*"}, {{"ecs:cluster", EcsArn(call, "cluster/" + ClusterName(r.cluster))}}};
  });
}

}  // namespace terrarium::ecs
