#include <algorithm>

#include "services/ecs/plan/service_plan.h"
#include "services/ecs/service_reconciler.h"

namespace terrarium::ecs {
namespace {

std::string ArnOf(const rows::Service& s) { return EcsArn(s.account, s.region, "service/" + s.cluster.str() + "/" + s.name.str()); }
std::string RevisionArn(const rows::Service& s, Str id) { return EcsArn(s.account, s.region, "service-revision/" + s.cluster.str() + "/" + s.name.str() + "/" + id.str()); }
std::string DeploymentArn(const rows::Service& s, const rows::Deployment& d) {
  return EcsArn(s.account, s.region, "service-deployment/" + s.cluster.str() + "/" + s.name.str() + "/" + d.arn_id.str());
}
std::string DefinitionArn(const rows::Service& s, Str definition) { return EcsArn(s.account, s.region, "task-definition/" + definition.str()); }

struct Counts {
  int running = 0, pending = 0;
};
Counts CountTasks(const List<rows::Task*>& tasks, Str deployment = {}) {
  Counts out;
  for (const rows::Task* t : tasks) {
    if (t->desired != "RUNNING" || (deployment && !(t->deployment == deployment))) continue;
    (t->status == "RUNNING" ? out.running : out.pending)++;
  }
  return out;
}

wire::NetworkConfiguration* WireNetwork(Arena& arena, const rows::Deployment& d) {
  auto* n = arena.New<wire::NetworkConfiguration>();
  n->awsvpc_configuration = arena.New<wire::AwsVpcConfiguration>();
  n->awsvpc_configuration->subnets = d.subnets;
  n->awsvpc_configuration->security_groups = d.security_groups;
  n->awsvpc_configuration->security_groups.Present(arena);
  n->awsvpc_configuration->assign_public_ip = d.public_address.value_or(false) ? "ENABLED" : "DISABLED";
  return n;
}

wire::DeploymentConfiguration* WireConfiguration(Arena& arena, const rows::Service& s) {
  auto* c = arena.New<wire::DeploymentConfiguration>();
  c->deployment_circuit_breaker = arena.New<wire::DeploymentCircuitBreaker>();
  c->deployment_circuit_breaker->enable = s.breaker.value_or(false);
  c->deployment_circuit_breaker->rollback = s.rollback.value_or(false);
  c->deployment_circuit_breaker->reset_on_healthy_task = true;
  c->deployment_circuit_breaker->threshold_configuration = arena.New<wire::ThresholdConfiguration>();
  c->deployment_circuit_breaker->threshold_configuration->type = "BOUNDED_PERCENT";
  c->deployment_circuit_breaker->threshold_configuration->value = 50;
  c->maximum_percent = s.maximum_percent;
  c->minimum_healthy_percent = s.minimum_percent;
  c->strategy = "ROLLING";
  c->bake_time_in_minutes = 0;
  return c;
}

wire::Service* WireService(api::Call& call, const rows::Service& s, bool with_tags) {
  Arena& arena = call.arena;
  auto* w = arena.New<wire::Service>();
  const auto tasks = kTasks.ListOwner(call.tx, ServiceKey(s), arena);
  const Counts counts = CountTasks(tasks);
  const rows::Deployment& primary = s.deployments[0];
  w->service_arn = arena.Copy(ArnOf(s));
  w->service_name = s.name;
  w->cluster_arn = arena.Copy(EcsArn(s.account, s.region, "cluster/" + s.cluster.str()));
  w->status = s.status;
  w->desired_count = s.status == "ACTIVE" ? s.desired : 0;
  w->running_count = counts.running;
  w->pending_count = counts.pending;
  w->launch_type = "FARGATE";
  w->platform_version = s.platform_version;
  w->platform_family = "Linux";
  w->task_definition = arena.Copy(DefinitionArn(s, primary.definition));
  w->deployment_configuration = WireConfiguration(arena, s);
  w->network_configuration = WireNetwork(arena, primary);
  w->health_check_grace_period_seconds = s.grace_seconds.value_or(0);
  w->scheduling_strategy = "REPLICA";
  w->deployment_controller = arena.New<wire::DeploymentController>();
  w->deployment_controller->type = "ECS";
  w->created_at = s.created_at;
  w->created_by = s.created_by;
  w->enable_ecs_managed_tags = s.managed_tags.value_or(false);
  w->propagate_tags = s.propagate_tags;
  w->enable_execute_command = false;
  w->availability_zone_rebalancing = s.rebalancing;
  w->resource_management_type = "CUSTOMER";
  w->role_arn = arena.Copy("arn:aws:iam::" + s.account.str() + ":role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS");
  w->service_registries.Present(arena);
  w->placement_constraints.Present(arena);
  w->placement_strategy.Present(arena);
  w->load_balancers.Present(arena);
  for (const rows::Target& t : primary.targets) {
    auto& l = w->load_balancers.Add(arena);
    l.target_group_arn = t.group;
    l.container_name = t.container;
    l.container_port = t.port;
  }
  w->events.Present(arena);
  for (const rows::Event& e : s.events) w->events.Add(arena) = {e.id, e.created_at, e.message};
  w->deployments.Present(arena);
  w->current_service_revisions.Present(arena);
  if (s.status != "INACTIVE") {
    for (const rows::Deployment& d : s.deployments) {
      const Counts c = CountTasks(tasks, d.id);
      auto& out = w->deployments.Add(arena);
      out.id = arena.Copy("ecs-svc/" + d.id.str());
      out.status = d.status;
      out.task_definition = arena.Copy(DefinitionArn(s, d.definition));
      out.desired_count = d.status == "PRIMARY" && d.rollout != "FAILED" ? s.desired.value_or(0) : 0;
      out.running_count = c.running;
      out.pending_count = c.pending;
      out.failed_tasks = d.failed.value_or(0);
      out.created_at = d.created_at;
      out.updated_at = d.updated_at;
      out.launch_type = "FARGATE";
      out.platform_version = "1.4.0";
      out.platform_family = "Linux";
      out.network_configuration = WireNetwork(arena, d);
      out.rollout_state = d.rollout;
      out.rollout_state_reason = d.rollout_reason;
      auto& r = w->current_service_revisions.Add(arena);
      r.arn = arena.Copy(RevisionArn(s, d.id));
      r.requested_task_count = out.desired_count;
      r.running_task_count = c.running;
      r.pending_task_count = c.pending;
    }
    if (primary.rollout == "IN_PROGRESS") w->current_service_deployment = arena.Copy(DeploymentArn(s, primary));
  }
  w->tags.Present(arena);
  if (with_tags) w->tags = WireTags<wire::Tag>(arena, s.tags);
  return w;
}

Status ReadConfiguration(const wire::DeploymentConfiguration* c, rows::Service& s) {
  if (c == nullptr) return {};
  if (c->alarms != nullptr && c->alarms->enable.value_or(false)) return Refused("deployment alarms");
  if (c->strategy && c->strategy != "ROLLING") return Refused("deployment strategy " + c->strategy.str());
  if (c->bake_time_in_minutes.value_or(0) != 0 || !c->lifecycle_hooks.empty() || c->linear_configuration != nullptr || c->canary_configuration != nullptr) {
    return Refused("bake time, lifecycle hooks and other strategies than ROLLING");
  }
  if (c->minimum_healthy_percent) s.minimum_percent = c->minimum_healthy_percent;
  if (c->maximum_percent) s.maximum_percent = c->maximum_percent;
  if (s.maximum_percent.value_or(200) < 100) return Invalid("maximumPercent must be at least 100");
  if (s.minimum_percent.value_or(100) > 100 || s.minimum_percent.value_or(100) < 0) return Invalid("minimumHealthyPercent must be at most 100");
  if (const auto* b = c->deployment_circuit_breaker; b != nullptr) {
    if (b->reset_on_healthy_task && !*b->reset_on_healthy_task) return Refused("resetOnHealthyTask false");
    if (b->threshold_configuration != nullptr && (b->threshold_configuration->type.value_or("BOUNDED_PERCENT") != "BOUNDED_PERCENT" || b->threshold_configuration->value.value_or(50) != 50)) {
      return Refused("thresholdConfiguration of the circuit breaker");
    }
    s.breaker = b->enable.value_or(false);
    s.rollback = b->rollback.value_or(false);
  }
  return {};
}

Result<List<rows::Target>> ReadTargets(api::Call& call, Neighbours& neighbours, const wire::TaskDefinition& definition, const List<wire::LoadBalancer>& balancers) {
  List<rows::Target> out;
  if (balancers.size() > 5) return Invalid("load balancers can have at most 5 items.");
  for (const auto& l : balancers) {
    if (l.load_balancer_name || l.advanced_configuration != nullptr) return Refused("classic load balancers and advancedConfiguration");
    const auto group = neighbours.FindTargetGroup(ScopeOf(call), l.target_group_arn);
    if (!group) return Invalid("The specified target group does not exist.");
    if (group->target_type != "ip") {
      return Invalid("The target group " + l.target_group_arn.str() + " has target type " + group->target_type + ", which is incompatible with the awsvpc network mode specified in the task definition.");
    }
    if (!group->has_load_balancer) return Invalid("The target group with targetGroupArn " + l.target_group_arn.str() + " does not have an associated load balancer.");
    const auto* c = std::find_if(definition.container_definitions.begin(), definition.container_definitions.end(), [&](const auto& d) { return d.name == l.container_name; });
    if (c == definition.container_definitions.end()) return Invalid("The container " + l.container_name.str() + " does not exist in the task definition.");
    if (std::none_of(c->port_mappings.begin(), c->port_mappings.end(), [&](const auto& p) { return p.container_port == l.container_port; })) {
      return Invalid("The container " + l.container_name.str() + " did not have a container port " + std::to_string(l.container_port.value_or(0)) + " defined.");
    }
    out.Add(call.arena) = {l.target_group_arn, l.container_name, l.container_port};
  }
  return out;
}

// The revision that a request names, fit for Fargate, its roles passed.
Result<const rows::TaskDefinition*> UseDefinition(api::Call& call, Neighbours& neighbours, Str reference, const wire::TaskDefinition*& definition) {
  const rows::TaskDefinition* row = FindDefinition(call.tx, call.arena, call.caller.account, call.caller.region, reference);
  if (row == nullptr) return ClientError("TaskDefinition not found.");
  if (row->status != "ACTIVE") return ClientError("TaskDefinition is inactive");
  TRY_ASSIGN(definition, WireDefinition(call.arena, *row, call.caller.account, call.caller.region));
  if (!Has(definition->compatibilities, "FARGATE")) return Invalid("Task definition does not support launch_type FARGATE.");
  for (const Str& role : {definition->task_role_arn, definition->execution_role_arn}) {
    if (role && !role.empty()) TRY(neighbours.CheckPassRole(call, role));
  }
  return row;
}

Result<wire::CreateServiceResponse*> CreateService(api::Call& call, const wire::CreateServiceRequest& r, Neighbours& neighbours) {
  TRY_ASSIGN(const rows::Cluster* cluster, GetCluster(call, ClusterName(r.cluster)));
  if (cluster->status != "ACTIVE") return NoCluster();
  if (!IsName(r.service_name)) return Invalid("Service name must contain only letters, digits, - and _, and at most 255 of them.");
  if (r.scheduling_strategy && r.scheduling_strategy != "REPLICA" && r.scheduling_strategy != "DAEMON") return Invalid("Scheduling strategy should be one of [REPLICA,DAEMON]");
  if (r.scheduling_strategy == "DAEMON") return Refused("scheduling strategy DAEMON");
  if (!r.desired_count) return Invalid("DesiredCount is missing");
  if (*r.desired_count < 0) return Invalid("DesiredCount can not be lesser than 0");
  if (!r.capacity_provider_strategy.empty()) return Refused("capacityProviderStrategy; use launch type FARGATE");
  if (r.launch_type != "FARGATE") return Refused("launch type " + std::string(r.launch_type.value_or("EC2")));
  if (r.deployment_controller != nullptr && r.deployment_controller->type != "ECS") return Refused("deployment controller " + r.deployment_controller->type.str());
  if (r.role) return Invalid("You cannot specify an IAM role for services that require a service linked role.");
  if (!r.service_registries.empty() || r.service_connect_configuration != nullptr || !r.volume_configurations.empty() || !r.vpc_lattice_configurations.empty() || r.monitoring != nullptr) {
    return Refused("service registries, Service Connect, volume, lattice and monitoring configurations");
  }
  if (!r.placement_constraints.empty() || !r.placement_strategy.empty()) return Refused("placement constraints and strategies");
  if (r.enable_execute_command.value_or(false)) return Refused("enableExecuteCommand");
  if (r.availability_zone_rebalancing == "ENABLED") return Refused("availabilityZoneRebalancing ENABLED; tasks are spread when they start");
  if (r.platform_version && r.platform_version != "LATEST" && r.platform_version != "1.4.0") return ApiError("PlatformUnknownException", "The specified platform version does not exist.");

  auto* out = call.arena.New<wire::CreateServiceResponse>();
  const std::string key = call.Key(cluster->name.str() + "/" + r.service_name.str()), fingerprint = Encode(r);
  if (const rows::Service* there = kServices.Find(call.tx, key, call.arena); there != nullptr && there->status != "INACTIVE") {
    if (there->status == "DRAINING") return Invalid("Unable to Start a service that is still Draining.");
    if (!(there->request == std::string_view(fingerprint))) return Invalid("Creation of service was not idempotent.");
    out->service = WireService(call, *there, true);
    return out;
  }
  const wire::TaskDefinition* definition = nullptr;
  TRY_ASSIGN(const rows::TaskDefinition* row, UseDefinition(call, neighbours, r.task_definition, definition));
  TRY_ASSIGN(const Placement placement, CheckNetwork(call, neighbours, r.network_configuration));

  rows::Service s;
  s.name = r.service_name;
  s.account = Str(call.caller.account);
  s.region = Str(call.caller.region);
  s.cluster = cluster->name;
  s.status = "ACTIVE";
  s.desired = r.desired_count;
  s.minimum_percent = 100;
  s.maximum_percent = 200;
  TRY(ReadConfiguration(r.deployment_configuration, s));
  s.grace_seconds = r.health_check_grace_period_seconds.value_or(0);
  s.propagate_tags = r.propagate_tags.value_or("NONE");
  s.managed_tags = r.enable_ecs_managed_tags.value_or(false);
  s.created_at = call.Now();
  s.created_by = Str(call.caller.arn);
  s.rebalancing = "DISABLED";
  s.platform_version = r.platform_version.value_or("LATEST");
  s.request = call.arena.Copy(fingerprint);
  s.tags.Present(call.arena);
  if (!r.tags.empty()) TRY(call.authorizer.Check(call.caller, call.tx, "ecs:TagResource", ArnOf(s), {}));
  TRY(MergeTags(call.arena, s.tags, RowTags(call.arena, r.tags)));
  rows::Deployment content;
  content.definition = call.arena.Copy(row->family.str() + ":" + std::to_string(*row->revision));
  content.subnets = placement.subnets;
  content.security_groups = placement.groups;
  content.public_address = placement.public_address;
  TRY_ASSIGN(content.targets, ReadTargets(call, neighbours, *definition, r.load_balancers));
  PutDeployment(ScopeOf(call), s, content);
  kServices.Put(call.tx, key, s);
  call.tx.Touch(ServiceWork(key));
  out->service = WireService(call, s, true);
  return out;
}

Result<rows::Service*> GetService(const api::Call& call, Str cluster, Str name, std::string_view message = "Service not found.") {
  TRY_ASSIGN(const rows::Cluster* c, GetCluster(call, ClusterName(cluster)));
  rows::Service* s = kServices.Find(call.tx, call.Key(c->name.str() + "/" + LastPart(name)), call.arena);
  if (s == nullptr || s->status == "INACTIVE") return ApiError("ServiceNotFoundException", std::string(message), ErrorKind::kNotFound);
  return s;
}

Result<wire::UpdateServiceResponse*> UpdateService(api::Call& call, const wire::UpdateServiceRequest& r, Neighbours& neighbours) {
  TRY_ASSIGN(rows::Service* s, GetService(call, r.cluster, r.service));
  if (s->status != "ACTIVE") return ApiError("ServiceNotActiveException", "Service was not ACTIVE.", ErrorKind::kConflict);
  if (r.desired_count.value_or(0) < 0) return Invalid("Task count can not be lesser than 0");
  if (!r.capacity_provider_strategy.empty()) return Refused("capacityProviderStrategy; use launch type FARGATE");
  if (!r.service_registries.empty() || r.service_connect_configuration != nullptr || !r.volume_configurations.empty() || !r.vpc_lattice_configurations.empty() || r.monitoring != nullptr) {
    return Refused("service registries, Service Connect, volume, lattice and monitoring configurations");
  }
  if (r.enable_execute_command.value_or(false)) return Refused("enableExecuteCommand");
  if (r.availability_zone_rebalancing == "ENABLED") return Refused("availabilityZoneRebalancing ENABLED");
  if (!r.placement_constraints.empty() || !r.placement_strategy.empty()) return Refused("placement constraints and strategies");
  if (r.deployment_controller != nullptr && r.deployment_controller->type != "ECS") return Refused("deployment controller " + r.deployment_controller->type.str());
  TRY(ReadConfiguration(r.deployment_configuration, *s));
  if (r.desired_count) s->desired = r.desired_count;
  if (r.health_check_grace_period_seconds) s->grace_seconds = r.health_check_grace_period_seconds;
  if (r.propagate_tags) s->propagate_tags = r.propagate_tags;
  if (r.enable_ecs_managed_tags) s->managed_tags = r.enable_ecs_managed_tags;
  if (r.platform_version) s->platform_version = r.platform_version;

  rows::Deployment content = s->deployments[0];
  bool deploy = r.force_new_deployment.value_or(false);
  const wire::TaskDefinition* definition = nullptr;
  if (r.task_definition) {
    TRY_ASSIGN(const rows::TaskDefinition* row, UseDefinition(call, neighbours, r.task_definition, definition));
    const std::string name = row->family.str() + ":" + std::to_string(*row->revision);
    deploy |= content.definition != std::string_view(name);
    content.definition = call.arena.Copy(name);
  }
  if (r.network_configuration != nullptr) {
    const std::string before = Encode(*WireNetwork(call.arena, content));
    TRY_ASSIGN(const Placement placement, CheckNetwork(call, neighbours, r.network_configuration));
    content.subnets = placement.subnets;
    content.security_groups = placement.groups;
    content.public_address = placement.public_address;
    deploy |= Encode(*WireNetwork(call.arena, content)) != before;
  }
  if (r.load_balancers.has_value()) {
    if (definition == nullptr) {
      const rows::TaskDefinition* row = FindDefinition(call.tx, call.arena, call.caller.account, call.caller.region, content.definition);
      if (row == nullptr) return ClientError("TaskDefinition not found.");
      TRY_ASSIGN(definition, WireDefinition(call.arena, *row, call.caller.account, call.caller.region));
    }
    TRY_ASSIGN(const List<rows::Target> targets, ReadTargets(call, neighbours, *definition, r.load_balancers));
    const bool same = targets.size() == content.targets.size() && std::equal(targets.begin(), targets.end(), content.targets.begin(), [](const auto& a, const auto& b) {
                        return a.group == b.group && a.container == b.container && a.port == b.port;
                      });
    deploy |= !same;
    content.targets = targets;
  }
  if (deploy) PutDeployment(ScopeOf(call), *s, content);
  s->steady = false;
  kServices.Put(call.tx, ServiceKey(*s), *s);
  call.tx.Touch(ServiceWork(ServiceKey(*s)));
  auto* out = call.arena.New<wire::UpdateServiceResponse>();
  out->service = WireService(call, *s, true);
  return out;
}

Result<wire::DeleteServiceResponse*> DeleteService(api::Call& call, const wire::DeleteServiceRequest& r) {
  TRY_ASSIGN(rows::Service* s, GetService(call, r.cluster, r.service, ""));
  if (s->status == "ACTIVE" && s->desired.value_or(0) > 0 && !r.force.value_or(false)) return Invalid("The service cannot be stopped while it is scaled above 0.");
  s->status = "DRAINING";
  s->desired = 0;
  kServices.Put(call.tx, ServiceKey(*s), *s);
  call.tx.Touch(ServiceWork(ServiceKey(*s)));
  auto* out = call.arena.New<wire::DeleteServiceResponse>();
  out->service = WireService(call, *s, true);
  return out;
}

Result<wire::DescribeServicesResponse*> DescribeServices(api::Call& call, const wire::DescribeServicesRequest& r) {
  TRY_ASSIGN(const rows::Cluster* cluster, GetCluster(call, ClusterName(r.cluster)));
  if (r.services.empty()) return Invalid("Services cannot be empty.");
  if (r.services.size() > 10) return Invalid("Services cannot exceed 10.");
  auto* out = call.arena.New<wire::DescribeServicesResponse>();
  out->services.Present(call.arena);
  out->failures.Present(call.arena);
  for (const Str& asked : r.services) {
    const std::string path = cluster->name.str() + "/" + LastPart(asked);
    if (const rows::Service* s = kServices.Find(call.tx, call.Key(path), call.arena)) {
      out->services.Add(call.arena) = *WireService(call, *s, Has(r.include, "TAGS"));
    } else {
      auto& f = out->failures.Add(call.arena);
      f.arn = call.arena.Copy(EcsArn(call, "service/" + path));
      f.reason = "MISSING";
    }
  }
  return out;
}

Result<wire::ListServicesResponse*> ListServices(api::Call& call, const wire::ListServicesRequest& r) {
  TRY_ASSIGN(const rows::Cluster* cluster, GetCluster(call, ClusterName(r.cluster)));
  auto* out = call.arena.New<wire::ListServicesResponse>();
  out->service_arns.Present(call.arena);
  if ((r.launch_type && r.launch_type != "FARGATE") || (r.scheduling_strategy && r.scheduling_strategy != "REPLICA")) return out;
  for (const rows::Service* s : kServices.ListPrefix(call.tx, call.Key(cluster->name.str() + "/"), call.arena)) {
    if (s->status == "INACTIVE" || (r.next_token && s->name.view() <= r.next_token.view())) continue;
    if (out->service_arns.size() == static_cast<std::size_t>(r.max_results.value_or(10))) {
      out->next_token = call.arena.Copy(LastPart(out->service_arns[out->service_arns.size() - 1]));
      break;
    }
    out->service_arns.Add(call.arena) = call.arena.Copy(ArnOf(*s));
  }
  return out;
}

std::vector<const rows::Deployment*> AllDeployments(const rows::Service& s) {
  std::vector<const rows::Deployment*> out;
  for (const auto* list : {&s.deployments, &s.history}) {
    for (const auto& d : *list) out.push_back(&d);
  }
  std::stable_sort(out.begin(), out.end(), [](const auto* a, const auto* b) { return a->created_at.value_or(0) > b->created_at.value_or(0); });
  return out;
}

Result<wire::ListServiceDeploymentsResponse*> ListServiceDeployments(api::Call& call, const wire::ListServiceDeploymentsRequest& r) {
  TRY_ASSIGN(const rows::Service* s, GetService(call, r.cluster, r.service));
  auto* out = call.arena.New<wire::ListServiceDeploymentsResponse>();
  out->service_deployments.Present(call.arena);
  for (const rows::Deployment* d : AllDeployments(*s)) {
    if (!r.status.empty() && !Has(r.status, d->state)) continue;
    if (r.created_at != nullptr && ((r.created_at->after && d->created_at <= r.created_at->after) || (r.created_at->before && d->created_at >= r.created_at->before))) continue;
    auto& b = out->service_deployments.Add(call.arena);
    b.service_deployment_arn = call.arena.Copy(DeploymentArn(*s, *d));
    b.service_arn = call.arena.Copy(ArnOf(*s));
    b.cluster_arn = call.arena.Copy(EcsArn(call, "cluster/" + s->cluster.str()));
    b.started_at = b.created_at = d->created_at;
    b.finished_at = d->finished_at;
    b.target_service_revision_arn = call.arena.Copy(RevisionArn(*s, d->id));
    b.status = d->state;
    b.status_reason = d->state_reason;
  }
  return out;
}

Result<wire::DescribeServiceDeploymentsResponse*> DescribeServiceDeployments(api::Call& call, const wire::DescribeServiceDeploymentsRequest& r) {
  auto* out = call.arena.New<wire::DescribeServiceDeploymentsResponse>();
  out->service_deployments.Present(call.arena);
  out->failures.Present(call.arena);
  for (const Str& arn_text : r.service_deployment_arns) {
    const auto arn = Arn::Parse(arn_text);
    const rows::Service* s = nullptr;
    const rows::Deployment* found = nullptr;
    if (arn && arn->resource.starts_with("service-deployment/")) {
      const std::string path = arn->resource.substr(19);
      s = kServices.Find(call.tx, call.Key(path.substr(0, path.rfind('/'))), call.arena);
      if (s != nullptr) {
        for (const rows::Deployment* d : AllDeployments(*s)) {
          if (d->arn_id == std::string_view(LastPart(path))) found = d;
        }
      }
    }
    if (found == nullptr) {
      auto& f = out->failures.Add(call.arena);
      f.arn = arn_text;
      f.reason = "MISSING";
      continue;
    }
    const auto tasks = kTasks.ListOwner(call.tx, ServiceKey(*s), call.arena);
    auto& w = out->service_deployments.Add(call.arena);
    w.service_deployment_arn = arn_text;
    w.service_arn = call.arena.Copy(ArnOf(*s));
    w.cluster_arn = call.arena.Copy(EcsArn(call, "cluster/" + s->cluster.str()));
    w.created_at = w.started_at = found->created_at;
    w.updated_at = found->updated_at;
    w.finished_at = found->finished_at;
    w.status = found->state;
    w.status_reason = found->state_reason;
    w.source_service_revisions.Present(call.arena);
    if (found->source) w.source_service_revisions.Add(call.arena).arn = call.arena.Copy(RevisionArn(*s, found->source));
    const Counts counts = CountTasks(tasks, found->id);
    w.target_service_revision = call.arena.New<wire::ServiceRevisionSummary>();
    w.target_service_revision->arn = call.arena.Copy(RevisionArn(*s, found->id));
    w.target_service_revision->requested_task_count = s->desired;
    w.target_service_revision->running_task_count = counts.running;
    w.target_service_revision->pending_task_count = counts.pending;
    w.deployment_configuration = WireConfiguration(call.arena, *s);
    w.deployment_circuit_breaker = call.arena.New<wire::ServiceDeploymentCircuitBreaker>();
    w.deployment_circuit_breaker->status = found->circuit;
    w.deployment_circuit_breaker->failure_count = found->failed.value_or(0);
    w.deployment_circuit_breaker->threshold = BreakerThreshold(s->desired.value_or(0));
    if (found->rolled_back_to) {
      w.rollback = call.arena.New<wire::Rollback>();
      w.rollback->reason = found->state_reason;
      w.rollback->started_at = found->updated_at;
      w.rollback->service_revision_arn = call.arena.Copy(RevisionArn(*s, found->rolled_back_to));
    }
  }
  return out;
}

}  // namespace

std::string ServiceKey(const rows::Service& row) { return row.account.str() + "/" + row.region.str() + "/" + row.cluster.str() + "/" + row.name.str(); }

void RegisterServices(api::Registry& registry, Neighbours& neighbours) {
  namespace ops = wire::ops;
  const auto on = [](api::Call& call, Str cluster, const std::string& name) {
    return api::Access{{EcsArn(call, "service/" + ClusterName(cluster) + "/" + name)}, {{"ecs:cluster", EcsArn(call, "cluster/" + ClusterName(cluster))}}};
  };
  registry.Add<ops::CreateService>([&neighbours](api::Call& call, const wire::CreateServiceRequest& r) { return CreateService(call, r, neighbours); },
                                   [on](api::Call& call, const wire::CreateServiceRequest& r) -> Result<api::Access> { return on(call, r.cluster, r.service_name.str()); });
  registry.Add<ops::UpdateService>([&neighbours](api::Call& call, const wire::UpdateServiceRequest& r) { return UpdateService(call, r, neighbours); },
                                   [on](api::Call& call, const wire::UpdateServiceRequest& r) -> Result<api::Access> { return on(call, r.cluster, LastPart(r.service)); });
  registry.Add<ops::DeleteService>(DeleteService, [on](api::Call& call, const wire::DeleteServiceRequest& r) -> Result<api::Access> { return on(call, r.cluster, LastPart(r.service)); });
  registry.Add<ops::DescribeServices>(DescribeServices, [on](api::Call& call, const wire::DescribeServicesRequest& r) -> Result<api::Access> {
    api::Access out = on(call, r.cluster, "");
    out.resources.clear();
    for (const Str& s : r.services) out.resources.push_back(on(call, r.cluster, LastPart(s)).resources[0]);
    if (out.resources.empty()) out.resources.push_back("*");
    return out;
  });
  registry.Add<ops::ListServices>(ListServices);
  registry.Add<ops::ListServiceDeployments>(ListServiceDeployments, [on](api::Call& call, const wire::ListServiceDeploymentsRequest& r) -> Result<api::Access> { return on(call, r.cluster, LastPart(r.service)); });
  registry.Add<ops::DescribeServiceDeployments>(DescribeServiceDeployments, [](api::Call&, const wire::DescribeServiceDeploymentsRequest& r) -> Result<api::Access> {
    api::Access out{{}, {}};
    for (const Str& a : r.service_deployment_arns) out.resources.push_back(a.str());
    if (out.resources.empty()) out.resources.push_back("*");
    return out;
  });
}

}  // namespace terrarium::ecs
