#include "drivers/mysql/tree.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cerrno>
#include <functional>
#include <memory>

#include "base/file.h"
#include "base/unique_fd.h"

namespace terrarium::mysql {
namespace {

constexpr int kFolder = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;

// Calls `entry(parent, name, status)` for all that is in the folder, children before their folder.
using Visit = std::function<Status(int parent, const char* name, const struct stat&)>;

Status Walk(UniqueFd folder, dev_t device, int depth, const Visit& entry) {
  if (depth > 100) return Fail(ErrorKind::kLimit, "folders are nested too deep");
  const int fd = folder.get();
  const std::unique_ptr<DIR, int (*)(DIR*)> dir(::fdopendir(fd), ::closedir);
  if (!dir) return SystemFail("fdopendir", errno);
  static_cast<void>(folder.Release());  // closedir closes it
  for (;;) {
    errno = 0;
    const dirent* item = ::readdir(dir.get());
    if (item == nullptr) return errno == 0 ? Status{} : SystemFail("readdir", errno);
    const std::string name = item->d_name;
    if (name == "." || name == "..") continue;
    struct stat st{};
    if (::fstatat(fd, name.c_str(), &st, AT_SYMLINK_NOFOLLOW) != 0) {
      if (errno == ENOENT) continue;
      return SystemFail("fstatat", errno);
    }
    if (S_ISDIR(st.st_mode)) {
      if (st.st_dev != device) return Fail(ErrorKind::kConflict, "something is mounted in a folder that is to be removed");
      UniqueFd below(::openat(fd, name.c_str(), kFolder));
      if (!below) return SystemFail("openat", errno);
      TRY(Walk(std::move(below), device, depth + 1, entry));
    }
    TRY(entry(fd, name.c_str(), st));
  }
}

Status WalkFrom(const std::string& path, const Visit& entry) {
  UniqueFd folder(::open(path.c_str(), kFolder));
  if (!folder) return SystemFail(path, errno);
  struct stat st{};
  if (::fstat(folder.get(), &st) != 0) return SystemFail(path, errno);
  return Walk(std::move(folder), st.st_dev, 0, entry);
}

Result<bool> IsMemory(const std::string& path) {
  struct statfs here{}, above{};
  struct stat st{}, parent{};
  const std::string up = path.substr(0, path.rfind('/'));
  if (::lstat(path.c_str(), &st) != 0) return errno == ENOENT ? Result<bool>(false) : SystemFail(path, errno);
  if (::statfs(path.c_str(), &here) != 0 || ::statfs(up.c_str(), &above) != 0 || ::stat(up.c_str(), &parent) != 0) return SystemFail(path, errno);
  return here.f_type == TMPFS_MAGIC && st.st_dev != parent.st_dev;
}

}  // namespace

Status RemoveTree(const std::string& path) {
  struct stat st{};
  if (::lstat(path.c_str(), &st) != 0) return errno == ENOENT ? Status{} : SystemFail(path, errno);
  if (!S_ISDIR(st.st_mode)) return Fail(ErrorKind::kConflict, "a folder that is to be removed is none", path);
  TRY(WalkFrom(path, [](int parent, const char* name, const struct stat& entry) -> Status {
    if (::unlinkat(parent, name, S_ISDIR(entry.st_mode) ? AT_REMOVEDIR : 0) == 0 || errno == ENOENT) return {};
    return SystemFail("unlinkat", errno);
  }));
  if (::rmdir(path.c_str()) == 0 || errno == ENOENT) return {};
  return SystemFail(path, errno);
}

Result<std::int64_t> TreeSize(const std::string& path) {
  std::int64_t size = 0;
  TRY(WalkFrom(path, [&size](int, const char*, const struct stat& entry) -> Status {
    if (S_ISREG(entry.st_mode)) size += entry.st_blocks * 512;
    return {};
  }));
  return size;
}

Status GiveTree(const std::string& path, uid_t user) {
  TRY(WalkFrom(path, [user](int parent, const char* name, const struct stat&) -> Status {
    if (::fchownat(parent, name, user, user, AT_SYMLINK_NOFOLLOW) == 0) return {};
    return SystemFail("fchownat", errno);
  }));
  if (::lchown(path.c_str(), user, user) == 0) return {};
  return SystemFail(path, errno);
}

Status EnsureFolder(const std::string& path, uid_t user, mode_t mode) {
  if (::mkdir(path.c_str(), mode) != 0 && errno != EEXIST) return SystemFail(path, errno);
  const UniqueFd folder(::open(path.c_str(), kFolder));
  if (!folder || ::fchown(folder.get(), user, user) != 0 || ::fchmod(folder.get(), mode) != 0) return SystemFail(path, errno);
  return {};
}

Status WriteFileFor(const std::string& path, std::string_view content, uid_t user, mode_t mode) {
  const std::size_t slash = path.rfind('/');
  const UniqueFd folder(::open(path.substr(0, slash).c_str(), kFolder));
  if (!folder) return SystemFail(path, errno);
  const std::string name = path.substr(slash + 1), beside = name + ".new";
  if (::unlinkat(folder.get(), beside.c_str(), 0) != 0 && errno != ENOENT) return SystemFail(path, errno);
  const UniqueFd file(::openat(folder.get(), beside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!file) return SystemFail(path, errno);
  TRY(WriteAll(file.get(), content));
  if (::fchown(file.get(), user, user) != 0 || ::fchmod(file.get(), mode) != 0 || ::fsync(file.get()) != 0 ||
      ::renameat(folder.get(), beside.c_str(), folder.get(), name.c_str()) != 0 || ::fsync(folder.get()) != 0) {
    return SystemFail(path, errno);
  }
  return {};
}

Result<std::string> ReadFileOf(const std::string& path, uid_t user, std::size_t limit) {
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (!file) return SystemFail(path, errno);
  struct stat st{};
  if (::fstat(file.get(), &st) != 0) return SystemFail(path, errno);
  if (!S_ISREG(st.st_mode) || st.st_uid != user) return Fail(ErrorKind::kDenied, "a file of a database server is not what it must be", path);
  std::string out;
  char buffer[16384];
  for (;;) {
    const ssize_t got = ::read(file.get(), buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return SystemFail(path, errno);
    if (got == 0) return out;
    if (out.size() + static_cast<std::size_t>(got) > limit) return Fail(ErrorKind::kLimit, "a file of a database server is larger than allowed", path);
    out.append(buffer, static_cast<std::size_t>(got));
  }
}

Status EnsureMemoryFolder(const std::string& path, uid_t user, std::int64_t mebibytes) {
  TRY(MakeDirectories(path.substr(0, path.rfind('/')), 0711));
  TRY(MakeDirectory(path, 0700));
  TRY_ASSIGN(const bool mounted, IsMemory(path));
  if (mounted) return {};
  const std::string options = "size=" + std::to_string(mebibytes) + "m,mode=0700,uid=" + std::to_string(user) + ",gid=" + std::to_string(user);
  if (::mount("terrarium", path.c_str(), "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, options.c_str()) != 0) return SystemFail("mount " + path, errno);
  return {};
}

Status RemoveMemoryFolder(const std::string& path) {
  TRY_ASSIGN(const bool mounted, IsMemory(path));
  if (mounted && ::umount2(path.c_str(), MNT_DETACH | UMOUNT_NOFOLLOW) != 0) return SystemFail("umount " + path, errno);
  if (::rmdir(path.c_str()) == 0 || errno == ENOENT) return {};
  return SystemFail(path, errno);
}

}  // namespace terrarium::mysql
