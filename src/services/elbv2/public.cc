#include "services/elbv2/public.h"

#include <algorithm>
#include <map>

#include "services/ec2/public.h"
#include "services/elbv2/common.h"

namespace terrarium::elbv2 {
namespace {

std::string TargetKey(std::string_view group_key, std::string_view address, int port) {
  return std::string(group_key) + "/" + std::string(address) + ":" + std::to_string(port);
}

// The interfaces of each load balancer that visitors are sent to, in the order of its subnets: those that are there and, as by an ALB's DNS
// fail-over, where any zone has healthy targets, only of such zones.
template <class F>
void EachBalancer(store::Tx& tx, F f) {
  Arena arena;
  std::map<std::string, ec2::EniView> enis;
  for (auto& eni : ec2::ListAllEnis(tx)) enis.emplace(eni.id, eni);
  for (const rows::LoadBalancer* row : kLoadBalancers.ListPrefix(tx, "", arena)) {
    if (row->deleting.value_or(false)) continue;
    std::vector<const ec2::EniView*> its, serving;
    for (const auto& door : row->doors) {
      const auto at = enis.find(door.eni.str());
      if (at == enis.end() || !at->second.ready || door.leaving.value_or(false)) continue;
      its.push_back(&at->second);
      if (door.serving.value_or(false)) serving.push_back(&at->second);
    }
    if (!serving.empty()) its = std::move(serving);
    f(*row, its, arena);
  }
}

}  // namespace

std::optional<TargetGroupView> FindTargetGroup(store::Tx& tx, std::string_view arn) {
  Arena arena;
  const std::string key = KeyOfArn(arn, "targetgroup");
  const rows::TargetGroup* row = key.empty() ? nullptr : kTargetGroups.Find(tx, key, arena);
  if (row == nullptr || row->arn != arn) return std::nullopt;
  return TargetGroupView{.arn = row->arn.str(), .vpc = row->vpc.str(), .target_type = "ip", .has_load_balancer = !UserOf(tx, arn).empty()};
}

Status RegisterTarget(store::Tx& tx, std::string_view target_group, std::string_view address, int port, std::string_view notify) {
  if (!FindTargetGroup(tx, target_group)) return ApiError("TargetGroupNotFound", "One or more target groups not found", ErrorKind::kNotFound);
  Arena arena;
  const std::string group = KeyOfArn(target_group, "targetgroup"), key = TargetKey(group, address, port);
  rows::Target* row = kTargets.Find(tx, key, arena);
  if (row != nullptr && row->state != "draining") {
    if (!notify.empty() && row->notify != notify) {
      row->notify = notify;
      kTargets.Put(tx, key, *row, group);
    }
    return {};
  }
  rows::Target fresh;
  fresh.address = address;
  fresh.port = port;
  fresh.state = "unused";
  fresh.reason = "Target.NotInUse";
  fresh.description = "Target group is not configured to receive traffic from the load balancer";
  if (!notify.empty()) fresh.notify = notify;
  kTargets.Put(tx, key, fresh, group);
  if (!notify.empty()) tx.Touch(notify);
  SyncTargets(tx, target_group);
  TouchUser(tx, target_group);
  return {};
}

Status DeregisterTarget(store::Tx& tx, std::string_view target_group, std::string_view address, int port) {
  Arena arena;
  const std::string group = KeyOfArn(target_group, "targetgroup"), key = TargetKey(group, address, port);
  rows::Target* row = group.empty() ? nullptr : kTargets.Find(tx, key, arena);
  if (row == nullptr || row->state == "draining") return {};
  if (row->notify) tx.Touch(row->notify.view());
  if (UserOf(tx, target_group).empty()) {
    kTargets.Delete(tx, key);
    return {};
  }
  row->state = "draining";
  row->reason = "Target.DeregistrationInProgress";
  row->description = "Target deregistration is in progress";
  kTargets.Put(tx, key, *row, group);
  TouchUser(tx, target_group);
  return {};
}

std::optional<TargetHealth> FindTarget(store::Tx& tx, std::string_view target_group, std::string_view address, int port) {
  Arena arena;
  const std::string group = KeyOfArn(target_group, "targetgroup");
  const rows::Target* row = group.empty() ? nullptr : kTargets.Find(tx, TargetKey(group, address, port), arena);
  if (row == nullptr) return std::nullopt;
  return TargetHealth{.state = row->state.str(), .reason = row->reason.str(), .description = row->description.str()};
}

std::vector<DnsName> DnsNames(store::Tx& tx) {
  std::vector<DnsName> out;
  EachBalancer(tx, [&](const rows::LoadBalancer& row, const auto& enis, Arena&) {
    DnsName one{.vpc = row.vpc.str(), .name = row.dns_name.str(), .addresses = {}};
    for (const ec2::EniView* eni : enis) one.addresses.push_back(row.scheme == "internal" ? eni->address : eni->public_address);
    if (!one.addresses.empty()) out.push_back(std::move(one));
  });
  return out;
}

std::vector<PublicDoor> Doors(store::Tx& tx) {
  std::vector<std::pair<std::int64_t, PublicDoor>> found;
  EachBalancer(tx, [&](const rows::LoadBalancer& row, const auto& enis, Arena& arena) {
    if (row.scheme == "internal") return;
    PublicDoor door{.load_balancer = row.name.str(), .dns_name = row.dns_name.str(), .addresses = {}, .ports = {}};
    for (const rows::Listener* listener : kListeners.ListOwner(tx, KeyOfArn(row.arn.view(), "loadbalancer/app"), arena)) door.ports.push_back(*listener->port);
    for (const ec2::EniView* eni : enis) door.addresses.push_back(eni->public_address);
    std::ranges::sort(door.ports);
    if (!door.ports.empty() && !door.addresses.empty()) found.emplace_back(row.created.value_or(0), std::move(door));
  });
  std::ranges::stable_sort(found, {}, [](const auto& one) { return one.first; });
  std::vector<PublicDoor> out;
  for (auto& [created, door] : found) out.push_back(std::move(door));
  return out;
}

}  // namespace terrarium::elbv2
