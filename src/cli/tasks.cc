#include "cli/tasks.h"

#include <algorithm>

namespace terrarium::cli {

std::vector<std::string> LastLines(Session& session, const Json& task_definition, const std::string& task_arn, int most) {
  std::vector<std::string> out;
  for (const Json& container : task_definition["containerDefinitions"].array()) {
    const Json& options = container["logConfiguration"]["options"];
    if (container["logConfiguration"]["logDriver"].string() != "awslogs") continue;
    Json request;
    request.Set("logGroupName", options["awslogs-group"]);
    const std::string prefix = options["awslogs-stream-prefix"].string();
    request.Set("logStreamName", prefix.empty() ? LastPart(task_arn) : prefix + "/" + container["name"].string() + "/" + LastPart(task_arn));
    request.Set("limit", most);
    request.Set("startFromHead", false);
    // A help to a reader: without a log the report is shorter, not wrong.
    const auto events = session.Call("logs", "GetLogEvents", std::move(request));
    if (!events) continue;
    for (const Json& one : (*events)["events"].array()) out.push_back(one["message"].string());
  }
  if (out.size() > static_cast<std::size_t>(most)) out.erase(out.begin(), out.end() - most);
  return out;
}

std::optional<std::int64_t> ExitCodeOf(const Json& task) {
  for (const Json& container : task["containers"].array())
    if (container.Has("exitCode")) return container["exitCode"].integer();
  return std::nullopt;
}

std::string EndOf(const Json& task) {
  const auto code = ExitCodeOf(task);
  if (!code) return task["stoppedReason"].string();
  std::string out = "exit " + std::to_string(*code);
  const auto from = TimeOf(task["startedAt"]), to = TimeOf(task.Has("executionStoppedAt") ? task["executionStoppedAt"] : task["stoppedAt"]);
  if (from && to) out += " after " + Took(Millis(*to - *from));
  // ECS's own words where they say more than that a container ended.
  const std::string reason = task["stoppedReason"].string();
  if (!reason.empty() && reason != "Essential container in task exited") out += " · " + reason;
  for (const Json& container : task["containers"].array())
    if (!container["reason"].string().empty() && container["reason"].string() != reason) out += " · " + container["reason"].string();
  return out;
}

bool IsFinalCause(const Json& task) {
  if (task["stopCode"].string() != "TaskFailedToStart") return false;
  const std::string reason = task["stoppedReason"].string();
  for (const char* word : {"not found", "AccessDenied", "not authorized", "does not exist", "ResourceNotFoundException", "denied"})
    if (reason.contains(word)) return true;
  return false;
}

Answer<Json> DescribeTask(Session& session, const std::string& cluster, const std::string& arn) {
  Json request;
  request.Set("cluster", cluster);
  request.Set("tasks", Json::Array{arn});
  TRY_ASSIGN(const Json answer, session.Call("ecs", "DescribeTasks", std::move(request)));
  const auto& tasks = answer["tasks"].array();
  if (tasks.empty()) return std::unexpected(Problem("NO-TASK", "the task " + LastPart(arn) + " is not known any more", "ECS forgets a task some time after its end", "", "terrarium logs --task " + LastPart(arn)));
  return tasks.front();
}

Answer<Json::Array> EndedTasks(Session& session, const std::string& cluster, const std::string& started_by) {
  Json request;
  request.Set("cluster", cluster);
  request.Set("startedBy", started_by);
  request.Set("desiredStatus", "STOPPED");
  TRY_ASSIGN(Json::Array arns, session.CallAll("ecs", "ListTasks", std::move(request), "taskArns", "nextToken", "nextToken"));
  if (arns.empty()) return Json::Array();
  if (arns.size() > 100) arns.resize(100);
  Json ask;
  ask.Set("cluster", cluster);
  ask.Set("tasks", std::move(arns));
  TRY_ASSIGN(const Json answer, session.Call("ecs", "DescribeTasks", std::move(ask)));
  Json::Array tasks = answer["tasks"].array();
  std::ranges::sort(tasks, [](const Json& a, const Json& b) { return TimeOf(a["stoppingAt"]).value_or(0) > TimeOf(b["stoppingAt"]).value_or(0); });
  return tasks;
}

std::string ServedContainer(const Json& service, const Json& task_definition) {
  if (const auto& balancers = service["loadBalancers"].array(); !balancers.empty()) return balancers[0]["containerName"].string();
  const auto& containers = task_definition["containerDefinitions"].array();
  return containers.empty() ? "" : containers[0]["name"].string();
}

Answer<OneOff> RunOneOff(Session& session, const Json& service, const Json& task_definition, const std::string& container, const std::vector<std::string>& command, UnixMillis deadline,
                         const std::function<void(const std::string& status)>& watch) {
  Json words(Json::Array{});
  for (const std::string& word : command) words.Append(word);
  Json override_of;
  override_of.Set("name", container);
  override_of.Set("command", std::move(words));
  Json overrides;
  overrides.Set("containerOverrides", Json::Array{std::move(override_of)});
  Json request;
  const std::string cluster = service["clusterArn"].is_null() ? session.stack() : service["clusterArn"].string();
  request.Set("cluster", cluster);
  request.Set("taskDefinition", task_definition["taskDefinitionArn"]);
  request.Set("launchType", "FARGATE");
  request.Set("count", 1);
  request.Set("startedBy", "terrarium");
  request.Set("networkConfiguration", service["networkConfiguration"]);
  request.Set("overrides", std::move(overrides));
  TRY_ASSIGN(const Json answer, session.Call("ecs", "RunTask", std::move(request)));
  if (answer["tasks"].array().empty()) {
    const auto& failures = answer["failures"].array();
    return std::unexpected(Problem("NO-TASK", "ECS started no task", failures.empty() ? "it gave no reason" : failures[0]["reason"].string() + " " + failures[0]["detail"].string(), "nothing was changed", "terrarium why service"));
  }
  OneOff out;
  out.task = answer["tasks"].array()[0]["taskArn"].string();
  for (;;) {
    TRY_ASSIGN(const Json task, DescribeTask(session, cluster, out.task));
    const std::string status = task["lastStatus"].string();
    if (status == "STOPPED") {
      out.exit_code = ExitCodeOf(task);
      out.end = EndOf(task);
      return out;
    }
    watch(status);
    if (session.world.interrupted() || session.now() >= deadline) {
      (session.world.interrupted() ? out.interrupted : out.timed_out) = true;
      Json stop;
      stop.Set("cluster", cluster);
      stop.Set("task", out.task);
      stop.Set("reason", out.interrupted ? "terrarium was interrupted" : "terrarium waited long enough");
      TRY(session.Call("ecs", "StopTask", std::move(stop)));
      return out;
    }
    session.world.sleep(Millis(250));
  }
}

}  // namespace terrarium::cli
