#pragma once

#include "api/registry.h"
#include "crypto/root_key.h"

namespace terrarium::secretsmanager {

// Adds Secrets Manager's operations. `root` outlives the registry.
void RegisterSecretsManager(api::Registry& registry, const crypto::RootKey& root);

}  // namespace terrarium::secretsmanager
