#include "drivers/haproxy/haproxy_proxy_host.h"

#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/file.h"
#include "base/json.h"
#include "base/text.h"
#include "drivers/haproxy/generations.h"
#include "drivers/haproxy/runtime_api.h"

namespace terrarium::haproxy {
namespace {

using namespace gen::host_proxy;  // NOLINT: the messages of this port

constexpr Millis kPatience{20'000};

std::string StatePath(const std::string& folder, long long generation) { return folder + "/servers-" + std::to_string(generation); }
std::string AdminPath(const std::string& folder, long long generation) { return folder + "/admin-" + std::to_string(generation) + ".sock"; }

struct Program {
  std::vector<std::string> argv, environment;
};
Result<Program> FindProgram(const std::string& programs_dir) {
  const std::string path = programs_dir + "/haproxy/current/manifest.json";
  const auto text = ReadFile(path, 1 << 20);
  if (!text) return Fail(ErrorKind::kUnsupported, "no haproxy is installed; scripts/program_root.py ensure haproxy gets one");
  TRY_ASSIGN(const Json manifest, Json::Parse(*text));
  Program program;
  for (const Json& item : manifest["argv_prefix"].array()) program.argv.push_back(item.string());
  for (const auto& [name, value] : manifest["environment"].object()) program.environment.push_back(name + "=" + value.string());
  if (program.argv.size() < 2) return Fail(ErrorKind::kInvalid, "haproxy's program root has a manifest that does not fit", path);
  return program;
}

// Made by root in a folder of root's: whoever may command the proxy is who may open this file.
Result<UniqueFd> ListenForAdmin(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return Fail(ErrorKind::kInvalid, "the path of a socket is too long", path);
  std::memcpy(address.sun_path, path.c_str(), path.size());
  UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket) return SystemFail("socket", errno);
  ::unlink(path.c_str());
  if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) return SystemFail(path, errno);
  if (::chmod(path.c_str(), 0600) != 0) return SystemFail(path, errno);
  if (::listen(socket.get(), 16) != 0) return SystemFail(path, errno);
  return socket;
}

// Without the targets, which the running process can be told of.
std::string Shape(std::string_view config) {
  std::string out;
  for (const std::string_view line : Split(config, '\n'))
    if (!line.starts_with("  server ")) out += std::string(line) + "\n";
  return out;
}

// What a generation leaves that has ended, or has its configuration in memory.
Status RemoveFilesOfOthers(const std::string& folder, long long generation) {
  TRY_ASSIGN(const std::vector<std::string> names, ListDirectory(folder));
  for (const std::string& name : names) {
    const std::string path = folder + "/" + (name.ends_with(".new") ? name.substr(0, name.size() - 4) : name);
    if (path != ConfigPath(folder, generation) && path != StatePath(folder, generation) && path != AdminPath(folder, generation) && path != folder + "/proxy.json") ::unlink((folder + "/" + name).c_str());
  }
  return {};
}

ProxyState* StateOf(std::string_view id, const Record& record, Arena& arena) {
  auto* state = arena.New<ProxyState>();
  state->id = arena.Copy(id);
  const bool runs = Runs(record.process);
  state->status = runs ? "running" : "failed";
  if (runs) state->process_id = record.worker.pid != 0 ? record.worker.pid : record.process.pid;
  state->generation = record.generation;
  return state;
}

// What DescribeTargetHealth says of a target whose check ended like this.
// `fresh`: no check has passed or used up the threshold yet.
void Explain(TargetState& state, const ServerStat& stat, bool draining, bool fresh, Arena& arena) {
  if (draining) {
    state.state = "draining";
    state.reason = "Target.DeregistrationInProgress";
    state.description = "Target deregistration is in progress";
  } else if (stat.check_status == "INI" || stat.check_status == "UNK" || stat.check_status.empty() ||
             (fresh && !stat.status.starts_with("DOWN") && stat.check_status.find("OK") == std::string::npos)) {
    state.state = "initial";
    state.reason = "Elb.InitialHealthChecking";
    state.description = "Initial health checks in progress";
  } else if (stat.status.starts_with("UP") || stat.status == "DRAIN") {
    state.state = "healthy";
  } else {
    state.state = "unhealthy";
    if (stat.check_status == "L7STS") {
      state.reason = "Target.ResponseCodeMismatch";
      state.description = arena.Copy("Health checks failed with these codes: [" + stat.check_code + "]");
    } else if (stat.check_status.ends_with("TOUT")) {
      state.reason = "Target.Timeout";
      state.description = "Request timed out";
    } else {
      state.reason = "Target.FailedHealthChecks";
      state.description = "Health checks failed";
    }
  }
}

}  // namespace

