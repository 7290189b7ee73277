// The whole plugin over some cloud: what the product's main and the one of the tests share.
#pragma once

#include "provider/core/provider.h"

namespace terrarium::provider {

using OpenCloud = std::function<Result<std::unique_ptr<Cloud>>(const Settings&, const StopSignal&)>;

// Serves Terraform until it is done with us. Answers the exit status when there was nothing to serve.
int Run(int argc, char** argv, const OpenCloud& open_cloud);

}  // namespace terrarium::provider
