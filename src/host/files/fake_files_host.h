#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "gen/host_files/ports.h"

namespace terrarium::host {

// File systems in memory.
class FakeFilesHost final : public FilesHost {
 public:
  struct One {
    std::string key;
    std::int64_t used = 0;
  };
  Result<gen::host_files::EnsureFileSystemResponse*> EnsureFileSystem(const gen::host_files::EnsureFileSystemRequest& request, Arena& arena) override;
  Result<gen::host_files::RemoveFileSystemResponse*> RemoveFileSystem(const gen::host_files::RemoveFileSystemRequest& request, Arena& arena) override;
  Result<gen::host_files::ListFileSystemsResponse*> ListFileSystems(const gen::host_files::ListFileSystemsRequest& request, Arena& arena) override;

  // The world's side.
  std::map<std::string, One> all() const;
  void SetUsed(const std::string& id, std::int64_t bytes);
  std::function<Status(std::string_view verb)> before = [](std::string_view) { return Status{}; };

 private:
  mutable std::mutex mutex_;
  std::map<std::string, One> all_;
};

}  // namespace terrarium::host