std::string Record::Write() const {
  Json json;
  json.Set("pid", static_cast<std::int64_t>(process.pid));
  json.Set("started", static_cast<std::int64_t>(process.started));
  json.Set("worker", Json(Json::Array{Json(static_cast<std::int64_t>(worker.pid)), Json(static_cast<std::int64_t>(worker.started))}));
  json.Set("generation", static_cast<std::int64_t>(generation));
  json.Set("network_namespace", network_namespace);
  Json::Object sockets;
  for (const auto& [port, fd] : fds) sockets.emplace_back(std::to_string(port), Json(fd));
  json.Set("fds", Json(std::move(sockets)));
  Json::Array names;
  for (const std::string& name : draining) names.emplace_back(name);
  json.Set("draining", Json(std::move(names)));
  return json.WriteIndented() + "\n";
}

Result<Record> Record::Read(std::string_view text) {
  TRY_ASSIGN(const Json json, Json::Parse(text));
  Record record;
  record.process = {static_cast<pid_t>(json["pid"].integer()), static_cast<std::uint64_t>(json["started"].integer())};
  if (const auto& worker = json["worker"].array(); worker.size() == 2) record.worker = {static_cast<pid_t>(worker[0].integer()), static_cast<std::uint64_t>(worker[1].integer())};
  record.generation = json["generation"].integer();
  record.network_namespace = json["network_namespace"].string();
  for (const auto& [port, fd] : json["fds"].object()) {
    const auto number = ParseInt(port);
    if (!number || *number < 1 || *number > 65535) return Fail(ErrorKind::kInvalid, "the record of a load balancer does not fit");
    record.fds[static_cast<std::uint16_t>(*number)] = static_cast<int>(fd.integer());
  }
  for (const Json& name : json["draining"].array()) record.draining.insert(name.string());
  return record;
}

Result<std::unique_ptr<HaproxyProxyHost>> HaproxyProxyHost::Open(Options options, host::Network& network) {
  std::unique_ptr<HaproxyProxyHost> host(new HaproxyProxyHost(std::move(options), network));
  TRY(MakeDirectories(host->options_.run_dir, 0755));
  TRY(MakeDirectory(host->Home(), 0755));
  return host;
}

Result<Record> HaproxyProxyHost::Load(std::string_view id) const {
  if (!proxy::IsProxyId(id)) return Fail(ErrorKind::kInvalid, "the id of a load balancer does not fit");
  const std::string path = Folder(id) + "/proxy.json";
  if (::access(path.c_str(), F_OK) != 0) return Fail(ErrorKind::kNotFound, "there is no load balancer " + std::string(id));
  TRY_ASSIGN(const std::string text, ReadFile(path, 1 << 20));
  return Record::Read(text);
}

Status HaproxyProxyHost::Save(std::string_view id, const Record& record) const {
  return WriteFileAtomically(Folder(id) + "/proxy.json", record.Write(), 0600);
}

