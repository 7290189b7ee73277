#include "services/ecs/service_reconciler.h"

#include <algorithm>

#include "services/ecs/plan/service_plan.h"

namespace terrarium::ecs {
namespace {

constexpr std::int64_t kSettle = 5'000;  // without a load balancer: a task that has run so long counts as healthy
constexpr std::size_t kMostEvents = 100, kMostHistory = 20;

std::string Words(const rows::Service& s) { return "(service " + s.name.str() + ")"; }
std::string DeploymentWords(const rows::Deployment& d) { return "(deployment ecs-svc/" + d.id.str() + ")"; }

void Insert(List<rows::Deployment>& list, Arena& arena, const rows::Deployment& first, std::size_t most) {
  List<rows::Deployment> out;
  out.Add(arena) = first;
  for (const auto& d : list) {
    if (out.size() < most) out.Add(arena) = d;
  }
  list = out;
}
std::string Ids(const std::vector<std::string>& ids) {
  std::string out;
  for (const std::string& id : ids) out += (out.empty() ? "(task " : " (task ") + id + ")";
  return out;
}

}  // namespace

void AddEvent(const Scope& scope, rows::Service& service, std::string message) {
  // A cause that lasts is told once.
  if (!service.events.empty() && service.events[0].message == std::string_view(message) && message.find("has started") == std::string::npos) return;
  List<rows::Event> out;
  rows::Event& e = out.Add(scope.arena);
  e.id = scope.arena.Copy(RandomUuid(scope.random));
  e.created_at = scope.clock.Now();
  e.message = scope.arena.Copy(message);
  for (const auto& old : service.events) {
    if (out.size() < kMostEvents) out.Add(scope.arena) = old;
  }
  service.events = out;
}

rows::Deployment& PutDeployment(const Scope& scope, rows::Service& service, const rows::Deployment& content) {
  rows::Deployment d = content;
  d.id = scope.arena.Copy(RandomFrom(scope.random, "0123456789", 19));
  d.arn_id = scope.arena.Copy(RandomFrom(scope.random, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", 21));
  d.status = "PRIMARY";
  d.failed = 0;
  d.created_at = d.updated_at = scope.clock.Now();
  d.finished_at.reset();
  d.rollout = "IN_PROGRESS";
  d.rollout_reason = scope.arena.Copy("ECS deployment ecs-svc/" + d.id.str() + " in progress.");
  d.state = "IN_PROGRESS";
  d.state_reason = {};
  d.pins = {};
  d.was_healthy.reset();
  d.rolled_back_to = {};
  d.circuit = service.breaker.value_or(false) ? "MONITORING" : "DISABLED";
  d.source = service.deployments.empty() ? Str() : service.deployments[0].id;
  for (auto& old : service.deployments) {
    old.status = "ACTIVE";
    if (old.state == "IN_PROGRESS") {
      old.state = "STOPPED";
      old.state_reason = "A newer deployment replaced it.";
      old.finished_at = scope.clock.Now();
    }
  }
  Insert(service.deployments, scope.arena, d, 100);
  service.steady = false;
  service.launch_failures = 0;
  service.next_launch_at.reset();
  return service.deployments[0];
}

runtime::Task<Result<control::Settled>> ServiceReconciler::Reconcile(std::string work) {
  const std::string key = work.substr(std::string_view("ecs/service/").size());
  Arena arena;
  co_return database_.Write([&](store::Tx& tx) { return Turn(tx, arena, key); });
}

Result<control::Settled> ServiceReconciler::Turn(store::Tx& tx, Arena& arena, const std::string& key) {
  rows::Service* service = kServices.Find(tx, key, arena);
  if (service == nullptr || service->status == "INACTIVE") return control::Settled{std::nullopt, true};
  const std::string before = codec::ToRow(*service);
  const Scope scope{tx, arena, clock_, random_, service->account.str(), service->region.str()};
  const UnixMillis now = clock_.Now();
  List<rows::Task*> tasks = kTasks.ListOwner(tx, key, arena);
  std::sort(tasks.begin(), tasks.end(), [](const auto* a, const auto* b) { return a->created_at.value_or(0) < b->created_at.value_or(0); });
  rows::Deployment& primary = service->deployments[0];
  const bool deploying = primary.rollout == "IN_PROGRESS";

  ServicePicture picture;
  picture.desired = service->status == "DRAINING" ? 0 : service->desired.value_or(0);
  picture.minimum_percent = service->minimum_percent.value_or(100);
  picture.maximum_percent = service->maximum_percent.value_or(200);
  int failures = primary.failed.value_or(0);
  bool healthy_seen = false;
  for (rows::Task* t : tasks) {
    const bool current = t->deployment == primary.id;
    if (t->desired == "STOPPED") {
      const bool failed = t->stop_code == "TaskFailedToStart" || t->stop_code == "EssentialContainerExited";
      if (failed && !t->counted.value_or(false)) {
        t->counted = true;
        kTasks.Put(tx, TaskKey(*t), *t, key);
        if (current && deploying) ++failures;
        if (t->stop_code == "TaskFailedToStart") {
          AddEvent(scope, *service, Words(*service) + " was unable to place a task. Reason: " + t->stopped_reason.str());
          service->launch_failures = service->launch_failures.value_or(0) + 1;
          service->next_launch_at = now + std::min<std::int64_t>(900'000, 1000LL << std::min(service->launch_failures.value_or(0), 10));
          if (*service->launch_failures == 5) {
            AddEvent(scope, *service, Words(*service) + " is unable to consistently start tasks successfully. For more information, see the Troubleshooting section of the Amazon ECS Developer Guide.");
          }
        }
      }
      continue;
    }
    TaskPicture view{t->id.str(), current, false, false};
    if (t->status == "RUNNING") {
      if (!t->registered.value_or(false) && !t->targets.empty()) {
        bool all = true;
        for (const rows::Target& target : t->targets) {
          const auto done = neighbours_.RegisterTarget(scope, target.group, t->address, target.port.value_or(0), ServiceWork(key));
          all &= done.has_value();
          if (done) AddEvent(scope, *service, Words(*service) + " registered 1 targets in (target-group " + target.group.str() + ")");
          else AddEvent(scope, *service, Words(*service) + " was unable to register a target in (target-group " + target.group.str() + "): " + done.error().message);
        }
        if (all) {
          t->registered = true;
          kTasks.Put(tx, TaskKey(*t), *t, key);
        }
      }
      if (t->targets.empty()) {
        view.healthy = now - t->started_at.value_or(now) >= kSettle;
      } else if (t->registered.value_or(false)) {
        view.healthy = true;
        for (const rows::Target& target : t->targets) {
          const auto health = neighbours_.FindTarget(scope, target.group, t->address, target.port.value_or(0));
          view.healthy &= health && health->state == "healthy";
          const bool grace = now - t->started_at.value_or(now) < service->grace_seconds.value_or(0) * 1000LL;
          if (health && health->state == "unhealthy" && !grace) {
            view.unhealthy = true;
            AddEvent(scope, *service, Words(*service) + " (task " + t->id.str() + ") (port " + std::to_string(target.port.value_or(0)) + ") is unhealthy in (target-group " +
                                          target.group.str() + ") due to (reason " + health->description + ")");
          }
        }
      }
      if (view.healthy && current) healthy_seen = true;
    }
    picture.tasks.push_back(std::move(view));
  }

  // The circuit breaker.
  if (healthy_seen && deploying) {
    failures = 0;
    service->launch_failures = 0;
  }
  primary.failed = failures;
  if (deploying && service->breaker.value_or(false) && failures >= BreakerThreshold(service->desired.value_or(0))) {
    primary.rollout = "FAILED";
    primary.rollout_reason = "ECS deployment circuit breaker: tasks failed to start.";
    primary.circuit = "TRIGGERED";
    primary.updated_at = now;
    AddEvent(scope, *service, Words(*service) + " " + DeploymentWords(primary) + " deployment failed: tasks failed to start.");
    const rows::Deployment* good = nullptr;
    for (const rows::Deployment& d : service->deployments) {
      if (good == nullptr && d.rollout == "COMPLETED") good = &d;
    }
    if (service->rollback.value_or(false) && good != nullptr) {
      primary.state = "ROLLBACK_IN_PROGRESS";
      primary.state_reason = primary.rollout_reason;
      const rows::Deployment content = *good;
      const std::string good_id = content.id.str(), failed_id = primary.id.str();
      rows::Deployment& back = PutDeployment(scope, *service, content);
      back.pins = content.pins;
      back.rollback_of = arena.Copy(failed_id);
      back.rollout_reason = arena.Copy("ECS deployment circuit breaker: rolling back to deploymentId ecs-svc/" + good_id + ".");
      for (auto& d : service->deployments) {
        if (d.id == std::string_view(failed_id)) d.rolled_back_to = back.id;
      }
      AddEvent(scope, *service, Words(*service) + " rolling back to deployment ecs-svc/" + good_id + ".");
    } else {
      primary.state = "STOPPED";
      primary.state_reason = primary.rollout_reason;
      primary.finished_at = now;
    }
    kServices.Put(tx, key, *service);
    return control::Settled{Millis(1), false};
  }
  picture.current_failed = primary.rollout == "FAILED";

  ServicePlan plan = PlanService(picture);
  if (now < service->next_launch_at.value_or(0)) plan.start = 0;
  std::vector<std::string> started;
  for (int i = 0; i < plan.start; ++i) {
    // Spread over the subnets by what is there: the one with the fewest of this service's tasks.
    std::size_t best = 0, fewest = SIZE_MAX;
    for (std::size_t s = 0; s < primary.subnets.size(); ++s) {
      const auto n = static_cast<std::size_t>(std::count_if(tasks.begin(), tasks.end(), [&](const auto* t) { return t->desired == "RUNNING" && t->subnet == primary.subnets[s]; }));
      if (n < fewest) {
        fewest = n;
        best = s;
      }
    }
    NewTask spec;
    spec.cluster = service->cluster.str();
    spec.definition = primary.definition.str();
    spec.subnet = primary.subnets[best].str();
    spec.security_groups = primary.security_groups;
    spec.public_address = primary.public_address.value_or(false);
    spec.group = "service:" + service->name.str();
    spec.started_by = "ecs-svc/" + primary.id.str();
    spec.service = service->name.str();
    spec.deployment = primary.id.str();
    spec.targets = primary.targets;
    spec.tags.Present(arena);
    if (service->propagate_tags == "SERVICE") spec.tags = service->tags;
    if (service->propagate_tags == "TASK_DEFINITION") {
      if (const auto* d = FindDefinition(tx, arena, scope.account, scope.region, spec.definition)) spec.tags = d->tags;
    }
    if (service->managed_tags.value_or(false)) {
      spec.tags.Add(arena) = {"aws:ecs:clusterName", service->cluster};
      spec.tags.Add(arena) = {"aws:ecs:serviceName", service->name};
    }
    // What the deployment's first task resolved is what all of them run, whatever a tag means by now.
    for (const rows::Task* t : tasks) {
      if (!(t->deployment == primary.id)) continue;
      for (const rows::Container& c : t->containers) {
        const bool known = std::any_of(primary.pins.begin(), primary.pins.end(), [&](const auto& pin) { return pin.key == c.name; });
        if (c.digest && !known) primary.pins.Add(arena) = {c.name, c.digest};
      }
    }
    spec.pins = primary.pins;
    TRY_ASSIGN(rows::Task* task, PutTask(scope, spec));
    tasks.Add(arena, task);
    started.push_back(task->id.str());
  }
  if (!started.empty()) AddEvent(scope, *service, Words(*service) + " has started " + std::to_string(started.size()) + " tasks: " + Ids(started) + ".");
  std::vector<std::string> stopped;
  for (const std::string& id : plan.stop) {
    for (rows::Task* t : tasks) {
      if (t->id != std::string_view(id)) continue;
      const auto view = std::find_if(picture.tasks.begin(), picture.tasks.end(), [&](const auto& v) { return v.id == id; });
      const bool ill = view->unhealthy;
      if (ill && view->current && deploying) primary.failed = primary.failed.value_or(0) + 1;
      t->counted = true;
      if (t->status == "RUNNING") stopped.push_back(id);
      const std::string reason = ill ? "Task failed ELB health checks in (target-group " + t->targets[0].group.str() + ")" : "Scaling activity initiated by (deployment ecs-svc/" + primary.id.str() + ")";
      RequestStop(tx, *t, "ServiceSchedulerInitiated", arena.Copy(reason), now);
    }
  }
  if (!stopped.empty()) AddEvent(scope, *service, Words(*service) + " has stopped " + std::to_string(stopped.size()) + " running tasks: " + Ids(stopped) + ".");

  if (service->status == "DRAINING") {
    const bool gone = std::all_of(tasks.begin(), tasks.end(), [](const auto* t) {
      return t->status == "STOPPED" || t->status == "STOPPING" || t->status == "DEPROVISIONING" || (t->desired == "STOPPED" && !t->started_at);
    });
    if (gone) service->status = "INACTIVE";
  } else if (plan.complete) {
    if (deploying) {
      primary.rollout = "COMPLETED";
      primary.rollout_reason = arena.Copy("ECS deployment ecs-svc/" + primary.id.str() + " completed.");
      primary.updated_at = primary.finished_at = now;
      primary.state = "SUCCESSFUL";
      if (primary.circuit == "MONITORING") primary.circuit = "MONITORING_COMPLETE";
      AddEvent(scope, *service, Words(*service) + " " + DeploymentWords(primary) + " deployment completed.");
    }
    // What the newest has replaced leaves the list.
    List<rows::Deployment> left;
    left.Add(arena) = primary;
    for (std::size_t i = 1; i < service->deployments.size(); ++i) {
      rows::Deployment d = service->deployments[i];
      if (d.state == "ROLLBACK_IN_PROGRESS") {
        d.state = "ROLLBACK_SUCCESSFUL";
        d.finished_at = now;
      }
      Insert(service->history, arena, d, kMostHistory);
    }
    service->deployments = left;
    if (!service->steady.value_or(false)) {
      AddEvent(scope, *service, Words(*service) + " has reached a steady state.");
      service->steady = true;
    }
  } else {
    service->steady = false;
    if (deploying && plan.start == 0 && plan.stop.empty() && !picture.tasks.empty() && TaskCeiling(picture.desired, picture.maximum_percent) <= picture.desired &&
        HealthyFloor(picture.desired, picture.minimum_percent) >= picture.desired &&
        std::none_of(picture.tasks.begin(), picture.tasks.end(), [](const auto& t) { return t.current; })) {
      AddEvent(scope, *service, Words(*service) + " was unable to stop or start tasks during a deployment because of the service deployment configuration. Update the minimumHealthyPercent or maximumPercent value and try again.");
    }
  }
  if (codec::ToRow(*service) != before) kServices.Put(tx, key, *service);
  // Tasks and targets touch this key when they change; time alone does not.
  return control::Settled{Millis(service->steady.value_or(false) ? 2000 : 500), false};
}

}  // namespace terrarium::ecs
