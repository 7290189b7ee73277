#pragma once

#include <sys/types.h>

#include <array>
#include <functional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace terrarium::prove {

// The two daemons of an engine on this machine, by the pid files of its run folder.
class Daemons {
 public:
  // kNotFound where one does not run.
  static Result<Daemons> Find(const std::string& run_dir, const std::string& instance);
  Daemons(Daemons&&) = default;
  // Whatever was stopped goes on, whatever was killed is started.
  ~Daemons();

  // SIGSTOP and SIGCONT.
  Status Freeze();
  Status Thaw();
  // SIGKILL to both; returns when both have ended.
  Status Kill();
  // Both again, with the command line, user, environment and log that they had. Does not wait until they answer.
  Status Restart();
  // The pids as their files say now.
  Result<std::array<pid_t, 2>> Pids() const;

 private:
  struct Daemon {
    std::string name{};
    std::string pid_file{};
    pid_t pid = 0;
    std::vector<std::string> argv{}, env{};
    uid_t uid = 0;
    gid_t gid = 0;
    std::string log{};
  };
  Daemons() = default;
  static Result<Daemon> Look(std::string name, std::string pid_file, const std::string& run_dir, const std::string& instance);

  std::vector<Daemon> daemons_{};  // terrarium-host, then terrariumd: the order in which they start
  bool frozen_ = false, killed_ = false;
};

// A process as one thing: its pid and when it started.
struct ProcessId {
  pid_t pid = 0;
  std::uint64_t started = 0;
  std::string program{};
  auto operator<=>(const ProcessId&) const = default;
};

// Every process that lives in one of the network namespaces of an engine ("trm-<instance>-…"), or in the one of that name only; sorted.
Result<std::vector<ProcessId>> ProcessesIn(const std::string& netns_prefix);
// The first process of the container of an interface: the one that is 1 in a pid namespace of its own.
Result<ProcessId> FirstProcessOf(const std::string& netns);

}  // namespace terrarium::prove
