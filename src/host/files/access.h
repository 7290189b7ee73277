#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/result.h"

namespace terrarium::host {

struct FileIds {
  std::int64_t uid = 0, gid = 0;
};

// A folder of a file system as one container sees it.
struct FilesAccess {
  std::string file_system;  // its id
  std::string path;         // "/" or below
  bool read_only = false;
  struct Creation {
    FileIds owner;
    int permissions = 0755;
  };
  std::optional<Creation> creation;  // absent: the folder must be there
  // With `user`: that one in the file system is `container_user` of this host, and nobody else is anybody. Without: the first 65536 ids of the file system
  // are those from `base` (0: no mapping at all).
  std::optional<FileIds> user;
  FileIds container_user;
  std::int64_t base = 0;
};

// What the driver of containers asks the one of file systems for.
class FilesMounts {
 public:
  virtual ~FilesMounts() = default;
  // Mounts it at `target`, a folder of the caller's: nosuid, nodev, ids mapped by the kernel. Path parts are never followed out of the file system and never
  // through a link. kUnavailable if the file system is not mounted (yet); kInvalid, in the words of mount.nfs4, if the folder is not there.
  virtual Status MountAccess(const FilesAccess& access, const std::string& target) = 0;
};

}  // namespace terrarium::host
