#include "services/iam/operations.h"

namespace terrarium::iam {

void RegisterIam(api::Registry& registry, const crypto::RootKey& root) {
  registry.AddService(gen::iam::kService);
  RegisterRoles(registry);
  RegisterPolicies(registry);
  RegisterUsers(registry, root);
}

}  // namespace terrarium::iam
