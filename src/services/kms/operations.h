#pragma once

#include "api/registry.h"
#include "crypto/root_key.h"

namespace terrarium::kms {

// Adds KMS's operations. `root` outlives the registry.
void RegisterKms(api::Registry& registry, const crypto::RootKey& root);

}  // namespace terrarium::kms
