// The cloud of the product: signed calls to whatever AWS_ENDPOINT_URL names.
#pragma once

#include <memory>

#include "base/clock.h"
#include "provider/cloud/cloud.h"
#include "provider/resource/settings.h"
#include "provider/resource/stop.h"

namespace terrarium::provider {

// `clock` and `stop` outlive the cloud.
Result<std::unique_ptr<Cloud>> OpenAwsCloud(const Settings& settings, const Clock& clock, const StopSignal& stop);

}  // namespace terrarium::provider
