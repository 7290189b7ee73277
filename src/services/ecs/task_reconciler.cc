#include "services/ecs/task_reconciler.h"

#include <algorithm>
#include <map>
#include <memory>

#include "base/log.h"
#include "services/ecs/container_spec.h"
#include "services/logs/public.h"

namespace terrarium::ecs {
namespace {

namespace host_wire = gen::host_container;
using control::Settled;
using runtime::Task;

constexpr Millis kLook{500};
constexpr std::int64_t kFirstUidBase = 65536 * 16;
// A host has room below 4,000,000,000 for this many at once; 65536 ids each.
constexpr std::int64_t kMostSlots = 60'000;

std::string RowKey(std::string_view work) { return std::string(work.substr(std::string_view("ecs/task/").size())); }
bool Ended(const rows::Task& t) {
  return std::all_of(t.containers.begin(), t.containers.end(), [](const auto& c) { return c.status == "STOPPED"; });
}
// What stoppedReason says of a file system that could not be mounted.
std::string FilesFailure(std::string_view why) {
  return "ResourceInitializationError: failed to invoke EFS utils commands to set up EFS volumes: stderr: " + std::string(why) + " : unsuccessful EFS utils command execution; code: 32";
}
Settled Again() { return {kLook, false}; }

}  // namespace

std::string HostName(const rows::Task& task, std::size_t container) { return task.id.str() + "-" + std::to_string(container); }

// What a task's start needs from rows and neighbours, copied out so that no transaction is open while the host works.
struct TaskReconciler::Start {
  struct One {
    Image image;
    bool done = false;  // it has run already
  };
  std::vector<One> images;
  std::vector<LaunchContainer> containers;
  LaunchTask task;
};

template <class F>
Status TaskReconciler::Change(const std::string& key, F change) {
  return database_.Write([&](store::Tx& tx) -> Status {
    Arena arena;
    rows::Task* task = kTasks.Find(tx, key, arena);
    if (task == nullptr) return {};
    if (change(tx, arena, *task)) SaveTask(tx, *task);
    return {};
  });
}

Status TaskReconciler::FailStart(const std::string& key, std::string reason) {
  const UnixMillis now = clock_.Now();
  return Change(key, [&](store::Tx& tx, Arena& arena, rows::Task& task) {
    if (!task.pull_stopped_at && task.pull_started_at) task.pull_stopped_at = now;
    for (rows::Container& c : task.containers) {
      if (c.status == "PENDING") c.status = "STOPPED";
    }
    task.execution_stopped_at = now;
    if (reason.starts_with("CannotPull") || reason.starts_with("CannotStart")) {
      for (rows::Container& c : task.containers) {
        if (!c.started_at) c.reason = arena.Copy(reason);
      }
    }
    RequestStop(tx, task, "TaskFailedToStart", arena.Copy(reason), now);
    return false;
  });
}

Task<Result<Settled>> TaskReconciler::Reconcile(std::string work) {
  const std::string key = RowKey(work);
  std::string status, desired;
  bool old = false;
  CO_TRY(database_.Write([&](store::Tx& tx) -> Status {
    Arena arena;
    rows::Task* task = kTasks.Find(tx, key, arena);
    if (task == nullptr) return {};
    status = task->status.str();
    desired = task->desired.str();
    old = IsOld(*task, clock_.Now());
    if (old) kTasks.Delete(tx, key);
    return {};
  }));
  if (status.empty() || old) co_return Settled{std::nullopt, true};
  if (status == "STOPPED") co_return Settled{Millis(3'600'100), false};
  if (desired == "STOPPED") {
    auto finished = co_await Finish(key);
    co_return finished;
  }
  if (status == "RUNNING") {
    auto watched = co_await Watch(key);
    co_return watched;
  }
  auto launched = co_await Launch(key);
  co_return launched;
}

Result<TaskReconciler::Start> TaskReconciler::Prepare(store::Tx& tx, const std::string& key, Arena& arena) {
  Start out;
  rows::Task* task = kTasks.Find(tx, key, arena);
  if (task == nullptr) return Fail(ErrorKind::kNotFound, "the task is gone");
  const Scope scope = ScopeOf(tx, arena, *task);
  const rows::TaskDefinition* row = FindDefinition(tx, arena, task->account, task->region, task->definition);
  if (row == nullptr) return Fail(ErrorKind::kInvalid, "the task definition is gone");
  TRY_ASSIGN(const wire::TaskDefinition* definition, WireDefinition(arena, *row, task->account, task->region));
  TRY_ASSIGN(const wire::TaskOverride* overrides, Decode<wire::TaskOverride>(task->overrides.value_or("{}"), arena));
  const std::string role = overrides->execution_role_arn.has_value() ? overrides->execution_role_arn.str() : definition->execution_role_arn.str();
  const auto network = neighbours_.FindInterface(scope, task->eni);
  if (!network) return Fail(ErrorKind::kUnavailable, "the network interface is gone");

  const std::string task_role = overrides->task_role_arn.has_value() && !overrides->task_role_arn.empty() ? overrides->task_role_arn.str() : definition->task_role_arn.str();
  for (const auto& v : definition->volumes) {
    const auto* efs = v.efs_volume_configuration;
    if (efs == nullptr) continue;
    const auto* by = efs->authorization_config;
    FilesRequest request;
    request.file_system = efs->file_system_id.str();
    request.root = efs->root_directory.value_or("/");
    request.access_point = by == nullptr ? "" : by->access_point_id.str();
    request.by_role = by != nullptr && by->iam == "ENABLED";
    request.eni = task->eni.str();
    auto files = neighbours_.OpenFiles(scope, task_role, task->id, request);
    if (!files && files.error().kind == ErrorKind::kUnavailable) return std::unexpected(files.error());
    if (!files) return Fail(ErrorKind::kInvalid, FilesFailure(files.error().message));
    out.task.files[v.name.str()] = std::move(*files);
  }

  // Secrets and log streams come before any image: what fails here is told by the words that AWS has for it.
  std::map<std::string, std::map<std::string, std::string>> secrets;
  for (const auto& c : definition->container_definitions) {
    for (const auto& s : c.secrets) {
      auto value = neighbours_.ReadSecret(scope, role, task->id, s.value_from);
      if (!value) {
        return Fail(ErrorKind::kInvalid, "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve secret from asm: "
                                         "service call has been retried 1 time(s): failed to fetch secret " + s.value_from.str() + " from secrets manager: " + value.error().code + ": " + value.error().message);
      }
      secrets[c.name.str()][s.name.str()] = std::move(*value);
    }
  }
  for (const rows::Container& c : task->containers) {
    if (!c.log_group) continue;
    const logs::Place place{task->account.str(), c.log_region.has_value() ? c.log_region.str() : task->region.str(), c.log_group.str(), c.log_stream.str()};
    const std::string prefix = "ResourceInitializationError: failed to validate logger args: create stream has been retried 1 times: failed to create Cloudwatch log stream: "
                               "operation error CloudWatch Logs: CreateLogStream, https response error StatusCode: 400, ";
    bool create_group = false;
    for (const auto& d : definition->container_definitions) {
      if (!(d.name == c.name)) continue;
      for (const auto& o : d.log_configuration->options) create_group |= o.key == "awslogs-create-group" && o.value == "true";
    }
    if (create_group && !logs::FindGroup(tx, arena, place)) {
      auto may = neighbours_.CheckRole(scope, role, task->id, "logs:CreateLogGroup", logs::GroupArn(place.account, place.region, place.group) + ":*");
      if (!may) {
        return Fail(ErrorKind::kInvalid, "ResourceInitializationError: failed to validate logger args: create stream has been retried 1 times: failed to create Cloudwatch log group: "
                                         "operation error CloudWatch Logs: CreateLogGroup, api error AccessDeniedException: " + may.error().message + " : exit status 1");
      }
      TRY(logs::MakeGroup(tx, arena, place, clock_.Now()));
    }
    if (auto may = neighbours_.CheckRole(scope, role, task->id, "logs:CreateLogStream", logs::StreamArn(place)); !may) {
      return Fail(ErrorKind::kInvalid, prefix + "api error AccessDeniedException: " + may.error().message + " : exit status 1");
    }
    auto made = logs::MakeStream(tx, arena, place, clock_.Now());
    if (!made && made.error().code != "ResourceAlreadyExistsException") return Fail(ErrorKind::kInvalid, prefix + made.error().code + ": " + made.error().message + " : exit status 1");
  }

  out.task.id = task->id.str();
  out.task.generation = 1;
  out.task.network_namespace = network->network_namespace;
  out.task.address = network->address;
  out.task.host_name = network->private_name;
  out.task.resolver = network->vpc_resolver;
  out.task.region = task->region.str();
  out.task.uid_base = kFirstUidBase + task->uid_slot.value_or(0) % kMostSlots * 65536;
  out.task.api_endpoint = neighbours_.ApiEndpoint(scope);
  const bool has_role = (overrides->task_role_arn.has_value() && !overrides->task_role_arn.empty()) || (definition->task_role_arn.has_value() && !definition->task_role_arn.empty());
  out.task.credentials_id = has_role ? task->credentials_id.str() : "";
  out.task.metadata_id = task->metadata_id.str();
  out.task.definition_json = Encode(*definition);
  out.task.overrides_json = task->overrides.value_or("{}");
  for (std::size_t i = 0; i < task->containers.size(); ++i) {
    const rows::Container& c = task->containers[i];
    std::string pinned = c.digest.str();
    for (const rows::Tag& pin : task->image_pins) {
      if (pin.key == c.name && pinned.empty()) pinned = pin.value.str();
    }
    auto image = neighbours_.ResolveImage(scope, role, task->id, c.image, pinned);
    if (!image) {
      if (image.error().kind == ErrorKind::kDenied) {
        return Fail(ErrorKind::kInvalid, "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve ecr registry auth: "
                                         "service call has been retried 1 time(s): AccessDeniedException: " + image.error().message);
      }
      if (image.error().kind == ErrorKind::kUnavailable) return std::unexpected(image.error());
      return Fail(ErrorKind::kInvalid, "CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref " + c.image.str() + ": " + c.image.str() + ": not found");
    }
    out.images.push_back({std::move(*image), c.status == "STOPPED"});
    out.containers.push_back({c.name.str(), HostName(*task, i), {}, std::move(secrets[c.name.str()])});
  }
  return out;
}

Task<Result<Settled>> TaskReconciler::Launch(std::string key) {
  const UnixMillis now = clock_.Now();
  bool ready = false;
  std::string failure;
  CO_TRY(Change(key, [&](store::Tx& tx, Arena& arena, rows::Task& task) {
    const Scope scope = ScopeOf(tx, arena, task);
    bool changed = false;
    if (!task.eni) {
      InterfaceRequest request;
      request.subnet = task.subnet.str();
      for (const Str& g : task.security_groups) request.groups.push_back(g.str());
      request.public_address = task.public_address.value_or(false);
      request.description = EcsArn(task.account, task.region, "attachment/" + task.attachment.str());
      request.notify = TaskWork(key);
      auto made = neighbours_.MakeInterface(scope, request);
      if (!made) {
        failure = "Unexpected EC2 error while attempting to Create Network Interface with public IP assignment " +
                  std::string(request.public_address ? "enabled" : "disabled") + " in subnet '" + request.subnet + "': " + made.error().code;
        return false;
      }
      task.eni = arena.Copy(made->id);
      task.address = arena.Copy(made->address);
      task.mac = arena.Copy(made->mac);
      task.private_name = arena.Copy(made->private_name);
      task.zone = arena.Copy(made->zone);
      changed = true;
    }
    const auto network = neighbours_.FindInterface(scope, task.eni);
    ready = network && network->ready;
    if (ready && task.status == "PROVISIONING") {
      task.status = "PENDING";
      task.connectivity_at = now;
      task.pull_started_at = now;
      changed = true;
    }
    return changed;
  }));
  if (!failure.empty()) {
    CO_TRY(FailStart(key, failure));
    co_return Again();
  }
  if (!ready) co_return Again();

  auto arena = std::make_unique<Arena>();
  auto prepared = database_.Write([&](store::Tx& tx) -> Result<Start> { return Prepare(tx, key, *arena); });
  if (!prepared) {
    if (prepared.error().kind != ErrorKind::kInvalid) co_return std::unexpected(prepared.error());
    CO_TRY(FailStart(key, prepared.error().message));
    co_return Again();
  }
  for (std::size_t i = 0; i < prepared->containers.size(); ++i) {
    if (prepared->images[i].done) continue;
    const Image& image = prepared->images[i].image;
    host_wire::EnsureImageRequest pull;
    pull.reference = Str(image.pull_reference);
    pull.user_name = Str(image.user);
    pull.password = Str(image.password);
    pull.insecure = settings_.insecure_registry;
    const auto pulled = co_await blocking_.Run("EnsureImage", [&] { return host_.EnsureImage(pull, *arena); });
    // Where nobody knows whether the image is there by now, asking again finds out.
    if (!pulled && (pulled.error().kind == ErrorKind::kUnavailable || pulled.error().kind == ErrorKind::kUnknown)) co_return std::unexpected(pulled.error());
    if (!pulled) {
      CO_TRY(FailStart(key, "CannotPullContainerError: " + pulled.error().message));
      co_return Again();
    }
    CO_TRY(Change(key, [&](store::Tx&, Arena& a, rows::Task& task) {
      if (task.containers[i].digest.has_value()) return false;
      task.containers[i].digest = a.Copy(image.digest);
      return true;
    }));
    auto spec = RenderContainer(prepared->task, prepared->containers[i], **pulled, *arena);
    if (!spec) {
      CO_TRY(FailStart(key, "CannotStartContainerError: " + spec.error().message));
      co_return Again();
    }
    // It may have been told to stop while the image came.
    bool wanted = false;
    CO_TRY(Change(key, [&](store::Tx&, Arena&, rows::Task& task) {
      wanted = task.desired == "RUNNING";
      if (wanted && i + 1 == prepared->containers.size() && !task.pull_stopped_at) {
        task.pull_stopped_at = clock_.Now();
        task.status = "ACTIVATING";
        return true;
      }
      return false;
    }));
    if (!wanted) co_return Again();
    host_wire::EnsureContainerRequest ensure;
    ensure.spec = *spec;
    const auto started = co_await blocking_.Run("EnsureContainer", [&] { return host_.EnsureContainer(ensure, *arena); });
    if (!started && started.error().kind != ErrorKind::kInvalid) co_return std::unexpected(started.error());
    if (!started) {
      const std::string& why = started.error().message;
      CO_TRY(FailStart(key, why.starts_with("mount.nfs4: ") ? FilesFailure(why) : "CannotStartContainerError: " + why));
      co_return Again();
    }
    const auto at = (*started)->state->started_at;
    CO_TRY(Change(key, [&](store::Tx&, Arena&, rows::Task& task) {
      task.containers[i].status = "RUNNING";
      task.containers[i].started_at = at;
      return true;
    }));
  }
  CO_TRY(Change(key, [&](store::Tx&, Arena&, rows::Task& task) {
    if (task.status == "RUNNING" || task.desired != "RUNNING") return false;
    task.status = "RUNNING";
    task.started_at = clock_.Now();
    return true;
  }));
  co_return Settled{Millis(50), false};
}

Task<Status> TaskReconciler::CollectOutput(std::string key, std::size_t container) {
  while (true) {
    Arena arena;
    host_wire::ReadLogRequest request;
    host_wire::LogCursor cursor;
    logs::Place place;
    bool wanted = false, ended = false;
    std::string name;
    CO_TRY(Change(key, [&](store::Tx&, Arena&, rows::Task& task) {
      const rows::Container& c = task.containers[container];
      wanted = !c.log_done.value_or(false) && c.started_at.has_value();
      ended = c.status == "STOPPED";
      name = HostName(task, container);
      cursor.file = c.log_file.value_or(0);
      cursor.output_offset = c.log_output.value_or(0);
      cursor.error_offset = c.log_error.value_or(0);
      place = {task.account.str(), c.log_region.has_value() ? c.log_region.str() : task.region.str(), c.log_group.str(), c.log_stream.str()};
      return false;
    }));
    if (!wanted) co_return Status{};
    request.name = Str(name);
    request.cursor = &cursor;
    const auto read = co_await blocking_.Run("ReadLog", [&] { return host_.ReadLog(request, arena); });
    if (!read) co_return std::unexpected(read.error());
    const host_wire::ReadLogResponse& log = **read;
    const bool done = ended && log.at_end.value_or(false) && log.records.empty();
    if (log.records.empty() && !done && log.at_end.value_or(false)) co_return Status{};
    CO_TRY(database_.Write([&](store::Tx& tx) -> Status {
      Arena inner;
      rows::Task* task = kTasks.Find(tx, key, inner);
      if (task == nullptr) return {};
      rows::Container& c = task->containers[container];
      if (c.log_group && !log.records.empty()) {
        std::vector<logs::NewEvent> events;
        for (const auto& r : log.records) events.push_back({r.time.value_or(0), r.text});
        auto stored = logs::Append(tx, inner, place, events, clock_.Now());
        // A deleted group or stream drops what comes, as awslogs does; the task goes on.
        if (!stored && stored.error().kind != ErrorKind::kNotFound) return stored;
      }
      c.log_file = log.cursor->file;
      c.log_output = log.cursor->output_offset;
      c.log_error = log.cursor->error_offset;
      if (done) c.log_done = true;
      // Not a new version of the task: nobody sees it.
      kTasks.Put(tx, key, *task, task->service.has_value() ? task->account.str() + "/" + task->region.str() + "/" + task->cluster.str() + "/" + task->service.str() : std::string());
      return {};
    }));
    if (done) co_return Status{};
  }
}

Task<Result<Settled>> TaskReconciler::Watch(std::string key) {
  Arena arena;
  host_wire::AwaitExitRequest request;
  std::size_t count = 0;
  CO_TRY(Change(key, [&](store::Tx&, Arena&, rows::Task& task) {
    count = task.containers.size();
    for (std::size_t i = 0; i < count; ++i) {
      if (task.containers[i].status == "RUNNING") request.names.Add(arena) = arena.Copy(HostName(task, i));
    }
    return false;
  }));
  request.timeout_ms = 0;
  const auto ended = co_await blocking_.Run("AwaitExit", [&] { return host_.AwaitExit(request, arena); });
  if (!ended) co_return std::unexpected(ended.error());
  if (!(*ended)->ended.empty()) {
    const auto all = co_await blocking_.Run("ListContainers", [&] { return host_.ListContainers({}, arena); });
    if (!all) co_return std::unexpected(all.error());
    const UnixMillis now = clock_.Now();
    CO_TRY(Change(key, [&](store::Tx& tx, Arena& a, rows::Task& task) {
      bool changed = false, essential = false;
      for (std::size_t i = 0; i < task.containers.size(); ++i) {
        rows::Container& c = task.containers[i];
        if (c.status != "RUNNING") continue;
        const std::string name = HostName(task, i);
        const auto* found = std::find_if((*all)->containers.begin(), (*all)->containers.end(), [&](const auto& s) { return s.name == std::string_view(name); });
        if (found != (*all)->containers.end() && found->status == "running") continue;
        c.status = "STOPPED";
        changed = true;
        if (found != (*all)->containers.end() && found->status == "exited") {
          c.exit_code = found->exit_code;
          c.finished_at = found->finished_at;
          if (found->out_of_memory.value_or(false)) c.reason = "OutOfMemoryError: Container killed due to memory usage";
        } else {
          c.finished_at = now;
        }
        if (c.essential.value_or(true)) {
          essential = true;
          task.execution_stopped_at = c.finished_at.value_or(now);
        }
      }
      (void)a;
      if (essential && task.desired == "RUNNING") {
        RequestStop(tx, task, "EssentialContainerExited", "Essential container in task exited", now);
        return false;
      }
      return changed;
    }));
  }
  for (std::size_t i = 0; i < count; ++i) {
    auto collected = co_await CollectOutput(key, i);
    if (!collected) co_return std::unexpected(collected.error());
  }
  co_return Again();
}

Task<Result<Settled>> TaskReconciler::Finish(std::string key) {
  const UnixMillis now = clock_.Now();
  // Drain first: no signal before every balancer has let go of the target.
  bool drained = true, all_ended = false;
  CO_TRY(Change(key, [&](store::Tx& tx, Arena& arena, rows::Task& task) {
    const Scope scope = ScopeOf(tx, arena, task);
    bool changed = false;
    if (task.registered.value_or(false)) {
      if (!task.deregistered.value_or(false)) {
        for (const rows::Target& t : task.targets) (void)neighbours_.DeregisterTarget(scope, t.group, task.address, t.port.value_or(0));
        task.deregistered = true;
        changed = true;
      }
      if (!Ended(task)) {
        for (const rows::Target& t : task.targets) drained &= !neighbours_.FindTarget(scope, t.group, task.address, t.port.value_or(0)).has_value();
      }
    }
    all_ended = Ended(task);
    const char* status = !drained ? "DEACTIVATING" : all_ended ? "DEPROVISIONING" : "STOPPING";
    if (task.started_at && task.status != std::string_view(status)) {
      task.status = status;
      changed = true;
    }
    return changed;
  }));
  // What runs or was about to run is seen and its output stored while it drains and stops, as before.
  auto watched = co_await Watch(key);
  if (!watched) co_return std::unexpected(watched.error());
  if (!drained) co_return Again();

  struct Signal {
    std::size_t container;
    std::string name;
    bool kill;
  };
  std::vector<Signal> signals;
  CO_TRY(Change(key, [&](store::Tx&, Arena&, rows::Task& task) {
    all_ended = Ended(task);
    bool changed = false;
    // In the reverse of the order of starting.
    for (std::size_t i = task.containers.size(); i-- > 0;) {
      rows::Container& c = task.containers[i];
      if (c.status == "PENDING") {
        c.status = "STOPPED";
        changed = true;
      }
      if (c.status != "RUNNING") continue;
      if (!c.signalled_at) signals.push_back({i, HostName(task, i), false});
      else if (!c.killed.value_or(false) && now - *c.signalled_at >= c.stop_timeout.value_or(30) * 1000LL) signals.push_back({i, HostName(task, i), true});
    }
    return changed;
  }));
  for (const Signal& s : signals) {
    Arena arena;
    host_wire::StopContainerRequest request;
    request.name = Str(s.name);
    request.kill = s.kill;
    const auto stopped = co_await blocking_.Run("StopContainer", [&] { return host_.StopContainer(request, arena); });
    if (!stopped) co_return std::unexpected(stopped.error());
    // Only now: a signal that nobody got is sent again, and one that came twice does no harm.
    CO_TRY(Change(key, [&](store::Tx&, Arena&, rows::Task& task) {
      rows::Container& c = task.containers[s.container];
      if (s.kill) c.killed = true;
      else c.signalled_at = now;
      return true;
    }));
  }
  CO_TRY(Change(key, [&](store::Tx&, Arena&, rows::Task& task) {
    all_ended = Ended(task);
    return false;
  }));
  if (!all_ended) co_return Settled{Millis(100), false};

  // Gone from the host only when all output is stored.
  std::string id;
  bool stored = true;
  CO_TRY(Change(key, [&](store::Tx&, Arena&, rows::Task& task) {
    id = task.id.str();
    for (const rows::Container& c : task.containers) stored &= c.log_done.value_or(false) || !c.started_at;
    return false;
  }));
  if (!stored) co_return Settled{Millis(20), false};
  Arena arena;
  host_wire::RemoveTaskRequest remove;
  remove.task = Str(id);
  const auto removed = co_await blocking_.Run("RemoveTask", [&] { return host_.RemoveTask(remove, arena); });
  if (!removed) co_return std::unexpected(removed.error());
  bool released = false;
  CO_TRY(Change(key, [&](store::Tx& tx, Arena& a, rows::Task& task) {
    const Scope scope = ScopeOf(tx, a, task);
    bool changed = false;
    if (task.status != "DEPROVISIONING") {
      task.status = "DEPROVISIONING";
      if (!task.execution_stopped_at) task.execution_stopped_at = now;
      changed = true;
    }
    if (task.eni) (void)neighbours_.DropInterface(scope, task.eni);
    released = !task.eni || !neighbours_.FindInterface(scope, task.eni).has_value();
    if (released) {
      task.status = "STOPPED";
      task.stopped_at = clock_.Now();
      changed = true;
    }
    return changed;
  }));
  if (!released) co_return Again();
  co_return Settled{Millis(3'600'100), false};
}

}  // namespace terrarium::ecs
