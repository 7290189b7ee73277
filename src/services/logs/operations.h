#pragma once

#include "api/registry.h"

namespace terrarium::logs {

// Adds CloudWatch Logs' operations.
void RegisterLogs(api::Registry& registry);

}  // namespace terrarium::logs
