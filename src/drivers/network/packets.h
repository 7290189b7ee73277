#pragma once

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "drivers/network/driver.h"
#include "drivers/network/test_network.h"

// Real packets for tests. Everything is sent from one processor, so that packets are worked through in the order in which they were sent:
// when a later probe has been answered, an earlier one has had its chance. No test waits for "nothing came" by the clock.
namespace terrarium::network::test {

class OneProcessor {
 public:
  OneProcessor() {
    ::sched_getaffinity(0, sizeof before_, &before_);
    cpu_set_t one;
    CPU_ZERO(&one);
    for (int i = 0; i < CPU_SETSIZE; ++i)
      if (CPU_ISSET(i, &before_)) {
        CPU_SET(i, &one);
        break;
      }
    ::sched_setaffinity(0, sizeof one, &one);
  }
  ~OneProcessor() { ::sched_setaffinity(0, sizeof before_, &before_); }

 private:
  cpu_set_t before_;
};

using Place = std::variant<InternetPlace, VpcId, EniId>;

inline UniqueFd Listen(Network& network, const Place& place, std::uint16_t port, std::optional<Ipv4> address = {}, bool datagram = false) {
  auto fd = network.OpenSocket({.place = place, .datagram = datagram, .address = address, .port = port});
  return fd ? std::move(*fd) : UniqueFd();
}

inline UniqueFd Dial(Network& network, const Place& place, Ipv4 to, std::uint16_t port, std::optional<Ipv4> from = {}) {
  auto fd = network.OpenSocket({.place = place, .address = from, .connect = SocketSpec::Peer{to, port}});
  return fd ? std::move(*fd) : UniqueFd();  // an error at once: no route
}

// The connection stands. With `wait`, until it does or ten seconds have passed, which no passing test sees.
inline bool Stands(const UniqueFd& fd, bool wait) {
  if (!fd) return false;
  pollfd p{fd.get(), POLLOUT, 0};
  if (::poll(&p, 1, wait ? 10'000 : 0) != 1) return false;
  int error = 0;
  socklen_t size = sizeof error;
  return ::getsockopt(fd.get(), SOL_SOCKET, SO_ERROR, &error, &size) == 0 && error == 0 && (p.revents & POLLERR) == 0;
}

struct EndPoint {
  Ipv4 address{};
  std::uint16_t port = 0;
  auto operator<=>(const EndPoint&) const = default;
};
inline EndPoint FromSocketAddress(const sockaddr_in& a) { return {{ntohl(a.sin_addr.s_addr)}, ntohs(a.sin_port)}; }
inline EndPoint LocalEnd(const UniqueFd& fd) {
  sockaddr_in a{};
  socklen_t size = sizeof a;
  ::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&a), &size);
  return FromSocketAddress(a);
}

// Takes every connection that waits at a listener; who it comes from.
inline std::map<EndPoint, UniqueFd> AcceptAll(const UniqueFd& listener) {
  std::map<EndPoint, UniqueFd> out;
  for (;;) {
    sockaddr_in a{};
    socklen_t size = sizeof a;
    UniqueFd fd(::accept4(listener.get(), reinterpret_cast<sockaddr*>(&a), &size, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (!fd) return out;
    out.emplace(FromSocketAddress(a), std::move(fd));
  }
}

inline std::uint32_t Retransmits(const UniqueFd& fd) {
  tcp_info info{};
  socklen_t size = sizeof info;
  ::getsockopt(fd.get(), IPPROTO_TCP, TCP_INFO, &info, &size);
  return info.tcpi_total_retrans;
}

}  // namespace terrarium::network::test
