#pragma once

#include "base/result.h"
#include "daemon/options.h"

namespace terrarium::daemon {

// Opens the state, serves the API and reconciles until SIGTERM. kConflict: the port is taken or another engine runs on this state.
Status RunEngine(const Options& options);

}  // namespace terrarium::daemon
