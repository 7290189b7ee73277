#include "base/file.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <memory>

namespace terrarium {

Result<std::string> ReadFile(const std::string& path, std::size_t limit) {
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
  if (!fd) return SystemFail(path, errno);
  std::string out;
  char buffer[16384];
  for (;;) {
    const ssize_t got = ::read(fd.get(), buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return SystemFail(path, errno);
    if (got == 0) return out;
    if (out.size() + static_cast<std::size_t>(got) > limit) return Fail(ErrorKind::kLimit, path + " is larger than allowed");
    out.append(buffer, static_cast<std::size_t>(got));
  }
}

Status WriteAll(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t put = ::write(fd, bytes.data(), bytes.size());
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return SystemFail("write", errno);
    bytes.remove_prefix(static_cast<std::size_t>(put));
  }
  return {};
}

Status WriteFileAtomically(const std::string& path, std::string_view content, mode_t mode) {
  const std::string beside = path + ".new";
  ::unlink(beside.c_str());
  UniqueFd fd(::open(beside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode));
  if (!fd) return SystemFail(beside, errno);
  if (::fchmod(fd.get(), mode) != 0) return SystemFail(beside, errno);
  TRY(WriteAll(fd.get(), content));
  if (::fsync(fd.get()) != 0) return SystemFail(beside, errno);
  if (::rename(beside.c_str(), path.c_str()) != 0) return SystemFail(path, errno);
  const std::size_t slash = path.rfind('/');
  UniqueFd folder(::open(slash == std::string::npos ? "." : path.substr(0, slash + 1).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder || ::fsync(folder.get()) != 0) return SystemFail(path, errno);
  return {};
}

Status MakeDirectory(const std::string& path, mode_t mode) {
  if (::mkdir(path.c_str(), mode) != 0) {
    struct stat st{};
    if (errno == EEXIST && ::stat(path.c_str(), &st) == 0 && S_ISDIR(st.st_mode)) return {};
    return SystemFail(path, errno == 0 ? ENOTDIR : errno);
  }
  if (::chmod(path.c_str(), mode) != 0) return SystemFail(path, errno);  // whatever the umask
  return {};
}

Status MakeDirectories(const std::string& path, mode_t mode) {
  for (std::size_t at = path.find('/', 1); at != std::string::npos; at = path.find('/', at + 1)) TRY(MakeDirectory(path.substr(0, at), 0755));
  return MakeDirectory(path, mode);
}

Result<std::vector<std::string>> ListDirectory(const std::string& path) {
  std::vector<std::string> names;
  const std::unique_ptr<DIR, int (*)(DIR*)> dir(::opendir(path.c_str()), ::closedir);
  if (!dir) {
    if (errno == ENOENT) return names;
    return SystemFail(path, errno);
  }
  while (const dirent* entry = ::readdir(dir.get())) {
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") names.emplace_back(name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace terrarium
