#include "services/elbv2/operations.h"

#include "services/elbv2/common.h"

namespace terrarium::elbv2 {

void RegisterElbv2(api::Registry& registry) {
  registry.AddService(wire::kService);
  RegisterLoadBalancers(registry);
  RegisterTargetGroups(registry);
  RegisterListeners(registry);
  RegisterTargets(registry);
  RegisterTags(registry);
}

}  // namespace terrarium::elbv2
