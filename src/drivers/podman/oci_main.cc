// terrarium-oci: what podman and conmon call instead of runc or crun. It hands everything on, and at `create` gives the container its environment, which
// podman never sees: so variables stand in no database, no `podman inspect`, no argument vector, and in files of a tmpfs that only root reads.

#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.h"
#include "drivers/podman/ending.h"
#include "drivers/podman/oci_config.h"

namespace {

using terrarium::Fail;
using terrarium::Result;

constexpr long kCgroup2Magic = 0x63677270;

// runc is the better tried one on version 1, crun on version 2 of control groups.
std::string Runtime() {
  struct statfs fs{};
  const bool v2 = statfs("/sys/fs/cgroup", &fs) == 0 && fs.f_type == kCgroup2Magic;
  for (std::string_view name : {v2 ? "crun" : "runc", v2 ? "runc" : "crun"}) {
    for (std::string_view folder : {"/usr/bin/", "/usr/sbin/", "/usr/local/bin/", "/usr/local/sbin/"}) {
      const std::string path = std::string(folder) + std::string(name);
      if (access(path.c_str(), X_OK) == 0) return path;
    }
  }
  return {};
}

bool IsName(std::string_view s) {
  for (char c : s) {
    if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-')) return false;
  }
  return !s.empty() && s.size() <= 60;
}

// The output's pipes belong to the program, so that it may open /dev/stdout and /dev/stderr again, as servers do that take a log's file name. The runtime
// tries the same from inside the user namespace, where it may not.
void GiveOutput(const terrarium::podman::HostUser& user) {
  for (int fd : {STDOUT_FILENO, STDERR_FILENO}) {
    struct stat st {};
    if (user.uid < 0 || user.gid < 0 || fstat(fd, &st) != 0 || !S_ISFIFO(st.st_mode)) continue;
    if (fchown(fd, static_cast<uid_t>(user.uid), static_cast<gid_t>(user.gid)) != 0) std::fprintf(stderr, "terrarium-oci: output pipe: %s\n", std::strerror(errno));
  }
}

// The bundle to use instead of `bundle`.
Result<std::string> PrepareBundle(const std::string& folder, const std::string& bundle, const std::string& id) {
  TRY_ASSIGN(const std::string config, terrarium::ReadFile(bundle + "/config.json"));
  TRY_ASSIGN(const std::string name, terrarium::podman::EnvironmentName(config));
  if (!IsName(name)) return Fail(terrarium::ErrorKind::kInvalid, "the container has no environment annotation");
  TRY_ASSIGN(const std::string environment, terrarium::ReadFile(folder + "/secrets/" + name + ".json"));
  TRY_ASSIGN(const terrarium::podman::HostUser user, terrarium::podman::ProgramUser(config));
  GiveOutput(user);
  TRY_ASSIGN(const std::string rewritten, terrarium::podman::RewriteOciConfig(config, environment));
  TRY_ASSIGN(const std::string cgroup, terrarium::podman::CgroupPath(config));
  TRY(terrarium::podman::NoteGroup(folder, id, name, cgroup));
  const std::string own = folder + "/secrets/" + name + ".bundle";
  TRY(terrarium::MakeDirectory(own, 0700));
  TRY(terrarium::WriteFileAtomically(own + "/config.json", rewritten, 0600));
  return own;
}

}  // namespace

int main(int count, char** values) {
  std::vector<std::string> arguments(values, values + count);
  // Called as <folder>/terrarium-oci, a link in the driver's own folder: podman hands no environment on to a runtime.
  const std::size_t slash = arguments[0].rfind('/');
  const std::string runtime = Runtime();
  if (slash == std::string::npos || slash == 0 || runtime.empty()) {
    std::fputs(runtime.empty() ? "terrarium-oci: neither runc nor crun is installed\n" : "terrarium-oci: call it by its full name\n", stderr);
    return 1;
  }
  const std::string folder = arguments[0].substr(0, slash);
  bool create = false;
  for (std::size_t i = 1; i < arguments.size(); ++i) {
    if (arguments[i] == "create") create = true;
    // The last moment at which the kernel's count is there.
    if (!create && arguments[i] == "delete") {
      terrarium::podman::NoteEnd(folder, arguments.back());
      break;
    }
    if (create && (arguments[i] == "--bundle" || arguments[i] == "-b") && i + 1 < arguments.size()) {
      auto bundle = PrepareBundle(folder, arguments[i + 1], arguments.back());
      if (!bundle) {
        std::fprintf(stderr, "terrarium-oci: %s\n", bundle.error().message.c_str());
        return 1;
      }
      arguments[i + 1] = *bundle;
      break;
    }
  }
  arguments[0] = runtime;
  // The driver's own `exec` names another one.
  if (count < 2 || arguments[1] != "--root") arguments.insert(arguments.begin() + 1, {"--root", folder + "/oci"});
  std::vector<char*> argv;
  for (std::string& a : arguments) argv.push_back(a.data());
  argv.push_back(nullptr);
  execv(runtime.c_str(), argv.data());
  std::fprintf(stderr, "terrarium-oci: %s: %s\n", runtime.c_str(), std::strerror(errno));
  return 1;
}
