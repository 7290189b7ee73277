#pragma once

#include "api/registry.h"
#include "crypto/root_key.h"
#include "gen/iam/types.h"

namespace terrarium::iam {

namespace wire = gen::iam;
using codec::Empty;

// Adds IAM's operations. `root` seals access keys; it outlives the registry.
void RegisterIam(api::Registry& registry, const crypto::RootKey& root);

// The handlers, by family. Each is named after its operation in the API reference.
void RegisterRoles(api::Registry& registry);
void RegisterPolicies(api::Registry& registry);
void RegisterUsers(api::Registry& registry, const crypto::RootKey& root);

}  // namespace terrarium::iam