// Those that the running process has are taken from it; the others are made in the interface's namespace.
Result<std::map<std::uint16_t, UniqueFd>> HaproxyProxyHost::Sockets(const proxy::Spec& spec, const Record& record) const {
  std::map<std::uint16_t, UniqueFd> out;
  UniqueFd pidfd;
  const Identity& holder = Runs(record.process) ? record.process : record.worker;
  if (Runs(holder) && record.network_namespace == spec.network_namespace) {
    TRY_ASSIGN(const auto process, runtime::DetachedProcess::Adopt(holder));
    pidfd.Reset(static_cast<int>(::syscall(SYS_pidfd_open, process.identity().pid, 0)));
    if (!pidfd) return SystemFail("pidfd_open", errno);
  }
  for (const proxy::Listener& listener : spec.listeners) {
    const auto had = record.fds.find(listener.port);
    if (pidfd && had != record.fds.end()) {
      UniqueFd socket(static_cast<int>(::syscall(SYS_pidfd_getfd, pidfd.get(), had->second, 0)));
      if (!socket) return SystemFail("pidfd_getfd", errno);
      out.emplace(listener.port, std::move(socket));
      continue;
    }
    TRY_ASSIGN(host::EniId eni, host::EniId::Parse(spec.interface));
    host::SocketSpec wanted;
    wanted.place = std::move(eni);
    wanted.address = Ipv4{};
    wanted.port = listener.port;
    TRY_ASSIGN(UniqueFd socket, network_.OpenSocket(wanted));
    out.emplace(listener.port, std::move(socket));
  }
  return out;
}

// The next generation of the process. The one before stops accepting once this one answers, and ends with its last request.
Status HaproxyProxyHost::Start(const proxy::Spec& spec, Record& record, std::map<std::uint16_t, UniqueFd> sockets, const std::string& servers) {
  TRY_ASSIGN(const Program program, FindProgram(options_.programs_dir));
  const std::string folder = Folder(spec.id);
  Record next;
  next.generation = record.generation + 1;
  // Taken by one that was started and never written down.
  while (::access(ConfigPath(folder, next.generation).c_str(), F_OK) == 0) ++next.generation;
  next.network_namespace = spec.network_namespace;
  runtime::Command command;
  command.env = program.environment;
  command.no_new_privileges = true;
  command.uid = options_.user;
  command.gid = options_.user;
  command.network_namespace = spec.network_namespace;
  int number = kFirstListenerFd;
  for (const auto& [port, socket] : sockets) {
    command.fds.push_back({socket.get(), number});
    next.fds[port] = number++;
  }
  for (const proxy::TargetGroup& group : spec.groups)
    for (const proxy::Target& target : group.targets)
      if (target.draining) next.draining.insert(group.id + "/" + target.Name());

  const std::string config = ConfigPath(folder, next.generation);
  TRY(WriteFileAtomically(StatePath(folder, next.generation), servers, 0644));
  TRY(WriteFileAtomically(config, RenderConfig(spec, next.fds, StatePath(folder, next.generation)), 0644));
  TRY_ASSIGN(const UniqueFd admin, ListenForAdmin(AdminPath(folder, next.generation)));
  command.fds.push_back({admin.get(), kAdminFd});

  command.argv = program.argv;
  command.argv.insert(command.argv.end(), {"-c", "-q", "-f", config});
  TRY(runtime::RunToSuccess(command));
  command.argv = {options_.keeper};
  command.argv.insert(command.argv.end(), program.argv.begin(), program.argv.end());
  command.argv.insert(command.argv.end(), {"-db", "-f", config});
  TRY_ASSIGN(runtime::DetachedProcess process, runtime::DetachedProcess::Start(command));
  next.process = process.identity();
  // Written at once: a process that nobody knows of would keep the port.
  const Record before = record;
  if (const Status saved = Save(spec.id, next); !saved) {
    TRY(End(next.process));
    return saved;
  }
  const auto answers = Ask(AdminPath(folder, next.generation), "show info", kPatience);
  if (!answers || !process.Running()) {
    TRY(End(next.process));
    TRY(Save(spec.id, before));
    return Fail(ErrorKind::kUnavailable, "the load balancer does not start", answers ? "" : answers.error().message);
  }
  next.worker = WorkerOf(next.process);
  TRY(Save(spec.id, next));
  record = next;
  return {};
}

