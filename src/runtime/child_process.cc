#include "runtime/child_process.h"

#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>

#include "base/check.h"
#include "base/file.h"
#include "base/text.h"

#ifndef P_PIDFD
#define P_PIDFD 3
#endif

namespace terrarium::runtime {
namespace {

using Steady = std::chrono::steady_clock;

int MillisUntil(Steady::time_point end) {
  const auto left = std::chrono::ceil<Millis>(end - Steady::now()).count();
  return static_cast<int>(std::clamp<std::int64_t>(left, 0, 1'000'000'000));
}

// True once `fd` is readable.
bool PollUntil(int fd, Steady::time_point end) {
  for (;;) {
    pollfd p{fd, POLLIN, 0};
    const int n = ::poll(&p, 1, MillisUntil(end));
    if (n > 0) return true;
    if (n == 0 && Steady::now() >= end) return false;
  }
}

Result<std::string> FindProgram(const std::string& name) {
  if (name.find('/') != std::string::npos) {
    if (name.front() != '/') return Fail(ErrorKind::kInvalid, "a program is named by an absolute path or by its name alone: " + name);
    return name;
  }
  for (const char* folder : {"/usr/local/sbin/", "/usr/local/bin/", "/usr/sbin/", "/usr/bin/", "/sbin/", "/bin/"}) {
    std::string path = folder + name;
    if (::access(path.c_str(), X_OK) == 0) return path;
  }
  return Fail(ErrorKind::kNotFound, "the program " + name + " is not installed");
}

// Where the child failed before exec, sent to the parent through a pipe that exec closes.
struct ChildFailure {
  char step[24];
  int error;
};

// Everything that the child needs, made before fork: between fork and exec nothing may allocate or take a lock.
struct Prepared {
  const char* path;
  char* const* argv;
  char* const* env;
  const Command* command;
  int report;
  int network = -1;
  const int* cgroups;
  std::size_t cgroup_count;
  const Command::Given* fds;  // sources moved above every target
  std::size_t fd_count;
};

[[noreturn]] void FailChild(const Prepared& p, const char* step) {
  ChildFailure failure{};
  failure.error = errno;
  std::strncpy(failure.step, step, sizeof failure.step - 1);
  (void)!::write(p.report, &failure, sizeof failure);
  ::_exit(127);
}

[[noreturn]] void RunChild(const Prepared& p) {
  const Command& c = *p.command;
  struct sigaction standard{};
  standard.sa_handler = SIG_DFL;
  for (int signal = 1; signal < NSIG; ++signal) ::sigaction(signal, &standard, nullptr);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::setsid();
  for (std::size_t i = 0; i < p.cgroup_count; ++i) {
    if (::write(p.cgroups[i], "0", 1) != 1) FailChild(p, "join cgroup");
  }
  if (p.network >= 0 && ::setns(p.network, CLONE_NEWNET) != 0) FailChild(p, "enter network namespace");
  // Whatever a library left open is closed by exec; dup2 then makes the given ones the exception.
  if (::syscall(SYS_close_range, 3u, ~0u, 4u /* CLOSE_RANGE_CLOEXEC */) != 0) FailChild(p, "close_range");
  for (std::size_t i = 0; i < p.fd_count; ++i) {
    if (::dup2(p.fds[i].fd, p.fds[i].as) < 0) FailChild(p, "dup2");
  }
  if (c.gid && (::setgroups(c.groups.size(), c.groups.data()) != 0 || ::setresgid(*c.gid, *c.gid, *c.gid) != 0)) FailChild(p, "set group");
  if (c.uid && ::setresuid(*c.uid, *c.uid, *c.uid) != 0) FailChild(p, "set user");
  if (c.no_new_privileges && ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) FailChild(p, "no new privileges");
  if (c.dies_with_thread && ::prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) FailChild(p, "parent death signal");
  if (::chdir(c.directory.c_str()) != 0) FailChild(p, "change directory");
  ::execve(p.path, p.argv, p.env);
  FailChild(p, "execute");
}

std::vector<char*> Pointers(const std::vector<std::string>& strings) {
  std::vector<char*> pointers;
  pointers.reserve(strings.size() + 1);
  for (const std::string& s : strings) pointers.push_back(const_cast<char*>(s.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

Result<std::pair<pid_t, UniqueFd>> Spawn(const Command& command) {
  if (command.argv.empty()) return Fail(ErrorKind::kInvalid, "nothing to run");
  if (command.uid.has_value() != command.gid.has_value()) return Fail(ErrorKind::kInvalid, "user and group are given together");
  for (const auto* list : {&command.argv, &command.env}) {
    for (const std::string& s : *list) {
      if (s.find('\0') != std::string::npos) return Fail(ErrorKind::kInvalid, "an argument holds a NUL byte");
    }
  }
  TRY_ASSIGN(const std::string path, FindProgram(command.argv[0]));
  const std::vector<char*> argv = Pointers(command.argv);
  const std::vector<char*> env = Pointers(command.env);

  UniqueFd null(::open("/dev/null", O_RDWR | O_CLOEXEC));
  if (!null) return SystemFail("/dev/null", errno);
  std::vector<Command::Given> wanted = command.fds;
  int highest = 2;
  for (const auto& given : wanted) highest = std::max(highest, given.as);
  for (int standard : {0, 1, 2}) {
    if (std::ranges::none_of(wanted, [&](const auto& g) { return g.as == standard; })) wanted.push_back({null.get(), standard});
  }
  std::vector<UniqueFd> sources;
  for (auto& given : wanted) {
    sources.emplace_back(::fcntl(given.fd, F_DUPFD_CLOEXEC, highest + 1));
    if (!sources.back()) return SystemFail("give a descriptor", errno);
    given.fd = sources.back().get();
  }

  UniqueFd network;
  if (!command.network_namespace.empty()) {
    network.Reset(::open(command.network_namespace.c_str(), O_RDONLY | O_CLOEXEC));
    if (!network) return SystemFail(command.network_namespace, errno);
  }
  std::vector<UniqueFd> cgroups;
  std::vector<int> cgroup_fds;
  for (const std::string& folder : command.cgroups) {
    cgroups.emplace_back(::open((folder + "/cgroup.procs").c_str(), O_WRONLY | O_CLOEXEC));
    if (!cgroups.back()) return SystemFail(folder, errno);
    cgroup_fds.push_back(cgroups.back().get());
  }

  int pipe_fds[2];
  if (::pipe2(pipe_fds, O_CLOEXEC) != 0) return SystemFail("pipe", errno);
  UniqueFd report_read(pipe_fds[0]);
  UniqueFd report_write(::fcntl(pipe_fds[1], F_DUPFD_CLOEXEC, highest + 1));
  ::close(pipe_fds[1]);
  if (!report_write) return SystemFail("pipe", errno);

  const Prepared prepared{path.c_str(),      argv.data(),       env.data(),    &command,     report_write.get(),
                          network.get(),     cgroup_fds.data(), cgroup_fds.size(), wanted.data(), wanted.size()};
  // All signals blocked across fork: a handler of ours must not run in the child.
  sigset_t all;
  sigset_t before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  const pid_t pid = ::fork();
  if (pid == 0) RunChild(prepared);
  const int fork_error = errno;
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (pid < 0) return SystemFail("fork", fork_error);

  report_write.Reset();
  UniqueFd pidfd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  const int pidfd_error = errno;
  ChildFailure failure{};
  ssize_t got = 0;
  do {
    got = ::read(report_read.get(), &failure, sizeof failure);
  } while (got < 0 && errno == EINTR);
  if (got == 0 && pidfd) return std::pair{pid, std::move(pidfd)};
  ::kill(pid, SIGKILL);
  while (::waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
  }
  if (!pidfd) return SystemFail("pidfd", pidfd_error);
  return SystemFail(command.argv[0] + ": " + failure.step, failure.error);
}

// Reaps `pid`, our own child that has ended.
Exit Reap(pid_t pid) {
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0) {
    if (errno != EINTR) return Exit{255, 0};
  }
  if (WIFSIGNALED(status)) return Exit{128 + WTERMSIG(status), WTERMSIG(status)};
  return Exit{WEXITSTATUS(status), 0};
}

}  // namespace

Result<ChildProcess> ChildProcess::Start(const Command& command) {
  TRY_ASSIGN(auto started, Spawn(command));
  return ChildProcess(started.first, std::move(started.second));
}

ChildProcess::~ChildProcess() {
  if (pid_ < 0) return;
  ::kill(-pid_, SIGKILL);  // its group; the number is ours until it is reaped
  ::kill(pid_, SIGKILL);   // also if it was killed before setsid
  Reap(pid_);
}

Status ChildProcess::Signal(int signal) {
  if (pid_ < 0) return Fail(ErrorKind::kNotFound, "the process has ended");
  if (::syscall(SYS_pidfd_send_signal, pidfd_.get(), signal, nullptr, 0) != 0) return SystemFail("signal", errno);
  return {};
}

std::optional<Exit> ChildProcess::Wait(Millis longest) {
  if (pid_ < 0 || !PollUntil(pidfd_.get(), Steady::now() + longest)) return std::nullopt;
  ::kill(-pid_, SIGKILL);  // what it left behind in its group
  return Reap(std::exchange(pid_, -1));
}

Result<DetachedProcess::Identity> DetachedProcess::IdentityOf(pid_t pid) {
  TRY_ASSIGN(const std::string stat, ReadFile("/proc/" + std::to_string(pid) + "/stat", 4096));
  // Field 2 is the name in parentheses and may hold anything: count from the last one. Field 3 is the state, 22 the start time.
  const std::size_t name_end = stat.rfind(')');
  if (name_end == std::string::npos) return Fail(ErrorKind::kUnavailable, "cannot read the start time of a process");
  const auto fields = Split(std::string_view(stat).substr(std::min(name_end + 2, stat.size())), ' ');
  if (fields.size() < 20) return Fail(ErrorKind::kUnavailable, "cannot read the start time of a process");
  const auto started = ParseInt(fields[19]);
  if (!started) return Fail(ErrorKind::kUnavailable, "cannot read the start time of a process");
  return Identity{pid, static_cast<std::uint64_t>(*started)};
}

Result<DetachedProcess> DetachedProcess::Start(const Command& command) {
  TRY_ASSIGN(auto started, Spawn(command));
  TRY_ASSIGN(const Identity identity, IdentityOf(started.first));  // readable even if it has ended: it is not reaped yet
  return DetachedProcess(identity, std::move(started.second));
}

Result<DetachedProcess> DetachedProcess::Adopt(Identity identity) {
  UniqueFd pidfd(static_cast<int>(::syscall(SYS_pidfd_open, identity.pid, 0)));
  if (!pidfd && errno == ESRCH) return Fail(ErrorKind::kNotFound, "the process has ended");
  if (!pidfd) return SystemFail("pidfd", errno);
  // The descriptor is held before the identity is compared, so it cannot come to mean another process.
  const auto now = IdentityOf(identity.pid);
  if (!now || *now != identity) return Fail(ErrorKind::kNotFound, "the process has ended");
  return DetachedProcess(identity, std::move(pidfd));
}

bool DetachedProcess::Running() { return !WaitEnd(Millis{0}); }

Status DetachedProcess::Signal(int signal) {
  if (::syscall(SYS_pidfd_send_signal, pidfd_.get(), signal, nullptr, 0) != 0) {
    if (errno == ESRCH) return Fail(ErrorKind::kNotFound, "the process has ended");
    return SystemFail("signal", errno);
  }
  return {};
}

bool DetachedProcess::WaitEnd(Millis longest) {
  if (!PollUntil(pidfd_.get(), Steady::now() + longest)) return false;
  siginfo_t info{};
  ::waitid(static_cast<idtype_t>(P_PIDFD), static_cast<id_t>(pidfd_.get()), &info, WEXITED | WNOHANG);  // fails if not our child: init reaps it
  return true;
}

Result<ProgramOutput> RunProgram(Command command, std::string_view input, RunLimits limits) {
  const auto end = Steady::now() + limits.timeout;
  int ends[3][2];
  UniqueFd ours[3];
  UniqueFd theirs[3];
  for (int i = 0; i < 3; ++i) {
    if (::pipe2(ends[i], O_CLOEXEC) != 0) return SystemFail("pipe", errno);
    ours[i].Reset(ends[i][i == 0 ? 1 : 0]);
    theirs[i].Reset(ends[i][i == 0 ? 0 : 1]);
    ::fcntl(ours[i].get(), F_SETFL, O_NONBLOCK);
    command.fds.push_back({theirs[i].get(), i});
  }
  const std::string name = command.argv.empty() ? std::string() : command.argv[0];
  command.dies_with_thread = true;
  TRY_ASSIGN(ChildProcess child, ChildProcess::Start(command));
  for (UniqueFd& fd : theirs) fd.Reset();

  // A program that does not read its input must not end us by SIGPIPE.
  sigset_t pipe_set;
  sigset_t before;
  ::sigemptyset(&pipe_set);
  ::sigaddset(&pipe_set, SIGPIPE);
  ::pthread_sigmask(SIG_BLOCK, &pipe_set, &before);
  struct RestoreMask {
    const sigset_t& set;
    const sigset_t& old;
    ~RestoreMask() {
      if (::sigismember(&old, SIGPIPE) == 0) {
        const timespec now{};
        while (::sigtimedwait(&set, nullptr, &now) > 0) {
        }
      }
      ::pthread_sigmask(SIG_SETMASK, &old, nullptr);
    }
  } restore{pipe_set, before};

  ProgramOutput output;
  if (input.empty()) ours[0].Reset();
  for (bool ended = false; !ended;) {
    pollfd polled[4] = {{child.pidfd(), POLLIN, 0}, {ours[0].get(), POLLOUT, 0}, {ours[1].get(), POLLIN, 0}, {ours[2].get(), POLLIN, 0}};
    const int n = ::poll(polled, 4, MillisUntil(end));
    if (n < 0 && errno != EINTR) return SystemFail("poll", errno);
    ended = polled[0].revents != 0;
    if (polled[1].revents != 0) {
      const ssize_t put = ::write(ours[0].get(), input.data(), input.size());
      if (put > 0) input.remove_prefix(static_cast<std::size_t>(put));
      if (input.empty() || (put < 0 && errno != EAGAIN && errno != EINTR)) ours[0].Reset();
    }
    for (int i = 1; i < 3; ++i) {
      std::string& into = i == 1 ? output.out : output.err;
      // After the end, what is in the pipe is read; a process that it left behind may hold the pipe open, so nobody waits for end of file.
      while (ours[i] && (polled[i + 1].revents != 0 || ended)) {
        char buffer[65536];
        const ssize_t got = ::read(ours[i].get(), buffer, sizeof buffer);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0 && errno == EAGAIN) break;
        if (got <= 0) {
          ours[i].Reset();
          break;
        }
        if (into.size() + static_cast<std::size_t>(got) > limits.output) return Fail(ErrorKind::kLimit, name + " wrote more than allowed and was killed");
        into.append(buffer, static_cast<std::size_t>(got));
      }
    }
    if (!ended && Steady::now() >= end) {
      return Fail(ErrorKind::kUnknown, name + " did not end within " + std::to_string(limits.timeout.count()) + " ms and was killed");
    }
  }
  const auto exit = child.Wait(Millis{60'000});
  TERRARIUM_CHECK(exit.has_value());
  output.exit = *exit;
  return output;
}

Result<std::string> RunToSuccess(Command command, std::string_view input, RunLimits limits) {
  const std::string name = command.argv.empty() ? std::string() : command.argv[0];
  TRY_ASSIGN(ProgramOutput output, RunProgram(std::move(command), input, limits));
  if (output.exit.ok()) return std::move(output.out);
  constexpr std::size_t kTail = 2000;
  std::string_view err = output.err;
  while (err.ends_with('\n')) err.remove_suffix(1);
  return Fail(ErrorKind::kUnavailable, name + " failed with exit code " + std::to_string(output.exit.code),
              Printable(Trim(err.substr(err.size() > kTail ? err.size() - kTail : 0))));
}

}  // namespace terrarium::runtime
