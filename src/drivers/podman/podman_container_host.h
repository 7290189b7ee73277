#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/unique_fd.h"
#include "drivers/podman/cgroup.h"
#include "drivers/podman/config.h"
#include "drivers/podman/process.h"
#include "gen/host_container/ports.h"

namespace terrarium::podman {

namespace wire = gen::host_container;

// Containers by podman's command line, without a daemon: each is watched by its own conmon, which outlives this process. Nothing is remembered that
// the host does not know; after a restart ListContainers finds all. Callable from several threads, not for one container at once.
class PodmanContainerHost final : public host::ContainerHost {
 public:
  // Makes the folders, mounts the tmpfs if it is not there, writes podman's configuration. Needs root. kUnavailable names what is missing.
  static Result<std::unique_ptr<PodmanContainerHost>> Open(Config config);

  Result<wire::EnsureImageResponse*> EnsureImage(const wire::EnsureImageRequest& request, Arena& arena) override;
  Result<wire::EnsureContainerResponse*> EnsureContainer(const wire::EnsureContainerRequest& request, Arena& arena) override;
  Result<wire::StopContainerResponse*> StopContainer(const wire::StopContainerRequest& request, Arena& arena) override;
  Result<wire::RemoveContainerResponse*> RemoveContainer(const wire::RemoveContainerRequest& request, Arena& arena) override;
  Result<wire::RemoveTaskResponse*> RemoveTask(const wire::RemoveTaskRequest& request, Arena& arena) override;
  Result<wire::ListContainersResponse*> ListContainers(const wire::ListContainersRequest& request, Arena& arena) override;
  Result<wire::AwaitExitResponse*> AwaitExit(const wire::AwaitExitRequest& request, Arena& arena) override;
  Result<wire::ReadLogResponse*> ReadLog(const wire::ReadLogRequest& request, Arena& arena) override;
  Result<wire::ReadUsageResponse*> ReadUsage(const wire::ReadUsageRequest& request, Arena& arena) override;
  Result<wire::RunCommandResponse*> RunCommand(const wire::RunCommandRequest& request, Arena& arena) override;

  // Removes containers, images, mounts and folders of the instance: nothing of it stays on the host.
  Status RemoveEverything();

  const Config& config() const { return config_; }
  // podman with these arguments after the global ones; for tests, which import an image from a tar file.
  Result<ProcessResult> Podman(std::vector<std::string> arguments, Millis timeout);

 private:
  PodmanContainerHost(Config config, Cgroups cgroups) : config_(std::move(config)), cgroups_(std::move(cgroups)) {}

  Result<List<wire::ContainerState>> Inspect(std::vector<std::string> names, Arena& arena);
  Result<wire::ContainerState> InspectOne(std::string_view name, Arena& arena);
  Status Create(const wire::ContainerSpec& spec);
  Status Remove(std::string_view name);
  void RemoveSecrets(std::string_view name);
  Status MountFiles(const wire::ContainerSpec& spec);
  void RemoveFiles(std::string_view name);
  // Of the monitor of that container; empty if it has ended or there is none.
  UniqueFd Monitor(std::string_view name) const;

  Config config_;
  Cgroups cgroups_;
  std::atomic<std::uint64_t> serial_{0};
  std::mutex logs_mutex_;
  std::map<std::string, UniqueFd, std::less<>> logs_;  // open, so that a file that conmon replaces can be read to its end
};

}  // namespace terrarium::podman
