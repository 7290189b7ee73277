#pragma once

#include <functional>
#include <string_view>

#include "base/arena.h"
#include "base/result.h"
#include "gen/host_container/types.h"

namespace terrarium::podman {

using gen::host_container::ContainerState;
using gen::host_container::EnsureImageResponse;

// What `podman container inspect …` printed. Containers without the labels of `instance` are left out. `out_of_memory` says of a
// container id whether the kernel killed in it.
Result<List<ContainerState>> ParseContainers(std::string_view json, std::string_view instance, const std::function<bool(std::string_view id)>& out_of_memory, Arena& arena);
// What `podman image inspect …` printed of one image.
Result<EnsureImageResponse*> ParseImage(std::string_view json, Arena& arena);
// Ids of `podman ps --format {{.ID}}`-like output, one a line.
List<Str> ParseLines(std::string_view text, Arena& arena);

// The part of a pull's error output that tells its user what to do, and what kind of failure it is.
Error PullError(std::string_view error_output);
Error StartError(std::string_view error_output);

}  // namespace terrarium::podman
