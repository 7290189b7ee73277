#include "prove/net/probe.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <sys/socket.h>

#include <bit>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <functional>
#include <thread>

#include "base/file.h"
#include "base/text.h"

namespace terrarium::prove {
namespace {

// On a thread of its own, which stays in that namespace until it ends.
Status Inside(const std::string& netns, const std::function<Status()>& work) {
  Status outcome;
  std::thread([&] {
    if (!netns.empty()) {
      const UniqueFd space(::open(("/run/netns/" + netns).c_str(), O_RDONLY | O_CLOEXEC));
      if (!space || ::setns(space.get(), CLONE_NEWNET) != 0) {
        outcome = SystemFail("network namespace " + netns, errno);
        return;
      }
    }
    outcome = work();
  }).join();
  return outcome;
}

sockaddr_in AddressOf(Ipv4 address, int port) {
  sockaddr_in out{};
  out.sin_family = AF_INET;
  out.sin_addr.s_addr = htonl(address.value);
  out.sin_port = htons(static_cast<std::uint16_t>(port));
  return out;
}

Reach ReachOf(int error) {
  switch (error) {
    case 0: return Reach::kOpen;
    case ECONNREFUSED: return Reach::kRefused;
    case ENETUNREACH:
    case EHOSTUNREACH: return Reach::kNoRoute;
    default: return Reach::kTimedOut;
  }
}

std::optional<std::uint32_t> ParseHex(std::string_view text) {
  std::uint32_t n = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n, 16);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return n;
}

}  // namespace

std::string_view WordOf(Reach reach) {
  switch (reach) {
    case Reach::kOpen: return "open";
    case Reach::kRefused: return "refused";
    case Reach::kTimedOut: return "timed out";
    case Reach::kNoRoute: return "no route";
  }
  return "";
}

Status RunProbes(const std::string& netns, std::vector<Probe>& probes, Millis timeout) {
  return Inside(netns, [&]() -> Status {
    std::vector<UniqueFd> sockets(probes.size());
    std::vector<pollfd> waiting(probes.size(), {-1, POLLOUT, 0});
    std::size_t left = 0;
    for (std::size_t i = 0; i < probes.size(); ++i) {
      UniqueFd socket(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
      if (!socket) return SystemFail("socket", errno);
      if (probes[i].from) {
        const sockaddr_in from = AddressOf(*probes[i].from, 0);
        if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&from), sizeof from) != 0) return SystemFail("bind", errno);
      }
      const sockaddr_in to = AddressOf(probes[i].address, probes[i].port);
      if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0) {
        probes[i].reach = Reach::kOpen;
      } else if (errno == EINPROGRESS) {
        probes[i].reach = Reach::kTimedOut;
        waiting[i].fd = socket.get();
        sockets[i] = std::move(socket);
        ++left;
      } else {
        probes[i].reach = ReachOf(errno);
      }
    }
    const auto deadline = std::chrono::steady_clock::now() + timeout;
    while (left > 0) {
      const auto rest = std::chrono::duration_cast<Millis>(deadline - std::chrono::steady_clock::now()).count();
      if (rest <= 0 || ::poll(waiting.data(), waiting.size(), static_cast<int>(rest)) <= 0) break;
      for (std::size_t i = 0; i < probes.size(); ++i) {
        if (waiting[i].fd < 0 || waiting[i].revents == 0) continue;
        int error = 0;
        socklen_t size = sizeof error;
        ::getsockopt(waiting[i].fd, SOL_SOCKET, SO_ERROR, &error, &size);
        probes[i].reach = ReachOf(error);
        waiting[i].fd = -1;
        sockets[i].Reset();
        --left;
      }
    }
    return {};
  });
}

Result<std::vector<UniqueFd>> Listen(const std::string& netns, const std::vector<int>& ports) {
  std::vector<UniqueFd> out;
  TRY(Inside(netns, [&]() -> Status {
    for (const int port : ports) {
      UniqueFd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
      const sockaddr_in at = AddressOf({0}, port);
      const int one = 1;
      ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
      if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&at), sizeof at) != 0 || ::listen(socket.get(), 64) != 0) {
        if (errno == EADDRINUSE) continue;  // somebody does already
        return SystemFail("a listener in " + netns, errno);
      }
      out.push_back(std::move(socket));
    }
    return {};
  }));
  return out;
}

Result<UniqueFd> ConnectFrom(const std::string& netns, Ipv4 address, int port, Millis timeout) {
  UniqueFd out;
  TRY(Inside(netns, [&]() -> Status {
    UniqueFd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const timeval time{timeout.count() / 1000, timeout.count() % 1000 * 1000};
    ::setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &time, sizeof time);
    ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &time, sizeof time);
    const sockaddr_in to = AddressOf(address, port);
    if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0) return SystemFail("connect to " + address.ToString() + ":" + std::to_string(port), errno);
    out = std::move(socket);
    return {};
  }));
  return out;
}

Result<bool> HostHasRouteTo(Ipv4 address) {
  TRY_ASSIGN(const std::string table, ReadFile("/proc/net/route"));
  for (const auto line : Split(table, '\n')) {
    const auto fields = Split(line, '\t');
    if (fields.size() < 8 || fields[0] == "Iface") continue;
    const auto to = ParseHex(Trim(fields[1])), mask = ParseHex(Trim(fields[7]));
    if (!to || !mask || *mask == 0) continue;
    if ((std::byteswap(*mask) & address.value) == std::byteswap(*to)) return true;
  }
  return false;
}

}  // namespace terrarium::prove
