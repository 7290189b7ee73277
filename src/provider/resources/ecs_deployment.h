// When a deployment of an ECS service is done.
#pragma once

#include "provider/resource/call.h"

namespace terrarium::provider {

enum class Progress : unsigned char { kPending, kDone, kFailed };

// Of the deployment `id`, by what DescribeServices says of the service. A deployment that is no longer the primary one was
// rolled back or overtaken; both mean that what was asked for does not run.
Progress ProgressOf(const Value& service, const std::string& id);
// The reason, for the user: of the deployment, else the service's latest event.
std::string FailureOf(const Value& service, const std::string& id);
std::string PrimaryDeployment(const Value& service);

// `service` is the answer of the call that began the deployment.
Result<void> WaitForSteadyState(Call& call, const Value& service);

}  // namespace terrarium::provider
