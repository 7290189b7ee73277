#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "gen/host_container/ports.h"

namespace terrarium::host {

// Containers in memory, with the real one's behaviour as the contract suite states it. What a container's program would do is done by the test:
// Exit, Print. An image must be there (AddImage) or be pullable (Publish).
class FakeContainerHost final : public ContainerHost {
 public:
  explicit FakeContainerHost(const Clock& clock) : clock_(clock) {}

  template <class T>
  using Answer = Result<T*>;
  Answer<gen::host_container::EnsureImageResponse> EnsureImage(const gen::host_container::EnsureImageRequest& request, Arena& arena) override;
  Answer<gen::host_container::EnsureContainerResponse> EnsureContainer(const gen::host_container::EnsureContainerRequest& request, Arena& arena) override;
  Answer<gen::host_container::StopContainerResponse> StopContainer(const gen::host_container::StopContainerRequest& request, Arena& arena) override;
  Answer<gen::host_container::RemoveContainerResponse> RemoveContainer(const gen::host_container::RemoveContainerRequest& request, Arena& arena) override;
  Answer<gen::host_container::RemoveTaskResponse> RemoveTask(const gen::host_container::RemoveTaskRequest& request, Arena& arena) override;
  Answer<gen::host_container::ListContainersResponse> ListContainers(const gen::host_container::ListContainersRequest& request, Arena& arena) override;
  Answer<gen::host_container::AwaitExitResponse> AwaitExit(const gen::host_container::AwaitExitRequest& request, Arena& arena) override;
  Answer<gen::host_container::ReadLogResponse> ReadLog(const gen::host_container::ReadLogRequest& request, Arena& arena) override;
  Answer<gen::host_container::ReadUsageResponse> ReadUsage(const gen::host_container::ReadUsageRequest& request, Arena& arena) override;
  Answer<gen::host_container::RunCommandResponse> RunCommand(const gen::host_container::RunCommandRequest& request, Arena& arena) override;

  // The world's side.
  void AddImage(std::string id) { images_.insert(std::move(id)); }
  void Publish(std::string reference, std::string id) { published_[std::move(reference)] = std::move(id); }
  void Exit(std::string_view name, int code, bool out_of_memory = false);
  void Print(std::string_view name, std::string text, bool to_error = false);
  void SetUsage(std::string_view task, std::int64_t cpu_nanoseconds, std::int64_t memory_bytes);
  void Reboot();  // every running container is lost
  // What a container does when it is told to stop; exits with 0 unless the test says otherwise. Called with the container's name.
  std::function<void(FakeContainerHost&, std::string_view)> on_stop = [](FakeContainerHost& host, std::string_view name) { host.Exit(name, 0); };
  // What RunCommand answers: exit code.
  std::function<int(std::string_view name)> on_command = [](std::string_view) { return 0; };
  // Called before every verb with its name; an error is its answer. A simulation injects its faults here.
  std::function<Status(std::string_view verb)> before = [](std::string_view) { return Status{}; };
  // Variables that the container got, secrets too; for asserting.
  std::map<std::string, std::string> Environment(std::string_view name) const;
  std::vector<std::string> Files(std::string_view name) const;  // "fs-…/path /container/path user rw"
  int starts = 0;

 private:
  struct Line {
    std::int64_t time;
    bool from_error;
    std::string text;
  };
  struct Container {
    std::string task, spec_hash, status, image;
    std::int64_t generation = 0, started_at = 0, finished_at = 0, process_id = 0;
    int exit_code = 0;
    bool out_of_memory = false;
    std::vector<Line> log;
    std::vector<std::string> files;
    std::map<std::string, std::string> environment;
  };
  void Describe(const std::string& name, const Container& c, gen::host_container::ContainerState& out, Arena& arena) const;

  const Clock& clock_;
  mutable std::mutex mutex_;
  std::set<std::string, std::less<>> images_;
  std::map<std::string, std::string, std::less<>> published_;
  std::map<std::string, Container, std::less<>> containers_;
  std::map<std::string, std::pair<std::int64_t, std::int64_t>, std::less<>> tasks_;
};

}  // namespace terrarium::host
