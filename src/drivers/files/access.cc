#include "drivers/files/access.h"

#include <fcntl.h>
#include <linux/fscrypt.h>
#include <linux/openat2.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/text.h"
#include "base/unique_fd.h"

namespace terrarium::files {
namespace {

UniqueFd OpenBeneath(int at, const std::string& name) {
  open_how how{};
  how.flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV;
  return UniqueFd(static_cast<int>(syscall(SYS_openat2, at, name.c_str(), &how, sizeof how)));
}

// True between a mount of the image and the moment the key is given: names are not to be read then.
bool IsLocked(int folder) {
  fscrypt_get_policy_ex_arg policy{};
  policy.policy_size = sizeof policy.policy;
  if (ioctl(folder, FS_IOC_GET_ENCRYPTION_POLICY_EX, &policy) != 0 || policy.policy.version != FSCRYPT_POLICY_V2) return false;
  fscrypt_get_key_status_arg key{};
  key.key_spec.type = FSCRYPT_KEY_SPEC_TYPE_IDENTIFIER;
  std::memcpy(key.key_spec.u.identifier, policy.policy.v2.master_key_identifier, sizeof policy.policy.v2.master_key_identifier);
  return ioctl(folder, FS_IOC_GET_ENCRYPTION_KEY_STATUS, &key) != 0 || key.status != FSCRYPT_KEY_STATUS_PRESENT;
}

// Folders that are missing on the way are made like the last one.
Result<UniqueFd> OpenFolder(const std::string& dir, const host::FilesAccess& access) {
  UniqueFd at(open((dir + "/data").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW));
  if (!at || IsLocked(at.get())) return Fail(ErrorKind::kUnavailable, "the file system is not there yet");
  for (std::string_view part : Split(std::string_view(access.path).substr(1), '/')) {
    if (part.empty()) continue;
    const std::string name(part);
    UniqueFd next = OpenBeneath(at.get(), name);
    if (!next && errno == ENOENT && access.creation) {
      if (mkdirat(at.get(), name.c_str(), 0700) != 0 && errno != EEXIST) return SystemFail("a folder of the file system", errno);
      next = OpenBeneath(at.get(), name);
      if (!next) return SystemFail("a folder of the file system", errno);
      // The owner first: a change of owner takes set-id bits away.
      if (fchown(next.get(), static_cast<uid_t>(access.creation->owner.uid), static_cast<gid_t>(access.creation->owner.gid)) != 0 ||
          fchmod(next.get(), static_cast<mode_t>(access.creation->permissions)) != 0) {
        return SystemFail("a folder of the file system", errno);
      }
    }
    if (!next) return Fail(ErrorKind::kInvalid, "mount.nfs4: mounting " + access.path + " failed, reason given by server: " + (errno == ENOENT ? "No such file or directory" : "access denied"));
    at = std::move(next);
  }
  return at;
}

// A user namespace with these lines as its maps: inside ids are the file system's, outside ones the host's.
Result<UniqueFd> Mapping(const std::string& uids, const std::string& gids) {
  int ready[2];
  if (pipe2(ready, O_CLOEXEC) != 0) return SystemFail("pipe", errno);
  const UniqueFd read_end(ready[0]);
  UniqueFd write_end(ready[1]);
  const pid_t child = fork();
  if (child < 0) return SystemFail("fork", errno);
  if (child == 0) {  // only async-signal-safe calls: other threads may hold any lock
    const char ok = unshare(CLONE_NEWUSER) == 0 ? 'y' : 'n';
    (void)!write(ready[1], &ok, 1);
    for (;;) pause();
  }
  write_end.Reset();
  Result<UniqueFd> out = Fail(ErrorKind::kUnavailable, "the kernel gave no user namespace for a mount's ids");
  char ok = 0;
  if (read(read_end.get(), &ok, 1) == 1 && ok == 'y') {
    const std::string proc = "/proc/" + std::to_string(child);
    const auto put = [&](const char* file, const std::string& text) {
      const UniqueFd fd(open((proc + file).c_str(), O_WRONLY | O_CLOEXEC));
      return fd && write(fd.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
    };
    if (put("/uid_map", uids) && put("/gid_map", gids)) {
      UniqueFd ns(open((proc + "/ns/user").c_str(), O_RDONLY | O_CLOEXEC));
      if (ns) out = std::move(ns);
    }
  }
  kill(child, SIGKILL);
  while (waitpid(child, nullptr, 0) < 0 && errno == EINTR) {
  }
  return out;
}

std::string Line(std::int64_t inside, std::int64_t outside, std::int64_t count) {
  return std::to_string(inside) + " " + std::to_string(outside) + " " + std::to_string(count) + "\n";
}

}  // namespace

Status MountAccess(const std::string& dir, const host::FilesAccess& access, const std::string& target) {
  TRY_ASSIGN(const UniqueFd folder, OpenFolder(dir, access));
  const UniqueFd tree(open_tree(folder.get(), "", AT_EMPTY_PATH | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC));
  if (!tree) return SystemFail("the file system's mount", errno);
  UniqueFd mapping;
  mount_attr attributes{};
  attributes.attr_set = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | (access.read_only ? MOUNT_ATTR_RDONLY : 0);
  if (access.user || access.base != 0) {
    const std::string uids = access.user ? Line(access.user->uid, access.container_user.uid, 1) : Line(0, access.base, 65536);
    const std::string gids = access.user ? Line(access.user->gid, access.container_user.gid, 1) : uids;
    TRY_ASSIGN(mapping, Mapping(uids, gids));
    attributes.attr_set |= MOUNT_ATTR_IDMAP;
    attributes.userns_fd = static_cast<std::uint64_t>(mapping.get());
  }
  if (mount_setattr(tree.get(), "", AT_EMPTY_PATH, &attributes, sizeof attributes) != 0) return SystemFail("the file system's mount cannot map ids", errno);
  if (move_mount(tree.get(), "", AT_FDCWD, target.c_str(), MOVE_MOUNT_F_EMPTY_PATH) != 0) return SystemFail("the file system's mount", errno);
  return {};
}

}  // namespace terrarium::files
