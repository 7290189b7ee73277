#pragma once

#include <sys/types.h>

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"

namespace terrarium::runtime {

// Every descriptor made here is close-on-exec.
enum class Blocks : bool { kNo, kYes };

// Replaces a socket file that nobody listens on; kConflict if somebody does. `mode` holds whatever the umask.
Result<UniqueFd> ListenUnix(const std::string& path, mode_t mode, int backlog = 128);
Result<UniqueFd> ConnectUnix(const std::string& path, Blocks blocks = Blocks::kYes);
// The next connection of a listening socket; an empty UniqueFd if none waits on a non-blocking one.
Result<UniqueFd> Accept(int listener, Blocks blocks);

struct Peer {
  pid_t pid = 0;
  uid_t uid = 0;
  gid_t gid = 0;
};
// Who connected, as the kernel knows it (SO_PEERCRED).
Result<Peer> PeerOf(int fd);

// Two connected stream sockets.
Result<std::pair<UniqueFd, UniqueFd>> UnixPair();

inline constexpr std::size_t kMostFds = 16;
// Sends all of `bytes` (at least one) with copies of `fds` riding on the first.
Status SendWithFds(int socket, std::string_view bytes, std::span<const int> fds);
struct Received {
  std::string bytes;  // empty: the peer closed
  std::vector<UniqueFd> fds;
};
// One receive of at most `limit` bytes. More than kMostFds descriptors are refused, and none of them stays open.
Result<Received> ReceiveWithFds(int socket, std::size_t limit);

// A loopback listener; port 0 lets the kernel choose. `address` is an IPv4 or IPv6 literal.
Result<UniqueFd> ListenTcp(const std::string& address, std::uint16_t port, int backlog = 4096);
Result<std::uint16_t> LocalPort(int fd);

}  // namespace terrarium::runtime
