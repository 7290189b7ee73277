#include "drivers/network/netns.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sched.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "base/file.h"
#include "base/log.h"

namespace terrarium::network {
namespace {

constexpr const char* kThreadNetns = "/proc/thread-self/ns/net";

// The folder must be a shared mount, so that other mount namespaces (container runtimes) see what is mounted in it. As `ip netns` does,
// under the same lock.
Status PrepareFolder() {
  if (::mkdir(kNetnsFolder, 0755) != 0 && errno != EEXIST) return SystemFail("folder for network namespaces", errno);
  const UniqueFd lock(::open(kNetnsFolder, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!lock || ::flock(lock.get(), LOCK_EX) != 0) return SystemFail("lock of the network namespaces", errno);
  if (::mount("", kNetnsFolder, "none", MS_SHARED | MS_REC, nullptr) == 0) return {};
  if (errno != EINVAL) return SystemFail("share the network namespaces", errno);
  if (::mount(kNetnsFolder, kNetnsFolder, "none", MS_BIND | MS_REC, nullptr) != 0) return SystemFail("mount the network namespaces", errno);
  if (::mount("", kNetnsFolder, "none", MS_SHARED | MS_REC, nullptr) != 0) return SystemFail("share the network namespaces", errno);
  return {};
}

Status WriteSysctl(const Sysctl& sysctl) {
  const std::string path = std::string("/proc/sys/net/") + sysctl.path;
  const UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  const ssize_t size = static_cast<ssize_t>(std::strlen(sysctl.value));
  if (!fd || ::write(fd.get(), sysctl.value, static_cast<std::size_t>(size)) != size)
    return SystemFail(std::string("setting ") + sysctl.path, errno);
  return {};
}

Result<UniqueFd> OwnNetns() {
  UniqueFd fd(::open(kThreadNetns, O_RDONLY | O_CLOEXEC));
  if (!fd) return SystemFail("own network namespace", errno);
  return fd;
}

}  // namespace

std::string NetnsPath(const std::string& name) { return std::string(kNetnsFolder) + '/' + name; }

Result<UniqueFd> OpenNetns(const std::string& name) {
  UniqueFd fd(::open(NetnsPath(name).c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!fd) return SystemFail("network namespace " + name, errno);
  struct statfs info {};
  if (::fstatfs(fd.get(), &info) != 0) return SystemFail("network namespace " + name, errno);
  if (info.f_type != NSFS_MAGIC) return Fail(ErrorKind::kNotFound, "network namespace " + name + " is no longer mounted");
  return fd;
}

Result<NetnsScope> NetnsScope::Enter(const std::string& name) {
  TRY_ASSIGN(const UniqueFd target, OpenNetns(name));
  TRY_ASSIGN(UniqueFd back, OwnNetns());
  if (::setns(target.get(), CLONE_NEWNET) != 0) return SystemFail("enter network namespace " + name, errno);
  return NetnsScope(std::move(back));
}

NetnsScope::~NetnsScope() {
  if (back_ && ::setns(back_.get(), CLONE_NEWNET) != 0) {
    // Whatever this thread did next would be done to the wrong network.
    LogError("network", "cannot return to the host's network namespace");
    std::abort();
  }
}

Status EnsureNetns(const std::string& name, const std::vector<Sysctl>& sysctls) {
  if (const auto scope = NetnsScope::Enter(name)) {
    for (const Sysctl& sysctl : sysctls) TRY(WriteSysctl(sysctl));
    return {};
  } else if (scope.error().kind != ErrorKind::kNotFound) {
    return std::unexpected(scope.error());
  }
  TRY(PrepareFolder());
  const std::string path = NetnsPath(name);
  ::unlink(path.c_str());  // a plain file: its mount is gone
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0));
  if (!file) return SystemFail("create network namespace " + name, errno);
  TRY_ASSIGN(const UniqueFd back, OwnNetns());
  if (::unshare(CLONE_NEWNET) != 0) return SystemFail("create network namespace " + name, errno);
  Status out;
  for (const Sysctl& sysctl : sysctls)
    if (out) out = WriteSysctl(sysctl);
  if (out && ::mount(kThreadNetns, path.c_str(), "none", MS_BIND, nullptr) != 0) out = SystemFail("mount network namespace " + name, errno);
  if (::setns(back.get(), CLONE_NEWNET) != 0) {
    LogError("network", "cannot return to the host's network namespace");
    std::abort();
  }
  if (!out) ::unlink(path.c_str());
  return out;
}

Status RemoveNetns(const std::string& name) {
  const std::string path = NetnsPath(name);
  // Mounts may be stacked by a creation that was repeated; each call takes one away.
  while (::umount2(path.c_str(), MNT_DETACH | UMOUNT_NOFOLLOW) == 0) {
  }
  if (errno != EINVAL && errno != ENOENT) return SystemFail("unmount network namespace " + name, errno);
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) return SystemFail("remove network namespace " + name, errno);
  return {};
}

Result<std::vector<std::string>> ListNetns(std::string_view prefix) {
  TRY_ASSIGN(const std::vector<std::string> names, ListDirectory(kNetnsFolder));
  std::vector<std::string> out;
  for (const std::string& name : names)
    if (name.starts_with(prefix)) out.push_back(name);
  return out;
}

}  // namespace terrarium::network
