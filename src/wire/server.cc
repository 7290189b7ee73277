#include "wire/server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include "base/log.h"
#include "base/text.h"
#include "wire/connection.h"

namespace terrarium::wire {
namespace {

constexpr std::size_t kScratch = 256 * 1024;
constexpr Millis kAcceptPause{100};
constexpr int kMostAccepts = 256;  // in one turn

std::string PeerName(const sockaddr_storage& address) {
  char text[INET6_ADDRSTRLEN] = {};
  if (address.ss_family == AF_INET) {
    ::inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in*>(&address)->sin_addr, text, sizeof text);
  } else if (address.ss_family == AF_INET6) {
    ::inet_ntop(AF_INET6, &reinterpret_cast<const sockaddr_in6*>(&address)->sin6_addr, text, sizeof text);
  } else {
    return "unix";
  }
  return text;
}

}  // namespace

Server::Server(runtime::Loop& loop, const Clock& clock, ServerOptions options, Route route)
    : loop_(loop), clock_(clock), options_(std::move(options)), route_(std::move(route)), scratch_(std::make_unique_for_overwrite<char[]>(kScratch)) {
  hook_ = loop_.AddTurnHook(runtime::TurnPhase::kSend, [this] { EndTurn(); });
}

Server::~Server() {
  loop_.RemoveTurnHook(hook_);
  loop_.Cancel(continue_timer_);
  loop_.Cancel(sweep_timer_);
  loop_.Cancel(accept_timer_);
}

void Server::Listen(UniqueFd fd) {
  auto listener = std::make_unique<Listener>();
  Listener* raw = listener.get();
  raw->fd = std::move(fd);
  raw->watch = loop_.Add(raw->fd.get(), runtime::Interest::kRead, [this, raw](runtime::Ready) { Accept(*raw); });
  listeners_.push_back(std::move(listener));
}

void Server::Accept(Listener& listener) {
  if (!sweep_timer_) sweep_timer_ = loop_.At(loop_.Now(), [this] { Sweep(); });
  for (int i = 0; i < kMostAccepts; ++i) {
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    UniqueFd fd(::accept4(listener.fd.get(), reinterpret_cast<sockaddr*>(&address), &size, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!fd) {
      if (errno == EAGAIN) return;
      if (errno == ECONNABORTED || errno == EINTR) continue;
      LogWarning("wire", std::string("cannot accept a connection: ") + SystemFail("accept", errno).error().message);
      return PauseAccepting();  // out of descriptors or memory: trying again at once would spin
    }
    if (connections_.size() >= options_.connections) continue;  // closed
    const int one = 1;
    ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    auto connection = std::make_shared<Connection>(*this, std::move(fd), PeerName(address));
    connections_.emplace(connection.get(), std::move(connection));
  }
}

void Server::PauseAccepting() {
  for (const auto& listener : listeners_) listener->watch.Set(runtime::Interest::kNothing);
  if (accept_timer_) return;
  accept_timer_ = loop_.At(loop_.Now() + kAcceptPause, [this] {
    accept_timer_ = {};
    for (const auto& listener : listeners_) listener->watch.Set(runtime::Interest::kRead);
  });
}

// One timer for all: a deadline is met within a quarter of the shortest timeout, a second at most.
void Server::Sweep() {
  const Millis now = loop_.Now();
  std::vector<std::shared_ptr<Connection>> expired;
  for (const auto& [raw, connection] : connections_) {
    if (raw->Expired(now)) expired.push_back(connection);
  }
  for (const auto& connection : expired) connection->Expire();
  sweep_timer_ = {};
  if (connections_.empty()) return;
  const Millis shortest = std::min({options_.head_timeout, options_.body_timeout, options_.send_timeout, options_.idle_timeout});
  sweep_timer_ = loop_.At(now + std::clamp(shortest / 4, Millis{5}, Millis{1000}), [this] { Sweep(); });
}

void Server::Continue(std::weak_ptr<Connection> connection) {
  continued_.push_back(std::move(connection));
  if (continue_timer_) return;
  continue_timer_ = loop_.At(loop_.Now(), [this] {
    continue_timer_ = {};
    for (const auto& weak : std::exchange(continued_, {})) {
      if (const auto c = weak.lock()) c->Continue();
    }
  });
}

void Server::EndTurn() {
  if (dirty_.empty()) return;
  const bool durable = !options_.turn_durable || options_.turn_durable();
  for (const auto& weak : std::exchange(dirty_, {})) {
    if (const auto connection = weak.lock()) connection->Flush(durable);
  }
}

std::string_view Server::DateNow() {
  const UnixMillis now = clock_.Now();
  if (now / 1000 != date_at_ / 1000 || date_.empty()) {
    date_at_ = now;
    date_ = FormatHttpDate(now);
  }
  return date_;
}

}  // namespace terrarium::wire
