#include "provider/resources/ecs.h"
#include "provider/resources/ecs_deployment.h"
#include "provider/resources/resources.h"

namespace terrarium::provider {
namespace {

constexpr std::string_view kTable = R"(
arn                                string computed < serviceArn
availability_zone_rebalancing      string optional computed <> availabilityZoneRebalancing
cluster                            string optional computed replaces > cluster
deployment_maximum_percent         number optional = 200 <> deploymentConfiguration.maximumPercent
deployment_minimum_healthy_percent number optional = 100 <> deploymentConfiguration.minimumHealthyPercent
desired_count                      number optional <> desiredCount
enable_ecs_managed_tags            bool optional = false <> enableECSManagedTags
enable_execute_command             bool optional = false <> enableExecuteCommand
force_delete                       bool optional
force_new_deployment               bool optional
health_check_grace_period_seconds  number optional <> healthCheckGracePeriodSeconds
iam_role                           string optional computed replaces > role
id                                 string optional computed < serviceArn
launch_type                        string optional computed replaces in=EC2|FARGATE|EXTERNAL <> launchType
name                               string required replaces <> serviceName
platform_version                   string optional computed <> platformVersion
propagate_tags                     string optional in=SERVICE|TASK_DEFINITION|NONE <> propagateTags
region                             string optional computed replaces
scheduling_strategy                string optional replaces = "REPLICA" <> schedulingStrategy
sigint_rollback                    bool optional refused
tags                               map(string) optional
tags_all                           map(string) optional computed
task_definition                    string optional > taskDefinition
triggers                           map(string) optional computed
wait_for_steady_state              bool optional = false
block alarms list max=1 keep <> deploymentConfiguration.alarms {
  alarm_names set(string) required <> alarmNames
  enable      bool required <> enable
  rollback    bool required <> rollback
}
block capacity_provider_strategy set <> capacityProviderStrategy {
  base              number optional <> base
  capacity_provider string required <> capacityProvider
  weight            number optional <> weight
}
block deployment_circuit_breaker list max=1 keep <> deploymentConfiguration.deploymentCircuitBreaker {
  enable   bool required <> enable
  rollback bool required <> rollback
}
block deployment_configuration list max=1 computed refused {
  bake_time_in_minutes string optional computed
  strategy             string optional computed
  block canary_configuration list max=1 {
    canary_bake_time_in_minutes string optional computed
    canary_percent              number optional computed
  }
  block lifecycle_hook set {
    hook_details     string optional
    hook_target_arn  string required
    lifecycle_stages list(string) required
    role_arn         string required
  }
  block linear_configuration list max=1 {
    step_bake_time_in_minutes string optional computed
    step_percent              number optional computed
  }
}
block deployment_controller list max=1 keep <> deploymentController {
  type string optional = "ECS" <> type
}
block load_balancer set <> loadBalancers {
  container_name   string required <> containerName
  container_port   number required <> containerPort
  elb_name         string optional <> loadBalancerName
  target_group_arn string optional <> targetGroupArn
  block advanced_configuration list max=1 refused {
    alternate_target_group_arn string required
    production_listener_rule   string required
    role_arn                   string required
    test_listener_rule         string optional
  }
}
block network_configuration list max=1 {
  assign_public_ip bool optional = false
  security_groups  set(string) optional <> securityGroups
  subnets          set(string) required <> subnets
}
block ordered_placement_strategy list max=5 <> placementStrategy {
  field string optional <> field
  type  string required <> type
}
block placement_constraints set max=10 <> placementConstraints {
  expression string optional <> expression
  type       string required <> type
}
block service_connect_configuration list max=1 refused {
  enabled   bool required
  namespace string optional computed
  block log_configuration list max=1 {
    log_driver string required
    options    map(string) optional computed
    block secret_option list {
      name       string required
      value_from string required
    }
  }
  block service list {
    discovery_name        string optional computed
    ingress_port_override number optional
    port_name             string required
    block client_alias list max=1 {
      dns_name string optional computed
      port     number required
      block test_traffic_rules list {
        block header list max=1 {
          name string required
          block value list min=1 max=1 {
            exact string required
          }
        }
      }
    }
    block timeout list max=1 {
      idle_timeout_seconds        number optional
      per_request_timeout_seconds number optional
    }
    block tls list max=1 {
      kms_key  string optional
      role_arn string optional
      block issuer_cert_authority list min=1 max=1 {
        aws_pca_authority_arn string required
      }
    }
  }
}
block service_registries list max=1 refused {
  container_name string optional
  container_port number optional
  port           number optional
  registry_arn   string required
}
block volume_configuration list max=1 refused {
  name string required
  block managed_ebs_volume list min=1 max=1 {
    encrypted                  bool optional = true
    file_system_type           string optional = "xfs"
    iops                       number optional
    kms_key_id                 string optional
    role_arn                   string required
    size_in_gb                 number optional
    snapshot_id                string optional
    throughput                 number optional
    volume_initialization_rate number optional
    volume_type                string optional
    block tag_specifications list {
      propagate_tags string optional
      resource_type  string required
      tags           map(string) optional
    }
  }
}
block vpc_lattice_configurations set refused {
  port_name        string required
  role_arn         string required
  target_group_arn string required
}
)";

Result<std::optional<Value>> FindService(Call& call, const Value& cluster, const Value& service) {
  Object request{{"services", List{service}}, {"include", List{"TAGS"}}};
  if (!cluster.Text().empty()) request["cluster"] = cluster;
  TRY_ASSIGN(const auto found, call.Find("ecs", "DescribeServices", request, "services",
                                         {"ClusterNotFoundException", "ServiceNotFoundException"}));
  if (!found || (*found)["status"] == Value("INACTIVE")) return std::nullopt;
  return found;
}

// The block is flat here and two structures deep in the API, where its switch is a word.
void AddNetwork(const Object& planned, Object& request) {
  const auto& blocks = At(planned, "network_configuration").Items();
  if (blocks.empty()) return;
  Object network{{"subnets", blocks[0]["subnets"]},
                 {"assignPublicIp", blocks[0]["assign_public_ip"].Bool() ? "ENABLED" : "DISABLED"}};
  if (!blocks[0]["security_groups"].Items().empty()) network["securityGroups"] = blocks[0]["security_groups"];
  request["networkConfiguration"] = Object{{"awsvpcConfiguration", std::move(network)}};
}

List NetworkFrom(const Value& service) {
  const Value& network = service["networkConfiguration"]["awsvpcConfiguration"];
  if (network.IsNull()) return {};
  return {Object{{"subnets", OrEmpty(network["subnets"])},
                 {"security_groups", OrEmpty(network["securityGroups"])},
                 {"assign_public_ip", network["assignPublicIp"] == Value("ENABLED")}}};
}

bool IsDaemon(const Object& object) { return At(object, "scheduling_strategy") == Value("DAEMON"); }

Result<void> Settle(Call& call, const Object& planned, const Value& service) {
  if (!At(planned, "wait_for_steady_state").Bool()) return {};
  return WaitForSteadyState(call, service);
}

Result<void> Create(Call& call, const Object& planned) {
  Object request = WithEcsTags(ToApi(call.body, planned), planned);
  AddNetwork(planned, request);
  request["clientToken"] = RandomUuid(call.random());
  // A count that is left out is none, as in the official provider.
  if (!IsDaemon(planned)) request["desiredCount"] = At(planned, "desired_count").Int();
  TRY_ASSIGN(const Object made, call.RetryOn({"ClusterNotFoundException"}, "ecs", "CreateService", request));
  call.Created(At(made, "service")["serviceArn"].Text());
  return Settle(call, planned, At(made, "service"));
}

// ARN and name mean the same; the state keeps the form that the configuration has.
Value InForm(const Value& known, const Value& arn) {
  const auto& text = arn.Text();
  const auto& name = known.Text();
  return !name.empty() && text.ends_with("/" + name) ? known : arn;
}

Result<std::optional<Object>> Read(Call& call, const Object& state) {
  TRY_ASSIGN(const auto found, FindService(call, At(state, "cluster"), At(state, "id")));
  if (!found || (*found)["status"] == Value("DRAINING")) return std::nullopt;
  Object service = FromApi(call.body, *found);
  service["cluster"] = InForm(At(state, "cluster"), (*found)["clusterArn"]);
  service["task_definition"] = InForm(At(state, "task_definition"), (*found)["taskDefinition"]);
  service["iam_role"] = InForm(At(state, "iam_role"), (*found)["roleArn"]);
  if (service["iam_role"].IsNull()) service["iam_role"] = "";
  service["network_configuration"] = NetworkFrom(*found);
  if (service["deployment_controller"].Items().empty())
    service["deployment_controller"] = List{Object{{"type", "ECS"}}};
  if (IsDaemon(state)) service.erase("desired_count");
  if (service["propagate_tags"] == Value("NONE") && At(state, "propagate_tags").Text().empty())
    service["propagate_tags"] = "";
  service["tags"] = TagMap((*found)["tags"], "key", "value");
  return service;
}

// A structure of which a part changed is sent whole.
Object Changes(const Call& call, const Object& prior, const Object& planned) {
  Object before = ToApi(call.body, prior), after = ToApi(call.body, planned);
  AddNetwork(prior, before);
  AddNetwork(planned, after);
  Object out;
  for (const auto& [member, value] : after)
    if (At(before, member) != value) out.emplace(member, value);
  if (!IsDaemon(planned) && At(prior, "desired_count") != At(planned, "desired_count"))
    out["desiredCount"] = At(planned, "desired_count").Int();
  const auto taken_away = [&](std::string_view argument) {
    return !IsZeroish(At(prior, argument)) && At(planned, argument).IsNull();
  };
  if (taken_away("health_check_grace_period_seconds")) out["healthCheckGracePeriodSeconds"] = 0;
  if (taken_away("propagate_tags")) out["propagateTags"] = "NONE";
  const auto gone = [&](std::string_view block) {
    return !At(prior, block).Items().empty() && At(planned, block).IsKnown() && At(planned, block).Items().empty();
  };
  if (gone("deployment_circuit_breaker"))
    SetMember(out, "deploymentConfiguration.deploymentCircuitBreaker", Object{{"enable", false}, {"rollback", false}});
  for (const auto& [block, member] : {std::pair{"ordered_placement_strategy", "placementStrategy"},
                                      {"placement_constraints", "placementConstraints"},
                                      {"load_balancer", "loadBalancers"}})
    if (gone(block)) out[member] = List{};
  for (const char* fixed : {"cluster", "role", "launchType", "schedulingStrategy", "serviceName"}) out.erase(fixed);
  return out;
}

Result<void> Update(Call& call, const Object& prior, const Object& planned) {
  Object request = Changes(call, prior, planned);
  const bool again = At(planned, "force_new_deployment").Bool() && At(prior, "triggers") != At(planned, "triggers");
  if (request.empty() && !again) return {};
  if (At(planned, "force_new_deployment").Bool()) request["forceNewDeployment"] = true;
  request["cluster"] = At(prior, "cluster");
  request["service"] = At(prior, "id");
  TRY_ASSIGN(const Object answer, call.Api("ecs", "UpdateService", request));
  return Settle(call, planned, At(answer, "service"));
}

Result<void> Destroy(Call& call, const Object& state) {
  const Value& cluster = At(state, "cluster");
  const Value& id = At(state, "id");
  TRY_ASSIGN(const auto found, FindService(call, cluster, id));
  if (!found) return {};
  const bool force = At(state, "force_delete").Bool();
  if ((*found)["status"] != Value("DRAINING")) {
    if (!IsDaemon(state) && !force)
      TRY(call.Tolerate("ecs", "UpdateService", {{"cluster", cluster}, {"service", id}, {"desiredCount", 0}}, {}));
    Object request{{"cluster", cluster}, {"service", id}};
    if (force) request["force"] = true;
    TRY(call.Remove("ecs", "DeleteService", request, {"ServiceNotFoundException", "ClusterNotFoundException"},
                    {"InvalidParameterException", "DependencyViolation"}));
  }
  return call.WaitUntil("waiting for the service to drain", [&]() -> Result<bool> {
    TRY_ASSIGN(const auto left, FindService(call, cluster, id));
    return !left;
  });
}

// cluster-name/service-name
Result<Object> Import(Call& call, const std::string& id) {
  const auto slash = id.find('/');
  if (slash == id.npos) return Fail(ErrorKind::kInvalid, "expected <cluster name>/<service name>");
  TRY_ASSIGN(const auto found, FindService(call, id.substr(0, slash), id.substr(slash + 1)));
  if (!found) return Fail(ErrorKind::kNotFound, "no such service");
  return Object{{"id", (*found)["serviceArn"]}, {"cluster", (*found)["clusterArn"]}};
}

void Customize(PlanDraft& draft) {
  auto& planned = *draft.plan.planned.If<Object>();
  if (draft.prior.IsNull()) {
    if (draft.config["triggers"].IsNull()) planned["triggers"] = Value();
    return;
  }
  const bool force = draft.config["force_new_deployment"].Bool();
  if (!force) planned["triggers"] = draft.prior["triggers"];
  if (draft.prior["capacity_provider_strategy"] != draft.plan.planned["capacity_provider_strategy"] && !force)
    draft.diagnostics.push_back(
        {.summary = "force_new_deployment should be true when capacity_provider_strategy is being updated",
         .path = Path{} / "capacity_provider_strategy"});
}

// Version 0 had throughput as text, in a block that is refused here.
void Upgrade(Object& state, std::int64_t) { state.insert_or_assign("volume_configuration", List{}); }

bool IsSameRevision(const Value& a, const Value& b) {
  return a.Text().ends_with("/" + b.Text()) || b.Text().ends_with("/" + a.Text());
}

Body Table() {
  Body body = ParseTable(kTable);
  Row(body, "task_definition").same = IsSameRevision;
  return body;
}

}  // namespace

Resource EcsService() {
  using std::chrono::minutes;
  return {
      .type = "aws_ecs_service",
      .title = "ECS Service",
      .schema = {.version = 1, .body = Table()},
      .timeouts = {.create = minutes(20), .update = minutes(20), .destroy = minutes(20)},
      .tags = kEcsTags,
      .create = Create,
      .read = Read,
      .update = Update,
      .destroy = Destroy,
      .import = Import,
      .customize = Customize,
      .upgrade = Upgrade,
  };
}

}  // namespace terrarium::provider
