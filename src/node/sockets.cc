#include "node/sockets.h"

#include <arpa/inet.h>

#include "base/text.h"
#include "runtime/unix_socket.h"

namespace terrarium::node {

Status Sockets::Give(const std::string& label, UniqueFd socket) {
  if (held_.contains(label)) return {};
  const std::size_t slash = label.find('/');
  const std::string kind = label.substr(0, slash);
  const std::string rest = slash == std::string::npos ? std::string() : label.substr(slash + 1);
  if (rest.empty()) return Fail(ErrorKind::kInvalid, "no such label: " + label);
  Held held;
  if (kind == "dns-udp") {
    held.dns = std::make_unique<DnsServer>(loop_, std::move(socket), rest, world_);
  } else if (kind == "tasks") {
    held.tasks = std::make_unique<TaskEndpoint>(rest, world_);
    wire::ServerOptions options;
    options.hosts = {"169.254.170.2"};
    held.server = std::make_unique<wire::Server>(loop_, clock_, std::move(options), [handler = held.tasks.get()](const wire::RequestHead&) -> wire::HttpHandler& { return *handler; });
    held.server->Listen(std::move(socket));
  } else if (kind == "api") {
    held.door = std::make_unique<Door>(loop_, std::move(socket), [path = api_socket_]() -> Result<UniqueFd> { return runtime::ConnectUnix(path, runtime::Blocks::kNo); });
  } else if (kind == "door") {
    const auto port = ParseInt(rest);
    if (!port) return Fail(ErrorKind::kInvalid, "no such label: " + label);
    held.door = std::make_unique<Door>(loop_, std::move(socket), [this, port = static_cast<int>(*port)]() -> Result<UniqueFd> {
      const auto* door = world_ == nullptr ? nullptr : world_->FindDoor(port);
      in_addr address{};
      if (door == nullptr || ::inet_pton(AF_INET, door->address.str().c_str(), &address) != 1) return Fail(ErrorKind::kNotFound, "nothing is behind this door");
      return ConnectTo(address.s_addr, static_cast<std::uint16_t>(door->target_port.value_or(80)));
    });
  } else {
    return Fail(ErrorKind::kInvalid, "no such label: " + label);
  }
  held_.emplace(label, std::move(held));
  return {};
}

std::vector<std::string> Sockets::Labels() const {
  std::vector<std::string> labels;
  for (const auto& [label, held] : held_) labels.push_back(label);
  return labels;
}

}  // namespace terrarium::node
