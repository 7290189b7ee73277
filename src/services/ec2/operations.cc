#include "services/ec2/operations.h"

#include "services/ec2/ops/serve.h"

namespace terrarium::ec2 {

void RegisterEc2(api::Registry& registry) {
  registry.AddService(wire::kService);
  RegisterVpcs(registry);
  RegisterSubnets(registry);
  RegisterGateways(registry);
  RegisterRouteTables(registry);
  RegisterGroups(registry);
  RegisterRules(registry);
  RegisterInterfaces(registry);
  RegisterTags(registry);
  RegisterAccount(registry);
}

}  // namespace terrarium::ec2
