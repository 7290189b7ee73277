#include <algorithm>
#include <array>

#include "base/text.h"
#include "cli/commands/commands.h"
#include "cli/rollout.h"
#include "cli/stack_view.h"
#include "cli/tasks.h"

namespace terrarium::cli {
namespace {

struct Chosen {
  std::string reference;  // what the task definition will say
  std::string shown;      // as the user named it
};

// "drupal:3f9c1e2", ":3f9c1e2" and "3f9c1e2" are of the stack's repository; anything with a registry in it is taken as it is.
Answer<Chosen> ChooseImage(Session& session, std::string given) {
  if (given.contains('/')) return Chosen{given, ShortImage(given)};
  std::string repository = session.stack(), tag = given;
  if (const auto colon = given.find(':'); colon != given.npos && !given.starts_with("sha256:")) {
    if (colon > 0) repository = given.substr(0, colon);
    tag = given.substr(colon + 1);
  }
  Json ask;
  ask.Set("repositoryNames", Json::Array{repository});
  auto found = session.Call("ecr", "DescribeRepositories", std::move(ask));
  if (!found && found.error().aws_code == "RepositoryNotFoundException")
    return std::unexpected(Problem("IMAGE-ABSENT", "there is no image repository " + repository, found.error().why, "nothing was changed", "terrarium up"));
  TRY(found);
  const std::string uri = (*found)["repositories"].array().empty() ? "" : (*found)["repositories"].array()[0]["repositoryUri"].string();
  Json id;
  id.Set(tag.starts_with("sha256:") ? "imageDigest" : "imageTag", tag);
  Json request;
  request.Set("repositoryName", repository);
  request.Set("imageIds", Json::Array{id});
  auto images = session.Call("ecr", "DescribeImages", std::move(request));
  if (!images && images.error().aws_code == "ImageNotFoundException") {
    Json all;
    all.Set("repositoryName", repository);
    TRY_ASSIGN(Json::Array there, session.CallAll("ecr", "DescribeImages", std::move(all), "imageDetails", "nextToken", "nextToken"));
    std::ranges::sort(there, [](const Json& a, const Json& b) { return TimeOf(a["imagePushedAt"]).value_or(0) > TimeOf(b["imagePushedAt"]).value_or(0); });
    std::vector<std::string> tags;
    for (const Json& one : there)
      for (const Json& name : one["imageTags"].array())
        if (tags.size() < 5) tags.push_back(name.string());
    return std::unexpected(Problem("IMAGE-ABSENT", "the repository " + repository + " has no image " + tag, tags.empty() ? "it has none at all" : "it has " + Join(tags, ", ") + (there.size() > tags.size() ? " and older ones" : ""),
                                   "nothing was changed", tags.empty() ? "push one first" : "terrarium deploy --image " + repository + ":" + tags.front()));
  }
  TRY(images);
  // By digest: what is deployed does not change when the tag moves on.
  const auto& details = (*images)["imageDetails"].array();
  return Chosen{uri + "@" + (details.empty() ? "" : details[0]["imageDigest"].string()), repository + ":" + tag};
}

// The described revision with another image, as RegisterTaskDefinition takes it.
Json NewRevision(Json definition, const std::string& container, const std::string& image) {
  for (const char* read_only : {"taskDefinitionArn", "revision", "status", "requiresAttributes", "compatibilities", "registeredAt", "registeredBy", "deregisteredAt"}) definition.Remove(read_only);
  Json::Array containers;
  for (Json one : definition["containerDefinitions"].array()) {
    if (one["name"].string() == container) {
      const std::string old = one["image"].string();
      one.Set("image", image);
      // A variable that named the old image names the new one: the site tells its releases apart by it.
      Json::Array environment;
      for (Json variable : one["environment"].array()) {
        if (variable["value"].string() == old) variable.Set("value", image);
        environment.push_back(std::move(variable));
      }
      if (one.Has("environment")) one.Set("environment", std::move(environment));
    }
    containers.push_back(std::move(one));
  }
  definition.Set("containerDefinitions", std::move(containers));
  return definition;
}

void Deregister(Session& session, const Json& definition) {
  Json request;
  request.Set("taskDefinition", definition["taskDefinitionArn"]);
  // A revision that nobody uses does no harm where this fails.
  (void)session.Call("ecs", "DeregisterTaskDefinition", std::move(request));
}

std::string GateMeaning(std::int64_t code) {
  switch (code) {
    case 2: return "the site's task does not know the command";
    case 3: return "the site is not installed";
    case 4: return "another install or deployment is running in this database";
    case 5: return "this site has no such task";
    default: return "the task says why in its log";
  }
}

// Nothing if the gate let the revision through; else how the command ends.
Answer<std::optional<ExitCode>> Gate(Session& session, Progress& progress, const Json& service, const Json& definition, const std::string& container, UnixMillis deadline) {
  const std::string command = session.arguments.Value("gate", "deploy");
  std::vector<std::string> words;
  for (const std::string_view word : Split(command, ' '))
    if (!word.empty()) words.emplace_back(word);
  progress.Begin("gate");
  auto run = RunOneOff(session, service, definition, container, words, deadline, [&](const std::string& status) { progress.Still(command + " in a task of its own · " + status); });
  if (!run) {
    progress.End(Mark::kBad, command);
    Deregister(session, definition);
    return std::unexpected(run.error());
  }
  if (run->interrupted || run->timed_out) {
    progress.End(Mark::kBad, run->interrupted ? "interrupted" : "time is up");
    Deregister(session, definition);
    session.out.Line("the gate's task was told to stop; the service was not touched");
    return run->interrupted ? ExitCode::kInterrupted : ExitCode::kTimeout;
  }
  if (run->exit_code == 0) {
    progress.End(Mark::kOk, command + " in a task of its own");
    return std::optional<ExitCode>();
  }
  progress.End(Mark::kBad, command + ": " + run->end);
  std::string why = "task " + ShortId(run->task) + " " + run->end;
  if (run->exit_code) why += "\n" + GateMeaning(*run->exit_code);
  for (const std::string& line : LastLines(session, definition, run->task, 5)) why += "\n| " + line;
  Deregister(session, definition);
  const bool absent = run->exit_code == 3;
  return std::unexpected(Problem("GATE", "the gate did not let " + LastPart(definition["taskDefinitionArn"].string()) + " through", why, "the service was not touched; what the gate did to the database stays",
                                 absent ? "terrarium up" : "terrarium logs --task " + ShortId(run->task)));
}

struct Report {
  Json document = NewDocument("deploy");
  std::string image, before_image, pages;
};

ExitCode Finish(Session& session, Report& report, const Rollout& rollout, const Json& definition, bool gated) {
  Output& out = session.out;
  const std::string revision = LastPart(definition["taskDefinitionArn"].string());
  const std::string pages = rollout.pages == 0 ? "" : " · " + std::to_string(rollout.pages) + " pages asked meanwhile, " + std::to_string(rollout.failed_pages) + " failed";
  ExitCode code = ExitCode::kFailed;
  const auto why = [&] {
    if (rollout.failed_task.is_null()) {
      if (!rollout.reason.empty()) out.Line("  why   " + rollout.reason);
      return;
    }
    const std::string arn = rollout.failed_task["taskArn"].string();
    out.Line("  why   task " + ShortId(arn) + " " + EndOf(rollout.failed_task) + (rollout.failed_tasks > 1 ? " · " + std::to_string(rollout.failed_tasks) + " tasks failed" : ""));
    Json lines(Json::Array{});
    for (const std::string& line : LastLines(session, definition, arn, 5)) {
      out.Line("        | " + line);
      lines.Append(line);
    }
    out.Line("        all: terrarium logs --task " + ShortId(arn));
    Json failure;
    failure.Set("task", arn);
    failure.Set("stop_code", rollout.failed_task["stopCode"]);
    failure.Set("stopped_reason", rollout.failed_task["stoppedReason"]);
    if (const auto exit = ExitCodeOf(rollout.failed_task)) failure.Set("exit_code", *exit);
    failure.Set("last_lines", std::move(lines));
    report.document.Set("failure", std::move(failure));
  };
  switch (rollout.end) {
    case Rollout::End::kServes:
      code = ExitCode::kDone;
      out.Line(out.MarkText(Mark::kOk, out.terminal()) + " " + report.image + " serves as " + revision + ". " + Took(rollout.took) + pages);
      break;
    case Rollout::End::kRolledBack:
      code = ExitCode::kRolledBack;
      out.Line(out.MarkText(Mark::kBad, out.terminal()) + " ROLLED BACK: " + rollout.serves + " serves, " + report.image + (rollout.took_traffic ? " served for a while" : " never took traffic") + pages);
      why();
      out.Line("  by    " + std::string(rollout.by_us ? "terrarium: " : "ECS: ") + rollout.reason);
      out.Line(gated ? "  data  what the gate changed in the database stays; the old image runs on it" : "  data  this deployment ran no gate, so it changed no data by itself");
      out.Line(out.MarkText(Mark::kBad, out.terminal()) + " rolled back, exit 7 · terrarium why service");
      break;
    case Rollout::End::kFailed:
      out.Line(out.MarkText(Mark::kBad, out.terminal()) + " FAILED: " + report.image + " does not come up, and this service is not set to roll back" + pages);
      why();
      out.Line("  do    terrarium deploy --image " + report.before_image);
      break;
    case Rollout::End::kSuperseded:
      out.Line(out.MarkText(Mark::kBad, out.terminal()) + " SUPERSEDED: somebody deployed " + rollout.serves + " meanwhile; what becomes of " + report.image + " was not seen");
      break;
    case Rollout::End::kTimedOut:
      code = ExitCode::kTimeout;
      out.Line("time is up after " + Took(rollout.took) + "; the deployment goes on: terrarium wait service");
      why();
      break;
    case Rollout::End::kInterrupted:
      code = ExitCode::kInterrupted;
      out.Line("the deployment goes on: terrarium wait service.  To go back: terrarium deploy --image " + report.before_image);
      break;
  }
  report.document.Set("ok", code == ExitCode::kDone);
  report.document.Set("rolled_back", rollout.end == Rollout::End::kRolledBack);
  report.document.Set("deployment", rollout.deployment);
  report.document.Set("task_definition", revision);
  report.document.Set("serves", rollout.serves);
  report.document.Set("reason", rollout.reason);
  report.document.Set("pages_asked", rollout.pages);
  report.document.Set("pages_failed", rollout.failed_pages);
  report.document.Set("ms", static_cast<std::int64_t>(rollout.took.count()));
  report.document.Set("exit", static_cast<int>(code));
  out.Document(report.document);
  return code;
}

Outcome Deploy(Session& session) {
  TRY_ASSIGN(const Millis timeout, session.arguments.Duration("timeout", Millis(15 * 60'000)));
  const UnixMillis deadline = session.now() + timeout.count();
  const std::string given = session.arguments.Value("image");
  if (given.empty()) return Usage("deploy needs an image", "terrarium deploy --image " + session.stack() + ":TAG      or, to build and release: terrarium up --site DIR");
  TRY_ASSIGN(const std::string where, session.Where());
  TRY_ASSIGN(const Json service, FindService(session, session.stack(), session.stack()));
  if (service.is_null())
    return std::unexpected(Problem("NO-SERVICE", "there is no service " + session.stack() + " in cluster " + session.stack(), "the stack was not made, or has another --name", "nothing was changed", "terrarium up"));
  TRY_ASSIGN(const Json before, FindTaskDefinition(session, PrimaryOf(service)["taskDefinition"].string()));
  const std::string container = ServedContainer(service, before);
  std::string before_image;
  for (const Json& one : before["containerDefinitions"].array())
    if (one["name"].string() == container) before_image = one["image"].string();
  TRY_ASSIGN(const Chosen image, ChooseImage(session, given));
  const auto desired = service["desiredCount"].integer();
  const Json& limits = service["deploymentConfiguration"];
  Report report;
  report.image = image.shown;
  report.before_image = ShortImage(before_image);
  report.document.Set("stack", session.stack());
  report.document.Set("where", where);
  report.document.Set("image", image.reference);
  report.document.Set("before", before_image);
  if (image.reference == before_image) {
    session.out.Line(session.out.MarkText(Mark::kOk, session.out.terminal()) + " nothing to do: " + image.shown + " serves already");
    report.document.Set("ok", true);
    report.document.Set("changed", false);
    session.out.Document(report.document);
    return ExitCode::kDone;
  }
  session.out.Line(session.stack() + " " + report.before_image + " → " + image.shown + " · " + where + " · " + std::to_string(desired) + (desired == 1 ? " task" : " tasks") + ", " +
                   std::to_string(limits["minimumHealthyPercent"].integer()) + " to " + std::to_string(limits["maximumPercent"].integer()) + "%");
  const bool gated = !session.arguments.Has("no-gate");
  Progress progress(session, "deploy", gated ? 2 : 1);
  TRY_ASSIGN(const Json registered, session.Call("ecs", "RegisterTaskDefinition", NewRevision(before, container, image.reference)));
  const Json definition = registered["taskDefinition"];
  if (gated) {
    TRY_ASSIGN(const std::optional<ExitCode> stopped, Gate(session, progress, service, definition, container, deadline));
    if (stopped) return *stopped;
  }
  progress.Begin("roll");
  Json update;
  update.Set("cluster", session.stack());
  update.Set("service", session.stack());
  update.Set("taskDefinition", definition["taskDefinitionArn"]);
  if (desired == 0) update.Set("desiredCount", 1);
  TRY_ASSIGN(const Json updated, session.Call("ecs", "UpdateService", std::move(update)));
  const Json& primary = PrimaryOf(updated["service"]);
  // Pages count only where something served before: a service without a task has none to lose.
  std::string url;
  if (desired > 0 && !service["loadBalancers"].array().empty()) {
    TRY_ASSIGN(const Json balancer, FindLoadBalancer(session, session.stack()));
    if (!balancer.is_null()) {
      TRY_ASSIGN(url, UrlOf(session, balancer));
    }
  }
  if (session.arguments.Has("no-wait")) {
    progress.End(Mark::kOk, "asked for " + LastPart(primary["taskDefinition"].string()));
    session.out.Line("the deployment goes on: terrarium wait service");
    report.document.Set("deployment", primary["id"]);
    report.document.Set("waited", false);
    session.out.Document(report.document);
    return ExitCode::kDone;
  }
  Follower follower(session, progress, session.stack(), session.stack(), primary["id"].string(), before["taskDefinitionArn"].string(), url, deadline);
  TRY_ASSIGN(const Rollout rollout, follower.Follow());
  progress.End(rollout.end == Rollout::End::kServes ? Mark::kOk : Mark::kBad,
               rollout.end == Rollout::End::kServes ? "old tasks are gone" : rollout.end == Rollout::End::kRolledBack ? "rolled back to " + rollout.serves : rollout.reason);
  return Finish(session, report, rollout, definition, gated);
}

}  // namespace

CommandSpec DeployCommand() {
  return {.name = "deploy",
          .summary = "Rolls the service to another image, and says so when it was rolled back.",
          .usage = "",
          .examples = {"deploy --image drupal:3f9c1e2", "deploy --image drupal:3f9c1e2 --no-gate --timeout 5m", "deploy --image drupal:3f9c1e2 --json"},
          .flags = {{"image", "REF", "tag or digest in the stack's repository, or a whole reference"},
                    {"gate", "COMMAND", "the one-off task that must succeed first (deploy)"},
                    {"no-gate", "", "rolls without it: database updates are not run"},
                    {"no-wait", "", "asks for the deployment and leaves"}},
          .codes = {"6  time is up, the deployment goes on", "7  rolled back: the old image serves"},
          .run = Deploy};
}

}  // namespace terrarium::cli
