#include "services/logs/operations.h"

#include "services/logs/ops.h"

namespace terrarium::logs {

void RegisterLogs(api::Registry& registry) {
  registry.AddService(wire::kService);
  RegisterGroups(registry);
  RegisterStreams(registry);
  RegisterReading(registry);
}

}  // namespace terrarium::logs
