#include "cli/rollout.h"

#include "cli/stack_view.h"
#include "cli/tasks.h"

namespace terrarium::cli {
namespace {

const Json kNone;
// So many tasks that ended by themselves: more of the same would end the same way.
constexpr std::int64_t kEnoughFailures = 3;

const Json& Find(const Json& service, const std::string& deployment) {
  for (const Json& one : service["deployments"].array())
    if (one["id"].string() == deployment) return one;
  return kNone;
}

}  // namespace

void Follower::AskPage() {
  if (url_.empty()) return;
  ++out_.pages;
  const auto page = session_.world.fetch(url_);
  if (!page || page->status >= 500) ++out_.failed_pages;
}

// Counts the new tasks that serve: running, and healthy where a load balancer asks them.
Status Follower::Healthy(const Json& service) {
  const auto as_status = [](const auto& answer) -> Status { return answer ? Status() : Fail(ErrorKind::kUnavailable, answer.error().why); };
  const auto tasks = RunningTasks(session_, cluster_, service_);
  TRY(as_status(tasks));
  Json::Array health;
  const auto& balancers = service["loadBalancers"].array();
  if (!balancers.empty()) {
    Json ask;
    ask.Set("TargetGroupArn", balancers[0]["targetGroupArn"]);
    const auto answer = session_.Call("elbv2", "DescribeTargetHealth", std::move(ask));
    TRY(as_status(answer));
    health = (*answer)["TargetHealthDescriptions"].array();
  }
  healthy_ = old_ = 0;
  for (const Json& task : *tasks) {
    if (task["lastStatus"].string() != "RUNNING") continue;
    if (task["startedBy"].string() != out_.deployment) {
      ++old_;
      continue;
    }
    bool serves = balancers.empty();
    const std::string address = AddressOf(task);
    for (const Json& one : health)
      if (!address.empty() && one["Target"]["Id"].string() == address && one["TargetHealth"]["State"].string() == "healthy") serves = true;
    if (serves) ++healthy_;
  }
  out_.took_traffic |= healthy_ > 0;
  return {};
}

// No circuit breaker brings the old revision back: where the cause is final, we do.
Answer<bool> Follower::GiveUp(const Json& service) {
  const Json& breaker = service["deploymentConfiguration"]["deploymentCircuitBreaker"];
  if (breaker["enable"].boolean() && breaker["rollback"].boolean()) return false;
  TRY_ASSIGN(const Json::Array ended, EndedTasks(session_, cluster_, out_.deployment));
  std::int64_t failures = 0;
  bool final_cause = false;
  for (const Json& task : ended) {
    const std::string code = task["stopCode"].string();
    if (code != "EssentialContainerExited" && code != "TaskFailedToStart") continue;
    ++failures;
    final_cause |= IsFinalCause(task);
  }
  if (!final_cause && failures < kEnoughFailures) return false;
  out_.by_us = true;
  out_.reason = final_cause ? "the cause is final" : std::to_string(failures) + " tasks ended by themselves";
  Json request;
  request.Set("cluster", cluster_);
  request.Set("service", service_);
  request.Set("taskDefinition", before_);
  TRY_ASSIGN(const Json answer, session_.Call("ecs", "UpdateService", std::move(request)));
  back_ = PrimaryOf(answer["service"])["id"].string();
  return true;
}

Answer<bool> Follower::Look() {
  TRY_ASSIGN(const Json service, FindService(session_, cluster_, service_));
  if (service.is_null()) return std::unexpected(Problem("NO-SERVICE", "the service " + service_ + " is gone", "somebody deleted it meanwhile", "", "terrarium status"));
  const Json& primary = PrimaryOf(service);
  const Json& ours = Find(service, out_.deployment);
  const std::int64_t desired = service["desiredCount"].integer();
  if (!ours.is_null()) out_.failed_tasks = std::max(out_.failed_tasks, ours["failedTasks"].integer());
  out_.serves = LastPart(primary["taskDefinition"].string());

  if (!ours.is_null() && ours["status"].string() == "PRIMARY") {
    if (ours["rolloutState"].string() == "COMPLETED") {
      out_.end = Rollout::End::kServes;
      return true;
    }
    if (ours["rolloutState"].string() == "FAILED") {
      // The breaker opened. Whether it brings the old one back shows at the next look.
      out_.reason = ours["rolloutStateReason"].string();
      const Json& breaker = service["deploymentConfiguration"]["deploymentCircuitBreaker"];
      out_.end = Rollout::End::kFailed;
      return !breaker["rollback"].boolean();
    }
    if (const auto counted = Healthy(service); !counted) return std::unexpected(Problem(counted.error()));
    progress_.Still("new " + std::to_string(healthy_) + " of " + std::to_string(desired) + (service["loadBalancers"].array().empty() ? " running" : " healthy") + " · old " + std::to_string(old_) +
                    (out_.failed_tasks > 0 ? " · " + std::to_string(out_.failed_tasks) + " failed" : ""),
                    (url_.empty() ? "" : " · " + std::to_string(out_.pages) + " pages, " + std::to_string(out_.failed_pages) + " failed"));
    TRY_ASSIGN(const bool gave_up, GiveUp(service));
    if (gave_up) progress_.Still("the revision before comes back: " + out_.reason);
    return false;
  }

  // Another deployment is first now: ECS's own way back, ours, or somebody else's.
  const std::string reason = primary["rolloutStateReason"].string();
  const bool way_back = primary["id"].string() == back_ || primary["taskDefinition"].string() == before_ || reason.contains("rolling back") || ours["rolloutState"].string() == "FAILED";
  if (!way_back) {
    out_.end = Rollout::End::kSuperseded;
    return true;
  }
  if (ours["rolloutState"].string() == "FAILED") out_.reason = ours["rolloutStateReason"].string();
  else if (out_.reason.empty()) out_.reason = reason;
  out_.end = Rollout::End::kRolledBack;
  progress_.Still(LastPart(primary["taskDefinition"].string()) + " comes back: " + out_.reason);
  // It serves all along where its tasks were never stopped; what is waited for is that only they are left.
  return primary["rolloutState"].string() != "IN_PROGRESS";
}

Answer<Rollout> Follower::Follow() {
  const UnixMillis begun = session_.now();
  for (;;) {
    AskPage();
    TRY_ASSIGN(const bool over, Look());
    if (over) break;
    if (session_.world.interrupted() || session_.now() >= deadline_) {
      // What is known by now counts for more than that we stop looking.
      if (out_.end != Rollout::End::kRolledBack) out_.end = session_.world.interrupted() ? Rollout::End::kInterrupted : Rollout::End::kTimedOut;
      break;
    }
    session_.world.sleep(Millis(500));
  }
  out_.took = Millis(session_.now() - begun);
  if (out_.end == Rollout::End::kRolledBack || out_.end == Rollout::End::kFailed || out_.end == Rollout::End::kTimedOut) {
    TRY_ASSIGN(const Json::Array ended, EndedTasks(session_, cluster_, out_.deployment));
    std::int64_t failures = 0;
    for (const Json& task : ended) {
      // One that ended by itself says more than one that was stopped for it.
      const std::string code = task["stopCode"].string();
      const bool by_itself = code == "EssentialContainerExited" || code == "TaskFailedToStart";
      failures += by_itself ? 1 : 0;
      if (out_.failed_task.is_null() || (by_itself && out_.failed_task["stopCode"].string() == "ServiceSchedulerInitiated")) out_.failed_task = task;
    }
    out_.failed_tasks = std::max(out_.failed_tasks, failures);
  }
  return out_;
}

}  // namespace terrarium::cli
