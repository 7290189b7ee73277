#include "drivers/podman/sysctl.h"

#include <fcntl.h>
#include <sched.h>

#include <cerrno>
#include <cstring>
#include <thread>

#include "base/file.h"
#include "base/text.h"

namespace terrarium::podman {
namespace {

Status WriteAll(const gen::host_container::ContainerSpec& spec) {
  const std::string name = spec.network_namespace.str();
  const UniqueFd space(::open(("/run/netns/" + name).c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!space || ::setns(space.get(), CLONE_NEWNET) != 0) return Fail(ErrorKind::kUnavailable, "network namespace " + name + ": " + std::strerror(errno));
  for (const auto& sysctl : spec.sysctls) {
    const std::string path = "/proc/sys/" + ReplaceAll(sysctl.name.view(), ".", "/");
    const UniqueFd file(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
    const std::string_view value = sysctl.value.view();
    if (!file || ::write(file.get(), value.data(), value.size()) != static_cast<ssize_t>(value.size()))
      return Fail(ErrorKind::kInvalid, "system control " + sysctl.name.str() + " = " + sysctl.value.str() + ": " + std::strerror(errno));
  }
  return {};
}

}  // namespace

Status ApplySysctls(const gen::host_container::ContainerSpec& spec) {
  if (spec.sysctls.empty()) return {};
  Status out;
  // A thread of its own has a network namespace of its own to change, and takes it with it.
  std::thread([&] { out = WriteAll(spec); }).join();
  return out;
}

}  // namespace terrarium::podman
