#include "services/ecs/ops.h"

namespace terrarium::ecs {
namespace {

int CountTasks(const api::Call& call, std::string_view cluster, std::string_view status) {
  int n = 0;
  for (const rows::Task* t : kTasks.ListPrefix(call.tx, call.Key(std::string(cluster) + "/"), call.arena)) {
    n += status == "RUNNING" ? t->status == "RUNNING" : t->desired == "RUNNING" && t->status != "RUNNING";
  }
  return n;
}
int CountServices(const api::Call& call, std::string_view cluster) {
  int n = 0;
  for (const rows::Service* s : kServices.ListPrefix(call.tx, call.Key(std::string(cluster) + "/"), call.arena)) n += s->status == "ACTIVE";
  return n;
}

wire::Cluster* WireCluster(const api::Call& call, const rows::Cluster& row, bool with_tags, bool with_settings) {
  auto* c = call.arena.New<wire::Cluster>();
  c->cluster_arn = call.arena.Copy(EcsArn(call, "cluster/" + row.name.str()));
  c->cluster_name = row.name;
  c->status = row.status;
  c->registered_container_instances_count = 0;
  c->running_tasks_count = CountTasks(call, row.name, "RUNNING");
  c->pending_tasks_count = CountTasks(call, row.name, "PENDING");
  c->active_services_count = CountServices(call, row.name);
  c->statistics.Present(call.arena);
  c->tags.Present(call.arena);
  if (with_tags) c->tags = WireTags<wire::Tag>(call.arena, row.tags);
  c->settings.Present(call.arena);
  if (with_settings) c->settings.Add(call.arena) = {"containerInsights", row.container_insights};
  c->capacity_providers = row.providers;
  c->capacity_providers.Present(call.arena);
  c->default_capacity_provider_strategy.Present(call.arena);
  return c;
}

Status ReadSettings(const List<wire::ClusterSetting>& settings, rows::Cluster& row) {
  for (const auto& s : settings) {
    if (s.name != "containerInsights") return Invalid("Invalid setting '" + s.name.str() + "'");
    if (s.value == "enabled" || s.value == "enhanced") return Refused("Container Insights");
    if (s.value != "disabled") return Invalid("Invalid setting 'value'");
    row.container_insights = s.value;
  }
  return {};
}

Result<wire::CreateClusterResponse*> CreateCluster(api::Call& call, const wire::CreateClusterRequest& request) {
  if (request.configuration != nullptr) return Refused("configuration of a cluster");
  if (request.service_connect_defaults != nullptr) return Refused("serviceConnectDefaults");
  if (!request.capacity_providers.empty() || !request.default_capacity_provider_strategy.empty()) return Refused("capacity providers; use launch type FARGATE");
  const std::string name = request.cluster_name.has_value() ? request.cluster_name.str() : "default";
  if (!IsName(name)) return Invalid("Cluster name must contain only letters, digits, - and _, and at most 255 of them.");
  auto* out = call.arena.New<wire::CreateClusterResponse>();
  rows::Cluster* row = kClusters.Find(call.tx, call.Key(name), call.arena);
  if (row == nullptr || row->status != "ACTIVE") {
    row = call.arena.New<rows::Cluster>();
    row->name = call.arena.Copy(name);
    row->status = "ACTIVE";
    row->container_insights = "disabled";
    row->created_at = call.Now();
    TRY(ReadSettings(request.settings, *row));
    if (!request.tags.empty()) TRY(call.authorizer.Check(call.caller, call.tx, "ecs:TagResource", EcsArn(call, "cluster/" + name), {}));
    TRY(MergeTags(call.arena, row->tags, RowTags(call.arena, request.tags)));
    kClusters.Put(call.tx, call.Key(name), *row);
  }
  out->cluster = WireCluster(call, *row, true, true);
  return out;
}

Result<wire::DescribeClustersResponse*> DescribeClusters(api::Call& call, const wire::DescribeClustersRequest& request) {
  if (request.clusters.size() > 100) return Invalid("Clusters cannot exceed 100");
  if (Has(request.include, "STATISTICS") || Has(request.include, "ATTACHMENTS")) return Refused("statistics and attachments of a cluster");
  auto* out = call.arena.New<wire::DescribeClustersResponse>();
  out->clusters.Present(call.arena);
  out->failures.Present(call.arena);
  List<Str> names = request.clusters;
  if (names.empty()) names.Add(call.arena) = "default";
  for (const Str& asked : names) {
    const std::string name = ClusterName(asked);
    if (const rows::Cluster* row = kClusters.Find(call.tx, call.Key(name), call.arena)) {
      out->clusters.Add(call.arena) = *WireCluster(call, *row, Has(request.include, "TAGS"), Has(request.include, "SETTINGS"));
    } else {
      auto& f = out->failures.Add(call.arena);
      f.arn = call.arena.Copy(EcsArn(call, "cluster/" + name));
      f.reason = "MISSING";
    }
  }
  return out;
}

Result<wire::ListClustersResponse*> ListClusters(api::Call& call, const wire::ListClustersRequest& request) {
  auto* out = call.arena.New<wire::ListClustersResponse>();
  out->cluster_arns.Present(call.arena);
  for (const rows::Cluster* c : kClusters.ListPrefix(call.tx, call.Key(""), call.arena)) {
    if (c->status != "ACTIVE" || (request.next_token && c->name.view() <= request.next_token.view())) continue;
    if (out->cluster_arns.size() == static_cast<std::size_t>(request.max_results.value_or(100))) {
      out->next_token = call.arena.Copy(LastPart(out->cluster_arns[out->cluster_arns.size() - 1]));
      break;
    }
    out->cluster_arns.Add(call.arena) = call.arena.Copy(EcsArn(call, "cluster/" + c->name.str()));
  }
  return out;
}

Result<wire::UpdateClusterResponse*> UpdateCluster(api::Call& call, const wire::UpdateClusterRequest& request) {
  TRY_ASSIGN(rows::Cluster* row, GetCluster(call, ClusterName(request.cluster)));
  if (request.configuration != nullptr) return Refused("configuration of a cluster");
  if (request.service_connect_defaults != nullptr) return Refused("serviceConnectDefaults");
  TRY(ReadSettings(request.settings, *row));
  kClusters.Put(call.tx, call.Key(row->name), *row);
  auto* out = call.arena.New<wire::UpdateClusterResponse>();
  out->cluster = WireCluster(call, *row, true, true);
  return out;
}

Result<wire::DeleteClusterResponse*> DeleteCluster(api::Call& call, const wire::DeleteClusterRequest& request) {
  TRY_ASSIGN(rows::Cluster* row, GetCluster(call, ClusterName(request.cluster)));
  if (CountServices(call, row->name) > 0) return ApiError("ClusterContainsServicesException", "The Cluster cannot be deleted while Services are active.", ErrorKind::kConflict);
  if (CountTasks(call, row->name, "RUNNING") + CountTasks(call, row->name, "PENDING") > 0) {
    return ApiError("ClusterContainsTasksException", "The Cluster cannot be deleted while Tasks are active.", ErrorKind::kConflict);
  }
  row->status = "INACTIVE";
  kClusters.Put(call.tx, call.Key(row->name), *row);
  auto* out = call.arena.New<wire::DeleteClusterResponse>();
  out->cluster = WireCluster(call, *row, true, true);
  return out;
}

}  // namespace

void RegisterClusters(api::Registry& registry) {
  namespace ops = wire::ops;
  const auto on_cluster = [](api::Call& call, const auto& r) -> Result<api::Access> { return api::Access{{EcsArn(call, "cluster/" + ClusterName(r.cluster))}, {}}; };
  registry.Add<ops::CreateCluster>(CreateCluster, [](api::Call& call, const auto& r) -> Result<api::Access> {
    return api::Access{{EcsArn(call, "cluster/" + ClusterName(r.cluster_name))}, {}};
  });
  registry.Add<ops::DescribeClusters>(DescribeClusters, [](api::Call& call, const auto& r) -> Result<api::Access> {
    api::Access out{{}, {}};
    for (const Str& c : r.clusters) out.resources.push_back(EcsArn(call, "cluster/" + ClusterName(c)));
    if (out.resources.empty()) out.resources.push_back(EcsArn(call, "cluster/default"));
    return out;
  });
  registry.Add<ops::ListClusters>(ListClusters);
  registry.Add<ops::UpdateCluster>(UpdateCluster, on_cluster);
  registry.Add<ops::DeleteCluster>(DeleteCluster, on_cluster);
}

}  // namespace terrarium::ecs
