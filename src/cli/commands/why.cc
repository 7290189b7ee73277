#include <algorithm>

#include "base/arn.h"
#include "base/text.h"
#include "cli/commands/commands.h"
#include "cli/explain.h"
#include "cli/reach.h"
#include "cli/stack_view.h"

namespace terrarium::cli {
namespace {

Answer<Json> FindGroup(Session& session, std::string_view by, const std::string& value) {
  Json ask;
  ask.Set(by, Json::Array{value});
  auto answer = session.Call("elbv2", "DescribeTargetGroups", std::move(ask));
  if (!answer && IsAbsent(answer.error())) return Json();
  TRY(answer);
  const auto& all = (*answer)["TargetGroups"].array();
  return all.empty() ? Json() : all.front();
}

// A task of the stack's cluster, running or ended, whose id begins like this.
Answer<std::string> FindTask(Session& session, const std::string& id) {
  for (const char* status : {"RUNNING", "STOPPED"}) {
    Json ask;
    ask.Set("cluster", session.stack());
    ask.Set("desiredStatus", status);
    auto arns = session.CallAll("ecs", "ListTasks", std::move(ask), "taskArns", "nextToken", "nextToken");
    if (!arns && IsAbsent(arns.error())) return std::string();
    TRY(arns);
    for (const Json& arn : *arns)
      if (LastPart(arn.string()).starts_with(id)) return arn.string();
  }
  return std::string();
}

std::unexpected<Problem> Unknown(const Session& session, const std::string& what) {
  return std::unexpected(Problem("UNKNOWN", "nothing here is called " + what, "no task, service, target group, database or load balancer of stack " + session.stack() + " has that name, id or ARN", "",
                                 "terrarium why service, or why task|targets|db|alb, or an ARN", ExitCode::kBadAnswer));
}

Answer<Explanation> ExplainArn(Session& session, const Arn& arn, const std::string& text) {
  const std::string& resource = arn.resource;
  const auto part = [&](std::size_t n) {
    std::size_t at = 0;
    for (; n > 0 && at != resource.npos; --n) at = resource.find('/', at) + 1;
    return resource.substr(at, resource.find('/', at) - at);
  };
  if (arn.service == "ecs" && resource.starts_with("task/")) return ExplainTask(session, part(1), text);
  if (arn.service == "ecs" && resource.starts_with("service/")) return ExplainService(session, part(1), LastPart(text));
  if (arn.service == "elasticloadbalancing" && resource.starts_with("targetgroup/")) {
    TRY_ASSIGN(const Json group, FindGroup(session, "TargetGroupArns", text));
    if (!group.is_null()) return ExplainTargets(session, group);
  }
  if (arn.service == "elasticloadbalancing" && resource.starts_with("loadbalancer/app/")) {
    TRY_ASSIGN(const Json balancer, FindLoadBalancer(session, part(2)));
    if (!balancer.is_null()) return ExplainLoadBalancer(session, balancer);
  }
  if (arn.service == "rds" && resource.starts_with("db:")) {
    TRY_ASSIGN(const Json database, FindDatabase(session, resource.substr(3)));
    if (!database.is_null()) return ExplainDatabase(session, database);
  }
  return Unknown(session, text);
}

Answer<Explanation> Explain(Session& session, std::string what) {
  const std::string stack = session.stack();
  if (const auto arn = Arn::Parse(what)) return ExplainArn(session, *arn, what);
  const bool word = what == "service" || what == "deployment" || what == "targets" || what == "db" || what == "database" || what == "alb" || what == "site" || what == "tasks";
  const std::string name = word ? stack : what;
  if (!word && what.size() >= 4 && what.find_first_not_of("0123456789abcdef") == what.npos) {
    TRY_ASSIGN(const std::string task, FindTask(session, what));
    if (!task.empty()) return ExplainTask(session, stack, task);
  }
  if (!word || what == "service" || what == "deployment" || what == "tasks") {
    TRY_ASSIGN(const Json service, FindService(session, stack, name));
    if (!service.is_null()) return ExplainService(session, stack, name);
  }
  if (!word || what == "targets") {
    TRY_ASSIGN(const Json group, FindGroup(session, "Names", name));
    if (!group.is_null()) return ExplainTargets(session, group);
  }
  if (!word || what == "db" || what == "database") {
    TRY_ASSIGN(const Json database, FindDatabase(session, name));
    if (!database.is_null()) return ExplainDatabase(session, database);
  }
  if (!word || what == "alb" || what == "site") {
    TRY_ASSIGN(const Json balancer, FindLoadBalancer(session, name));
    if (!balancer.is_null()) return ExplainLoadBalancer(session, balancer);
  }
  return Unknown(session, what);
}

// FROM TO PORT
Outcome WhyReach(Session& session, const std::vector<std::string>& words) {
  const auto port = ParseInt(words[2]);
  if (!port || *port < 1 || *port > 65535) return Usage(words[2] + " is no TCP port", "terrarium why task db 3306");
  TRY_ASSIGN(const Reach found, ExplainReach(session, words[0], words[1], static_cast<int>(*port)));
  Json document = NewDocument("why");
  document.Set("from", found.from);
  document.Set("to", found.to);
  document.Set("port", *port);
  document.Set("reachable", found.reachable);
  Json steps(Json::Array{});
  session.out.Line(session.out.MarkText(found.reachable ? Mark::kOk : Mark::kBad, session.out.terminal()) + (found.reachable ? " reachable  " : " NOT REACHABLE  ") + found.from + " → " + found.to + " tcp " + words[2]);
  for (const auto& step : found.steps) {
    session.out.Line("  " + session.out.MarkText(step.allows ? Mark::kOk : Mark::kBad, session.out.terminal()) + " " + step.text);
    Json one;
    one.Set("allows", step.allows);
    one.Set("text", step.text);
    steps.Append(std::move(one));
  }
  document.Set("steps", std::move(steps));
  session.out.Line("  read from the configuration; no packet was sent");
  if (!found.fix.empty()) session.out.Line("  do " + found.fix);
  document.Set("do", found.fix);
  session.out.Document(document);
  return found.reachable ? ExitCode::kDone : ExitCode::kBadAnswer;
}

Outcome Why(Session& session) {
  const auto& words = session.arguments.words();
  if (words.size() != 1 && words.size() != 3) return Usage("terrarium why takes one word, or three: from, to, port", "terrarium why service, or terrarium why task db 3306");
  TRY(session.cloud());
  if (words.size() == 3) return WhyReach(session, words);
  TRY_ASSIGN(const Explanation found, Explain(session, words[0]));
  Json document = NewDocument("why");
  document.Set("resource", found.resource);
  document.Set("as_asked", found.as_asked);
  document.Set("verdict", found.verdict);
  Json because(Json::Array{});
  session.out.Line(found.verdict);
  int number = 0;
  for (const auto& cause : found.because) {
    session.out.Row(number == 0 ? "because" : "", Mark::kNone, std::to_string(number + 1) + " " + cause.text + (session.arguments.Has("verbose") ? "  (" + cause.source + ")" : ""));
    ++number;
    Json one;
    one.Set("text", cause.text);
    one.Set("source", cause.source);
    because.Append(std::move(one));
  }
  document.Set("because", std::move(because));
  for (const std::string& text : found.ruled_out) session.out.Row("not", Mark::kNone, text);
  if (!found.as_asked && !found.effect.empty()) session.out.Row("effect", Mark::kNone, found.effect);
  if (!found.as_asked && !found.fix.empty()) session.out.Row("do", Mark::kNone, found.fix);
  document.Set("effect", found.effect);
  document.Set("do", found.as_asked ? "" : found.fix);
  session.out.Document(document);
  return found.as_asked ? ExitCode::kDone : ExitCode::kBadAnswer;
}

}  // namespace

CommandSpec WhyCommand() {
  return {.name = "why",
          .summary = "Explains why a part is not as asked, or whether one end can reach another.",
          .usage = "WHAT | FROM TO PORT",
          .examples = {"why service", "why targets -v", "why 9c41             # a task by its id; also a name or an ARN", "why task db 3306"},
          .most_words = 3,
          .codes = {"3  it is not as asked, or not reachable"},
          .run = Why};
}

}  // namespace terrarium::cli
