#pragma once

#include "api/registry.h"
#include "crypto/root_key.h"

namespace terrarium::rds {

// Adds RDS's operations. `root` outlives the registry.
void RegisterRds(api::Registry& registry, const crypto::RootKey& root);

}  // namespace terrarium::rds
