#include "provider/resources/ecs_deployment.h"

namespace terrarium::provider {
namespace {

const Value* FindDeployment(const Value& service, const std::string& id) {
  for (const auto& one : service["deployments"].Items())
    if (one["id"].Text() == id) return &one;
  return nullptr;
}

}  // namespace

std::string PrimaryDeployment(const Value& service) {
  for (const auto& one : service["deployments"].Items())
    if (one["status"] == Value("PRIMARY")) return one["id"].Text();
  return "";
}

Progress ProgressOf(const Value& service, const std::string& id) {
  const Value* deployment = FindDeployment(service, id);
  if (!deployment || (*deployment)["status"] != Value("PRIMARY")) return Progress::kFailed;
  const auto& rollout = (*deployment)["rolloutState"].Text();
  if (rollout == "FAILED") return Progress::kFailed;
  const bool alone = service["deployments"].Items().size() == 1;
  const bool running = service["runningCount"].Int() == service["desiredCount"].Int();
  return alone && running && (rollout.empty() || rollout == "COMPLETED") ? Progress::kDone : Progress::kPending;
}

std::string FailureOf(const Value& service, const std::string& id) {
  const Value* deployment = FindDeployment(service, id);
  if (deployment && !(*deployment)["rolloutStateReason"].Text().empty())
    return (*deployment)["rolloutStateReason"].Text();
  const auto& events = service["events"].Items();
  return events.empty() ? "it is no longer the primary deployment" : events[0]["message"].Text();
}

Result<void> WaitForSteadyState(Call& call, const Value& service) {
  const std::string id = PrimaryDeployment(service);
  const Object request{{"cluster", service["clusterArn"]}, {"services", List{service["serviceArn"]}}};
  return call.WaitUntil("waiting for the service to become steady", [&]() -> Result<bool> {
    TRY_ASSIGN(const auto found, call.Find("ecs", "DescribeServices", request, "services", {}));
    if (!found) return Fail(ErrorKind::kNotFound, "the service is gone");
    const Progress progress = ProgressOf(*found, id);
    if (progress == Progress::kFailed)
      return Fail(ErrorKind::kConflict, "deployment " + id + " failed: " + FailureOf(*found, id));
    return progress == Progress::kDone;
  });
}

}  // namespace terrarium::provider
