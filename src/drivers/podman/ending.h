#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace terrarium::podman {

// How a container ended in memory: podman does not tell on a host with both versions of control groups, and the count is gone with the group. So
// terrarium-oci notes at the container's creation which group is its own, and before its deletion whether the kernel killed in it.
// `folder` is Config::memory_dir(), `id` podman's, `name` ours.
Status NoteGroup(const std::string& folder, std::string_view id, std::string_view name, std::string_view cgroup_path);
void NoteEnd(const std::string& folder, std::string_view id);
// Right at any moment: the group is looked at before the note.
bool WasOutOfMemory(const std::string& folder, std::string_view id);
void ForgetGroups(const std::string& folder, std::string_view name);

}  // namespace terrarium::podman
