#include "runtime/unix_socket.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace terrarium::runtime {
namespace {

Result<sockaddr_un> AddressOf(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof address.sun_path) return Fail(ErrorKind::kInvalid, "socket path is longer than the kernel allows: " + path);
  std::memcpy(address.sun_path, path.data(), path.size());
  return address;
}

int TypeFlags(Blocks blocks) { return SOCK_CLOEXEC | (blocks == Blocks::kNo ? SOCK_NONBLOCK : 0); }

}  // namespace

Result<UniqueFd> ListenUnix(const std::string& path, mode_t mode, int backlog) {
  TRY_ASSIGN(const sockaddr_un address, AddressOf(path));
  if (auto other = ConnectUnix(path, Blocks::kNo)) return Fail(ErrorKind::kConflict, "another process listens on " + path);
  struct stat st{};
  if (::lstat(path.c_str(), &st) == 0) {
    if (!S_ISSOCK(st.st_mode)) return Fail(ErrorKind::kConflict, path + " is there and is not a socket");
    if (::unlink(path.c_str()) != 0) return SystemFail(path, errno);
  }
  UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) return SystemFail("socket", errno);
  // The file gets its mode from the descriptor before bind, so it is never more open than asked for.
  if (::fchmod(fd.get(), mode) != 0) return SystemFail(path, errno);
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) return SystemFail(path, errno);
  if (::chmod(path.c_str(), mode) != 0) return SystemFail(path, errno);  // the umask took bits away
  if (::listen(fd.get(), backlog) != 0) return SystemFail(path, errno);
  return fd;
}

Result<UniqueFd> ConnectUnix(const std::string& path, Blocks blocks) {
  TRY_ASSIGN(const sockaddr_un address, AddressOf(path));
  UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | TypeFlags(blocks), 0));
  if (!fd) return SystemFail("socket", errno);
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) return SystemFail(path, errno);
  return fd;
}

Result<UniqueFd> Accept(int listener, Blocks blocks) {
  for (;;) {
    UniqueFd fd(::accept4(listener, nullptr, nullptr, TypeFlags(blocks)));
    if (fd) return fd;
    if (errno == EAGAIN || errno == EWOULDBLOCK) return UniqueFd();
    if (errno != EINTR && errno != ECONNABORTED) return SystemFail("accept", errno);
  }
}

Result<Peer> PeerOf(int fd) {
  ucred credentials{};
  socklen_t size = sizeof credentials;
  if (::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0) return SystemFail("peer credentials", errno);
  return Peer{credentials.pid, credentials.uid, credentials.gid};
}

Result<std::pair<UniqueFd, UniqueFd>> UnixPair() {
  int fds[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0) return SystemFail("socketpair", errno);
  return std::pair{UniqueFd(fds[0]), UniqueFd(fds[1])};
}

Status SendWithFds(int socket, std::string_view bytes, std::span<const int> fds) {
  if (bytes.empty() || fds.size() > kMostFds) return Fail(ErrorKind::kInvalid, "descriptors need a byte to ride on, and are at most 16");
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int) * kMostFds)] = {};
  bool first = true;
  while (!bytes.empty()) {
    iovec part{const_cast<char*>(bytes.data()), bytes.size()};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    if (first && !fds.empty()) {
      message.msg_control = control;
      message.msg_controllen = CMSG_SPACE(fds.size_bytes());
      cmsghdr* header = CMSG_FIRSTHDR(&message);
      header->cmsg_level = SOL_SOCKET;
      header->cmsg_type = SCM_RIGHTS;
      header->cmsg_len = CMSG_LEN(fds.size_bytes());
      std::memcpy(CMSG_DATA(header), fds.data(), fds.size_bytes());
    }
    const ssize_t sent = ::sendmsg(socket, &message, MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0) return SystemFail("send", errno);
    first = false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return {};
}

Result<Received> ReceiveWithFds(int socket, std::size_t limit) {
  Received received;
  received.bytes.resize(limit);
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int) * kMostFds)] = {};
  iovec part{received.bytes.data(), limit};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  ssize_t got = 0;
  do {
    got = ::recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
  } while (got < 0 && errno == EINTR);
  if (got < 0) return SystemFail("receive", errno);
  for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr; header = CMSG_NXTHDR(&message, header)) {
    if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
    const std::size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t i = 0; i < count; ++i) {
      int fd = -1;
      std::memcpy(&fd, CMSG_DATA(header) + i * sizeof(int), sizeof fd);
      received.fds.emplace_back(fd);
    }
  }
  if ((message.msg_flags & MSG_CTRUNC) != 0) return Fail(ErrorKind::kInvalid, "the peer sent more descriptors than allowed");
  received.bytes.resize(static_cast<std::size_t>(got));
  return received;
}

Result<UniqueFd> ListenTcp(const std::string& address, std::uint16_t port, int backlog) {
  sockaddr_storage storage{};
  socklen_t size = 0;
  auto* v4 = reinterpret_cast<sockaddr_in*>(&storage);
  auto* v6 = reinterpret_cast<sockaddr_in6*>(&storage);
  if (::inet_pton(AF_INET, address.c_str(), &v4->sin_addr) == 1) {
    v4->sin_family = AF_INET;
    v4->sin_port = htons(port);
    size = sizeof *v4;
  } else if (::inet_pton(AF_INET6, address.c_str(), &v6->sin6_addr) == 1) {
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(port);
    size = sizeof *v6;
  } else {
    return Fail(ErrorKind::kInvalid, "not an IP address: " + address);
  }
  UniqueFd fd(::socket(storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) return SystemFail("socket", errno);
  const int one = 1;
  ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  if (::bind(fd.get(), reinterpret_cast<sockaddr*>(&storage), size) != 0 || ::listen(fd.get(), backlog) != 0) {
    return SystemFail("listen on " + address + " port " + std::to_string(port), errno);
  }
  return fd;
}

Result<std::uint16_t> LocalPort(int fd) {
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&storage), &size) != 0) return SystemFail("getsockname", errno);
  return ntohs(storage.ss_family == AF_INET6 ? reinterpret_cast<sockaddr_in6*>(&storage)->sin6_port : reinterpret_cast<sockaddr_in*>(&storage)->sin_port);
}

}  // namespace terrarium::runtime
