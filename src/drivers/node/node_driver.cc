#include "drivers/node/node_driver.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <set>

#include "base/file.h"
#include "base/log.h"
#include "base/text.h"
#include "node/control.h"
#include "runtime/child_process.h"
#include "runtime/process_list.h"
#include "runtime/unix_socket.h"

namespace terrarium::drivers {
namespace {

constexpr Millis kStopPatience{5'000};
constexpr std::uint16_t kApiPort = 443;  // task groups that let AWS calls out allow it

// How a running node is found again: its pid and when it started, so that a pid that was used again is not taken for it.
constexpr const char* kIdentityFile = "/identity";
// There while nobody wants a node.
constexpr const char* kRemovedFile = "/removed";
constexpr int kReviveAgain = 1'000;  // ms

Status End(runtime::DetachedProcess& process) {
  if (const Status told = process.Signal(SIGTERM); !told && told.error().kind != ErrorKind::kNotFound) return told;
  if (process.WaitEnd(kStopPatience)) return {};
  if (const Status killed = process.Signal(SIGKILL); !killed && killed.error().kind != ErrorKind::kNotFound) return killed;
  if (!process.WaitEnd(kStopPatience)) return Fail(ErrorKind::kUnavailable, "terrarium-node cannot be ended");
  return {};
}

Result<runtime::DetachedProcess> Adopt(const std::string& folder) {
  TRY_ASSIGN(const std::string text, ReadFile(folder + kIdentityFile, 4096));
  const auto parts = Split(std::string_view(text).substr(0, text.find('\n')), ' ');
  const auto pid = parts.size() == 2 ? ParseInt(parts[0]) : std::nullopt;
  const auto started = parts.size() == 2 ? ParseInt(parts[1]) : std::nullopt;
  if (!pid || !started) return Fail(ErrorKind::kNotFound, "no node is known");
  return runtime::DetachedProcess::Adopt({static_cast<pid_t>(*pid), static_cast<std::uint64_t>(*started)});
}

}  // namespace

// Nodes of this instance that were never written down: who started them was killed before it came to that.
Status NodeDriver::EndUnknown() {
  TRY_ASSIGN(const auto processes, runtime::ProcessesOf(config_.uid));
  for (const runtime::RunningProcess& one : processes) {
    if (!one.argv.front().ends_with("/terrarium-node") || !one.Names(config_.run_dir) || !one.Names(config_.snapshot)) continue;
    if (auto process = runtime::DetachedProcess::Adopt(one.identity)) TRY(End(*process));
  }
  return {};
}

Status NodeDriver::EnsureRunning() {
  TRY(MakeDirectory(Notes(), 0700));
  TRY(MakeDirectory(Folder(), 0700));
  if (::chown(Folder().c_str(), config_.uid, config_.gid) != 0) return SystemFail(Folder(), errno);
  if (auto known = Adopt(Notes()); known && known->Running()) {
    if (node::ListNodeSockets(ControlSocket())) return {};
    return Fail(ErrorKind::kUnavailable, "terrarium-node does not answer");
  }
  TRY(EndUnknown());
  // The fabric comes into being with the first thing that needs it, and the node is to live there.
  host::SocketSpec any;
  any.place = host::InternetPlace();
  any.datagram = true;
  any.address = host::kApiAddress;
  TRY_ASSIGN([[maybe_unused]] const UniqueFd fabric, network_.OpenSocket(any));
  const UniqueFd log(::open(config_.log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0640));
  if (!log) return SystemFail(config_.log, errno);
  runtime::Command command;
  command.argv = {config_.program, config_.run_dir, config_.snapshot};
  command.uid = config_.uid;
  command.gid = config_.gid;
  command.network_namespace = config_.fabric_netns;
  command.no_new_privileges = true;
  command.fds = {{log.get(), 1}, {log.get(), 2}};
  // The socket file of a node that is gone must not be taken for the new one's.
  ::unlink(ControlSocket().c_str());
  TRY_ASSIGN(auto process, runtime::DetachedProcess::Start(command));
  TRY(WriteFileAtomically(Notes() + kIdentityFile, std::to_string(process.identity().pid) + " " + std::to_string(process.identity().started) + "\n", 0600));
  // It serves within milliseconds; one that ends instead says why in its log.
  for (int i = 0; i < 100; ++i) {
    if (node::ListNodeSockets(ControlSocket())) return {};
    if (process.WaitEnd(Millis{50})) return Fail(ErrorKind::kUnavailable, "terrarium-node ended at its start; its log is " + config_.log);
  }
  return Fail(ErrorKind::kUnavailable, "terrarium-node does not answer");
}

NodeDriver::~NodeDriver() {
  if (!watcher_.joinable()) return;
  const std::uint64_t one = 1;
  static_cast<void>(::write(stop_.get(), &one, sizeof one));
  watcher_.join();
}

Result<UniqueFd> NodeDriver::Open(const host::SocketSpec& spec) {
  TRY_ASSIGN(UniqueFd socket, network_.OpenSocket(spec));
  const int flags = ::fcntl(socket.get(), F_GETFL);
  if (::fcntl(socket.get(), F_SETFL, flags | O_NONBLOCK) != 0) return SystemFail("socket", errno);
  return socket;
}
// The node gets what it lacks of what we have. Under the mutex.
Status NodeDriver::Revive() {
  TRY(EnsureRunning());
  TRY_ASSIGN(const auto listed, node::ListNodeSockets(ControlSocket()));
  const std::set<std::string> held(listed.begin(), listed.end());
  for (const auto& [label, socket] : sockets_)
    if (!held.contains(label)) TRY(node::GiveNodeSocket(ControlSocket(), label, socket.get()));
  return {};
}

void NodeDriver::Watch() {
  for (;;) {
    UniqueFd node;
    {
      const std::lock_guard lock(mutex_);
      if (::access((Notes() + kRemovedFile).c_str(), F_OK) == 0) {
        watching_ = false;
        return;
      }
      // Asking whether it runs also reaps one that was our child.
      if (auto process = Adopt(Notes()); process && process->Running()) node.Reset(::fcntl(process->pidfd(), F_DUPFD_CLOEXEC, 0));
      if (!node) {
        const Status back = Revive();
        if (back) continue;
        LogError("node", "terrarium-node does not come back: " + back.error().message);
      }
    }
    pollfd waited[2] = {{stop_.get(), POLLIN, 0}, {node ? node.get() : -1, POLLIN, 0}};
    while (::poll(waited, 2, node ? -1 : kReviveAgain) < 0 && errno == EINTR) {
    }
    if (waited[0].revents != 0) return;
  }
}

Status NodeDriver::EnsureHeld(const std::string& label, const std::set<std::string>& held, const std::function<Result<UniqueFd>()>& open) {
  UniqueFd& ours = sockets_[label];
  if (held.contains(label)) {
    if (!ours) {
      TRY_ASSIGN(ours, node::CopyNodeSocket(ControlSocket(), label));
    }
    return {};
  }
  if (!ours) {
    TRY_ASSIGN(ours, open());
  }
  return node::GiveNodeSocket(ControlSocket(), label, ours.get());
}

Result<gen::host_node::EnsureNodeResponse*> NodeDriver::EnsureNode(const gen::host_node::EnsureNodeRequest& request, Arena& arena) {
  const std::lock_guard lock(mutex_);
  ::unlink((Notes() + kRemovedFile).c_str());
  TRY(EnsureRunning());
  TRY_ASSIGN(const auto listed, node::ListNodeSockets(ControlSocket()));
  const std::set<std::string> held(listed.begin(), listed.end());
  std::set<std::string> wanted;
  const auto ensure = [&](const std::string& label, const std::function<Result<UniqueFd>()>& open) {
    wanted.insert(label);
    return EnsureHeld(label, held, open);
  };

  for (const auto& vpc : request.vpcs) {
    TRY_ASSIGN(const auto id, host::VpcId::Parse(vpc.id));
    const auto resolver = Ipv4::Parse(vpc.resolver);
    if (!resolver) return Fail(ErrorKind::kInvalid, "not an IPv4 address: " + vpc.resolver.str());
    host::SocketSpec dns;
    dns.place = id;
    dns.datagram = true;
    dns.address = *resolver;
    dns.port = 53;
    TRY(ensure("dns-udp/" + id.str(), [&] { return Open(dns); }));
    host::SocketSpec tasks;
    tasks.place = id;
    tasks.address = host::kTaskAddress;
    tasks.port = 80;
    TRY(ensure("tasks/" + id.str(), [&] { return Open(tasks); }));
  }
  host::SocketSpec api;
  api.place = host::InternetPlace();
  api.address = host::kApiAddress;
  api.port = kApiPort;
  TRY(ensure("api/fabric", [&] { return Open(api); }));
  for (const int port : request.doors) {
    if (port < 1 || port > 65535) return Fail(ErrorKind::kInvalid, "no such port: " + std::to_string(port));
    TRY(ensure("door/" + std::to_string(port), [port]() -> Result<UniqueFd> {
      auto listener = runtime::ListenTcp("127.0.0.1", static_cast<std::uint16_t>(port));
      if (!listener) return Fail(ErrorKind::kConflict, "port " + std::to_string(port) + " of this machine is taken by another program", listener.error().message);
      return listener;
    }));
  }
  for (const std::string& label : held)
    if (!wanted.contains(label)) TRY(node::DropNodeSocket(ControlSocket(), label));
  std::erase_if(sockets_, [&](const auto& one) { return !wanted.contains(one.first); });
  if (!watching_) {
    if (watcher_.joinable()) watcher_.join();
    stop_.Reset(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!stop_) return SystemFail("eventfd", errno);
    watching_ = true;
    watcher_ = std::thread([this] { Watch(); });
  }

  auto* response = arena.New<gen::host_node::EnsureNodeResponse>();
  if (const auto process = Adopt(Notes())) response->process_id = process->identity().pid;
  response->labels.Present(arena);
  for (const std::string& label : wanted) response->labels.Add(arena, arena.Copy(label));
  return response;
}

Result<gen::host_node::RemoveNodeResponse*> NodeDriver::RemoveNode(const gen::host_node::RemoveNodeRequest&, Arena& arena) {
  const std::lock_guard lock(mutex_);
  // Also for the watcher of another terrarium-host: this end is meant.
  if (::access(Notes().c_str(), F_OK) == 0) TRY(WriteFileAtomically(Notes() + kRemovedFile, "", 0600));
  sockets_.clear();
  if (auto process = Adopt(Notes()); process && process->Running()) TRY(End(*process));
  TRY(EndUnknown());
  ::unlink((Notes() + kIdentityFile).c_str());
  ::unlink(ControlSocket().c_str());
  return arena.New<gen::host_node::RemoveNodeResponse>();
}

}  // namespace terrarium::drivers
