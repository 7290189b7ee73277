#include "host/verb_socket.h"

#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cerrno>

#include "base/check.h"
#include "base/file.h"
#include "base/log.h"
#include "gen/host_frame/types.h"
#include "runtime/unix_socket.h"

namespace terrarium::host {
namespace {

// The longest verb pulls an image; a host that is frozen is noticed no later.
constexpr timeval kAnswerTimeout{900, 0};

Status SendFrame(int fd, std::string_view bytes) {
  std::string frame;
  for (int i = 0; i < 4; ++i) frame += static_cast<char>(bytes.size() >> (8 * i));
  frame += bytes;
  for (std::string_view rest = frame; !rest.empty();) {
    const ssize_t sent = ::send(fd, rest.data(), rest.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0) return SystemFail("terrarium-host", errno);
    rest.remove_prefix(static_cast<std::size_t>(sent));
  }
  return {};
}

Status ReadExactly(int fd, char* out, std::size_t size) {
  while (size > 0) {
    const ssize_t got = ::recv(fd, out, size, 0);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return SystemFail("terrarium-host", errno);
    if (got == 0) return Fail(ErrorKind::kUnavailable, "terrarium-host closed the connection");
    out += got;
    size -= static_cast<std::size_t>(got);
  }
  return {};
}

Result<std::string> ReadFrame(int fd) {
  unsigned char head[4];
  TRY(ReadExactly(fd, reinterpret_cast<char*>(head), sizeof head));
  const std::size_t size = head[0] | head[1] << 8 | head[2] << 16 | static_cast<std::size_t>(head[3]) << 24;
  if (size > kMostFrameBytes) return Fail(ErrorKind::kInvalid, "a frame of terrarium-host is too large");
  std::string bytes(size, '\0');
  TRY(ReadExactly(fd, bytes.data(), size));
  return bytes;
}

Result<std::string> RunCaught(const VerbTable& table, std::string_view verb, std::string_view body) {
  try {
    return table.Run(verb, body);
  } catch (const BugError& bug) {
    LogError("host", bug.what());
    return Fail(ErrorKind::kUnknown, "an internal error of terrarium-host", bug.what());
  }
}

}  // namespace

Result<std::string> VerbSocket::Exchange(std::string_view verb, std::string_view request) {
  gen::host_frame::Request message;
  message.verb = verb;
  message.body = request;
  const std::string bytes = codec::ToRow(message);

  UniqueFd fd;
  {
    const std::lock_guard lock(mutex_);
    if (!free_.empty()) {
      fd = std::move(free_.back());
      free_.pop_back();
    }
  }
  // A kept connection may belong to a host process that is gone; whether it is shows before anything is sent.
  char probe = 0;
  if (fd && ::recv(fd.get(), &probe, 1, MSG_PEEK | MSG_DONTWAIT) == 0) fd.Reset();
  if (!fd) {
    auto connected = runtime::ConnectUnix(path_);
    if (!connected) return Fail(ErrorKind::kUnavailable, "terrarium-host does not answer", connected.error().message);
    fd = *std::move(connected);
    ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &kAnswerTimeout, sizeof kAnswerTimeout);
  }
  if (const Status sent = SendFrame(fd.get(), bytes); !sent) return Fail(ErrorKind::kUnavailable, "terrarium-host does not answer", sent.error().message);
  auto frame = ReadFrame(fd.get());
  if (!frame) return Fail(ErrorKind::kUnknown, "terrarium-host gave no answer to " + std::string(verb), frame.error().message);
  Arena arena;
  const auto reply = codec::FromRow<gen::host_frame::Reply>(*frame, arena);
  if (!reply) return Fail(ErrorKind::kUnknown, "terrarium-host gave no readable answer to " + std::string(verb));
  {
    const std::lock_guard lock(mutex_);
    free_.push_back(std::move(fd));
  }
  if (const auto* failure = (*reply)->error)
    return std::unexpected(Error{static_cast<ErrorKind>(failure->kind.value_or(static_cast<int>(ErrorKind::kUnknown))), failure->code.str(), failure->message.str(), failure->cause.str()});
  return (*reply)->body.str();
}

void ServeVerbs(UniqueFd connection, uid_t allowed, const VerbTable& table) {
  const auto peer = runtime::PeerOf(connection.get());
  if (!peer || peer->uid != allowed) {
    LogWarning("host", "a connection of user " + (peer ? std::to_string(peer->uid) : "?") + " was turned away");
    return;
  }
  for (;;) {
    const auto frame = ReadFrame(connection.get());
    if (!frame) return;
    Arena arena;
    const auto request = codec::FromRow<gen::host_frame::Request>(*frame, arena);
    if (!request) return;
    const auto result = RunCaught(table, (*request)->verb, (*request)->body);
    gen::host_frame::Reply reply;
    if (result) {
      reply.body = *result;
    } else {
      reply.error = arena.New<gen::host_frame::Failure>();
      reply.error->kind = static_cast<int>(result.error().kind);
      reply.error->code = result.error().code;
      reply.error->message = result.error().message;
      reply.error->cause = result.error().cause;
      LogWarning("host", (*request)->verb.str() + ": " + result.error().message + (result.error().cause.empty() ? "" : ": " + result.error().cause));
    }
    if (!SendFrame(connection.get(), codec::ToRow(reply))) return;
  }
}

}  // namespace terrarium::host
