#include <algorithm>

#include "prove/claims/claims.h"
#include "prove/claims/dummy_request.h"
#include "prove/claims/role_copy.h"
#include "prove/waiting.h"

namespace terrarium::prove {
namespace {

struct Tally {
  int permissions = 0;       // of the role
  int named = 0;             // refused without it, by its name
  int controls = 0;          // not refused with it
  std::vector<std::string> by_task{};   // found by a task that could not start
  std::vector<std::string> not_here{};  // no call of its own, or none that is served here
};

bool IsDenial(const Error& error) {
  return error.kind == ErrorKind::kDenied || error.code.contains("AccessDenied") || error.code.contains("Unauthorized") || error.message.contains("not authorized");
}

bool OnlyReads(std::string_view operation) { return operation.starts_with("Describe") || operation.starts_with("List") || operation.starts_with("Get"); }

// Refused as a missing permission, by the name of that action.
bool RefusedByName(const ApiCall& call, const CallOf& operation, const std::string& action, const std::string& text, std::string& said) {
  for (const Fill fill : {Fill::kRequired, Fill::kWhole, Fill::kOneNameOfEach}) {
    const auto answer = call(operation.service, operation.operation, DummyRequest(operation, text, fill));
    said = answer ? "answered" : answer.error().code + ": " + answer.error().message;
    if (answer) return false;
    if (IsDenial(answer.error()) && answer.error().message.contains("perform: " + action)) return true;
  }
  return false;
}

// What the API refuses a caller who has the role without each permission in turn.
Status ByCalls(Context& context, RoleCopy& copy, const std::vector<std::string>& actions, Tally& tally, Finding& finding) {
  TRY(copy.Without({}));
  TRY_ASSIGN(const ApiCall call, copy.Assume());
  for (const std::string& action : actions) {
    if (context.interrupted()) return Fail(ErrorKind::kConflict, "interrupted");
    const auto operation = OperationOf(action);
    if (!operation || copy.OnlyThroughServices(action)) {
      tally.not_here.push_back(action);
      continue;
    }
    TRY(copy.Without(action));
    std::string said;
    if (RefusedByName(call, *operation, action, context.stack.name(), said)) {
      ++tally.named;
    } else if (said.starts_with("NotImplemented")) {
      tally.not_here.push_back(action);
      continue;
    } else {
      finding.evidence.push_back("without " + action + ": " + said);
    }
    if (!OnlyReads(operation->operation)) continue;
    TRY(copy.Without({}));
    const auto with = call(operation->service, operation->operation, DummyRequest(*operation, context.stack.name(), Fill::kRequired));
    if (with || !IsDenial(with.error())) ++tally.controls;
  }
  return {};
}

// A task that is started with the copy as its execution role: why it did not start, or nothing where it runs.
Result<std::string> StartTask(Context& context, const ServiceState& service, const std::string& definition, const RoleCopy& copy) {
  Stack& stack = context.stack;
  const Json network = Object({{"awsvpcConfiguration", Object({{"subnets", Strings(service.subnets)}, {"securityGroups", Strings(service.groups)}, {"assignPublicIp", service.public_address ? "ENABLED" : "DISABLED"}})}});
  TRY_ASSIGN(const Json run, stack.Call("ecs", "RunTask", Object({{"cluster", stack.name()}, {"taskDefinition", definition}, {"launchType", "FARGATE"}, {"networkConfiguration", network},
                                                                   {"overrides", Object({{"executionRoleArn", copy.arn()}})}})));
  if (run["tasks"].array().empty()) return Fail(ErrorKind::kConflict, "no task was started: " + run["failures"].Write());
  const std::string arn = run["tasks"].array()[0]["taskArn"].string();
  TaskState now;
  const auto waited = Await(context, "the start of a task", Millis{60'000}, [&]() -> Result<bool> {
    TRY_ASSIGN(now, stack.Task(arn));
    return now.last_status == "RUNNING" || now.last_status == "STOPPED";
  });
  if (now.last_status != "STOPPED") (void)stack.Call("ecs", "StopTask", Object({{"cluster", stack.name()}, {"task", arn}, {"reason", "prove: enough"}}));
  if (!waited) return std::unexpected(waited.error());
  return now.last_status == "STOPPED" ? (now.stopped_reason.empty() ? "no reason" : now.stopped_reason) : std::string();
}

}  // namespace

// Every permission of the execution, the task and the deploy role is taken away in turn, on a copy of the role: what needs it is then
// refused, and the error names the permission.
Result<Finding> ProveLeastPrivilege(Context& context) {
  Stack& stack = context.stack;
  TRY_ASSIGN(const ServiceState service, SteadyService(context));
  Finding finding;
  Tally execution, deploy;
  {
    TRY_ASSIGN(RoleCopy copy, RoleCopy::Make(context, stack.name() + "-execution"));
    const auto actions = copy.Actions();
    execution.permissions = static_cast<int>(actions.size());
    context.progress("a task with all of the execution role's permissions");
    TRY_ASSIGN(const std::string control, StartTask(context, service, service.task_definition, copy));
    if (!control.empty()) return Fail(ErrorKind::kConflict, "a task with a whole copy of the execution role does not start: " + control);
    std::vector<std::string> not_at_start;
    for (const auto& action : actions) {
      context.progress("a task without " + action);
      TRY(copy.Without(action));
      TRY_ASSIGN(const std::string reason, StartTask(context, service, service.task_definition, copy));
      if (reason.empty()) {
        not_at_start.push_back(action);  // needed later, or by another way of pulling: the API must refuse it all the same
      } else if (reason.contains(action)) {
        ++execution.named;
        execution.by_task.push_back(action);
      } else {
        finding.evidence.push_back("a task without " + action + " stopped without naming it: " + reason);
      }
    }
    TRY(ByCalls(context, copy, not_at_start, execution, finding));
  }
  const std::string deploy_role = "terrarium-deploy-" + stack.name();
  const auto has_deploy = stack.Call("iam", "GetRole", Object({{"RoleName", deploy_role}}));
  if (has_deploy) {
    TRY_ASSIGN(RoleCopy copy, RoleCopy::Make(context, deploy_role));
    const auto actions = copy.Actions();
    deploy.permissions = static_cast<int>(actions.size());
    context.progress(std::to_string(actions.size()) + " calls of the deploy role, each without its permission");
    TRY(ByCalls(context, copy, actions, deploy, finding));
  }
  // The task role: what a site that was broken into could ask for.
  TRY_ASSIGN(const Json task_policies, stack.Call("iam", "ListRolePolicies", Object({{"RoleName", stack.name() + "-task"}})));
  {
    TRY_ASSIGN(RoleCopy copy, RoleCopy::Make(context, stack.name() + "-task"));
    TRY_ASSIGN(const ApiCall call, copy.Assume());
    for (const auto& [name, operation] : {std::pair("ecs", "ListClusters"), std::pair("secretsmanager", "ListSecrets"), std::pair("iam", "ListRoles"), std::pair("ec2", "DescribeVpcs")}) {
      if (!OperationOf(std::string(name) + ":" + operation)) continue;
      const auto answer = call(name, operation, Json(Json::Object{}));
      if (answer || !IsDenial(answer.error())) finding.evidence.push_back("the task role may " + std::string(name) + ":" + operation);
    }
  }
  const int named = execution.named + deploy.named, not_here = static_cast<int>(execution.not_here.size() + deploy.not_here.size());
  const int permissions = execution.permissions + deploy.permissions;
  finding.experiment = std::to_string(permissions) + " permissions of execution" + (has_deploy ? " and deploy role" : " role") + " removed one by one on a copy; the task role asked for four things";
  finding.measured = std::to_string(named) + " refused by name (" + std::to_string(execution.by_task.size()) + " by a task that did not start), " + std::to_string(not_here) + " of no call here; " +
                     std::to_string(execution.controls + deploy.controls) + " reads pass with theirs; task role refused";
  finding.limit = "all that can be called";
  finding.values = Object({{"permissions", permissions}, {"refused_by_name", named}, {"by_task", Strings(execution.by_task)}, {"reads_with_permission", execution.controls + deploy.controls},
                           {"deploy_role", has_deploy.has_value()}, {"task_role_policies", static_cast<std::int64_t>(task_policies["PolicyNames"].array().size())}});
  std::vector<std::string> uncallable = execution.not_here;
  uncallable.insert(uncallable.end(), deploy.not_here.begin(), deploy.not_here.end());
  finding.values.Set("of_no_call_here", Strings(uncallable));
  finding.verdict = finding.evidence.empty() && named + not_here == permissions && named > 0 ? Verdict::kProved : Verdict::kRefuted;
  return finding;
}

}  // namespace terrarium::prove
