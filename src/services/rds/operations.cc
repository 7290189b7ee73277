#include "services/rds/operations.h"

#include "services/rds/ops.h"

namespace terrarium::rds {

void RegisterRds(api::Registry& registry, const crypto::RootKey& root) {
  registry.AddService(wire::kService);
  RegisterSubnetGroups(registry);
  RegisterParameterGroups(registry);
  RegisterInstances(registry, root);
  RegisterSnapshots(registry, root);
  RegisterTagging(registry);
}

}  // namespace terrarium::rds
