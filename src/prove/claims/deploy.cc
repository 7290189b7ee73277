#include <optional>

#include "prove/claims/claims.h"
#include "prove/daemons.h"
#include "prove/waiting.h"
#include "prove/words.h"

namespace terrarium::prove {
namespace {

constexpr Millis kLongestRoll{300'000};

// A copy of that revision which differs by one variable of the environment.
Result<std::string> NewRevision(Context& context, const std::string& of, const std::string& mark) {
  TRY_ASSIGN(const Json answer, context.stack.Call("ecs", "DescribeTaskDefinition", Object({{"taskDefinition", of}})));
  Json definition = answer["taskDefinition"];
  for (const char* told : {"taskDefinitionArn", "revision", "status", "requiresAttributes", "compatibilities", "registeredAt", "registeredBy", "deregisteredAt"}) definition.Remove(told);
  Json::Array containers;
  for (Json container : definition["containerDefinitions"].array()) {
    Json::Array environment;
    for (const Json& one : container["environment"].array())
      if (one["name"].string() != "PROVE_RUN") environment.push_back(one);
    environment.push_back(Object({{"name", "PROVE_RUN"}, {"value", mark}}));
    container.Set("environment", Json(std::move(environment)));
    containers.push_back(std::move(container));
  }
  definition.Set("containerDefinitions", Json(std::move(containers)));
  TRY_ASSIGN(const Json registered, context.stack.Call("ecs", "RegisterTaskDefinition", std::move(definition)));
  return registered["taskDefinition"]["taskDefinitionArn"].string();
}

Status UseRevision(Context& context, const std::string& revision) {
  TRY_ASSIGN([[maybe_unused]] const Json answer,
             context.stack.Call("ecs", "UpdateService", Object({{"cluster", context.stack.name()}, {"service", context.stack.name()}, {"taskDefinition", revision}})));
  return {};
}

// The newest deployment has a task of its own, and is not over.
Status AwaitMiddle(Context& context) {
  TRY_ASSIGN([[maybe_unused]] const double took, Await(context, "a task of the new revision", Millis{60'000}, [&]() -> Result<bool> {
    TRY_ASSIGN(const ServiceState now, context.stack.Service());
    if (now.rollout != "IN_PROGRESS") return Fail(ErrorKind::kConflict, "the deployment was over (" + now.rollout + ") before it could be disturbed");
    return now.new_running + now.new_pending > 0;
  }));
  return {};
}

Result<double> AwaitEnd(Context& context, const std::string& revision) {
  return Await(context, "the end of the deployment of " + revision, kLongestRoll, [&]() -> Result<bool> {
    TRY_ASSIGN(const ServiceState now, context.stack.Service());
    if (now.rollout == "FAILED") return Fail(ErrorKind::kConflict, "the deployment of " + revision + " failed: " + now.rollout_reason);
    if (now.task_definition != revision) return Fail(ErrorKind::kConflict, "the deployment of " + revision + " was rolled back: " + now.rollout_reason);
    return now.Steady();
  }, Outage::kIsExpected);
}

std::string RevisionOf(const std::string& arn) { return arn.substr(arn.rfind('/') + 1); }

// The service goes back to what it ran, whatever ended the experiment.
class Restored {
 public:
  Restored(Context& context, std::string revision) : context_(context), revision_(std::move(revision)) {}
  Restored(const Restored&) = delete;
  ~Restored() {
    if (!made_.empty()) {
      if (const auto now = context_.stack.Service(); now && now->task_definition != revision_) (void)UseRevision(context_, revision_);
      (void)context_.stack.Call("ecs", "DeregisterTaskDefinition", Object({{"taskDefinition", made_}}));
    }
  }
  void Made(std::string revision) { made_ = std::move(revision); }

 private:
  Context& context_;
  const std::string revision_;
  std::string made_{};
};

}  // namespace

// Two deployments under one load: to a new revision, with a SIGKILL of both daemons in the middle, and back to the old one, with both
// stopped for a while in the middle. The moment within each is the seed's.
Result<Finding> ProveDeploy(Context& context) {
  TRY_ASSIGN(const ServiceState before, SteadyService(context));
  TRY_ASSIGN(Daemons daemons, Daemons::Find(context.stack.options().run_dir, context.stack.options().instance));
  TRY_ASSIGN(LoadOptions options, context.stack.Load(context.rate));
  TRY_ASSIGN(options.rate, BearableRate(context, options));
  Restored restored(context, before.task_definition);
  TRY_ASSIGN(auto load, LoadClient::Start(options));
  context.sleep(Millis{2'000});
  if (const LoadReport now = load->Now(); now.ok == 0)
    return Fail(ErrorKind::kConflict, "the site does not answer 200 at 127.0.0.1:" + std::to_string(options.port) + " before anything was disturbed (" +
                                          (now.reasons.empty() ? "no answer" : now.reasons.begin()->first) + ")");

  TRY_ASSIGN(const std::string revision, NewRevision(context, before.task_definition, RandomHex(context.random, 8)));
  restored.Made(revision);
  const Millis kill_after{static_cast<std::int64_t>(context.random.Next() % 1'000)}, freeze_after{static_cast<std::int64_t>(context.random.Next() % 1'000)};
  context.progress("deploys " + RevisionOf(revision) + " under " + Grouped(static_cast<std::uint64_t>(options.rate)) + " requests a second");
  TRY(UseRevision(context, revision));
  TRY(AwaitMiddle(context));
  context.sleep(kill_after);
  TRY_ASSIGN(const ServiceState at_kill, context.stack.Service());
  TRY(daemons.Kill());
  context.progress("terrariumd and terrarium-host killed; starting them again");
  TRY(daemons.Restart());
  const auto first = AwaitEnd(context, revision);

  Result<double> second = std::unexpected(Error{});
  std::optional<ServiceState> at_freeze;
  if (first) {
    context.progress("deploys " + RevisionOf(before.task_definition) + " again");
    TRY(UseRevision(context, before.task_definition));
    TRY(AwaitMiddle(context));
    context.sleep(freeze_after);
    TRY_ASSIGN(at_freeze, context.stack.Service());
    TRY(daemons.Freeze());
    context.progress("terrariumd and terrarium-host stopped for " + std::to_string(context.freeze.count() / 1000) + " s");
    context.sleep(context.freeze);
    TRY(daemons.Thaw());
    second = AwaitEnd(context, before.task_definition);
  }
  const LoadReport report = load->Stop();

  Finding finding;
  finding.experiment = "2 deployments at " + Grouped(static_cast<std::uint64_t>(options.rate)) + "/s: both daemons SIGKILLed in one, stopped for " + std::to_string(context.freeze.count() / 1000) + " s in the other";
  finding.limit = "0 failed";
  finding.measured = Describe(report);
  finding.values = ValuesOf(report);
  if (first) finding.values.Set("first_deployment_seconds", *first);
  if (second) finding.values.Set("second_deployment_seconds", *second);
  finding.values.Set("rollout_at_kill", at_kill.rollout);
  if (at_freeze) finding.values.Set("rollout_at_freeze", at_freeze->rollout);
  if (!first) finding.evidence.push_back(first.error().message);
  if (first && !second) finding.evidence.push_back(second.error().message);
  if (at_kill.rollout != "IN_PROGRESS") finding.evidence.push_back("the first deployment was over before the kill: not in the middle of it");
  if (at_freeze && at_freeze->rollout != "IN_PROGRESS") finding.evidence.push_back("the second deployment was over before the stop: not in the middle of it");
  const bool in_the_middle = finding.evidence.empty();
  AddFailures(finding, report);
  finding.verdict = in_the_middle && report.failed == 0 && report.ok > 0 ? (KeptItsRate(report) ? Verdict::kProved : Verdict::kFailed) : Verdict::kRefuted;
  return finding;
}

}  // namespace terrarium::prove
