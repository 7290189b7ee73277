#include "services/ecs/public.h"

#include "base/json.h"
#include "base/text.h"
#include "services/ecs/ops.h"

namespace terrarium::ecs {
namespace {

void SetTime(Json& out, std::string_view name, const std::optional<std::int64_t>& time) {
  if (time) out.Set(name, Json(FormatIso8601(*time, true)));
}

Json ContainerJson(const rows::Task& task, const rows::Container& c, const wire::TaskDefinition& definition) {
  Json out{Json::Object{}};
  const std::string id = RuntimeId(task.id, c.name);
  out.Set("DockerId", Json(id));
  out.Set("Name", Json(c.name.view()));
  out.Set("DockerName", Json(c.name.view()));
  out.Set("Image", Json(c.image.view()));
  if (c.digest) out.Set("ImageID", Json(c.digest.view()));
  Json labels{Json::Object{}};
  labels.Set("com.amazonaws.ecs.cluster", Json(EcsArn(task.account, task.region, "cluster/" + task.cluster.str())));
  labels.Set("com.amazonaws.ecs.container-name", Json(c.name.view()));
  labels.Set("com.amazonaws.ecs.task-arn", Json(EcsArn(task.account, task.region, "task/" + task.cluster.str() + "/" + task.id.str())));
  labels.Set("com.amazonaws.ecs.task-definition-family", Json(definition.family.view()));
  labels.Set("com.amazonaws.ecs.task-definition-version", Json(std::to_string(definition.revision.value_or(0))));
  out.Set("Labels", std::move(labels));
  out.Set("DesiredStatus", Json(task.desired.view()));
  out.Set("KnownStatus", Json(c.status.view()));
  if (c.exit_code) out.Set("ExitCode", Json(static_cast<std::int64_t>(*c.exit_code)));
  for (const auto& d : definition.container_definitions) {
    if (!(d.name == c.name)) continue;
    Json limits{Json::Object{}};
    limits.Set("CPU", Json(static_cast<std::int64_t>(d.cpu.value_or(0))));
    if (d.memory) limits.Set("Memory", Json(static_cast<std::int64_t>(*d.memory)));
    out.Set("Limits", std::move(limits));
  }
  SetTime(out, "StartedAt", c.started_at);
  SetTime(out, "FinishedAt", c.finished_at);
  out.Set("Type", Json("NORMAL"));
  out.Set("ContainerARN", Json(EcsArn(task.account, task.region, "container/" + task.cluster.str() + "/" + task.id.str() + "/" + c.id.str())));
  if (c.log_group) {
    Json options{Json::Object{}};
    options.Set("awslogs-group", Json(c.log_group.view()));
    options.Set("awslogs-stream", Json(c.log_stream.view()));
    out.Set("LogDriver", Json("awslogs"));
    out.Set("LogOptions", std::move(options));
  }
  Json network{Json::Object{}}, addresses{Json::Array{}}, networks{Json::Array{}};
  addresses.Append(Json(task.address.view()));
  network.Set("NetworkMode", Json("awsvpc"));
  network.Set("IPv4Addresses", std::move(addresses));
  network.Set("AttachmentIndex", Json(0));
  network.Set("MACAddress", Json(task.mac.view()));
  networks.Append(std::move(network));
  out.Set("Networks", std::move(networks));
  return out;
}

}  // namespace

std::vector<TaskEndpoint> ListTaskEndpoints(store::Tx& tx, Arena& arena) {
  std::vector<TaskEndpoint> out;
  for (const rows::Task* task : kTasks.ListPrefix(tx, "", arena)) {
    if (!task->eni || task->status == "STOPPED") continue;
    const rows::TaskDefinition* row = FindDefinition(tx, arena, task->account, task->region, task->definition);
    if (row == nullptr) continue;
    const auto definition = WireDefinition(arena, *row, task->account, task->region);
    const auto overrides = Decode<wire::TaskOverride>(task->overrides.value_or("{}"), arena);
    if (!definition || !overrides) continue;
    TaskEndpoint e;
    e.account = task->account.str();
    e.region = task->region.str();
    e.task = task->id.str();
    e.eni = task->eni.str();
    e.credentials_id = task->credentials_id.str();
    e.role_arn = (*overrides)->task_role_arn.has_value() ? (*overrides)->task_role_arn.str() : (*definition)->task_role_arn.str();
    e.metadata_id = task->metadata_id.str();
    Json all{Json::Object{}}, containers{Json::Array{}}, limits{Json::Object{}};
    for (const rows::Container& c : task->containers) containers.Append(ContainerJson(*task, c, **definition));
    if (!containers.array().empty()) e.container_metadata = containers.array()[0].Write();
    limits.Set("CPU", Json(static_cast<double>(ParseInt((*definition)->cpu.value_or("0")).value_or(0)) / 1024));
    limits.Set("Memory", Json(ParseInt((*definition)->memory.value_or("0")).value_or(0)));
    all.Set("Cluster", Json(EcsArn(task->account, task->region, "cluster/" + task->cluster.str())));
    if (task->service) all.Set("ServiceName", Json(task->service.view()));
    all.Set("TaskARN", Json(EcsArn(task->account, task->region, "task/" + task->cluster.str() + "/" + task->id.str())));
    all.Set("Family", Json((*definition)->family.view()));
    all.Set("Revision", Json(std::to_string((*definition)->revision.value_or(0))));
    all.Set("DesiredStatus", Json(task->desired.view()));
    all.Set("KnownStatus", Json(task->status.view()));
    all.Set("Limits", std::move(limits));
    SetTime(all, "PullStartedAt", task->pull_started_at);
    SetTime(all, "PullStoppedAt", task->pull_stopped_at);
    all.Set("AvailabilityZone", Json(task->zone.view()));
    all.Set("LaunchType", Json("FARGATE"));
    all.Set("Containers", std::move(containers));
    e.task_metadata = all.Write();
    out.push_back(std::move(e));
  }
  return out;
}

}  // namespace terrarium::ecs
