#include "drivers/mysql/control_group.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/file.h"
#include "base/text.h"

namespace terrarium::mysql {
namespace {

constexpr std::int64_t kPeriodMicros = 100'000;

Status Put(const std::string& file, const std::string& value) {
  const UniqueFd fd(::open(file.c_str(), O_WRONLY | O_CLOEXEC));
  if (!fd) return SystemFail(file, errno);
  return WriteAll(fd.get(), value);
}

}  // namespace

ControlGroup::ControlGroup(const std::string& mount, const std::string& instance, const std::string& id)
    : unified_(::access((mount + "/cgroup.controllers").c_str(), F_OK) == 0), mount_(mount), name_("terrarium-" + instance + "/mysql/" + id) {
  if (unified_) {
    folders_ = {mount + "/" + name_};
  } else {
    for (const char* controller : {"memory", "cpu"}) folders_.push_back(mount + "/" + controller + "/" + name_);
  }
}

Status ControlGroup::Ensure(const Limits& limits) const {
  const std::string bytes = std::to_string(limits.memory_mib << 20);
  const std::string quota = limits.cpu_units == 0 ? "" : std::to_string(limits.cpu_units * kPeriodMicros / 1024);
  if (!unified_) {
    for (const std::string& folder : folders_) {
      // The removal of the instance's last other server may take the folders above away meanwhile.
      Status made = MakeDirectories(folder, 0755);
      for (int tries = 0; !made && tries < 3; ++tries) made = MakeDirectories(folder, 0755);
      TRY(std::move(made));
    }
    TRY(Put(folders_[0] + "/memory.limit_in_bytes", bytes));
    return Put(folders_[1] + "/cpu.cfs_quota_us", quota.empty() ? "-1" : quota);
  }
  std::string at = mount_;
  for (const std::string_view step : Split(name_, '/')) {
    TRY(Put(at + "/cgroup.subtree_control", "+memory +cpu"));
    at += "/" + std::string(step);
    TRY(MakeDirectory(at, 0755));
  }
  TRY(Put(at + "/memory.max", bytes));
  TRY(Put(at + "/memory.swap.max", "0"));
  return Put(at + "/cpu.max", (quota.empty() ? "max" : quota) + " " + std::to_string(kPeriodMicros));
}

Result<std::vector<pid_t>> ControlGroup::Members() const {
  std::vector<pid_t> members;
  for (const std::string& folder : folders_) {
    if (::access(folder.c_str(), F_OK) != 0) continue;
    TRY_ASSIGN(const std::string text, ReadFile(folder + "/cgroup.procs", 1 << 20));
    for (const std::string_view line : Split(text, '\n')) {
      if (const auto pid = ParseInt(line)) members.push_back(static_cast<pid_t>(*pid));
    }
  }
  std::ranges::sort(members);
  members.erase(std::ranges::unique(members).begin(), members.end());
  return members;
}

Status ControlGroup::Remove() const {
  for (const std::string& folder : folders_) {
    // The last process is reported as gone a moment before its group can go.
    for (int tries = 0; ::rmdir(folder.c_str()) != 0 && errno != ENOENT; ++tries) {
      if (errno != EBUSY) return SystemFail(folder, errno);
      if (tries == 100) return Fail(ErrorKind::kConflict, "a control group is still in use", folder);
      const timespec pause{0, 10'000'000};
      ::nanosleep(&pause, nullptr);
    }
    // The folders above belong to all servers of the instance; the last one takes them along.
    std::string above = folder.substr(0, folder.rfind('/'));
    for (int level = 0; level < 2 && ::rmdir(above.c_str()) == 0; ++level) above = above.substr(0, above.rfind('/'));
  }
  return {};
}

}  // namespace terrarium::mysql
