#pragma once

#include "api/registry.h"
#include "crypto/root_key.h"

namespace terrarium::efs {

// Adds EFS's table to the registry: once, at start.
void RegisterEfs(api::Registry& registry, const crypto::RootKey& root);

}  // namespace terrarium::efs
