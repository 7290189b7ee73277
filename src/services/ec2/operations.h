#pragma once

#include "api/registry.h"

namespace terrarium::ec2 {

// Adds EC2's table to the registry: once, at start.
void RegisterEc2(api::Registry& registry);

}  // namespace terrarium::ec2
