#pragma once

#include "api/registry.h"
#include "services/ecs/neighbours.h"

namespace terrarium::ecs {

// Adds ECS's operations. `neighbours` outlives the registry.
void RegisterEcs(api::Registry& registry, Neighbours& neighbours);

}  // namespace terrarium::ecs