Status HaproxyProxyHost::Command(std::string_view id, const Record& record, const std::string& command) const {
  TRY_ASSIGN(const std::string answer, Ask(AdminPath(Folder(id), record.generation), command, kPatience));
  // Success has nothing to say, or says so.
  for (const std::string_view line : Split(answer, '\n'))
    if (!line.empty() && line != "New server registered." && line != "Server deleted.") return Fail(ErrorKind::kUnavailable, "the load balancer refused a command", Printable(line));
  return {};
}

Status HaproxyProxyHost::SaveServers(std::string_view id, const Record& record) const {
  TRY_ASSIGN(const std::string servers, Ask(AdminPath(Folder(id), record.generation), "show servers state", kPatience));
  return WriteFileAtomically(StatePath(Folder(id), record.generation), servers, 0644);
}

Status HaproxyProxyHost::SetDraining(std::string_view id, Record& record, const std::string& target, bool draining) const {
  const std::string group = target.substr(0, target.find('/')), server = target.substr(target.find('/') + 1);
  const std::string state = draining ? " state drain" : " state ready";
  for (const std::string& backend : {group, FailOpenName(group)}) {
    const Status set = Command(id, record, "set server " + backend + "/" + server + state);
    if (!set) return Fail(ErrorKind::kNotFound, "there is no such target", set.error().cause);
  }
  if (draining) record.draining.insert(target);
  else record.draining.erase(target);
  TRY(SaveServers(id, record));
  return Save(id, record);
}

Status HaproxyProxyHost::ChangeTargets(const proxy::Spec& spec, Record& record, const std::string& config) const {
  TRY_ASSIGN(const std::string text, Ask(AdminPath(Folder(spec.id), record.generation), "show servers state", kPatience));
  std::map<std::string, std::string> gone = ParseServersState(text);
  const auto known = gone;
  for (const proxy::TargetGroup& group : spec.groups) {
    for (const proxy::Target& target : group.targets) {
      for (const std::string& backend : {group.id, FailOpenName(group.id)}) {
        const std::string name = backend + "/" + target.Name();
        gone.erase(name);
        const auto had = known.find(name);
        if (had != known.end() && !InMaintenance(had->second)) continue;  // else it was added, and no more than that
        const bool checked = backend == group.id;
        // Checked at once (in one breath: its clock runs from when it is added), and nothing is sent there until its first check is over.
        TRY(Command(spec.id, record, (had == known.end() ? "add server " + name + " " + target.Name() + " " + ServerKeywords(group, checked) + "; " : std::string()) +
                                         (checked ? "enable health " + name + "; " : std::string()) + "set server " + name + " state drain" +
                                         // Else its very first failure would count for all of the threshold: out of maintenance HAProxy begins at the edge.
                                         (checked ? "; set server " + name + " health up" : std::string())));
      }
    }
  }
  for (const auto& [name, line] : gone) {
    TRY(Command(spec.id, record, "set server " + name + " state maint"));
    // Its time is over: what is still under way there is cut, as an ALB cuts it.
    TRY(Command(spec.id, record, "shutdown sessions server " + name));
    TRY_ASSIGN([[maybe_unused]] const std::string waited, Ask(AdminPath(Folder(spec.id), record.generation), "wait 5s srv-removable " + name, kPatience));
    TRY(Command(spec.id, record, "del server " + name));
    record.draining.erase(name);
  }
  // Also what a proxy that dies is started again with.
  TRY(SaveServers(spec.id, record));
  TRY(WriteFileAtomically(ConfigPath(Folder(spec.id), record.generation), config, 0644));
  return Save(spec.id, record);
}

