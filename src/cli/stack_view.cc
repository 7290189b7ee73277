#include "cli/stack_view.h"

#include <algorithm>

#include "base/text.h"

namespace terrarium::cli {
namespace {

const Json kNull;

std::string Number(const Json& value) { return std::to_string(value.integer()); }

Part SitePart(Session& session, const StackView& view) {
  Part part{.name = "site"};
  if (view.load_balancer.is_null()) {
    part.text = "no load balancer " + session.stack();
    return part;
  }
  const std::string state = view.load_balancer["State"]["Code"].string();
  part.facts.Set("load_balancer", view.load_balancer["LoadBalancerArn"]);
  part.facts.Set("load_balancer_state", state);
  if (state != "active") {
    part.state = Part::State::kNotAsAsked;
    part.text = "load balancer " + session.stack() + " is " + state;
    return part;
  }
  if (view.url.empty()) {
    part.state = Part::State::kUnknown;
    part.text = view.load_balancer["DNSName"].string() + " · not asked: it has no door here";
    return part;
  }
  part.facts.Set("url", view.url);
  const auto page = session.world.fetch(view.url);
  part.text = view.url + " · ";
  part.state = Part::State::kNotAsAsked;
  if (!page) {
    part.text += "no answer: " + page.error().message;
    return part;
  }
  part.facts.Set("status", page->status);
  part.facts.Set("ms", static_cast<std::int64_t>(page->took.count()));
  part.text += std::to_string(page->status) + " in " + std::to_string(page->took.count()) + " ms";
  if (page->status < 400) part.state = Part::State::kAsAsked;
  return part;
}

Answer<Part> DeploymentPart(Session& session, const StackView& view) {
  Part part{.name = "deployment"};
  if (view.service.is_null()) {
    part.text = "no service " + session.stack() + " in cluster " + session.stack();
    return part;
  }
  const Json& primary = PrimaryOf(view.service);
  TRY_ASSIGN(const Json definition, FindTaskDefinition(session, primary["taskDefinition"].string()));
  const std::string image = definition["containerDefinitions"].array().empty() ? "" : definition["containerDefinitions"].array()[0]["image"].string();
  const std::string rollout = primary["rolloutState"].string();
  part.facts.Set("deployment", primary["id"]);
  part.facts.Set("task_definition", primary["taskDefinition"]);
  part.facts.Set("image", image);
  part.facts.Set("rollout", rollout);
  part.text = LastPart(primary["taskDefinition"].string()) + " " + ShortImage(image) + " · " + rollout;
  if (const auto at = TimeOf(primary["updatedAt"])) part.text += " " + Span(Millis(session.now() - *at)) + " ago";
  part.state = rollout == "COMPLETED" ? Part::State::kAsAsked : Part::State::kNotAsAsked;
  if (rollout != "COMPLETED" && !primary["rolloutStateReason"].string().empty()) part.more.push_back(primary["rolloutStateReason"].string());
  for (const Json& d : view.service["deployments"].array())
    if (d["status"].string() != "PRIMARY") part.more.push_back("before it " + LastPart(d["taskDefinition"].string()) + ": " + Number(d["runningCount"]) + " still run");
  return part;
}

std::string HealthOf(const StackView& view, const Json& task) {
  const std::string address = AddressOf(task);
  for (const Json& one : view.health)
    if (!address.empty() && one["Target"]["Id"].string() == address) return one["TargetHealth"]["State"].string();
  return task["lastStatus"].string();
}

Part TasksPart(const StackView& view) {
  Part part{.name = "tasks"};
  if (view.service.is_null()) {
    part.text = "none: no service";
    return part;
  }
  const auto desired = view.service["desiredCount"].integer(), running = view.service["runningCount"].integer();
  part.facts.Set("desired", desired);
  part.facts.Set("running", running);
  part.facts.Set("pending", view.service["pendingCount"]);
  Json list(Json::Array{});
  part.text = std::to_string(running) + " of " + std::to_string(desired);
  if (desired == 0) part.text += " · none asked for";
  std::size_t shown = 0;
  for (const Json& task : view.tasks) {
    const std::string health = HealthOf(view, task);
    Json one;
    one.Set("task", task["taskArn"]);
    one.Set("status", task["lastStatus"]);
    one.Set("health", health);
    one.Set("zone", task["availabilityZone"]);
    list.Append(std::move(one));
    if (shown++ < 4) part.text += " · " + ShortZone(task["availabilityZone"].string()) + " " + ShortId(task["taskArn"].string()) + " " + health;
  }
  if (shown > 4) part.text += " · and " + std::to_string(shown - 4) + " more";
  part.facts.Set("tasks", std::move(list));
  part.state = running == desired ? Part::State::kAsAsked : Part::State::kNotAsAsked;
  return part;
}

Part TargetsPart(const StackView& view) {
  Part part{.name = "targets"};
  if (view.target_group.is_null()) {
    part.text = "no target group";
    return part;
  }
  std::int64_t healthy = 0, draining = 0, all = 0;
  std::string worst;
  for (const Json& one : view.health) {
    const std::string state = one["TargetHealth"]["State"].string();
    if (state == "draining") {
      ++draining;
      continue;
    }
    ++all;
    if (state == "healthy") ++healthy;
    else if (worst.empty()) worst = one["Target"]["Id"].string() + " " + state + " " + one["TargetHealth"]["Reason"].string();
  }
  const Json& group = view.target_group;
  part.facts.Set("target_group", group["TargetGroupArn"]);
  part.facts.Set("healthy", healthy);
  part.facts.Set("registered", all);
  part.facts.Set("draining", draining);
  part.text = std::to_string(healthy) + " of " + std::to_string(all) + " healthy · GET " + group["HealthCheckPath"].string() + " every " + Number(group["HealthCheckIntervalSeconds"]) + " s · " +
              std::to_string(draining) + " draining";
  if (!worst.empty()) part.more.push_back(worst);
  const auto wanted = view.service.is_null() ? all : view.service["desiredCount"].integer();
  part.state = healthy == all && all >= wanted ? Part::State::kAsAsked : Part::State::kNotAsAsked;
  return part;
}

Part DatabasePart(Session& session, const StackView& view) {
  Part part{.name = "database"};
  if (view.database.is_null()) {
    part.text = "no database " + session.stack();
    return part;
  }
  const Json& db = view.database;
  const std::string status = db["DBInstanceStatus"].string();
  part.facts.Set("database", db["DBInstanceArn"]);
  part.facts.Set("status", status);
  part.facts.Set("engine", db["Engine"]);
  part.facts.Set("engine_version", db["EngineVersion"]);
  part.facts.Set("multi_az", db["MultiAZ"]);
  part.text = session.stack() + " " + status + " · " + db["Engine"].string() + " " + db["EngineVersion"].string();
  if (!db["AvailabilityZone"].string().empty()) part.text += " · " + ShortZone(db["AvailabilityZone"].string());
  part.text += db["MultiAZ"].boolean() ? " with a standby" : ", no standby";
  part.text += " · " + Number(db["AllocatedStorage"]) + " GB";
  if (const auto at = TimeOf(db["LatestRestorableTime"])) part.more.push_back("restorable until " + TimeOfDay(*at) + " UTC");
  part.state = status == "available" ? Part::State::kAsAsked : Part::State::kNotAsAsked;
  return part;
}

}  // namespace

std::string_view StateName(Part::State state) {
  switch (state) {
    case Part::State::kAsAsked: return "as_asked";
    case Part::State::kNotAsAsked: return "not_as_asked";
    case Part::State::kAbsent: return "absent";
    case Part::State::kUnknown: break;
  }
  return "unknown";
}

int StackView::not_as_asked() const {
  return static_cast<int>(std::ranges::count_if(parts, [](const Part& p) { return p.state == Part::State::kNotAsAsked || p.state == Part::State::kAbsent; }));
}

bool StackView::nothing_there() const {
  return std::ranges::all_of(parts, [](const Part& p) { return p.state == Part::State::kAbsent; });
}

const Part* StackView::First(Part::State state) const {
  const auto it = std::ranges::find_if(parts, [&](const Part& p) { return p.state == state; });
  return it == parts.end() ? nullptr : &*it;
}

bool IsAbsent(const Problem& problem) {
  return problem.aws_code == "ClusterNotFoundException" || problem.aws_code == "ServiceNotFoundException" || problem.aws_code == "DBInstanceNotFound" ||
         problem.aws_code == "DBInstanceNotFoundFault" || problem.aws_code == "LoadBalancerNotFound" || problem.aws_code == "TargetGroupNotFound" || problem.aws_code == "ResourceNotFoundException";
}

const Json& PrimaryOf(const Json& service) {
  for (const Json& one : service["deployments"].array())
    if (one["status"].string() == "PRIMARY") return one;
  return kNull;
}

std::string AddressOf(const Json& task) {
  for (const Json& attachment : task["attachments"].array())
    for (const Json& detail : attachment["details"].array())
      if (detail["name"].string() == "privateIPv4Address") return detail["value"].string();
  return {};
}

std::string ShortImage(std::string_view reference) {
  std::string last = LastPart(reference);
  if (const auto at = last.find("@sha256:"); at != last.npos) last = last.substr(0, at + 1) + last.substr(at + 8, 12);
  return last;
}

Answer<Json> FindService(Session& session, const std::string& cluster, const std::string& service) {
  Json request;
  request.Set("cluster", cluster);
  request.Set("services", Json::Array{service});
  auto answer = session.Call("ecs", "DescribeServices", std::move(request));
  if (!answer && IsAbsent(answer.error())) return Json();
  TRY(answer);
  for (const Json& one : (*answer)["services"].array())
    if (one["status"].string() != "INACTIVE") return one;
  return Json();
}

Answer<Json> FindDatabase(Session& session, const std::string& name) {
  Json request;
  request.Set("DBInstanceIdentifier", name);
  auto answer = session.Call("rds", "DescribeDBInstances", std::move(request));
  if (!answer && IsAbsent(answer.error())) return Json();
  TRY(answer);
  const auto& all = (*answer)["DBInstances"].array();
  return all.empty() ? Json() : all.front();
}

Answer<Json> FindLoadBalancer(Session& session, const std::string& name) {
  Json request;
  request.Set("Names", Json::Array{name});
  auto answer = session.Call("elbv2", "DescribeLoadBalancers", std::move(request));
  if (!answer && IsAbsent(answer.error())) return Json();
  TRY(answer);
  const auto& all = (*answer)["LoadBalancers"].array();
  return all.empty() ? Json() : all.front();
}

Answer<std::string> UrlOf(Session& session, const Json& load_balancer) {
  const bool local = session.on_this_machine();
  if (load_balancer["Scheme"].string() != "internet-facing") return std::string();
  if (!local) return "http://" + load_balancer["DNSName"].string() + "/";
  // One door: the oldest has it by itself, the others by their name.
  TRY_ASSIGN(const Json::Array all, session.CallAll("elbv2", "DescribeLoadBalancers", Json(Json::Object{}), "LoadBalancers", "Marker", "NextMarker"));
  const auto created = [](const Json& one) { return TimeOf(one["CreatedTime"]).value_or(0); };
  const bool oldest = std::ranges::none_of(all, [&](const Json& one) { return one["Scheme"].string() == "internet-facing" && created(one) < created(load_balancer); });
  std::string port = session.arguments.Value("door-port", session.world.environment("TERRARIUM_DOOR_PORT"));
  if (port.empty()) port = "8080";
  return "http://" + (oldest ? std::string() : load_balancer["LoadBalancerName"].string() + ".elb.") + "localhost:" + port + "/";
}

Answer<Json::Array> RunningTasks(Session& session, const std::string& cluster, const std::string& service) {
  Json request;
  request.Set("cluster", cluster);
  request.Set("serviceName", service);
  TRY_ASSIGN(const Json::Array arns, session.CallAll("ecs", "ListTasks", std::move(request), "taskArns", "nextToken", "nextToken"));
  Json::Array tasks;
  for (std::size_t at = 0; at < arns.size(); at += 100) {
    Json ask;
    ask.Set("cluster", cluster);
    ask.Set("tasks", Json::Array(arns.begin() + static_cast<std::ptrdiff_t>(at), arns.begin() + static_cast<std::ptrdiff_t>(std::min(arns.size(), at + 100))));
    TRY_ASSIGN(const Json page, session.Call("ecs", "DescribeTasks", std::move(ask)));
    for (const Json& one : page["tasks"].array()) tasks.push_back(one);
  }
  std::ranges::sort(tasks, [](const Json& a, const Json& b) { return a["availabilityZone"].string() + a["taskArn"].string() < b["availabilityZone"].string() + b["taskArn"].string(); });
  return tasks;
}

Answer<Json> FindTaskDefinition(Session& session, const std::string& arn) {
  Json request;
  request.Set("taskDefinition", arn);
  TRY_ASSIGN(const Json answer, session.Call("ecs", "DescribeTaskDefinition", std::move(request)));
  return answer["taskDefinition"];
}

Answer<StackView> LookAtStack(Session& session) {
  StackView view;
  const std::string name = session.stack();
  TRY_ASSIGN(view.service, FindService(session, name, name));
  TRY_ASSIGN(view.load_balancer, FindLoadBalancer(session, name));
  TRY_ASSIGN(view.database, FindDatabase(session, name));
  if (!view.service.is_null()) {
    TRY_ASSIGN(view.tasks, RunningTasks(session, name, name));
  }
  Json which;
  which.Set("Names", Json::Array{name});
  if (const auto& targets = view.service["loadBalancers"].array(); !targets.empty()) {
    which = Json();
    which.Set("TargetGroupArns", Json::Array{targets[0]["targetGroupArn"]});
  }
  auto groups = session.Call("elbv2", "DescribeTargetGroups", std::move(which));
  if (!groups && !IsAbsent(groups.error())) return std::unexpected(groups.error());
  if (groups && !(*groups)["TargetGroups"].array().empty()) {
    view.target_group = (*groups)["TargetGroups"].array().front();
    Json ask;
    ask.Set("TargetGroupArn", view.target_group["TargetGroupArn"]);
    TRY_ASSIGN(const Json health, session.Call("elbv2", "DescribeTargetHealth", std::move(ask)));
    view.health = health["TargetHealthDescriptions"].array();
  }
  if (!view.load_balancer.is_null() && view.load_balancer["State"]["Code"].string() == "active") {
    TRY_ASSIGN(view.url, UrlOf(session, view.load_balancer));
  }
  view.parts.push_back(SitePart(session, view));
  TRY_ASSIGN(Part deployment, DeploymentPart(session, view));
  view.parts.push_back(std::move(deployment));
  view.parts.push_back(TasksPart(view));
  view.parts.push_back(TargetsPart(view));
  view.parts.push_back(DatabasePart(session, view));
  return view;
}

}  // namespace terrarium::cli
