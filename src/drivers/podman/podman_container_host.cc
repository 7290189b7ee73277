#include "drivers/podman/podman_container_host.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mount.h>
extern "C" {  // glibc 2.36 forgot it
#include <sys/pidfd.h>
}
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/file.h"
#include "base/json.h"
#include "base/log.h"
#include "base/text.h"
#include "drivers/podman/ending.h"
#include "drivers/podman/inspect.h"
#include "drivers/podman/log_file.h"
#include "drivers/podman/oci_config.h"
#include "drivers/podman/render.h"
#include "drivers/podman/sysctl.h"
#include "host/container/spec.h"
#include "host/files/access.h"
#include "host/netns_name.h"

namespace terrarium::podman {
namespace {

constexpr long kTmpfsMagic = 0x01021994;
constexpr Millis kQuick{30'000}, kStart{120'000}, kPull{900'000};

bool IsFolder(std::string_view s) { return s.size() > 1 && s.front() == '/' && s.find_first_of("\"\n:, '\\") == std::string_view::npos; }

Status EnsureTmpfs(const std::string& path) {
  TRY(MakeDirectories(path, 0700));
  struct statfs fs{};
  if (statfs(path.c_str(), &fs) == 0 && fs.f_type == kTmpfsMagic) return {};
  if (mount("terrarium", path.c_str(), "tmpfs", MS_NOSUID | MS_NODEV, "mode=0700,size=256m") != 0) return SystemFail("cannot mount a tmpfs for secrets", errno);
  return {};
}

Error NoContainer(std::string_view name) { return {ErrorKind::kNotFound, {}, "no container " + std::string(name.substr(0, 60)), {}}; }
std::unexpected<Error> BadName() { return Fail(ErrorKind::kInvalid, "container or task name is not valid"); }

// A flat folder of our own, which nobody else can enter.
void RemoveFlatFolder(const std::string& path) {
  for (const std::string& name : ListDirectory(path).value_or(std::vector<std::string>{})) unlink((path + "/" + name).c_str());
  rmdir(path.c_str());
}

Error PodmanError(std::string_view what, const ProcessResult& r) {
  return {ErrorKind::kUnavailable, {}, std::string(what) + (r.timed_out ? " took too long" : " failed"), Printable(r.error_output.substr(0, 2048))};
}

}  // namespace

Result<std::unique_ptr<PodmanContainerHost>> PodmanContainerHost::Open(Config config) {
  if (geteuid() != 0) return Fail(ErrorKind::kUnavailable, "containers need root");
  const auto instance_ok = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  if (config.instance.empty() || config.instance.size() > 8 || !std::all_of(config.instance.begin(), config.instance.end(), instance_ok)) {
    return Fail(ErrorKind::kInvalid, "the instance id must be one to eight of a-z and 0-9");
  }
  if (!IsFolder(config.state_dir) || !IsFolder(config.run_dir)) return Fail(ErrorKind::kInvalid, "state and run folders must be plain absolute paths");
  if (access(config.oci_wrapper.c_str(), X_OK) != 0) return Fail(ErrorKind::kUnavailable, "terrarium-oci is not where terrarium-host expects it", config.oci_wrapper);
  rlimit files{}, processes{};
  getrlimit(RLIMIT_NOFILE, &files);
  getrlimit(RLIMIT_NPROC, &processes);
  const auto cut = [](rlim_t v) { return v > 1'000'000 ? 1'000'000L : static_cast<long>(v); };
  if (config.open_files_limit == 0) config.open_files_limit = cut(files.rlim_max);
  if (config.processes_limit == 0) config.processes_limit = cut(processes.rlim_max);
  TRY_ASSIGN(Cgroups cgroups, Cgroups::Open(config.cgroup_root()));

  for (const std::string& folder : {config.state_dir, config.image_store(), config.containers_dir()}) TRY(MakeDirectories(folder, 0700));
  TRY(EnsureTmpfs(config.memory_dir()));
  for (const std::string& folder : {config.secrets_dir(), config.oci_root(), config.memory_dir() + "/networks", config.home_dir() + "/.config/containers"}) {
    TRY(MakeDirectories(folder, 0700));
  }
  unlink(config.oci_link().c_str());
  if (symlink(config.oci_wrapper.c_str(), config.oci_link().c_str()) != 0) return SystemFail("terrarium-oci", errno);
  TRY(WriteFileAtomically(config.containers_conf(), RenderContainersConf(config), 0600));
  TRY(WriteFileAtomically(config.memory_dir() + "/storage.conf", RenderStorageConf(config), 0600));
  TRY(WriteFileAtomically(config.memory_dir() + "/registries.conf", "unqualified-search-registries = []\n", 0600));
  TRY(WriteFileAtomically(config.home_dir() + "/.config/containers/policy.json", R"({"default":[{"type":"insecureAcceptAnything"}]})", 0600));
  std::unique_ptr<PodmanContainerHost> out(new PodmanContainerHost(std::move(config), std::move(cgroups)));
  // A start that our predecessor did not end has left its secrets.
  for (const std::string& name : ListDirectory(out->config_.secrets_dir()).value_or(std::vector<std::string>{})) {
    const std::string path = out->config_.secrets_dir() + "/" + name;
    if (unlink(path.c_str()) != 0) RemoveFlatFolder(path);
  }
  return out;
}

Result<ProcessResult> PodmanContainerHost::Podman(std::vector<std::string> arguments, Millis timeout) {
  std::vector<std::string> all = GlobalArguments(config_);
  all.insert(all.end(), std::make_move_iterator(arguments.begin()), std::make_move_iterator(arguments.end()));
  return RunProcess(all, ProcessEnvironment(config_), {}, timeout);
}

Result<wire::EnsureImageResponse*> PodmanContainerHost::EnsureImage(const wire::EnsureImageRequest& request, Arena& arena) {
  TRY_ASSIGN(const std::string registry, host::RegistryOf(request.reference));
  const std::string auth = config_.secrets_dir() + "/pull-" + std::to_string(serial_++) + ".auth";
  const bool has_user = request.user_name.has_value() && !request.user_name.empty();
  TRY(WriteFileAtomically(auth, has_user ? RenderAuthFile(registry, request.user_name, request.password) : std::string("{}"), 0600));
  const auto pulled = RunProcess(PullArguments(config_, request.reference, auth, request.insecure.value_or(false)), ProcessEnvironment(config_), {}, kPull);
  unlink(auth.c_str());
  if (!pulled) return std::unexpected(pulled.error());
  if (pulled->timed_out) return Fail(ErrorKind::kUnavailable, "the image could not be pulled in 15 minutes");
  if (pulled->exit_code != 0) return std::unexpected(PullError(pulled->error_output));
  const List<Str> ids = ParseLines(pulled->output, arena);
  if (ids.empty()) return Fail(ErrorKind::kUnavailable, "the pull named no image");
  TRY_ASSIGN(const ProcessResult inspected, Podman({"image", "inspect", "--", ids[ids.size() - 1].str()}, kQuick));
  if (inspected.exit_code != 0) return std::unexpected(PodmanError("podman image inspect", inspected));
  return ParseImage(inspected.output, arena);
}

Result<List<wire::ContainerState>> PodmanContainerHost::Inspect(std::vector<std::string> names, Arena& arena) {
  std::vector<std::string> arguments = {"container", "inspect", "--"};
  arguments.insert(arguments.end(), names.begin(), names.end());
  TRY_ASSIGN(const ProcessResult r, Podman(std::move(arguments), kQuick));
  // With a name that is gone it prints the others and fails.
  if (r.timed_out || (r.exit_code != 0 && r.error_output.find("no such container") == std::string::npos)) {
    return std::unexpected(PodmanError("podman inspect", r));
  }
  return ParseContainers(r.output.empty() ? "[]" : r.output, config_.instance, [this](std::string_view id) { return WasOutOfMemory(config_.memory_dir(), id); }, arena);
}

Result<wire::ContainerState> PodmanContainerHost::InspectOne(std::string_view name, Arena& arena) {
  TRY_ASSIGN(const List<wire::ContainerState> found, Inspect({PodmanName(config_, name)}, arena));
  if (found.empty()) return std::unexpected(NoContainer(name));
  return found[0];
}

void PodmanContainerHost::RemoveSecrets(std::string_view name) {
  unlink(SecretsFile(config_, name).c_str());
  RemoveFlatFolder(config_.secrets_dir() + "/" + std::string(name) + ".bundle");
}

// The container's user as numbers: the kernel maps that one, so a name, which only the image knows, will not do.
static Result<host::FileIds> NumericUser(std::string_view user) {
  if (user.empty()) return host::FileIds{0, 0};
  const auto colon = user.find(':');
  const auto uid = ParseInt(user.substr(0, colon)), gid = colon == std::string_view::npos ? std::nullopt : ParseInt(user.substr(colon + 1));
  if (!uid || !gid || *uid < 0 || *uid > 65535 || *gid < 0 || *gid > 65535) {
    return Fail(ErrorKind::kInvalid, "mount.nfs4: Terrarium maps the access point's POSIX user to the container's, which must be given as uid:gid, not as '" + Printable(user.substr(0, 60)) + "'");
  }
  return host::FileIds{*uid, *gid};
}

Status PodmanContainerHost::MountFiles(const wire::ContainerSpec& spec) {
  if (spec.files.empty()) return {};
  if (config_.files == nullptr) return Fail(ErrorKind::kUnsupported, "this host has no file systems");
  std::string user(spec.user.value_or(""));
  if (user.empty()) {
    Arena arena;
    TRY_ASSIGN(const ProcessResult inspected, Podman({"image", "inspect", "--", spec.image.str()}, kQuick));
    if (inspected.exit_code != 0) return std::unexpected(PodmanError("podman image inspect", inspected));
    TRY_ASSIGN(const auto* image, ParseImage(inspected.output, arena));
    user = image->user.value_or("");
  }
  RemoveFiles(spec.name);
  TRY(MakeDirectories(config_.files_dir() + "/" + spec.name.str(), 0700));
  for (std::size_t i = 0; i < spec.files.size(); ++i) {
    const auto& mount = spec.files[i];
    host::FilesAccess access;
    access.file_system = mount.file_system.str();
    access.path = mount.path.str();
    access.read_only = mount.read_only.value_or(false);
    access.base = spec.uid_base.value_or(0);
    if (mount.owner_uid) access.creation = host::FilesAccess::Creation{{*mount.owner_uid, *mount.owner_gid}, *mount.permissions};
    if (mount.user_uid) {
      TRY_ASSIGN(const host::FileIds inside, NumericUser(user));
      access.user = host::FileIds{*mount.user_uid, *mount.user_gid};
      access.container_user = {access.base + inside.uid, access.base + inside.gid};
    }
    const std::string target = FilesDir(config_, spec.name, i);
    TRY(MakeDirectory(target, 0700));
    TRY(config_.files->MountAccess(access, target));
  }
  return {};
}

void PodmanContainerHost::RemoveFiles(std::string_view name) {
  const std::string folder = config_.files_dir() + "/" + std::string(name);
  for (const std::string& number : ListDirectory(folder).value_or(std::vector<std::string>{})) {
    umount2((folder + "/" + number).c_str(), MNT_DETACH);
    rmdir((folder + "/" + number).c_str());
  }
  rmdir(folder.c_str());
}

Status PodmanContainerHost::Create(const wire::ContainerSpec& spec) {
  const std::string folder = ContainerDir(config_, spec.name);
  TRY(ApplySysctls(spec));  // before anything of the container exists: what the kernel refuses leaves nothing
  if (auto mounted = MountFiles(spec); !mounted) {
    RemoveFiles(spec.name);
    return mounted;
  }
  TRY(cgroups_.EnsureTask(spec.task, *spec.task_cpu_units, *spec.task_memory_mib));
  TRY(MakeDirectory(folder, 0700));
  TRY(WriteFileAtomically(folder + "/task", spec.task.view(), 0600));  // whose it is, should the start be cut off before podman knows it
  // Readable: the container's users are others than the host's.
  TRY(WriteFileAtomically(folder + "/hosts", RenderHosts(spec), 0644));
  TRY(WriteFileAtomically(folder + "/resolv.conf", RenderResolvConf(spec), 0644));
  TRY(WriteFileAtomically(SecretsFile(config_, spec.name), RenderEnvironmentFile(spec), 0600));
  const auto run = RunProcess(RunArguments(config_, spec), ProcessEnvironment(config_), {}, kStart);
  RemoveSecrets(spec.name);
  if (!run || run->timed_out || run->exit_code != 0) {
    (void)Remove(spec.name);
    if (!run) return std::unexpected(run.error());
    return std::unexpected(run->timed_out ? PodmanError("the start of the container", *run) : StartError(run->error_output));
  }
  // Else the monitor would stay in our own control group and end with it.
  if (const auto pid = ReadFile(folder + "/conmon.pid", 64)) {
    const auto monitor = ParseInt(Trim(*pid));
    const Status moved = monitor && *monitor > 1 ? cgroups_.MoveToMonitors(*monitor) : Fail(ErrorKind::kInvalid, "its pid is none");  // 0 would be ourselves
    if (!moved) LogWarning("podman", "monitor not moved: " + moved.error().message);
  }
  return {};
}

Result<wire::EnsureContainerResponse*> PodmanContainerHost::EnsureContainer(const wire::EnsureContainerRequest& request, Arena& arena) {
  if (request.spec == nullptr) return Fail(ErrorKind::kInvalid, "container spec is missing");
  const wire::ContainerSpec& spec = *request.spec;
  TRY(host::ValidateSpec(spec));
  if (!host::IsInterfaceNetns(config_.instance, spec.network_namespace)) return Fail(ErrorKind::kInvalid, "container spec: network_namespace is none of this instance's");
  auto* out = arena.New<wire::EnsureContainerResponse>();
  out->state = arena.New<wire::ContainerState>();
  struct stat st{};
  if (stat(ContainerDir(config_, spec.name).c_str(), &st) == 0) {
    auto found = InspectOne(spec.name, arena);
    if (!found && found.error().kind != ErrorKind::kNotFound) return std::unexpected(found.error());
    // "created" is a start that was cut off.
    if (found && found->spec_hash.view() == host::SpecHash(spec) && found->status != "created") {
      *out->state = *found;
      return out;
    }
    TRY(Remove(spec.name));
  }
  TRY(Create(spec));
  TRY_ASSIGN(*out->state, InspectOne(spec.name, arena));
  return out;
}

Result<wire::StopContainerResponse*> PodmanContainerHost::StopContainer(const wire::StopContainerRequest& request, Arena& arena) {
  if (!host::IsContainerName(request.name)) return BadName();
  const std::string name = PodmanName(config_, request.name);
  std::string signal = "KILL";
  if (!request.kill.value_or(false)) {
    TRY_ASSIGN(const ProcessResult r, Podman({"container", "inspect", "--format", "{{.Config.StopSignal}}", "--", name}, kQuick));
    if (r.exit_code != 0 && r.error_output.find("no such container") != std::string::npos) return arena.New<wire::StopContainerResponse>();
    if (r.exit_code != 0) return std::unexpected(PodmanError("podman inspect", r));
    signal = std::string(Trim(ReplaceAll(r.output, "\n", "")));
    if (signal.empty() || signal == "0") signal = "TERM";
  }
  TRY_ASSIGN(const ProcessResult killed, Podman({"kill", "--signal", signal, "--", name}, kQuick));
  if (killed.exit_code != 0) {
    // It ended by itself, which is what was asked for.
    const auto state = InspectOne(request.name, arena);
    if (state && state->status == "running") return std::unexpected(PodmanError("podman kill", killed));
  }
  return arena.New<wire::StopContainerResponse>();
}

Status PodmanContainerHost::Remove(std::string_view name) {
  // The clean-up that conmon starts at the end of a container may hold a mount for a moment.
  for (int attempt = 0;; ++attempt) {
    TRY_ASSIGN(const ProcessResult r, Podman({"rm", "--force", "--time", "0", "--volumes", "--ignore", "--", PodmanName(config_, name)}, kStart));
    if (r.exit_code == 0) break;
    if (attempt == 4 || r.timed_out) return std::unexpected(PodmanError("podman rm", r));
  }
  RemoveSecrets(name);
  RemoveFiles(name);
  ForgetGroups(config_.memory_dir(), name);
  RemoveFlatFolder(ContainerDir(config_, name));
  const std::lock_guard lock(logs_mutex_);
  if (const auto at = logs_.find(name); at != logs_.end()) logs_.erase(at);
  return {};
}

Result<wire::RemoveContainerResponse*> PodmanContainerHost::RemoveContainer(const wire::RemoveContainerRequest& request, Arena& arena) {
  if (!host::IsContainerName(request.name)) return BadName();
  TRY(Remove(request.name));
  return arena.New<wire::RemoveContainerResponse>();
}

Result<wire::RemoveTaskResponse*> PodmanContainerHost::RemoveTask(const wire::RemoveTaskRequest& request, Arena& arena) {
  if (!host::IsTaskName(request.task)) return BadName();
  TRY_ASSIGN(const wire::ListContainersResponse* all, ListContainers({}, arena));
  for (const wire::ContainerState& c : all->containers) {
    if (c.task.view() == request.task.view()) TRY(Remove(c.name));
  }
  // Of a start that was cut off.
  for (const std::string& name : ListDirectory(config_.files_dir()).value_or(std::vector<std::string>{})) {
    if (name.starts_with(request.task.str() + "-")) RemoveFiles(name);
  }
  TRY_ASSIGN(const ProcessResult volumes, Podman({"volume", "ls", "--quiet"}, kQuick));
  if (volumes.exit_code != 0) return std::unexpected(PodmanError("podman volume ls", volumes));
  for (const Str& v : ParseLines(volumes.output, arena)) {
    if (!v.view().starts_with(VolumeName(config_, request.task, ""))) continue;
    TRY_ASSIGN(const ProcessResult removed, Podman({"volume", "rm", "--force", "--", v.str()}, kStart));
    if (removed.exit_code != 0) return std::unexpected(PodmanError("podman volume rm", removed));
  }
  TRY(cgroups_.RemoveTask(request.task));
  return arena.New<wire::RemoveTaskResponse>();
}

Result<wire::ListContainersResponse*> PodmanContainerHost::ListContainers(const wire::ListContainersRequest&, Arena& arena) {
  auto* out = arena.New<wire::ListContainersResponse>();
  out->containers.Present(arena);
  out->tasks.Present(arena);
  TRY_ASSIGN(const ProcessResult ids, Podman({"ps", "--all", "--quiet", "--no-trunc", "--filter", "label=terrarium.instance=" + config_.instance}, kQuick));
  if (ids.exit_code != 0) return std::unexpected(PodmanError("podman ps", ids));
  std::vector<std::string> names;
  for (const Str& id : ParseLines(ids.output, arena)) names.push_back(id.str());
  if (!names.empty()) {
    TRY_ASSIGN(out->containers, Inspect(std::move(names), arena));
  }
  // A folder without a container is a start that was cut off before podman wrote anything.
  for (const std::string& name : ListDirectory(config_.containers_dir()).value_or(std::vector<std::string>{})) {
    if (std::any_of(out->containers.begin(), out->containers.end(), [&](const auto& c) { return c.name.view() == name; })) continue;
    auto& c = out->containers.Add(arena);
    c.name = arena.Copy(name);
    c.task = arena.Copy(ReadFile(config_.containers_dir() + "/" + name + "/task", 64).value_or(std::string()));
    c.status = "created";
  }
  for (const std::string& task : cgroups_.Tasks()) out->tasks.Add(arena, Str(arena.Copy(task)));
  return out;
}

UniqueFd PodmanContainerHost::Monitor(std::string_view name) const {
  const auto text = ReadFile(ContainerDir(config_, name) + "/conmon.pid", 64);
  const auto pid = text ? ParseInt(Trim(*text)) : std::nullopt;
  if (!pid || *pid <= 1) return {};
  UniqueFd fd(pidfd_open(static_cast<pid_t>(*pid), 0));
  if (!fd) return {};
  // After the descriptor is there the number cannot change hands any more; before, it may have.
  const auto line = ReadFile("/proc/" + std::to_string(*pid) + "/cmdline", 65536);
  if (!line || line->find(ContainerDir(config_, name) + "/conmon.pid") == std::string::npos) return {};
  return fd;
}

Result<wire::AwaitExitResponse*> PodmanContainerHost::AwaitExit(const wire::AwaitExitRequest& request, Arena& arena) {
  auto* out = arena.New<wire::AwaitExitResponse>();
  out->ended.Present(arena);
  std::vector<UniqueFd> monitors;  // owns what `fds` names
  std::vector<pollfd> fds;
  std::vector<std::string_view> watched;
  for (const Str& name : request.names) {
    if (!host::IsContainerName(name)) return BadName();
    UniqueFd fd = Monitor(name);
    if (!fd) {
      out->ended.Add(arena, Str(arena.Copy(name)));
      continue;
    }
    fds.push_back({fd.get(), POLLIN, 0});
    monitors.push_back(std::move(fd));
    watched.push_back(name);
  }
  const auto timeout = std::clamp<std::int64_t>(request.timeout_ms.value_or(0), 0, 600'000);
  poll(fds.data(), fds.size(), out->ended.empty() ? static_cast<int>(timeout) : 0);
  for (std::size_t i = 0; i < fds.size(); ++i) {
    if (fds[i].revents != 0) out->ended.Add(arena, Str(arena.Copy(watched[i])));
  }
  return out;
}

Result<wire::ReadLogResponse*> PodmanContainerHost::ReadLog(const wire::ReadLogRequest& request, Arena& arena) {
  if (!host::IsContainerName(request.name)) return BadName();
  const wire::LogCursor cursor = request.cursor != nullptr ? *request.cursor : wire::LogCursor{};
  const std::int64_t limit = std::clamp<std::int64_t>(request.limit_bytes.value_or(1 << 20), 64 * 1024, 16 << 20);
  // Before the file: what was written until the monitor ended is then in it.
  const bool ended = !Monitor(request.name);
  auto* out = arena.New<wire::ReadLogResponse>();
  out->records.Present(arena);
  out->cursor = arena.New<wire::LogCursor>();
  *out->cursor = cursor;
  const std::string path = ContainerDir(config_, request.name) + "/output.log";
  UniqueFd current(open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW));
  if (!current) {
    if (errno != ENOENT) return SystemFail("container log", errno);
    out->at_end = true;
    return out;
  }
  TRY_ASSIGN(const std::int64_t id, LogFileId(current.get()));
  const std::lock_guard lock(logs_mutex_);
  UniqueFd& held = logs_[request.name.str()];
  if (held) {
    TRY_ASSIGN(const std::int64_t old, LogFileId(held.get()));
    if (old != id && cursor.file.value_or(0) == old) {
      TRY_ASSIGN(const LogRead rest, ReadLogFile(held.get(), cursor, limit, true, arena));
      out->records = rest.records;
      *out->cursor = rest.cursor;
      if (!rest.at_end || !rest.records.empty()) {
        out->at_end = false;
        return out;
      }
    }
  }
  held = std::move(current);
  TRY_ASSIGN(const LogRead read, ReadLogFile(held.get(), cursor, limit, ended, arena));
  out->records = read.records;
  *out->cursor = read.cursor;
  out->at_end = read.at_end;
  return out;
}

Result<wire::ReadUsageResponse*> PodmanContainerHost::ReadUsage(const wire::ReadUsageRequest& request, Arena& arena) {
  auto* out = arena.New<wire::ReadUsageResponse>();
  out->usage.Present(arena);
  for (const Str& task : request.tasks) {
    if (!host::IsTaskName(task)) return BadName();
    const auto usage = cgroups_.Usage(task);
    if (!usage && usage.error().kind == ErrorKind::kNotFound) continue;
    if (!usage) return std::unexpected(usage.error());
    auto& u = out->usage.Add(arena);
    u.task = arena.Copy(task);
    u.cpu_nanoseconds = usage->cpu_nanoseconds;
    u.memory_bytes = usage->memory_bytes;
    u.processes = usage->processes;
  }
  return out;
}

Result<wire::RunCommandResponse*> PodmanContainerHost::RunCommand(const wire::RunCommandRequest& request, Arena& arena) {
  if (!host::IsContainerName(request.name)) return BadName();
  if (request.command.empty()) return Fail(ErrorKind::kInvalid, "the command is empty");
  TRY_ASSIGN(const ProcessResult found, Podman({"container", "inspect", "--format", "{{.Id}} {{.State.Pid}} {{.OCIConfigPath}}", "--", PodmanName(config_, request.name)}, kQuick));
  const std::string line = ReplaceAll(found.output, "\n", "");
  const auto parts = Split(Trim(line), ' ');
  if (found.exit_code != 0 || parts.size() != 3) return std::unexpected(NoContainer(request.name));
  const auto pid = ParseInt(parts[1]);
  if (!pid || *pid <= 1) return Fail(ErrorKind::kConflict, "the container does not run");
  // Not `podman exec`, which knows no environment: the runtime itself, with the container's own process as the pattern and its environment as it is now.
  TRY_ASSIGN(const std::string config, ReadFile(std::string(parts[2])));
  TRY_ASSIGN(const std::string environment, ReadFile("/proc/" + std::to_string(*pid) + "/environ", 8u << 20));
  TRY_ASSIGN(const Json root, Json::Parse(config));
  Json process = root["process"];
  Json env{Json::Array{}}, args{Json::Array{}};
  for (std::string_view e : Split(environment, '\0')) {
    if (!e.empty() && IsValidUtf8(e)) env.Append(Json(e));
  }
  for (const Str& a : request.command) args.Append(Json(a.view()));
  process.Set("env", std::move(env));
  process.Set("args", std::move(args));
  process.Set("terminal", Json(false));
  const std::string stem = config_.secrets_dir() + "/exec-" + std::to_string(serial_++);
  const std::string spec_file = stem + ".json", pid_file = stem + ".pid";
  TRY(WriteFileAtomically(spec_file, process.Write(), 0600));
  std::string state_root = config_.oci_root();
  const std::string id(parts[0]), own_root = stem + ".root";
  if (const auto state = ReadFile(state_root + "/" + id + "/state.json")) {
    if (const auto reduced = StateWithoutNetwork(*state)) {
      TRY(MakeDirectories(own_root + "/" + id, 0700));
      TRY(WriteFileAtomically(own_root + "/" + id + "/state.json", *reduced, 0600));
      state_root = own_root;
    }
  }
  const auto run = RunProcess({config_.oci_link(), "--root", state_root, "exec", "--pid-file", pid_file, "--process", spec_file, id}, ProcessEnvironment(config_), {},
                              Millis(std::clamp<std::int64_t>(request.timeout_ms.value_or(5000), 1, 600'000)), "/proc/" + std::to_string(*pid) + "/ns/net");
  RemoveFlatFolder(own_root + "/" + id);
  rmdir(own_root.c_str());
  const auto inner = ReadFile(pid_file, 64);
  unlink(spec_file.c_str());
  unlink(pid_file.c_str());
  if (!run) return std::unexpected(run.error());
  // The runtime was killed; what it started was not.
  if (run->timed_out && inner) {
    if (const auto p = ParseInt(Trim(*inner)); p && *p > 1) {
      const UniqueFd target(pidfd_open(static_cast<pid_t>(*p), 0));
      if (target) pidfd_send_signal(target.get(), SIGKILL, nullptr, 0);
    }
  }
  auto* out = arena.New<wire::RunCommandResponse>();
  out->exit_code = run->exit_code;
  out->timed_out = run->timed_out;
  std::string output = run->output + run->error_output;
  output.resize(std::min(output.size(), static_cast<std::size_t>(std::clamp<std::int64_t>(request.output_limit.value_or(4096), 0, 4 << 20))));
  out->output = arena.Copy(IsValidUtf8(output) ? output : Printable(output));
  return out;
}

Status PodmanContainerHost::RemoveEverything() {
  Arena arena;
  TRY_ASSIGN(const wire::ListContainersResponse* all, ListContainers({}, arena));
  for (const wire::ContainerState& c : all->containers) TRY(Remove(c.name));
  for (const Str& task : all->tasks) {
    wire::RemoveTaskRequest request;
    request.task = task;
    TRY(RemoveTask(request, arena));
  }
  cgroups_.RemoveRoot();
  umount2((config_.image_store() + "/overlay").c_str(), MNT_DETACH);
  umount2(config_.memory_dir().c_str(), MNT_DETACH);
  // The store holds files of foreign images: a program that walks with descriptors removes it, not we with paths.
  TRY_ASSIGN(const ProcessResult r, RunProcess({"rm", "-rf", "--one-file-system", "--", config_.image_store(), config_.containers_dir(), config_.memory_dir()},
                                               {"PATH=/usr/sbin:/usr/bin:/sbin:/bin"}, {}, kPull));
  if (r.exit_code != 0) return Fail(ErrorKind::kUnavailable, "the image store could not be removed", Printable(r.error_output.substr(0, 2048)));
  return {};
}

}  // namespace terrarium::podman
