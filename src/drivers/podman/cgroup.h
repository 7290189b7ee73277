#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"

namespace terrarium::podman {

struct CgroupUsage {
  std::int64_t cpu_nanoseconds = 0;
  std::int64_t memory_bytes = 0;
  std::int64_t processes = 0;
};

// The control groups of one instance: `<root>/<task>` holds a task's containers under the task's limits, `<root>/monitors` the processes that
// watch them, which must not die of a task's limits. Version 1 (a hierarchy per controller) and 2.
class Cgroups {
 public:
  // `root` is "/terrarium-<instance>/containers". Reads where the controllers are mounted; kUnavailable names one that is missing.
  static Result<Cgroups> Open(std::string root);

  int version() const { return version_; }
  Status EnsureTask(std::string_view task, std::int64_t cpu_units, std::int64_t memory_mib);
  // Fails with kConflict while processes are in it.
  Status RemoveTask(std::string_view task);
  Status MoveToMonitors(std::int64_t pid);
  // kNotFound if the task has none.
  Result<CgroupUsage> Usage(std::string_view task) const;
  std::vector<std::string> Tasks() const;
  // Removes the instance's own folders once no task is left.
  void RemoveRoot();

 private:
  Cgroups(int version, std::string root) : version_(version), root_(std::move(root)) {}
  std::string Folder(std::string_view controller, std::string_view child) const;

  int version_;
  std::string root_;
  std::vector<std::pair<std::string, std::string>> mounts_;  // controller → mount point; version 2 has one, ""
};

// From text of /proc/mounts. For tests.
std::vector<std::pair<std::string, std::string>> ParseCgroupMounts(std::string_view mounts, int& version);

}  // namespace terrarium::podman
