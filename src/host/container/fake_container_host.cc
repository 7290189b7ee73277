#include "host/container/fake_container_host.h"

#include <algorithm>

#include "host/container/spec.h"

namespace terrarium::host {

namespace wire = gen::host_container;

namespace {
std::unexpected<Error> BadName() { return Fail(ErrorKind::kInvalid, "container or task name is not valid"); }
}  // namespace

void FakeContainerHost::Describe(const std::string& name, const Container& c, wire::ContainerState& out, Arena& arena) const {
  out.name = arena.Copy(name);
  out.task = arena.Copy(c.task);
  out.generation = c.generation;
  out.spec_hash = arena.Copy(c.spec_hash);
  out.status = arena.Copy(c.status);
  out.started_at = c.started_at;
  if (c.status == "running") out.process_id = c.process_id;
  if (c.status == "exited") {
    out.exit_code = c.exit_code;
    out.out_of_memory = c.out_of_memory;
    out.finished_at = c.finished_at;
  }
}

FakeContainerHost::Answer<wire::EnsureImageResponse> FakeContainerHost::EnsureImage(const wire::EnsureImageRequest& request, Arena& arena) {
  TRY(before("EnsureImage"));
  TRY(RegistryOf(request.reference));
  const std::lock_guard lock(mutex_);
  const auto at = published_.find(request.reference.view());
  if (at == published_.end()) return Fail(ErrorKind::kNotFound, "the image could not be pulled: manifest unknown");
  images_.insert(at->second);
  auto* out = arena.New<wire::EnsureImageResponse>();
  out->image = arena.Copy(at->second);
  out->environment.Present(arena);
  return out;
}

FakeContainerHost::Answer<wire::EnsureContainerResponse> FakeContainerHost::EnsureContainer(const wire::EnsureContainerRequest& request, Arena& arena) {
  TRY(before("EnsureContainer"));
  if (request.spec == nullptr) return Fail(ErrorKind::kInvalid, "container spec is missing");
  const wire::ContainerSpec& spec = *request.spec;
  TRY(ValidateSpec(spec));
  const std::lock_guard lock(mutex_);
  auto* out = arena.New<wire::EnsureContainerResponse>();
  out->state = arena.New<wire::ContainerState>();
  const std::string name = spec.name.str(), hash = SpecHash(spec);
  auto at = containers_.find(name);
  if (at == containers_.end() || at->second.spec_hash != hash) {
    if (!images_.contains(spec.image.view())) return Fail(ErrorKind::kUnavailable, "the container could not be started: no such image");
    Container c;
    c.task = spec.task.str();
    c.spec_hash = hash;
    c.status = "running";
    c.image = spec.image.str();
    c.generation = spec.generation.value_or(0);
    c.started_at = clock_.Now();
    c.process_id = 1000 + ++starts;
    for (const auto& f : spec.files) {
      c.files.push_back(f.file_system.str() + f.path.str() + " " + f.container_path.str() + " " + std::to_string(f.user_uid.value_or(-1)) + (f.read_only.value_or(false) ? " ro" : " rw"));
    }
    for (const auto* list : {&spec.environment, &spec.secrets}) {
      for (const auto& v : *list) c.environment[v.name.str()] = v.value.str();
    }
    tasks_.try_emplace(c.task);
    at = containers_.insert_or_assign(name, std::move(c)).first;
  }
  Describe(at->first, at->second, *out->state, arena);
  return out;
}

FakeContainerHost::Answer<wire::StopContainerResponse> FakeContainerHost::StopContainer(const wire::StopContainerRequest& request, Arena& arena) {
  TRY(before("StopContainer"));
  if (!IsContainerName(request.name)) return BadName();
  bool running = false;
  {
    const std::lock_guard lock(mutex_);
    const auto at = containers_.find(request.name.view());
    running = at != containers_.end() && at->second.status == "running";
  }
  if (running && request.kill.value_or(false)) Exit(request.name, 137);
  else if (running) on_stop(*this, request.name);
  return arena.New<wire::StopContainerResponse>();
}

FakeContainerHost::Answer<wire::RemoveContainerResponse> FakeContainerHost::RemoveContainer(const wire::RemoveContainerRequest& request, Arena& arena) {
  TRY(before("RemoveContainer"));
  if (!IsContainerName(request.name)) return BadName();
  const std::lock_guard lock(mutex_);
  if (const auto at = containers_.find(request.name.view()); at != containers_.end()) containers_.erase(at);
  return arena.New<wire::RemoveContainerResponse>();
}

FakeContainerHost::Answer<wire::RemoveTaskResponse> FakeContainerHost::RemoveTask(const wire::RemoveTaskRequest& request, Arena& arena) {
  TRY(before("RemoveTask"));
  if (!IsTaskName(request.task)) return BadName();
  const std::lock_guard lock(mutex_);
  std::erase_if(containers_, [&](const auto& c) { return request.task == std::string_view(c.second.task); });
  if (const auto at = tasks_.find(request.task.view()); at != tasks_.end()) tasks_.erase(at);
  return arena.New<wire::RemoveTaskResponse>();
}

FakeContainerHost::Answer<wire::ListContainersResponse> FakeContainerHost::ListContainers(const wire::ListContainersRequest&, Arena& arena) {
  TRY(before("ListContainers"));
  const std::lock_guard lock(mutex_);
  auto* out = arena.New<wire::ListContainersResponse>();
  out->containers.Present(arena);
  out->tasks.Present(arena);
  for (const auto& [name, c] : containers_) Describe(name, c, out->containers.Add(arena), arena);
  for (const auto& [task, usage] : tasks_) out->tasks.Add(arena, Str(arena.Copy(task)));
  return out;
}

// Does not wait: time in a test moves by hand.
FakeContainerHost::Answer<wire::AwaitExitResponse> FakeContainerHost::AwaitExit(const wire::AwaitExitRequest& request, Arena& arena) {
  TRY(before("AwaitExit"));
  const std::lock_guard lock(mutex_);
  auto* out = arena.New<wire::AwaitExitResponse>();
  out->ended.Present(arena);
  for (const Str& name : request.names) {
    if (!IsContainerName(name)) return BadName();
    const auto at = containers_.find(name.view());
    if (at == containers_.end() || at->second.status != "running") out->ended.Add(arena, Str(arena.Copy(name)));
  }
  return out;
}

FakeContainerHost::Answer<wire::ReadLogResponse> FakeContainerHost::ReadLog(const wire::ReadLogRequest& request, Arena& arena) {
  TRY(before("ReadLog"));
  if (!IsContainerName(request.name)) return BadName();
  const std::lock_guard lock(mutex_);
  auto* out = arena.New<wire::ReadLogResponse>();
  out->records.Present(arena);
  out->cursor = arena.New<wire::LogCursor>();
  out->at_end = true;
  const auto at = containers_.find(request.name.view());
  if (at == containers_.end()) {
    if (request.cursor != nullptr) *out->cursor = *request.cursor;
    return out;
  }
  const std::int64_t file = at->second.process_id;
  std::int64_t from = request.cursor != nullptr && request.cursor->file.value_or(0) == file ? request.cursor->output_offset.value_or(0) : 0;
  for (; from < static_cast<std::int64_t>(at->second.log.size()); ++from) {
    const Line& line = at->second.log[static_cast<std::size_t>(from)];
    auto& r = out->records.Add(arena);
    r.time = line.time;
    r.from_error = line.from_error;
    r.text = arena.Copy(line.text);
  }
  out->cursor->file = file;
  out->cursor->output_offset = from;
  out->cursor->error_offset = from;
  return out;
}

FakeContainerHost::Answer<wire::ReadUsageResponse> FakeContainerHost::ReadUsage(const wire::ReadUsageRequest& request, Arena& arena) {
  TRY(before("ReadUsage"));
  const std::lock_guard lock(mutex_);
  auto* out = arena.New<wire::ReadUsageResponse>();
  out->usage.Present(arena);
  for (const Str& task : request.tasks) {
    const auto at = tasks_.find(task.view());
    if (at == tasks_.end()) continue;
    auto& u = out->usage.Add(arena);
    u.task = arena.Copy(task);
    u.cpu_nanoseconds = at->second.first;
    u.memory_bytes = at->second.second;
    u.processes = std::count_if(containers_.begin(), containers_.end(), [&](const auto& c) { return c.second.task == at->first && c.second.status == "running"; });
  }
  return out;
}

FakeContainerHost::Answer<wire::RunCommandResponse> FakeContainerHost::RunCommand(const wire::RunCommandRequest& request, Arena& arena) {
  TRY(before("RunCommand"));
  if (!IsContainerName(request.name)) return BadName();
  if (request.command.empty()) return Fail(ErrorKind::kInvalid, "the command is empty");
  {
    const std::lock_guard lock(mutex_);
    const auto at = containers_.find(request.name.view());
    if (at == containers_.end()) return Fail(ErrorKind::kNotFound, "no container " + request.name.str());
    if (at->second.status != "running") return Fail(ErrorKind::kConflict, "the container does not run");
  }
  auto* out = arena.New<wire::RunCommandResponse>();
  out->exit_code = on_command(request.name);
  out->timed_out = false;
  out->output = "";
  return out;
}

void FakeContainerHost::Exit(std::string_view name, int code, bool out_of_memory) {
  const std::lock_guard lock(mutex_);
  const auto at = containers_.find(name);
  if (at == containers_.end() || at->second.status != "running") return;
  at->second.status = "exited";
  at->second.exit_code = code;
  at->second.out_of_memory = out_of_memory;
  at->second.finished_at = clock_.Now();
}

void FakeContainerHost::Print(std::string_view name, std::string text, bool to_error) {
  const std::lock_guard lock(mutex_);
  if (const auto at = containers_.find(name); at != containers_.end()) at->second.log.push_back({clock_.Now(), to_error, std::move(text)});
}

void FakeContainerHost::SetUsage(std::string_view task, std::int64_t cpu_nanoseconds, std::int64_t memory_bytes) {
  const std::lock_guard lock(mutex_);
  if (const auto at = tasks_.find(task); at != tasks_.end()) at->second = {cpu_nanoseconds, memory_bytes};
}

void FakeContainerHost::Reboot() {
  const std::lock_guard lock(mutex_);
  for (auto& [name, c] : containers_) {
    if (c.status == "running") c.status = "lost";
  }
}

std::vector<std::string> FakeContainerHost::Files(std::string_view name) const {
  const std::lock_guard lock(mutex_);
  const auto at = containers_.find(name);
  return at == containers_.end() ? std::vector<std::string>{} : at->second.files;
}

std::map<std::string, std::string> FakeContainerHost::Environment(std::string_view name) const {
  const std::lock_guard lock(mutex_);
  const auto at = containers_.find(name);
  return at == containers_.end() ? std::map<std::string, std::string>{} : at->second.environment;
}

}  // namespace terrarium::host
