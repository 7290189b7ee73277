#include "node/control.h"

#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cerrno>

#include "base/log.h"
#include "codec/row_codec.h"
#include "runtime/unix_socket.h"

namespace terrarium::node {
namespace {

using gen::node_snapshot::ControlReply;
using Frame = gen::node_snapshot::Control;

// Labels of a few hundred VPCs fit. A frame is sent by one call and so arrives by one.
constexpr std::size_t kMostFrame = 64 * 1024;

struct Answer {
  std::vector<std::string> labels;
  std::vector<UniqueFd> fds;
};
Result<Answer> Ask(const std::string& path, const Frame& frame, std::span<const int> fds) {
  TRY_ASSIGN(const UniqueFd socket, runtime::ConnectUnix(path));
  const timeval patience{5, 0};
  ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  TRY(runtime::SendWithFds(socket.get(), codec::ToRow(frame), fds));
  TRY_ASSIGN(runtime::Received received, runtime::ReceiveWithFds(socket.get(), kMostFrame));
  if (received.bytes.empty()) return Fail(ErrorKind::kInvalid, "terrarium-node refused a socket");
  Arena arena;
  TRY_ASSIGN(const ControlReply* reply, codec::FromRow<ControlReply>(received.bytes, arena));
  Answer answer;
  for (const Str& label : reply->labels) answer.labels.push_back(label.str());
  answer.fds = std::move(received.fds);
  return answer;
}

}  // namespace

Control::Control(runtime::Loop& loop, UniqueFd listener, Sockets& sockets) : loop_(loop), listener_(std::move(listener)), sockets_(sockets) {
  watch_ = loop_.Add(listener_.get(), runtime::Interest::kRead, [this](runtime::Ready) { OnAcceptable(); });
}

void Control::OnAcceptable() {
  std::erase_if(peers_, [](const Peer& peer) { return peer.gone; });
  auto accepted = runtime::Accept(listener_.get(), runtime::Blocks::kNo);
  if (!accepted || !*accepted) return;
  const auto who = runtime::PeerOf(accepted->get());
  if (!who || (who->uid != 0 && who->uid != ::geteuid())) return;
  Peer& peer = peers_.emplace_back();
  peer.fd = *std::move(accepted);
  peer.watch = loop_.Add(peer.fd.get(), runtime::Interest::kRead, [this, &peer](runtime::Ready) { OnReadable(peer); });
}

void Control::OnReadable(Peer& peer) {
  auto received = runtime::ReceiveWithFds(peer.fd.get(), kMostFrame);
  Arena arena;
  const auto frame = received && !received->bytes.empty() ? codec::FromRow<Frame>(received->bytes, arena) : Fail(ErrorKind::kUnavailable, "gone");
  Status done;
  std::vector<int> copied;
  if (!frame) {
    done = Fail(ErrorKind::kInvalid, "no frame");
  } else if ((*frame)->give) {
    done = received->fds.size() == 1 ? sockets_.Give((*frame)->give.str(), std::move(received->fds[0])) : Fail(ErrorKind::kInvalid, "no descriptor with " + (*frame)->give.str());
  } else if ((*frame)->drop) {
    sockets_.Drop((*frame)->drop.str());
  } else if ((*frame)->copy) {
    const auto found = sockets_.Find((*frame)->copy.str());
    if (found) copied.push_back(*found);
    else done = std::unexpected(found.error());
  }
  if (!done) {
    if (frame) LogWarning("node", done.error().message);
    peer.watch.Stop();
    peer.fd.Reset();
    peer.gone = true;
    return;
  }
  ControlReply reply;
  const auto labels = sockets_.Labels();
  reply.labels.Present(arena);
  for (const std::string& label : labels) reply.labels.Add(arena, label);
  (void)runtime::SendWithFds(peer.fd.get(), codec::ToRow(reply), copied);
}

Result<std::vector<std::string>> ListNodeSockets(const std::string& control_path) {
  Frame frame;
  frame.list = true;
  TRY_ASSIGN(auto answer, Ask(control_path, frame, {}));
  return std::move(answer.labels);
}

Result<UniqueFd> CopyNodeSocket(const std::string& control_path, const std::string& label) {
  Frame frame;
  frame.copy = label;
  TRY_ASSIGN(auto answer, Ask(control_path, frame, {}));
  if (answer.fds.size() != 1) return Fail(ErrorKind::kInvalid, "terrarium-node sent no socket for " + label);
  return std::move(answer.fds[0]);
}

Status GiveNodeSocket(const std::string& control_path, const std::string& label, int socket) {
  Frame frame;
  frame.give = label;
  TRY_ASSIGN([[maybe_unused]] const auto answer, Ask(control_path, frame, std::span(&socket, 1)));
  return {};
}

Status DropNodeSocket(const std::string& control_path, const std::string& label) {
  Frame frame;
  frame.drop = label;
  TRY_ASSIGN([[maybe_unused]] const auto answer, Ask(control_path, frame, {}));
  return {};
}

}  // namespace terrarium::node
