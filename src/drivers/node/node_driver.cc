#include "drivers/node/node_driver.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <set>

#include "base/file.h"
#include "base/text.h"
#include "node/control.h"
#include "runtime/child_process.h"
#include "runtime/unix_socket.h"

namespace terrarium::drivers {
namespace {

constexpr Millis kStopPatience{5'000};
constexpr std::uint16_t kApiPort = 443;  // task groups that let AWS calls out allow it

// How a running node is found again: its pid and when it started, so that a pid that was used again is not taken for it.
constexpr const char* kIdentityFile = "/identity";

Result<runtime::DetachedProcess> Adopt(const std::string& folder) {
  TRY_ASSIGN(const std::string text, ReadFile(folder + kIdentityFile, 4096));
  const auto parts = Split(std::string_view(text).substr(0, text.find('\n')), ' ');
  const auto pid = parts.size() == 2 ? ParseInt(parts[0]) : std::nullopt;
  const auto started = parts.size() == 2 ? ParseInt(parts[1]) : std::nullopt;
  if (!pid || !started) return Fail(ErrorKind::kNotFound, "no node is known");
  return runtime::DetachedProcess::Adopt({static_cast<pid_t>(*pid), static_cast<std::uint64_t>(*started)});
}

}  // namespace

Status NodeDriver::EnsureRunning() {
  TRY(MakeDirectory(Folder(), 0700));
  if (::chown(Folder().c_str(), config_.uid, config_.gid) != 0) return SystemFail(Folder(), errno);
  if (auto known = Adopt(Folder()); known && known->Running()) {
    if (node::ListNodeSockets(ControlSocket())) return {};
    return Fail(ErrorKind::kUnavailable, "terrarium-node does not answer");
  }
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
  TRY(WriteFileAtomically(Folder() + kIdentityFile, std::to_string(process.identity().pid) + " " + std::to_string(process.identity().started) + "\n", 0600));
  // It serves within milliseconds; one that ends instead says why in its log.
  for (int i = 0; i < 100; ++i) {
    if (node::ListNodeSockets(ControlSocket())) return {};
    if (process.WaitEnd(Millis{50})) return Fail(ErrorKind::kUnavailable, "terrarium-node ended at its start; its log is " + config_.log);
  }
  return Fail(ErrorKind::kUnavailable, "terrarium-node does not answer");
}

Status NodeDriver::Give(const std::string& label, const host::SocketSpec& spec) {
  TRY_ASSIGN(const UniqueFd socket, network_.OpenSocket(spec));
  const int flags = ::fcntl(socket.get(), F_GETFL);
  if (::fcntl(socket.get(), F_SETFL, flags | O_NONBLOCK) != 0) return SystemFail(label, errno);
  return node::GiveNodeSocket(ControlSocket(), label, socket.get());
}

Result<gen::host_node::EnsureNodeResponse*> NodeDriver::EnsureNode(const gen::host_node::EnsureNodeRequest& request, Arena& arena) {
  const std::lock_guard lock(mutex_);
  TRY(EnsureRunning());
  TRY_ASSIGN(const auto listed, node::ListNodeSockets(ControlSocket()));
  std::set<std::string> held(listed.begin(), listed.end());
  std::set<std::string> wanted;
  const auto lacks = [&](const std::string& label) {
    wanted.insert(label);
    return !held.contains(label);
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
    if (const std::string label = "dns-udp/" + id.str(); lacks(label)) TRY(Give(label, dns));
    host::SocketSpec tasks;
    tasks.place = id;
    tasks.address = host::kTaskAddress;
    tasks.port = 80;
    if (const std::string label = "tasks/" + id.str(); lacks(label)) TRY(Give(label, tasks));
  }
  host::SocketSpec api;
  api.place = host::InternetPlace();
  api.address = host::kApiAddress;
  api.port = kApiPort;
  if (lacks("api/fabric")) TRY(Give("api/fabric", api));
  for (const int port : request.doors) {
    const std::string label = "door/" + std::to_string(port);
    if (port < 1 || port > 65535) return Fail(ErrorKind::kInvalid, "no such port: " + std::to_string(port));
    if (!lacks(label)) continue;
    auto listener = runtime::ListenTcp("127.0.0.1", static_cast<std::uint16_t>(port));
    if (!listener) return Fail(ErrorKind::kConflict, "port " + std::to_string(port) + " of this machine is taken by another program", listener.error().message);
    TRY(node::GiveNodeSocket(ControlSocket(), label, listener->get()));
  }
  for (const std::string& label : held)
    if (!wanted.contains(label)) TRY(node::DropNodeSocket(ControlSocket(), label));

  auto* response = arena.New<gen::host_node::EnsureNodeResponse>();
  if (const auto process = Adopt(Folder())) response->process_id = process->identity().pid;
  response->labels.Present(arena);
  for (const std::string& label : wanted) response->labels.Add(arena, arena.Copy(label));
  return response;
}

Result<gen::host_node::RemoveNodeResponse*> NodeDriver::RemoveNode(const gen::host_node::RemoveNodeRequest&, Arena& arena) {
  const std::lock_guard lock(mutex_);
  if (auto process = Adopt(Folder()); process && process->Running()) {
    TRY(process->Signal(SIGTERM));
    if (!process->WaitEnd(kStopPatience)) {
      TRY(process->Signal(SIGKILL));
      process->WaitEnd(kStopPatience);
    }
  }
  ::unlink((Folder() + kIdentityFile).c_str());
  ::unlink(ControlSocket().c_str());
  return arena.New<gen::host_node::RemoveNodeResponse>();
}

}  // namespace terrarium::drivers
