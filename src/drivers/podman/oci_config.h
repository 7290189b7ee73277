#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace terrarium::podman {

// The runtime's configuration that podman wrote, with the variables of `environment` (a JSON object of strings) set, replacing those of the image, and
// without annotations: an image can bring some, and the runtimes obey them.
Result<std::string> RewriteOciConfig(std::string_view config, std::string_view environment);
// The container's name in our annotation; empty if there is none.
Result<std::string> EnvironmentName(std::string_view config);

// Of the container, below each hierarchy.
Result<std::string> CgroupPath(std::string_view config);

// The host's ids of the user that the program runs as: process.user through the user namespace's mappings; -1 where no mapping has it.
struct HostUser {
  std::int64_t uid = -1, gid = -1;
};
Result<HostUser> ProgramUser(std::string_view config);

// runc 1.1 joins a container's user namespace first and then may not join a network namespace of another owner, so `exec` always fails. This is its state
// without the network namespace, for a caller who stands in it already. Nothing if it is not runc's state or has no such namespace.
std::optional<std::string> StateWithoutNetwork(std::string_view state);

}  // namespace terrarium::podman
