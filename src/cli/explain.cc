#include "cli/explain.h"

#include <algorithm>
#include <array>

#include "cli/stack_view.h"
#include "cli/tasks.h"

namespace terrarium::cli {
namespace {

constexpr std::string_view kTasksCall = "ecs:DescribeTasks";
constexpr std::string_view kServicesCall = "ecs:DescribeServices";

void Because(Explanation& out, std::string text, std::string_view source) { out.because.push_back({std::move(text), std::string(source)}); }

// "repository/drupal:tag" in the registry of ECR: does it have that image, and what has it?
void LookForImage(Session& session, Explanation& out, const std::string& reference) {
  const auto slash = reference.find('/');
  if (slash == reference.npos) return;
  std::string repository = reference.substr(slash + 1), tag;
  const auto digest = repository.find('@'), colon = repository.rfind(':');
  Json id;
  if (digest != repository.npos) {
    tag = repository.substr(digest + 1);
    id.Set("imageDigest", tag);
    repository.resize(digest);
  } else if (colon != repository.npos) {
    tag = repository.substr(colon + 1);
    id.Set("imageTag", tag);
    repository.resize(colon);
  } else {
    return;
  }
  Json request;
  request.Set("repositoryName", repository);
  request.Set("imageIds", Json::Array{id});
  const auto found = session.Call("ecr", "DescribeImages", std::move(request));
  if (found) {
    out.ruled_out.push_back("the repository " + repository + " has " + tag);
    return;
  }
  if (found.error().aws_code == "RepositoryNotFoundException") {
    Because(out, "there is no repository " + repository, "ecr:DescribeImages");
    out.fix = "terrarium up";
    return;
  }
  if (found.error().aws_code != "ImageNotFoundException") return;
  Json all;
  all.Set("repositoryName", repository);
  auto there = session.CallAll("ecr", "DescribeImages", std::move(all), "imageDetails", "nextToken", "nextToken");
  std::string newest = "it has no image at all";
  std::string fix = "push an image to it";
  if (there) {
    std::ranges::sort(*there, [](const Json& a, const Json& b) { return TimeOf(a["imagePushedAt"]).value_or(0) > TimeOf(b["imagePushedAt"]).value_or(0); });
    for (const Json& one : *there) {
      if (one["imageTags"].array().empty()) continue;
      const std::string name = one["imageTags"].array()[0].string();
      newest = "newest is " + name;
      fix = "terrarium deploy --image " + repository + ":" + name;
      break;
    }
  }
  Because(out, "repository " + repository + " has no " + tag + "; " + newest, "ecr:DescribeImages");
  out.fix = fix;
}

// What a reason code of a health check means, and what to do.
struct Reason {
  std::string_view code, meaning, fix;
};
constexpr std::array<Reason, 9> kReasons = {{
    {"Target.ResponseCodeMismatch", "the target answers, with a status that the check does not accept", "terrarium logs"},
    {"Target.Timeout", "nothing came back in time: a security group that drops it, or a busy target", "terrarium why alb task 80"},
    {"Target.FailedHealthChecks", "the connection is refused or breaks off: does the container listen on that port?", "terrarium logs"},
    {"Elb.InternalError", "the load balancer itself failed", "terrarium why alb"},
    {"Elb.RegistrationInProgress", "it was just registered", "terrarium wait targets"},
    {"Elb.InitialHealthChecking", "the first checks are under way", "terrarium wait targets"},
    {"Target.NotInUse", "no listener leads to this target group, or its zone is not one of the load balancer's", "terrarium why alb"},
    {"Target.DeregistrationInProgress", "it drains: its requests may finish", "terrarium wait targets"},
    {"Target.NotRegistered", "it is not registered", "terrarium why service"},
}};

const Reason* FindReason(std::string_view code) {
  const auto it = std::ranges::find_if(kReasons, [&](const Reason& one) { return one.code == code; });
  return it == kReasons.end() ? nullptr : &*it;
}

Answer<Json::Array> HealthOf(Session& session, const Json& target_group) {
  Json ask;
  ask.Set("TargetGroupArn", target_group["TargetGroupArn"]);
  TRY_ASSIGN(const Json health, session.Call("elbv2", "DescribeTargetHealth", std::move(ask)));
  return health["TargetHealthDescriptions"].array();
}

}  // namespace

Answer<Explanation> ExplainTask(Session& session, const std::string& cluster, const std::string& arn) {
  TRY_ASSIGN(const Json task, DescribeTask(session, cluster, arn));
  Explanation out{.resource = arn};
  const std::string last = task["lastStatus"].string(), desired = task["desiredStatus"].string(), group = task["group"].string();
  out.verdict = "task " + ShortId(arn) + (group.starts_with("service:") ? " of service " + group.substr(8) : "") + " is " + last;
  if (last == "RUNNING" && desired == "RUNNING") {
    out.as_asked = true;
    Because(out, "it runs in " + task["availabilityZone"].string() + " at " + AddressOf(task), kTasksCall);
    return out;
  }
  const auto at = TimeOf(task["stoppedAt"]);
  if (at) out.verdict += " since " + TimeOfDay(*at) + " UTC";
  if (last != "STOPPED") {
    Because(out, desired == "STOPPED" ? "it is being stopped: " + task["stoppedReason"].string() : "it is on its way to " + desired, kTasksCall);
    out.fix = "terrarium wait tasks";
    return out;
  }
  Because(out, EndOf(task), kTasksCall);
  const std::string reason = task["stoppedReason"].string();
  const auto code = ExitCodeOf(task);
  const auto definition = FindTaskDefinition(session, task["taskDefinitionArn"].string());
  if (definition && reason.contains("CannotPull") && !(*definition)["containerDefinitions"].array().empty()) {
    LookForImage(session, out, (*definition)["containerDefinitions"].array()[0]["image"].string());
    Because(out, LastPart(task["taskDefinitionArn"].string()) + " asks for " + ShortImage((*definition)["containerDefinitions"].array()[0]["image"].string()), "ecs:DescribeTaskDefinition");
  }
  if (definition)
    for (const std::string& line : LastLines(session, *definition, arn, 5)) Because(out, "| " + line, "logs:GetLogEvents");
  if (code == 137 && !reason.contains("OutOfMemory")) Because(out, "137 is SIGKILL: memory ran out, or it did not end within its stop timeout", kTasksCall);
  const std::string stop = task["stopCode"].string();
  // Stopped because somebody wanted it so.
  out.as_asked = stop == "UserInitiated" || (stop == "ServiceSchedulerInitiated" && reason.starts_with("Scaling activity")) || (code == 0 && !group.starts_with("service:"));
  if (out.fix.empty() && !out.as_asked) out.fix = reason.contains("not authorized") || reason.contains("AccessDenied") ? "give the execution role that permission" : "terrarium logs --task " + ShortId(arn);
  return out;
}

Answer<Explanation> ExplainService(Session& session, const std::string& cluster, const std::string& name) {
  TRY_ASSIGN(const Json service, FindService(session, cluster, name));
  if (service.is_null()) return std::unexpected(Problem("NO-SERVICE", "there is no service " + name + " in cluster " + cluster, "", "", "terrarium status", ExitCode::kBadAnswer));
  const Json& primary = PrimaryOf(service);
  Explanation out{.resource = service["serviceArn"].string()};
  const auto desired = service["desiredCount"].integer(), running = service["runningCount"].integer();
  const std::string rollout = primary["rolloutState"].string(), revision = LastPart(primary["taskDefinition"].string());
  out.verdict = "service " + name + " runs " + std::to_string(running) + " of " + std::to_string(desired) + " tasks, " + revision + " is " + rollout;
  if (const auto at = TimeOf(primary["updatedAt"])) out.verdict += " since " + TimeOfDay(*at) + " UTC";
  const std::string reason = primary["rolloutStateReason"].string();
  out.as_asked = rollout == "COMPLETED" && running == desired;
  const bool came_back = reason.contains("rolling back");
  if (!reason.empty() && (!out.as_asked || came_back)) Because(out, reason, kServicesCall);
  if (desired == 0) {
    Because(out, "no task is asked for: no image was released to it", kServicesCall);
    out.fix = "terrarium deploy --image TAG";
    return out;
  }
  if (!out.as_asked) {
    TRY_ASSIGN(const Json::Array ended, EndedTasks(session, cluster, primary["id"].string()));
    const auto failed = std::ranges::find_if(ended, [](const Json& t) { return t["stopCode"].string() == "EssentialContainerExited" || t["stopCode"].string() == "TaskFailedToStart"; });
    if (const auto worst = failed != ended.end() ? failed : ended.begin(); worst != ended.end()) {
      TRY_ASSIGN(Explanation task, ExplainTask(session, cluster, (*worst)["taskArn"].string()));
      task.because.front().text = "task " + ShortId((*worst)["taskArn"].string()) + ": " + task.because.front().text;
      std::ranges::move(task.because, std::back_inserter(out.because));
      out.ruled_out = std::move(task.ruled_out);
      out.fix = task.fix;
    }
    int shown = 0;
    for (const Json& event : service["events"].array())
      if (shown++ < 3) Because(out, TimeOfDay(TimeOf(event["createdAt"]).value_or(0)) + " " + event["message"].string(), kServicesCall);
  }
  std::int64_t others = 0;
  for (const Json& one : service["deployments"].array())
    if (one["status"].string() != "PRIMARY") others += one["runningCount"].integer();
  if (others > 0) out.effect = std::to_string(others) + " tasks of the revision before still run";
  else if (running == 0) out.effect = "nobody answers: the load balancer gives 503";
  if (out.fix.empty() && !out.as_asked) out.fix = "terrarium wait service";
  return out;
}

Answer<Explanation> ExplainTargets(Session& session, const Json& group) {
  TRY_ASSIGN(const Json::Array health, HealthOf(session, group));
  Explanation out{.resource = group["TargetGroupArn"].string()};
  std::int64_t healthy = 0;
  for (const Json& one : health) {
    const std::string state = one["TargetHealth"]["State"].string(), reason = one["TargetHealth"]["Reason"].string();
    if (state == "healthy") {
      ++healthy;
      continue;
    }
    std::string text = one["Target"]["Id"].string() + ":" + std::to_string(one["Target"]["Port"].integer()) + " is " + state + ", " + reason;
    if (!one["TargetHealth"]["Description"].string().empty()) text += ": " + one["TargetHealth"]["Description"].string();
    Because(out, text, "elbv2:DescribeTargetHealth");
    const Reason* known = FindReason(reason);
    if (known != nullptr && out.fix.empty()) {
      Because(out, std::string(known->meaning), "elbv2:DescribeTargetGroups");
      out.because.back().text += "; the check is GET " + group["HealthCheckPath"].string() + ", accepts " + group["Matcher"]["HttpCode"].string() + ", waits " + std::to_string(group["HealthCheckTimeoutSeconds"].integer()) + " s";
      out.fix = known->fix;
    }
  }
  out.verdict = "target group " + group["TargetGroupName"].string() + " has " + std::to_string(healthy) + " of " + std::to_string(health.size()) + " targets healthy";
  out.as_asked = healthy == static_cast<std::int64_t>(health.size()) && !health.empty();
  if (health.empty()) {
    Because(out, "nothing is registered in it", "elbv2:DescribeTargetHealth");
    out.fix = "terrarium why service";
  }
  if (group["LoadBalancerArns"].array().empty()) Because(out, "no listener leads to it", "elbv2:DescribeTargetGroups");
  out.effect = healthy > 0 ? std::to_string(healthy) + " targets answer visitors" : "nobody answers: the load balancer gives 503";
  return out;
}

Answer<Explanation> ExplainLoadBalancer(Session& session, const Json& balancer) {
  Explanation out{.resource = balancer["LoadBalancerArn"].string()};
  const std::string name = balancer["LoadBalancerName"].string(), state = balancer["State"]["Code"].string();
  out.verdict = "load balancer " + name + " is " + state;
  if (state != "active") {
    Because(out, balancer["State"]["Reason"].string().empty() ? "it is being made" : balancer["State"]["Reason"].string(), "elbv2:DescribeLoadBalancers");
    out.fix = "terrarium wait site";
    return out;
  }
  Json ask;
  ask.Set("LoadBalancerArn", balancer["LoadBalancerArn"]);
  TRY_ASSIGN(const Json::Array listeners, session.CallAll("elbv2", "DescribeListeners", ask, "Listeners", "Marker", "NextMarker"));
  if (listeners.empty()) {
    Because(out, "it has no listener", "elbv2:DescribeListeners");
    out.fix = "terrarium up";
    return out;
  }
  TRY_ASSIGN(const Json groups, session.Call("elbv2", "DescribeTargetGroups", ask));
  out.as_asked = true;
  for (const Json& group : groups["TargetGroups"].array()) {
    TRY_ASSIGN(Explanation targets, ExplainTargets(session, group));
    Because(out, targets.verdict, "elbv2:DescribeTargetHealth");
    std::ranges::move(targets.because, std::back_inserter(out.because));
    out.as_asked &= targets.as_asked;
    out.effect = targets.effect;
    if (out.fix.empty()) out.fix = targets.fix;
  }
  return out;
}

Answer<Explanation> ExplainDatabase(Session& session, const Json& db) {
  Explanation out{.resource = db["DBInstanceArn"].string()};
  const std::string name = db["DBInstanceIdentifier"].string(), status = db["DBInstanceStatus"].string();
  out.verdict = "database " + name + " is " + status;
  out.as_asked = status == "available";
  Json ask;
  ask.Set("SourceIdentifier", name);
  ask.Set("SourceType", "db-instance");
  ask.Set("Duration", 1440);
  // Events help, and an engine that has none is no reason to say nothing.
  if (const auto events = session.Call("rds", "DescribeEvents", std::move(ask)); events) {
    const auto& all = (*events)["Events"].array();
    for (std::size_t i = all.size() > 3 ? all.size() - 3 : 0; i < all.size(); ++i) Because(out, TimeOfDay(TimeOf(all[i]["Date"]).value_or(0)) + " " + all[i]["Message"].string(), "rds:DescribeEvents");
  }
  if (!db["PendingModifiedValues"].object().empty()) Because(out, "pending: " + db["PendingModifiedValues"].Write(), "rds:DescribeDBInstances");
  for (const Json& group : db["DBParameterGroups"].array())
    if (group["ParameterApplyStatus"].string() == "pending-reboot") Because(out, "a parameter of " + group["DBParameterGroupName"].string() + " waits for a reboot", "rds:DescribeDBInstances");
  if (!out.as_asked) {
    out.effect = "pages that need the database fail; tasks stay, their health check does not ask it";
    out.fix = status == "stopped" ? "aws rds start-db-instance --db-instance-identifier " + name : "terrarium wait db";
  }
  return out;
}

}  // namespace terrarium::cli
