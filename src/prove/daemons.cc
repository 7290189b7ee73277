#include "prove/daemons.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <thread>

#include "base/file.h"
#include "base/text.h"
#include "runtime/child_process.h"

namespace terrarium::prove {
namespace {

constexpr Millis kLookAgain{5};
constexpr int kMostLooks = 2'000;

std::string Proc(pid_t pid, std::string_view name) { return "/proc/" + std::to_string(pid) + "/" + std::string(name); }

std::vector<std::string> Words(const std::string& text) {
  std::vector<std::string> out;
  for (const auto word : Split(text, '\0')) out.emplace_back(word);
  if (!out.empty() && out.back().empty()) out.pop_back();
  return out;
}

// Of /proc/<pid>/stat, counted from the state on; the name before it may hold anything.
std::vector<std::string> StatOf(pid_t pid) {
  const auto text = ReadFile(Proc(pid, "stat"));
  std::vector<std::string> out;
  if (!text) return out;
  const std::size_t at = text->rfind(')');
  if (at == std::string::npos) return out;
  for (const auto word : Split(Trim(std::string_view(*text).substr(at + 1)), ' ')) out.emplace_back(word);
  return out;
}

bool Lives(pid_t pid) {
  const auto stat = StatOf(pid);
  return !stat.empty() && stat[0] != "Z" && stat[0] != "X";
}

std::string BaseName(const std::string& path) { return path.substr(path.rfind('/') + 1); }

}  // namespace

Result<Daemons::Daemon> Daemons::Look(std::string name, std::string pid_file, const std::string& run_dir, const std::string& instance) {
  Daemon out{.name = std::move(name), .pid_file = std::move(pid_file)};
  const auto text = ReadFile(out.pid_file);
  const auto pid = text ? ParseInt(Trim(ReplaceAll(*text, "\n", ""))) : std::nullopt;
  if (!pid || *pid <= 1 || !Lives(static_cast<pid_t>(*pid))) return Fail(ErrorKind::kNotFound, out.name + " does not run here (" + out.pid_file + ")");
  out.pid = static_cast<pid_t>(*pid);
  TRY_ASSIGN(const std::string line, ReadFile(Proc(out.pid, "cmdline")));
  out.argv = Words(line);
  // Pids are used again: the command line must be ours.
  const bool ours = !out.argv.empty() && BaseName(out.argv[0]) == out.name && (std::ranges::find(out.argv, instance) != out.argv.end() || std::ranges::find(out.argv, run_dir) != out.argv.end());
  if (!ours) return Fail(ErrorKind::kNotFound, out.name + " does not run here: its pid file names another process");
  TRY_ASSIGN(const std::string environment, ReadFile(Proc(out.pid, "environ")));
  out.env = Words(environment);
  struct stat owner{};
  if (::stat(Proc(out.pid, "").c_str(), &owner) != 0) return SystemFail(out.name, errno);
  // A process that may not be looked into (PR_SET_DUMPABLE) has a folder of root's: its status says the truth.
  TRY_ASSIGN(const std::string status, ReadFile(Proc(out.pid, "status")));
  for (const auto entry : Split(status, '\n')) {
    const auto fields = Split(entry, '\t');
    if (fields.size() < 2) continue;
    if (fields[0] == "Uid:") out.uid = static_cast<uid_t>(ParseInt(fields[1]).value_or(0));
    if (fields[0] == "Gid:") out.gid = static_cast<gid_t>(ParseInt(fields[1]).value_or(0));
  }
  char log[4096];
  const ssize_t n = ::readlink(Proc(out.pid, "fd/2").c_str(), log, sizeof log);
  if (n > 0 && log[0] == '/') out.log.assign(log, static_cast<std::size_t>(n));
  return out;
}

Result<Daemons> Daemons::Find(const std::string& run_dir, const std::string& instance) {
  Daemons out;
  TRY_ASSIGN(Daemon host, Look("terrarium-host", run_dir + "/host.pid", run_dir, instance));
  TRY_ASSIGN(Daemon engine, Look("terrariumd", run_dir + "/engine/terrariumd.pid", run_dir, instance));
  out.daemons_.push_back(std::move(host));
  out.daemons_.push_back(std::move(engine));
  return out;
}

Daemons::~Daemons() {
  if (frozen_) (void)Thaw();
  if (killed_) (void)Restart();
}

Status Daemons::Freeze() {
  frozen_ = true;
  for (const auto& one : daemons_)
    if (::kill(one.pid, SIGSTOP) != 0) return SystemFail("SIGSTOP to " + one.name, errno);
  return {};
}

Status Daemons::Thaw() {
  frozen_ = false;
  for (const auto& one : daemons_)
    if (::kill(one.pid, SIGCONT) != 0) return SystemFail("SIGCONT to " + one.name, errno);
  return {};
}

Status Daemons::Kill() {
  killed_ = true;
  for (const auto& one : daemons_)
    if (::kill(one.pid, SIGKILL) != 0) return SystemFail("SIGKILL to " + one.name, errno);
  for (const auto& one : daemons_) {
    int looks = 0;
    while (Lives(one.pid)) {
      if (++looks > kMostLooks) return Fail(ErrorKind::kUnavailable, one.name + " outlives its SIGKILL");
      std::this_thread::sleep_for(kLookAgain);
    }
  }
  return {};
}

Status Daemons::Restart() {
  killed_ = false;
  for (auto& one : daemons_) {
    runtime::Command command;
    command.argv = one.argv;
    command.env = one.env;
    if (one.uid != 0) {
      command.uid = one.uid;
      command.gid = one.gid;
    }
    UniqueFd log;
    if (!one.log.empty()) {
      log.Reset(::open(one.log.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644));
      if (log) command.fds = {{log.get(), 1}, {log.get(), 2}};
    }
    TRY_ASSIGN(const auto started, runtime::DetachedProcess::Start(command));
    one.pid = started.identity().pid;
  }
  return {};
}

Result<std::array<pid_t, 2>> Daemons::Pids() const { return std::array<pid_t, 2>{daemons_[0].pid, daemons_[1].pid}; }

Result<std::vector<ProcessId>> ProcessesIn(const std::string& netns_prefix) {
  std::vector<std::pair<dev_t, ino_t>> spaces;
  TRY_ASSIGN(const auto names, ListDirectory("/run/netns"));
  for (const auto& name : names) {
    struct stat s{};
    if (name.starts_with(netns_prefix) && ::stat(("/run/netns/" + name).c_str(), &s) == 0) spaces.emplace_back(s.st_dev, s.st_ino);
  }
  std::vector<ProcessId> out;
  TRY_ASSIGN(const auto entries, ListDirectory("/proc"));
  for (const auto& entry : entries) {
    const auto pid = ParseInt(entry);
    struct stat s{};
    if (!pid || ::stat(Proc(static_cast<pid_t>(*pid), "ns/net").c_str(), &s) != 0) continue;
    if (std::ranges::find(spaces, std::pair(s.st_dev, s.st_ino)) == spaces.end()) continue;
    const auto stat = StatOf(static_cast<pid_t>(*pid));
    const auto line = ReadFile(Proc(static_cast<pid_t>(*pid), "cmdline"));
    if (stat.size() < 20 || stat[0] == "Z" || !line) continue;
    const auto words = Words(*line);
    out.push_back({static_cast<pid_t>(*pid), static_cast<std::uint64_t>(ParseInt(stat[19]).value_or(0)), words.empty() ? std::string() : BaseName(words[0])});
  }
  std::ranges::sort(out);
  return out;
}

Result<ProcessId> FirstProcessOf(const std::string& netns) {
  TRY_ASSIGN(const auto all, ProcessesIn(netns));
  for (const auto& one : all) {
    const auto status = ReadFile(Proc(one.pid, "status"));
    if (!status) continue;
    for (const auto line : Split(*status, '\n')) {
      const auto fields = Split(line, '\t');
      if (fields.size() > 2 && fields[0] == "NSpid:" && fields.back() == "1") return one;
    }
  }
  return Fail(ErrorKind::kNotFound, "no container's process was found in " + netns);
}

}  // namespace terrarium::prove
