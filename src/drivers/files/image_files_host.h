#pragma once

#include <memory>
#include <string>

#include "gen/host_files/ports.h"
#include "host/files/access.h"

namespace terrarium::files {

namespace wire = gen::host_files;

// File systems by ext4 in sparse image files: <dir>/<id>.img, mounted at <dir>/<id>. With a key their content lies encrypted by the kernel (fscrypt), and the
// key is in the kernel's memory only. Tasks see the folder "data" of it. Nothing is remembered: a restart lists the folder.
class ImageFilesHost final : public host::FilesHost, public host::FilesMounts {
 public:
  // `dir` is its own, absolute, mode 0700. Needs root, loop devices, mke2fs.
  static Result<std::unique_ptr<ImageFilesHost>> Open(std::string dir);

  Result<wire::EnsureFileSystemResponse*> EnsureFileSystem(const wire::EnsureFileSystemRequest& request, Arena& arena) override;
  Result<wire::RemoveFileSystemResponse*> RemoveFileSystem(const wire::RemoveFileSystemRequest& request, Arena& arena) override;
  Result<wire::ListFileSystemsResponse*> ListFileSystems(const wire::ListFileSystemsRequest& request, Arena& arena) override;

  Status MountAccess(const host::FilesAccess& access, const std::string& target) override;

  // Unmounts all; their content stays.
  Status CloseAll();

 private:
  explicit ImageFilesHost(std::string dir) : dir_(std::move(dir)) {}
  std::string dir_;
};

}  // namespace terrarium::files
