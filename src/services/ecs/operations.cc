#include "services/ecs/operations.h"

#include "services/ecs/ops.h"

namespace terrarium::ecs {

void RegisterEcs(api::Registry& registry, Neighbours& neighbours) {
  registry.AddService(wire::kService);
  RegisterClusters(registry);
  RegisterDefinitions(registry, neighbours);
  RegisterTasks(registry, neighbours);
  RegisterServices(registry, neighbours);
  RegisterTagging(registry);
}

}  // namespace terrarium::ecs
