#include "prove/stack.h"

namespace terrarium::prove {

Json Object(std::initializer_list<std::pair<std::string_view, Json>> members) {
  Json out{Json::Object{}};
  for (const auto& [name, value] : members) out.Set(name, value);
  return out;
}

Json Strings(const std::vector<std::string>& texts) { return Json(Json::Array(texts.begin(), texts.end())); }

std::vector<std::string> TextsOf(const Json& array) {
  std::vector<std::string> out;
  for (const auto& one : array.array()) out.push_back(one.string());
  return out;
}

namespace {

TaskState TaskOf(const Json& task) {
  TaskState out{.arn = task["taskArn"].string(), .last_status = task["lastStatus"].string(), .task_definition = task["taskDefinitionArn"].string(), .stop_code = task["stopCode"].string(),
                .stopped_reason = task["stoppedReason"].string(), .started_at = task["startedAt"].string()};
  for (const auto& attachment : task["attachments"].array())
    for (const auto& detail : attachment["details"].array()) {
      if (detail["name"].string() == "networkInterfaceId") out.interface_id = detail["value"].string();
      if (detail["name"].string() == "privateIPv4Address") out.address = detail["value"].string();
    }
  return out;
}

}  // namespace

Result<Json> Stack::Call(std::string_view service, std::string_view operation, Json request) {
  auto answer = call_(service, operation, request);
  if (!answer) {
    Error error = std::move(answer).error();
    error.message = std::string(service) + ":" + std::string(operation) + ": " + (error.code.empty() ? "" : error.code + ": ") + error.message;
    return std::unexpected(std::move(error));
  }
  return answer;
}

Result<ServiceState> Stack::Service() {
  TRY_ASSIGN(const Json answer, Call("ecs", "DescribeServices", Object({{"cluster", name()}, {"services", Strings({name()})}})));
  const auto& services = answer["services"].array();
  if (services.empty() || services[0]["status"].string() != "ACTIVE") return Fail(ErrorKind::kNotFound, "there is no service " + name() + " in the cluster " + name());
  const Json& s = services[0];
  ServiceState out{.arn = s["serviceArn"].string(), .task_definition = s["taskDefinition"].string(), .desired = static_cast<int>(s["desiredCount"].integer()),
                   .running = static_cast<int>(s["runningCount"].integer()), .pending = static_cast<int>(s["pendingCount"].integer())};
  out.deployments = static_cast<int>(s["deployments"].array().size());
  for (const auto& deployment : s["deployments"].array()) {
    if (deployment["status"].string() != "PRIMARY") continue;
    out.rollout = deployment["rolloutState"].string();
    out.rollout_reason = deployment["rolloutStateReason"].string();
    out.new_running = static_cast<int>(deployment["runningCount"].integer());
    out.new_pending = static_cast<int>(deployment["pendingCount"].integer());
  }
  const Json& network = s["networkConfiguration"]["awsvpcConfiguration"];
  out.subnets = TextsOf(network["subnets"]);
  out.groups = TextsOf(network["securityGroups"]);
  out.public_address = network["assignPublicIp"].string() == "ENABLED";
  return out;
}

Result<std::vector<TaskState>> Stack::Tasks(bool of_service) {
  Json request = Object({{"cluster", name()}});
  if (of_service) request.Set("serviceName", name());
  TRY_ASSIGN(const Json listed, Call("ecs", "ListTasks", std::move(request)));
  std::vector<TaskState> out;
  if (listed["taskArns"].array().empty()) return out;
  TRY_ASSIGN(const Json described, Call("ecs", "DescribeTasks", Object({{"cluster", name()}, {"tasks", listed["taskArns"]}})));
  for (const auto& task : described["tasks"].array()) out.push_back(TaskOf(task));
  return out;
}

Result<TaskState> Stack::Task(const std::string& arn) {
  TRY_ASSIGN(const Json described, Call("ecs", "DescribeTasks", Object({{"cluster", name()}, {"tasks", Strings({arn})}})));
  if (described["tasks"].array().empty()) return Fail(ErrorKind::kNotFound, "there is no task " + arn);
  return TaskOf(described["tasks"].array()[0]);
}

Result<std::vector<std::pair<std::string, std::string>>> Stack::Targets() {
  TRY_ASSIGN(const Json groups, Call("elbv2", "DescribeTargetGroups", Object({{"Names", Strings({name()})}})));
  if (groups["TargetGroups"].array().empty()) return Fail(ErrorKind::kNotFound, "there is no target group " + name());
  TRY_ASSIGN(const Json health, Call("elbv2", "DescribeTargetHealth", Object({{"TargetGroupArn", groups["TargetGroups"].array()[0]["TargetGroupArn"]}})));
  std::vector<std::pair<std::string, std::string>> out;
  for (const auto& one : health["TargetHealthDescriptions"].array()) out.emplace_back(one["Target"]["Id"].string(), one["TargetHealth"]["State"].string());
  return out;
}

Result<std::string> Stack::LoadBalancerName() {
  TRY_ASSIGN(const Json answer, Call("elbv2", "DescribeLoadBalancers", Object({{"Names", Strings({name()})}})));
  if (answer["LoadBalancers"].array().empty()) return Fail(ErrorKind::kNotFound, "there is no load balancer " + name());
  return answer["LoadBalancers"].array()[0]["DNSName"].string();
}

Result<LoadOptions> Stack::Load(double rate) {
  TRY_ASSIGN(const std::string host, LoadBalancerName());
  return LoadOptions{.port = options_.door, .host = host, .path = options_.path, .rate = rate};
}

}  // namespace terrarium::prove
