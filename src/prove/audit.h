#pragma once

#include <string>
#include <vector>

#include "base/result.h"

namespace terrarium::prove {

// What of an engine is on this machine, found by its instance id and folders in /proc, /sys and /run: nobody of the engine is asked.
class HostAudit {
 public:
  // `root` is put before /proc, /sys and /run, for tests.
  HostAudit(std::string instance, std::string run_dir, std::string state_dir, std::string root = {})
      : instance_(std::move(instance)), run_dir_(std::move(run_dir)), state_dir_(std::move(state_dir)), root_(std::move(root)) {}

  // One line a thing: "network namespace trm-t0-…", "process 812 haproxy".
  Result<std::vector<std::string>> Look() const;

 private:
  Result<std::string> Table(const std::string& path) const;
  const std::string instance_, run_dir_, state_dir_, root_;
};

}  // namespace terrarium::prove
