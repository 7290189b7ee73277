#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "base/unique_fd.h"

namespace terrarium::runtime {

// What to run and what it may see. Never a shell: `argv` reaches the program as it is. Descriptors that are not named here are closed.
struct Command {
  std::vector<std::string> argv;  // argv[0]: absolute, or a name looked up in /usr/local/{sbin,bin}, /usr/{sbin,bin}, /{sbin,bin}
  std::vector<std::string> env{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C.UTF-8"};  // the whole of it
  std::string directory{"/"};
  std::optional<uid_t> uid{};  // with gid; supplementary groups become `groups`
  std::optional<gid_t> gid{};
  std::vector<gid_t> groups{};
  std::string network_namespace{};       // path of a network namespace to enter
  std::vector<std::string> cgroups{};    // cgroup folders to join
  bool no_new_privileges = false;
  bool dies_with_thread = false;         // SIGKILL when the spawning *thread* ends (PR_SET_PDEATHSIG)
  // What the program finds at descriptor numbers; 0, 1 and 2 are /dev/null unless named. Borrowed until the start.
  struct Given {
    int fd;
    int as;
  };
  std::vector<Given> fds{};
};

struct Exit {
  int code = 0;    // 0..255; 128 + signal if a signal ended it, as shells say it
  int signal = 0;  // 0 if it exited
  bool ok() const { return code == 0; }
};

// A child in a session of its own. The destructor kills it, with everything in its process group, and reaps it.
class ChildProcess {
 public:
  static Result<ChildProcess> Start(const Command& command);
  ChildProcess(ChildProcess&& other) noexcept : pid_(std::exchange(other.pid_, -1)), pidfd_(std::move(other.pidfd_)) {}
  ChildProcess& operator=(ChildProcess&&) = delete;
  ~ChildProcess();

  pid_t pid() const { return pid_; }
  // Readable once it has ended: for poll or a loop's watch.
  int pidfd() const { return pidfd_.get(); }
  Status Signal(int signal);
  // Nothing if it still runs after `longest`. Reaps it, once.
  std::optional<Exit> Wait(Millis longest);

 private:
  ChildProcess(pid_t pid, UniqueFd pidfd) : pid_(pid), pidfd_(std::move(pidfd)) {}
  pid_t pid_;
  UniqueFd pidfd_;
};

// A process that outlives us: the destructor lets go. Its identity can be written down and adopted after a restart.
class DetachedProcess {
 public:
  // A pid is used again; together with the start time (clock ticks since boot) it names one process.
  struct Identity {
    pid_t pid = 0;
    std::uint64_t started = 0;
    friend bool operator==(const Identity&, const Identity&) = default;
  };
  static Result<DetachedProcess> Start(const Command& command);
  // kNotFound if that process is gone.
  static Result<DetachedProcess> Adopt(Identity identity);
  // The process that has this pid now.
  static Result<Identity> IdentityOf(pid_t pid);

  const Identity& identity() const { return identity_; }
  int pidfd() const { return pidfd_.get(); }
  // Also reaps it when it has ended and is our child.
  bool Running();
  Status Signal(int signal);
  // True once it has ended, false if it still runs after `longest`.
  bool WaitEnd(Millis longest);

 private:
  DetachedProcess(Identity identity, UniqueFd pidfd) : identity_(identity), pidfd_(std::move(pidfd)) {}
  Identity identity_;
  UniqueFd pidfd_;
};

struct RunLimits {
  Millis timeout{60'000};
  std::size_t output = 4u << 20;  // of stdout and of stderr, bytes
};
struct ProgramOutput {
  Exit exit;
  std::string out;
  std::string err;
};
// Runs a program to its end, blocking. An exit code other than 0 is an answer, not an error. Errors: kNotFound (no such program), kUnknown
// (killed at the timeout), kLimit (killed because it wrote too much). What it leaves in the background is killed unless in a session of its own.
Result<ProgramOutput> RunProgram(Command command, std::string_view input = {}, RunLimits limits = {});
// The same, and anything but exit code 0 is kUnavailable with the last lines of stderr as the cause.
Result<std::string> RunToSuccess(Command command, std::string_view input = {}, RunLimits limits = {});

}  // namespace terrarium::runtime
