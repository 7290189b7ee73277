#include "drivers/files/image_files_host.h"

#include <fcntl.h>
#include <linux/fscrypt.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/file.h"
#include "base/unique_fd.h"
#include "drivers/files/access.h"
#include "host/files/spec.h"
#include "runtime/child_process.h"

namespace terrarium::files {
namespace {

constexpr std::int64_t kLeastImage = std::int64_t{1} << 30, kMostImage = std::int64_t{8} << 40;

std::string ImageOf(const std::string& dir, std::string_view id) { return dir + "/" + std::string(id) + ".img"; }
std::string MountOf(const std::string& dir, std::string_view id) { return dir + "/" + std::string(id); }

bool IsMounted(const std::string& dir, const std::string& point) {
  struct stat above{}, st{};
  return stat(dir.c_str(), &above) == 0 && stat(point.c_str(), &st) == 0 && above.st_dev != st.st_dev;
}

// As large as the disk that it lies on, of which it takes what is written.
Status MakeImage(const std::string& dir, const std::string& image) {
  struct statfs fs{};
  if (statfs(dir.c_str(), &fs) != 0) return SystemFail("the folder of file systems", errno);
  const std::int64_t size = std::clamp<std::int64_t>(static_cast<std::int64_t>(fs.f_blocks) * fs.f_bsize, kLeastImage, kMostImage);
  const std::string fresh = image + ".new";
  unlink(fresh.c_str());
  {
    const UniqueFd fd(open(fresh.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!fd || ftruncate(fd.get(), size) != 0) return SystemFail("a file system's image", errno);
  }
  runtime::Command make;
  make.argv = {"mke2fs", "-q", "-F", "-t", "ext4", "-O", "encrypt", "-m", "0", "-i", "65536", "-J", "size=64", "-E", "nodiscard,lazy_itable_init=1,lazy_journal_init=1", fresh};
  TRY(runtime::RunToSuccess(std::move(make)));
  if (rename(fresh.c_str(), image.c_str()) != 0) return SystemFail("a file system's image", errno);
  return {};
}

// The folder's content lies encrypted with `key` from now on; kConflict if it does already with another one, or has content in the clear.
Status Unlock(int root, int data, std::string_view key) {
  alignas(fscrypt_add_key_arg) char buffer[sizeof(fscrypt_add_key_arg) + host::kFileSystemKeySize] = {};
  auto* add = reinterpret_cast<fscrypt_add_key_arg*>(buffer);
  add->key_spec.type = FSCRYPT_KEY_SPEC_TYPE_IDENTIFIER;
  add->raw_size = static_cast<std::uint32_t>(key.size());
  std::memcpy(buffer + sizeof(fscrypt_add_key_arg), key.data(), key.size());
  const int added = ioctl(root, FS_IOC_ADD_ENCRYPTION_KEY, buffer);
  const int why = errno;
  explicit_bzero(buffer + sizeof(fscrypt_add_key_arg), key.size());
  if (added != 0) return SystemFail("the kernel took no key for the file system", why);
  fscrypt_policy_v2 policy{};
  policy.version = FSCRYPT_POLICY_V2;
  policy.contents_encryption_mode = FSCRYPT_MODE_AES_256_XTS;
  policy.filenames_encryption_mode = FSCRYPT_MODE_AES_256_CTS;
  policy.flags = FSCRYPT_POLICY_FLAGS_PAD_32;
  std::memcpy(policy.master_key_identifier, add->key_spec.u.identifier, sizeof policy.master_key_identifier);
  if (ioctl(data, FS_IOC_SET_ENCRYPTION_POLICY, &policy) == 0) return {};
  if (errno == EEXIST || errno == ENOTEMPTY) return Fail(ErrorKind::kConflict, "the key is not the file system's");
  return SystemFail("the file system could not be encrypted", errno);
}

Status Close(const std::string& dir, const std::string& point) {
  // Lazily: what a task has of it stays with the task.
  if (IsMounted(dir, point) && umount2(point.c_str(), MNT_DETACH) != 0) return SystemFail("a file system could not be unmounted", errno);
  return {};
}

}  // namespace

Result<std::unique_ptr<ImageFilesHost>> ImageFilesHost::Open(std::string dir) {
  if (dir.size() < 2 || dir.front() != '/') return Fail(ErrorKind::kInvalid, "the folder of file systems must be an absolute path");
  TRY(MakeDirectories(dir, 0700));
  return std::unique_ptr<ImageFilesHost>(new ImageFilesHost(std::move(dir)));
}

Result<wire::EnsureFileSystemResponse*> ImageFilesHost::EnsureFileSystem(const wire::EnsureFileSystemRequest& request, Arena& arena) {
  if (!host::IsFileSystemId(request.id)) return Fail(ErrorKind::kInvalid, "the file system's id is not valid");
  if (request.key && request.key.view().size() != host::kFileSystemKeySize) return Fail(ErrorKind::kInvalid, "the file system's key has the wrong size");
  const std::string image = ImageOf(dir_, request.id), point = MountOf(dir_, request.id);
  if (access(image.c_str(), F_OK) != 0) TRY(MakeImage(dir_, image));
  if (!IsMounted(dir_, point)) {
    TRY(MakeDirectory(point, 0700));
    runtime::Command mount;
    mount.argv = {"mount", "-t", "ext4", "-o", "loop,nosuid,nodev,noatime,discard,errors=remount-ro", "--", image, point};
    TRY(runtime::RunToSuccess(std::move(mount)));
  }
  const UniqueFd root(open(point.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW));
  if (!root) return SystemFail("the file system", errno);
  const bool fresh = mkdirat(root.get(), "data", 0755) == 0;
  if (!fresh && errno != EEXIST) return SystemFail("the file system", errno);
  const UniqueFd data(openat(root.get(), "data", O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW));
  if (!data) return SystemFail("the file system", errno);
  // The umask of this process is not a file system's.
  if (fresh && fchmod(data.get(), 0755) != 0) return SystemFail("the file system", errno);
  if (request.key) TRY(Unlock(root.get(), data.get(), request.key));
  struct statfs fs{};
  if (fstatfs(root.get(), &fs) != 0) return SystemFail("the file system", errno);
  auto* out = arena.New<wire::EnsureFileSystemResponse>();
  out->used_bytes = static_cast<std::int64_t>(fs.f_blocks - fs.f_bfree) * fs.f_bsize;
  return out;
}

Result<wire::RemoveFileSystemResponse*> ImageFilesHost::RemoveFileSystem(const wire::RemoveFileSystemRequest& request, Arena& arena) {
  if (!host::IsFileSystemId(request.id)) return Fail(ErrorKind::kInvalid, "the file system's id is not valid");
  const std::string image = ImageOf(dir_, request.id), point = MountOf(dir_, request.id);
  TRY(Close(dir_, point));
  if (rmdir(point.c_str()) != 0 && errno != ENOENT) return SystemFail("the file system's folder", errno);
  unlink((image + ".new").c_str());
  if (unlink(image.c_str()) != 0 && errno != ENOENT) return SystemFail("the file system's image", errno);
  return arena.New<wire::RemoveFileSystemResponse>();
}

Result<wire::ListFileSystemsResponse*> ImageFilesHost::ListFileSystems(const wire::ListFileSystemsRequest&, Arena& arena) {
  auto* out = arena.New<wire::ListFileSystemsResponse>();
  out->ids.Present(arena);
  TRY_ASSIGN(const auto names, ListDirectory(dir_));
  for (const std::string& name : names) {
    if (name.ends_with(".img") && host::IsFileSystemId(std::string_view(name).substr(0, name.size() - 4))) out->ids.Add(arena, Str(arena.Copy(name.substr(0, name.size() - 4))));
  }
  return out;
}

Status ImageFilesHost::MountAccess(const host::FilesAccess& access, const std::string& target) {
  if (!host::IsFileSystemId(access.file_system) || !host::IsFileSystemPath(access.path)) return Fail(ErrorKind::kInvalid, "the file system's id or folder is not valid");
  return files::MountAccess(MountOf(dir_, access.file_system), access, target);
}

Status ImageFilesHost::CloseAll() {
  Arena arena;
  TRY_ASSIGN(const auto* all, ListFileSystems({}, arena));
  for (const Str& id : all->ids) TRY(Close(dir_, MountOf(dir_, id)));
  return {};
}

}  // namespace terrarium::files