Result<EnsureProxyResponse*> HaproxyProxyHost::EnsureProxy(const EnsureProxyRequest& request, Arena& arena) {
  TRY_ASSIGN(const proxy::Spec spec, proxy::ParseSpec(request.spec));
  if (spec.network_namespace != options_.namespaces + spec.interface) return Fail(ErrorKind::kInvalid, "the network namespace of a load balancer must be that of its interface");
  TRY(MakeDirectory(Folder(spec.id), 0755));
  auto loaded = Load(spec.id);
  if (!loaded && loaded.error().kind != ErrorKind::kNotFound) return std::unexpected(loaded.error());
  Record record = loaded ? *std::move(loaded) : Record{};
  const bool kept = Runs(record.process);
  const std::string folder = Folder(spec.id);
  Identity worker = kept ? WorkerOf(record.process) : Identity{};
  if (!kept && !Runs(record.worker)) {
    // Its keeper was killed after it had started it again. All others are of no generation that was wanted, and would keep the ports.
    TRY_ASSIGN(const auto found, FindGenerations(folder, options_.user));
    for (const Generation& one : found)
      if (one.config == ConfigPath(folder, record.generation)) worker = one.identity;
    if (worker.pid == 0) TRY(EndAll(folder, options_.user));
  }
  if (worker.pid != 0 && worker != record.worker) {
    record.worker = worker;
    TRY(Save(spec.id, record));
  }

  const auto current = kept ? ReadFile(ConfigPath(folder, record.generation)) : Result<std::string>(std::string());
  std::map<std::uint16_t, int> fds;
  for (const proxy::Listener& listener : spec.listeners) fds[listener.port] = kFirstListenerFd + static_cast<int>(fds.size());
  const std::string wanted_config = RenderConfig(spec, fds, StatePath(folder, record.generation));
  if (kept && current && record.network_namespace == spec.network_namespace && Shape(*current) == Shape(wanted_config)) {
    if (*current != wanted_config) TRY(ChangeTargets(spec, record, wanted_config));
    for (const proxy::TargetGroup& group : spec.groups) {
      for (const proxy::Target& target : group.targets) {
        const std::string name = group.id + "/" + target.Name();
        if (record.draining.contains(name) != target.draining) TRY(SetDraining(spec.id, record, name, target.draining));
      }
    }
  } else {
    std::map<std::string, std::string> known;
    if (kept || Runs(record.worker)) {
      TRY_ASSIGN(const std::string text, Ask(AdminPath(folder, record.generation), "show servers state", kPatience));
      known = ParseServersState(text);
    }
    std::vector<WantedServer> wanted;
    for (const proxy::TargetGroup& group : spec.groups) {
      for (const proxy::Target& target : group.targets) {
        // One that drained and comes back is a new one.
        const std::string name = group.id + "/" + target.Name();
        if (!target.draining && record.draining.contains(name)) {
          known.erase(name);
          known.erase(FailOpenName(group.id) + "/" + target.Name());
        }
        for (const std::string& backend : {group.id, FailOpenName(group.id)})
          wanted.push_back({backend, target.Name(), target.address.ToString(), target.port, target.draining});
      }
    }
    TRY_ASSIGN(auto sockets, Sockets(spec, record));
    TRY(Start(spec, record, std::move(sockets), RenderServersState(wanted, known)));
  }
  // Also those of a hand-over that was cut off: the one before, which still accepts, or the one after, which nobody has written down.
  TRY(RetireOthers(folder, options_.user, record.process, record.worker));
  TRY(RemoveFilesOfOthers(folder, record.generation));
  auto* response = arena.New<EnsureProxyResponse>();
  response->state = StateOf(spec.id, record, arena);
  return response;
}

