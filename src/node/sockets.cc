#include "node/sockets.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>

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
  held.copy.Reset(::fcntl(socket.get(), F_DUPFD_CLOEXEC, 0));
  if (!held.copy) return SystemFail(label, errno);
  if (kind == "dns-udp") {
    held.dns = std::make_unique<DnsServer>(loop_, std::move(socket), rest, world_);
  } else if (kind == "tasks") {
    held.tasks = std::make_unique<TaskEndpoint>(rest, world_);
    wire::ServerOptions options;
    options.hosts = {"169.254.170.2"};
    held.server = std::make_unique<wire::Server>(loop_, clock_, std::move(options), [handler = held.tasks.get()](const wire::RequestHead&) -> wire::HttpHandler& { return *handler; });
    held.server->Listen(std::move(socket));
  } else if (kind == "api") {
    held.door = std::make_unique<Door>(loop_, std::move(socket), [path = api_socket_](std::string_view) { return std::vector<DoorTarget>{{.unix_path = path}}; });
  } else if (kind == "door") {
    const auto number = ParseInt(rest);
    if (!number) return Fail(ErrorKind::kInvalid, "no such label: " + label);
    const int port = static_cast<int>(*number);
    // One after the other, as a client of an ALB's name takes its addresses.
    const auto targets = [this, port, turn = std::size_t{0}](std::string_view host) mutable {
      auto all = world_ == nullptr ? std::vector<DoorTarget>() : world_->FindDoorTargets(port, host);
      if (!all.empty()) std::rotate(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(turn++ % all.size()), all.end());
      return all;
    };
    const auto shared = [this, port] {
      const auto* door = world_ == nullptr ? nullptr : world_->FindDoor(port);
      return door != nullptr && door->behind.size() > 1;
    };
    held.door = std::make_unique<Door>(loop_, std::move(socket), targets, shared);
  } else {
    return Fail(ErrorKind::kInvalid, "no such label: " + label);
  }
  held_.emplace(label, std::move(held));
  return {};
}

Result<int> Sockets::Find(const std::string& label) const {
  const auto held = held_.find(label);
  if (held == held_.end()) return Fail(ErrorKind::kNotFound, "no socket is held as " + label);
  return held->second.copy.get();
}

std::vector<std::string> Sockets::Labels() const {
  std::vector<std::string> labels;
  for (const auto& [label, held] : held_) labels.push_back(label);
  return labels;
}

}  // namespace terrarium::node
