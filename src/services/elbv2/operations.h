#pragma once

#include "api/registry.h"

namespace terrarium::elbv2 {

// Adds Elastic Load Balancing's table to the registry: once, at start.
void RegisterElbv2(api::Registry& registry);

}  // namespace terrarium::elbv2