Result<ReadTargetsResponse*> HaproxyProxyHost::ReadTargets(const ReadTargetsRequest& request, Arena& arena) {
  TRY_ASSIGN(const Record record, Load(request.id));
  const std::string admin = AdminPath(Folder(request.id), record.generation);
  TRY_ASSIGN(const std::string csv, Ask(admin, "show stat", kPatience));
  TRY_ASSIGN(const std::vector<ServerStat> stats, ParseStat(csv));
  auto* response = arena.New<ReadTargetsResponse>();
  response->targets.Present(arena);
  std::set<std::string> drained;  // the twin without checks shows it whatever the checks say
  for (const ServerStat& stat : stats)
    if (stat.status == "DRAIN") drained.insert(stat.backend + "/" + stat.server);
  bool admitted = false;
  for (const ServerStat& stat : stats) {
    if (stat.backend.ends_with("_fo")) continue;
    const auto colon = stat.server.rfind(':');
    if (colon == std::string::npos) return Fail(ErrorKind::kInvalid, "the load balancer names a target that is none of ours");
    const bool draining = record.draining.contains(stat.backend + "/" + stat.server);
    TargetState& state = response->targets.Add(arena);
    state.target_group = arena.Copy(stat.backend);
    state.address = arena.Copy(std::string_view(stat.server).substr(0, colon));
    state.port = static_cast<std::int32_t>(ParseInt(std::string_view(stat.server).substr(colon + 1)).value_or(0));
    state.connections = stat.current;
    const bool fresh = drained.contains(FailOpenName(stat.backend) + "/" + stat.server);
    Explain(state, stat, draining, fresh, arena);
    // Its first checks are over: from now on the checks decide, as with every other target.
    if (!draining && state.state != "initial" && fresh) {
      for (const std::string& backend : {stat.backend, FailOpenName(stat.backend)}) TRY(Command(request.id, record, "set server " + backend + "/" + stat.server + " state ready"));
      admitted = true;
    }
  }
  if (admitted) TRY(SaveServers(request.id, record));
  return response;
}

Result<SetTargetStateResponse*> HaproxyProxyHost::SetTargetState(const SetTargetStateRequest& request, Arena& arena) {
  TRY_ASSIGN(Record record, Load(request.id));
  const auto address = Ipv4::Parse(request.address);
  const int port = request.port.value_or(0);
  const std::string_view group = request.target_group;
  const bool fits = !group.empty() && group.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-") == std::string_view::npos;
  if (!address || port < 1 || port > 65535 || !fits) return Fail(ErrorKind::kInvalid, "the name of a target does not fit");
  const std::string name = std::string(group) + "/" + address->ToString() + ":" + std::to_string(port);
  TRY(SetDraining(request.id, record, name, request.draining.value_or(false)));
  return arena.New<SetTargetStateResponse>();
}

Result<RemoveProxyResponse*> HaproxyProxyHost::RemoveProxy(const RemoveProxyRequest& request, Arena& arena) {
  if (!proxy::IsProxyId(request.id)) return Fail(ErrorKind::kInvalid, "the id of a load balancer does not fit");
  const std::string folder = Folder(request.id);
  TRY(EndAll(folder, options_.user));
  TRY_ASSIGN(const std::vector<std::string> names, ListDirectory(folder));
  for (const std::string& name : names) ::unlink((folder + "/" + name).c_str());
  if (::rmdir(folder.c_str()) != 0 && errno != ENOENT) return SystemFail(folder, errno);
  return arena.New<RemoveProxyResponse>();
}

Result<ListProxiesResponse*> HaproxyProxyHost::ListProxies(const ListProxiesRequest&, Arena& arena) {
  TRY_ASSIGN(const std::vector<std::string> names, ListDirectory(Home()));
  auto* response = arena.New<ListProxiesResponse>();
  response->proxies.Present(arena);
  for (const std::string& name : names) {
    if (!proxy::IsProxyId(name)) continue;
    // Without a readable record it is a first start that was cut off: failed, so that it is made again or removed.
    response->proxies.Add(arena, *StateOf(name, Load(name).value_or(Record{}), arena));
  }
  return response;
}

}  // namespace terrarium::haproxy
