#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/result.h"

namespace terrarium::files {

struct Ids {
  std::int64_t uid = 0, gid = 0;
};

// A folder of a file system as one container sees it.
struct Access {
  std::string file_system_dir;  // where ImageFilesHost has it mounted
  std::string path;             // "/" or below
  bool read_only = false;
  struct Creation {
    Ids owner;
    int permissions = 0755;
  };
  std::optional<Creation> creation;  // absent: the folder must be there
  // With `user`: that one in the file system is `container_user` of this host, and nobody else is anybody. Without: the first 65536 ids of the file system
  // are those from `base` (0: no mapping at all).
  std::optional<Ids> user;
  Ids container_user;
  std::int64_t base = 0;
};

// Mounts it at `target`, a folder of the caller's: nosuid, nodev, ids mapped by the kernel. Path parts are never followed out of the file system and never
// through a link. kUnavailable if the file system is not mounted (yet); kInvalid, in the words of mount.nfs4, if the folder is not there.
Status MountAccess(const Access& access, const std::string& target);

}  // namespace terrarium::files
