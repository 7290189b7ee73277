#pragma once

#include "base/result.h"
#include "gen/host_container/types.h"

namespace terrarium::podman {

// Sets the spec's sysctls in its network namespace. Here and not by the container runtime: the task's user namespace does not own the network
// namespace, so its root may not.
Status ApplySysctls(const gen::host_container::ContainerSpec& spec);

}  // namespace terrarium::podman
