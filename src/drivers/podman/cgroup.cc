#include "drivers/podman/cgroup.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <set>

#include "base/file.h"
#include "base/text.h"

namespace terrarium::podman {
namespace {

constexpr std::int64_t kPeriodMicros = 100'000;
// Of a task, above the containers' own limits: a fork bomb in ten containers must not fill the host's table.
constexpr std::int64_t kTaskProcesses = 16384;

Status Put(const std::string& path, std::string_view value) {
  const UniqueFd fd(open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!fd) return SystemFail("control group", errno);
  if (write(fd.get(), value.data(), value.size()) != static_cast<ssize_t>(value.size())) return SystemFail("control group", errno);
  return {};
}

Result<std::string> Get(const std::string& path) {
  const UniqueFd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!fd) return errno == ENOENT ? Fail(ErrorKind::kNotFound, "no such control group") : SystemFail("control group", errno);
  std::string out(65536, '\0');
  const ssize_t n = read(fd.get(), out.data(), out.size());
  if (n < 0) return SystemFail("control group", errno);
  out.resize(static_cast<std::size_t>(n));
  return out;
}

std::int64_t Number(const Result<std::string>& text) { return text ? ParseInt(Trim(ReplaceAll(*text, "\n", ""))).value_or(0) : 0; }

// "name 123" lines.
std::int64_t Field(const Result<std::string>& text, std::string_view name) {
  if (!text) return 0;
  for (std::string_view line : Split(*text, '\n')) {
    if (line.starts_with(name) && line.size() > name.size() && line[name.size()] == ' ') return ParseInt(line.substr(name.size() + 1)).value_or(0);
  }
  return 0;
}

// Whoever is still in there belongs to the task: the half-made container of a start that was cut off, which podman does not know.
void KillMembers(const std::string& group) {
  const auto members = ReadFile(group + "/cgroup.procs", 1 << 20);
  if (!members) return;
  for (const std::string_view line : Split(*members, '\n')) {
    const auto pid = ParseInt(line);
    if (pid && *pid > 1 && *pid != ::getpid()) ::kill(static_cast<pid_t>(*pid), SIGKILL);
  }
}

// Children first; a control group has no files that could be deleted.
Status RemoveTree(const std::string& path) {
  if (DIR* d = opendir(path.c_str())) {
    std::vector<std::string> children;
    while (const dirent* e = readdir(d)) {
      if (e->d_type == DT_DIR && std::string_view(e->d_name) != "." && std::string_view(e->d_name) != "..") children.emplace_back(e->d_name);
    }
    closedir(d);
    for (const std::string& c : children) TRY(RemoveTree(path + "/" + c));
  }
  for (int tries = 0; rmdir(path.c_str()) != 0 && errno != ENOENT; ++tries) {
    if (errno != EBUSY) return SystemFail("control group", errno);
    if (tries == 100) return Fail(ErrorKind::kConflict, "the task still has processes");
    KillMembers(path);
    ::usleep(20'000);
  }
  return {};
}

Status MakeFolder(const std::string& path) {
  if (mkdir(path.c_str(), 0755) != 0 && errno != EEXIST) return SystemFail("control group", errno);
  return {};
}

// Every folder of `path` below `mount`; in version 2 each hands its controllers on.
Status MakePath(const std::string& mount, std::string_view path, int version) {
  std::string at = mount;
  for (std::string_view step : Split(path.substr(1), '/')) {
    if (version == 2) TRY(Put(at + "/cgroup.subtree_control", "+cpu +memory +pids"));
    at += "/" + std::string(step);
    TRY(MakeFolder(at));
  }
  if (version == 2) TRY(Put(at + "/cgroup.subtree_control", "+cpu +memory +pids"));
  return {};
}

}  // namespace

std::vector<std::pair<std::string, std::string>> ParseCgroupMounts(std::string_view mounts, int& version) {
  std::vector<std::pair<std::string, std::string>> v1, v2;
  for (std::string_view line : Split(mounts, '\n')) {
    const auto parts = Split(line, ' ');
    if (parts.size() < 4) continue;
    if (parts[2] == "cgroup2") v2.emplace_back("", parts[1]);
    if (parts[2] != "cgroup") continue;
    for (std::string_view option : Split(parts[3], ',')) {
      if (option == "cpu" || option == "memory" || option == "pids" || option == "cpuacct") v1.emplace_back(option, parts[1]);
    }
  }
  // A hybrid host has both; the one that has the controllers counts.
  version = v1.empty() ? 2 : 1;
  return v1.empty() ? v2 : v1;
}

Result<Cgroups> Cgroups::Open(std::string root) {
  TRY_ASSIGN(const std::string mounts, Get("/proc/self/mounts"));
  Cgroups out(0, std::move(root));
  out.mounts_ = ParseCgroupMounts(mounts, out.version_);
  if (out.mounts_.empty()) return Fail(ErrorKind::kUnavailable, "no control groups are mounted below /sys/fs/cgroup");
  if (out.version_ == 1) {
    for (std::string_view needed : {"cpu", "memory", "pids", "cpuacct"}) {
      if (std::none_of(out.mounts_.begin(), out.mounts_.end(), [&](const auto& m) { return m.first == needed; })) {
        return Fail(ErrorKind::kUnavailable, "the control group controller " + std::string(needed) + " is not mounted");
      }
    }
  }
  return out;
}

std::string Cgroups::Folder(std::string_view controller, std::string_view child) const {
  for (const auto& [name, mount] : mounts_) {
    if (version_ == 2 || name == controller) return mount + root_ + (child.empty() ? "" : "/") + std::string(child);
  }
  return {};
}

Status Cgroups::EnsureTask(std::string_view task, std::int64_t cpu_units, std::int64_t memory_mib) {
  const std::string quota = std::to_string(cpu_units * kPeriodMicros / 1024), memory = std::to_string(memory_mib << 20);
  for (const auto& [controller, mount] : mounts_) {
    TRY(MakePath(mount, root_, version_));
    TRY(MakeFolder(Folder(controller, task)));
  }
  if (version_ == 2) {
    const std::string at = Folder("", task);
    TRY(Put(at + "/cpu.max", quota + " " + std::to_string(kPeriodMicros)));
    TRY(Put(at + "/memory.max", memory));
    if (access((at + "/memory.swap.max").c_str(), F_OK) == 0) TRY(Put(at + "/memory.swap.max", "0"));
    return Put(at + "/pids.max", std::to_string(kTaskProcesses));
  }
  TRY(Put(Folder("cpu", task) + "/cpu.cfs_period_us", std::to_string(kPeriodMicros)));
  TRY(Put(Folder("cpu", task) + "/cpu.cfs_quota_us", quota));
  const std::string at = Folder("memory", task);
  // The kernel wants limit <= memory and swap at every step, so the order depends on whether the limit grows.
  const bool swap = access((at + "/memory.memsw.limit_in_bytes").c_str(), F_OK) == 0;
  if (!Put(at + "/memory.limit_in_bytes", memory)) {
    if (swap) TRY(Put(at + "/memory.memsw.limit_in_bytes", memory));
    TRY(Put(at + "/memory.limit_in_bytes", memory));
  }
  if (swap) TRY(Put(at + "/memory.memsw.limit_in_bytes", memory));
  return Put(Folder("pids", task) + "/pids.max", std::to_string(kTaskProcesses));
}

Status Cgroups::RemoveTask(std::string_view task) {
  // The container runtime makes the group in every hierarchy, also in those that carry no limit of ours.
  std::set<std::string> folders;
  for (const auto& [controller, mount] : mounts_) folders.insert(mount + root_ + "/" + std::string(task));
  TRY_ASSIGN(const std::string mounts, Get("/proc/self/mounts"));
  for (std::string_view line : Split(mounts, '\n')) {
    const auto parts = Split(line, ' ');
    if (parts.size() > 2 && parts[2].starts_with("cgroup")) folders.insert(std::string(parts[1]) + root_ + "/" + std::string(task));
  }
  for (const std::string& folder : folders) TRY(RemoveTree(folder));
  return {};
}

Status Cgroups::MoveToMonitors(std::int64_t pid) {
  for (const auto& [controller, mount] : mounts_) {
    TRY(MakePath(mount, root_, version_));
    TRY(MakeFolder(Folder(controller, "monitors")));
    TRY(Put(Folder(controller, "monitors") + "/cgroup.procs", std::to_string(pid)));
  }
  return {};
}

Result<CgroupUsage> Cgroups::Usage(std::string_view task) const {
  CgroupUsage out;
  if (version_ == 2) {
    const std::string at = Folder("", task);
    TRY_ASSIGN(const std::string cpu, Get(at + "/cpu.stat"));
    out.cpu_nanoseconds = Field(cpu, "usage_usec") * 1000;
    out.memory_bytes = Number(Get(at + "/memory.current")) - Field(Get(at + "/memory.stat"), "inactive_file");
    out.processes = Number(Get(at + "/pids.current"));
  } else {
    TRY_ASSIGN(const std::string cpu, Get(Folder("cpuacct", task) + "/cpuacct.usage"));
    out.cpu_nanoseconds = Number(cpu);
    const std::string at = Folder("memory", task);
    out.memory_bytes = Number(Get(at + "/memory.usage_in_bytes")) - Field(Get(at + "/memory.stat"), "total_inactive_file");
    out.processes = Number(Get(Folder("pids", task) + "/pids.current"));
  }
  out.memory_bytes = std::max<std::int64_t>(0, out.memory_bytes);
  return out;
}

std::vector<std::string> Cgroups::Tasks() const {
  std::vector<std::string> out;
  for (std::string& name : ListDirectory(Folder("cpu", "")).value_or(std::vector<std::string>{})) {
    struct stat st{};
    if (name != "monitors" && stat(Folder("cpu", name).c_str(), &st) == 0 && S_ISDIR(st.st_mode)) out.push_back(std::move(name));
  }
  return out;
}

void Cgroups::RemoveRoot() {
  if (!Tasks().empty()) return;
  (void)RemoveTask("monitors");
  const auto mounts = Get("/proc/self/mounts");
  if (!mounts) return;
  for (std::string_view line : Split(*mounts, '\n')) {
    const auto parts = Split(line, ' ');
    if (parts.size() <= 2 || !parts[2].starts_with("cgroup")) continue;
    // The instance's own group goes with whoever is its last user.
    for (std::string at(root_); !at.empty(); at.resize(at.rfind('/'))) {
      if (rmdir((std::string(parts[1]) + at).c_str()) != 0) break;
    }
  }
}

}  // namespace terrarium::podman
