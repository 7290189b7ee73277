#include "services/elbv2/reconcile/load_balancer_reconciler.h"

#include <algorithm>
#include <map>
#include <set>

#include "base/text.h"
#include "services/ec2/public.h"
#include "services/elbv2/common.h"

namespace terrarium::elbv2 {
namespace {

namespace px = gen::host_proxy;
using control::Settled;

constexpr Millis kLook{1000};

// The worse the higher.
int Rank(std::string_view state) {
  if (state == "healthy") return 0;
  if (state == "unhealthy") return 1;
  return 2;  // initial: that proxy sends nothing there yet
}

px::ProxyAction* ActionOf(const rows::Action& row, Arena& arena) {
  auto* out = arena.New<px::ProxyAction>();
  out->type = row.type;
  if (row.target_group) {
    const std::string key = KeyOfArn(row.target_group.view(), "targetgroup");
    out->target_group = arena.Copy(key.substr(key.rfind('/') + 1));
  }
  if (row.status_code) {
    const std::string_view code = row.status_code.view();
    out->status_code = static_cast<std::int32_t>(ParseInt(code.starts_with("HTTP_") ? code.substr(5) : code).value_or(0));
  }
  out->protocol = row.protocol;
  out->host = row.host;
  out->port = row.port;
  out->path = row.path;
  out->query = row.query;
  out->content_type = row.content_type;
  out->body = row.body;
  return out;
}

}  // namespace

std::string ProxyId(std::string_view eni) { return std::string(eni); }

// The load balancer as rows have it, copied out: no transaction is open while the host works.
struct LoadBalancerReconciler::Plan {
  rows::LoadBalancer* balancer = nullptr;
  bool waiting = false;  // for an interface
  std::vector<px::ProxySpec*> specs;
  std::vector<std::string> leaving;          // interfaces
  std::map<std::string, std::string> groups;  // id → ARN
  std::map<std::string, px::TargetState> health;  // "<group's id>/<address>:<port>"
  std::set<std::string> serving;                  // interfaces whose proxy has a healthy target in each group
};

LoadBalancerReconciler::Plan LoadBalancerReconciler::Read(store::Tx& tx, const std::string& key, Arena& arena) {
  Plan plan;
  plan.balancer = kLoadBalancers.Find(tx, key, arena);
  if (plan.balancer == nullptr) return plan;
  const rows::LoadBalancer& row = *plan.balancer;
  List<px::ProxyListener> listeners;
  List<px::ProxyTargetGroup> groups;
  for (const rows::Listener* listener : kListeners.ListOwner(tx, key, arena)) {
    auto& one = listeners.Add(arena);
    one.port = listener->port;
    one.default_action = ActionOf(*listener->action, arena);
    if (!listener->action->target_group) continue;
    const std::string group_key = KeyOfArn(listener->action->target_group.view(), "targetgroup");
    const rows::TargetGroup* group = kTargetGroups.Find(tx, group_key, arena);
    if (group == nullptr || !plan.groups.emplace(group->id.str(), group->arn.str()).second) continue;
    auto& its = groups.Add(arena);
    its.id = group->id;
    auto* check = its.health_check = arena.New<px::ProxyHealthCheck>();
    check->path = group->check_path;
    if (group->check_port != "traffic-port") check->port = static_cast<std::int32_t>(ParseInt(group->check_port.view()).value_or(0));
    check->interval_seconds = group->interval;
    check->timeout_seconds = group->timeout;
    check->healthy_threshold = group->healthy;
    check->unhealthy_threshold = group->unhealthy;
    check->matcher = group->matcher;
    for (const rows::Target* target : kTargets.ListOwner(tx, group_key, arena)) its.targets.Add(arena, {.address = target->address, .port = target->port, .draining = target->state == "draining"});
  }
  const auto idle = static_cast<std::int32_t>(ParseInt(AttributeValue(row.attributes, kLoadBalancerAttributes, "idle_timeout.timeout_seconds")).value_or(60));
  const ec2::Scope scope{tx, random_, row.account.str(), row.region.str()};
  for (const auto& door : row.doors) {
    if (door.leaving.value_or(false) || row.deleting.value_or(false)) {
      plan.leaving.push_back(door.eni.str());
      continue;
    }
    const auto eni = ec2::FindEni(scope, door.eni.view());
    if (!eni || !eni->ready) {
      plan.waiting = true;
      continue;
    }
    auto* spec = arena.New<px::ProxySpec>();
    spec->id = arena.Copy(ProxyId(eni->id));
    spec->interface = arena.Copy(eni->id);
    spec->network_namespace = arena.Copy(eni->netns);
    spec->idle_timeout_seconds = idle;
    spec->listeners = listeners;
    spec->target_groups = groups;
    plan.specs.push_back(spec);
  }
  return plan;
}

void LoadBalancerReconciler::StoreState(store::Tx& tx, const std::string& key, const Plan& plan, std::string_view state, std::string_view reason) {
  Arena arena;
  rows::LoadBalancer* row = kLoadBalancers.Find(tx, key, arena);
  if (row == nullptr || row->deleting.value_or(false)) return;
  bool changed = false;
  if (!state.empty() && (row->state != state || row->reason.value_or("") != reason)) {
    row->state = state;
    row->reason = reason.empty() ? Str() : Str(reason);
    changed = true;
  }
  for (auto& door : row->doors) {
    const bool serving = plan.serving.contains(door.eni.str());
    if (door.serving.value_or(false) == serving) continue;
    door.serving = serving;
    changed = true;
  }
  if (changed) kLoadBalancers.Put(tx, key, *row);
}

// Rows may have changed since the plan: what was deregistered meanwhile stays draining.
void LoadBalancerReconciler::StoreHealth(store::Tx& tx, const Plan& plan) {
  Arena arena;
  for (const auto& [id, arn] : plan.groups) {
    const std::string group_key = KeyOfArn(arn, "targetgroup");
    const rows::TargetGroup* group = kTargetGroups.Find(tx, group_key, arena);
    if (group == nullptr) continue;
    const Millis delay{1000 * ParseInt(AttributeValue(group->attributes, kTargetGroupAttributes, "deregistration_delay.timeout_seconds")).value_or(300)};
    for (rows::Target* target : kTargets.ListOwner(tx, group_key, arena)) {
      const std::string name = target->address.str() + ":" + std::to_string(*target->port), key = group_key + "/" + name;
      if (target->state == "unused") continue;  // a listener went meanwhile
      if (target->state == "draining") {
        if (!target->draining_since) {
          target->draining_since = clock_.Now();
          kTargets.Put(tx, key, *target, group_key);
        } else if (clock_.Now() - *target->draining_since >= delay.count()) {
          kTargets.Delete(tx, key);
          if (target->notify) tx.Touch(target->notify.view());
        }
        continue;
      }
      const auto seen = plan.health.find(id + "/" + name);
      if (seen == plan.health.end() || seen->second.state == "draining") continue;  // the proxies do not have it so yet
      const auto& now = seen->second;
      if (target->state == now.state && target->reason == now.reason && target->description == now.description) continue;
      target->state = now.state;
      target->reason = now.reason;
      target->description = now.description;
      kTargets.Put(tx, key, *target, group_key);
      if (target->notify) tx.Touch(target->notify.view());
    }
  }
}

runtime::Task<Result<Settled>> LoadBalancerReconciler::Reconcile(std::string work) {
  const std::string key = work.substr(std::string_view("elbv2/lb/").size());
  Arena arena;
  Plan plan;
  CO_TRY(database_.Read([&](store::Tx& tx) -> Status {
    plan = Read(tx, key, arena);
    return {};
  }));
  if (plan.balancer == nullptr) co_return Settled{.forget = true};

  for (const std::string& eni : plan.leaving) {
    px::RemoveProxyRequest gone;
    const std::string id = ProxyId(eni);
    gone.id = id;
    const auto removed = co_await blocking_.Run("RemoveProxy", [&] { return host_.RemoveProxy(gone, arena); });
    if (!removed) co_return std::unexpected(removed.error());
  }
  if (!plan.leaving.empty()) {
    bool over = false;
    CO_TRY(database_.Write([&](store::Tx& tx) -> Status {
      rows::LoadBalancer* row = kLoadBalancers.Find(tx, key, arena);
      if (row == nullptr) return {};
      const ec2::Scope scope{tx, random_, row->account.str(), row->region.str()};
      for (const std::string& eni : plan.leaving) TRY(ec2::ReleaseEni(scope, eni));
      List<rows::Door> kept;
      for (const auto& door : row->doors)
        if (std::find(plan.leaving.begin(), plan.leaving.end(), door.eni.str()) == plan.leaving.end()) kept.Add(arena, door);
      row->doors = kept;
      over = row->deleting.value_or(false) && kept.empty();
      if (over) kLoadBalancers.Delete(tx, key);
      else kLoadBalancers.Put(tx, key, *row);
      return {};
    }));
    if (over) co_return Settled{.forget = true};
  }

  bool running = !plan.waiting;
  std::size_t asked = 0;
  for (px::ProxySpec* spec : plan.specs) {
    px::EnsureProxyRequest request;
    request.spec = spec;
    const auto made = co_await blocking_.Run("EnsureProxy", [&] { return host_.EnsureProxy(request, arena); });
    if (!made) co_return std::unexpected(made.error());
    if ((*made)->state == nullptr || (*made)->state->status != "running") {
      running = false;
      continue;
    }
    px::ReadTargetsRequest read;
    read.id = spec->id;
    const auto targets = co_await blocking_.Run("ReadTargets", [&] { return host_.ReadTargets(read, arena); });
    if (!targets) co_return std::unexpected(targets.error());
    ++asked;
    std::set<std::string> healthy;  // groups
    for (const auto& one : (*targets)->targets) {
      if (one.state == "healthy") healthy.insert(one.target_group.str());
      const std::string name = one.target_group.str() + "/" + one.address.str() + ":" + std::to_string(one.port.value_or(0));
      const auto [at, fresh] = plan.health.emplace(name, one);
      if (!fresh && Rank(one.state.view()) > Rank(at->second.state.view())) at->second = one;
    }
    if (healthy.size() == plan.groups.size()) plan.serving.insert(spec->interface.str());
  }
  if (asked < plan.specs.size()) plan.health.clear();  // half an answer is none
  CO_TRY(database_.Write([&](store::Tx& tx) -> Status {
    if (running) StoreState(tx, key, plan, "active", "");
    else if (plan.waiting) StoreState(tx, key, plan, "", "");
    else StoreState(tx, key, plan, "failed", "a proxy does not run");
    StoreHealth(tx, plan);
    return {};
  }));
  co_return Settled{.look_again = kLook};
}

}  // namespace terrarium::elbv2
