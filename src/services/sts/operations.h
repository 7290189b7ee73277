#pragma once

#include "api/registry.h"
#include "crypto/root_key.h"

namespace terrarium::sts {

// Adds STS's operations. `root` seals session tokens; it outlives the registry.
void RegisterSts(api::Registry& registry, const crypto::RootKey& root);

}  // namespace terrarium::sts
