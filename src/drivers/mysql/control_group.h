#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"

namespace terrarium::mysql {

// One server's control group, <hierarchy>/terrarium-<instance>/mysql/<id>, in version 2 or in the controllers of version 1 that are needed.
// Whoever is in it is the server: the kernel keeps that list, whatever a pid file says.
class ControlGroup {
 public:
  struct Limits {
    std::int64_t memory_mib = 0;
    std::int64_t cpu_units = 0;  // 1024 a vCPU; 0: none
  };

  // `mount` is /sys/fs/cgroup.
  ControlGroup(const std::string& mount, const std::string& instance, const std::string& id);

  Status Ensure(const Limits& limits) const;
  const std::vector<std::string>& folders() const { return folders_; }
  Result<std::vector<pid_t>> Members() const;
  // Absent is success; kConflict while somebody is in it.
  Status Remove() const;

 private:
  bool unified_;
  std::string mount_, name_;
  std::vector<std::string> folders_;
};

}  // namespace terrarium::mysql
