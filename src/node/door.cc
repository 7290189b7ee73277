#include "node/door.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>
#include <vector>

#include "runtime/unix_socket.h"

namespace terrarium::node {
namespace {

using runtime::Interest;
using runtime::Ready;

constexpr std::size_t kBuffer = 64 * 1024;
constexpr std::size_t kMostConnections = 8192;

// Bytes on their way from one socket to the other.
class Direction {
 public:
  Direction(int from, int to) : from_(from), to_(to) {}

  bool WantsRead() const { return !ended_ && size_ == 0; }
  bool WantsWrite() const { return size_ > 0; }
  bool Over() const { return ended_ && size_ == 0; }

  // Moves what can be moved now; false on a broken connection.
  bool Move() {
    for (;;) {
      if (size_ > 0) {
        const ssize_t put = ::send(to_, buffer_.data() + start_, size_, MSG_NOSIGNAL);
        if (put < 0) return errno == EAGAIN || errno == EINTR;
        start_ += static_cast<std::size_t>(put);
        size_ -= static_cast<std::size_t>(put);
        if (size_ > 0) return true;
      }
      if (ended_) {
        if (!passed_on_) ::shutdown(to_, SHUT_WR);
        passed_on_ = true;
        return true;
      }
      if (buffer_.empty()) buffer_.resize(kBuffer);
      const ssize_t got = ::recv(from_, buffer_.data(), buffer_.size(), 0);
      if (got < 0) {
        if (errno != EAGAIN && errno != EINTR) return false;
        buffer_ = {};  // an idle connection holds no memory
        return true;
      }
      if (got == 0) ended_ = true;
      start_ = 0;
      size_ = static_cast<std::size_t>(got);
    }
  }

 private:
  int from_;
  int to_;
  std::vector<char> buffer_;
  std::size_t start_ = 0;
  std::size_t size_ = 0;
  bool ended_ = false;
  bool passed_on_ = false;
};

}  // namespace

Result<UniqueFd> ConnectTo(std::uint32_t address, std::uint16_t port) {
  UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) return SystemFail("socket", errno);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_addr.s_addr = address;
  to.sin_port = htons(port);
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0 && errno != EINPROGRESS) return SystemFail("connect", errno);
  const int on = 1;
  ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return fd;
}

class Door::Passage {
 public:
  Passage(Door& door, UniqueFd client, UniqueFd server)
      : door_(door), client_(std::move(client)), server_(std::move(server)), up_(client_.get(), server_.get()), down_(server_.get(), client_.get()) {
    client_watch_ = door_.loop_.Add(client_.get(), Interest::kNothing, [this](Ready) { OnReady(); });
    // Writable: the connection stands, or has failed; the first move says which.
    server_watch_ = door_.loop_.Add(server_.get(), Interest::kWrite, [this](Ready) { OnReady(); });
  }

  bool ended() const { return ended_; }

 private:
  void OnReady() {
    if (ended_) return;
    if (!up_.Move() || !down_.Move() || (up_.Over() && down_.Over())) {
      ended_ = true;
      client_watch_.Stop();
      server_watch_.Stop();
      door_.CloseEnded();
      return;
    }
    client_watch_.Set(Want(up_, down_));
    server_watch_.Set(Want(down_, up_));
  }

  // What a socket waits for: to read for one direction, to write for the other.
  static Interest Want(const Direction& out, const Direction& in) {
    return static_cast<Interest>((out.WantsRead() ? static_cast<int>(Interest::kRead) : 0) | (in.WantsWrite() ? static_cast<int>(Interest::kWrite) : 0));
  }

  Door& door_;
  UniqueFd client_;
  UniqueFd server_;
  Direction up_;
  Direction down_;
  runtime::Watch client_watch_;
  runtime::Watch server_watch_;
  bool ended_ = false;
};

Door::Door(runtime::Loop& loop, UniqueFd listener, Connect connect) : loop_(loop), listener_(std::move(listener)), connect_(std::move(connect)) {
  watch_ = loop_.Add(listener_.get(), Interest::kRead, [this](Ready) { OnAcceptable(); });
}

Door::~Door() = default;

void Door::OnAcceptable() {
  for (int i = 0; i < 64; ++i) {
    auto client = runtime::Accept(listener_.get(), runtime::Blocks::kNo);
    if (!client || !*client) return;
    if (passages_.size() >= kMostConnections) continue;
    auto server = connect_();
    if (!server) continue;
    const int on = 1;
    ::setsockopt(client->get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    passages_.push_back(std::make_unique<Passage>(*this, *std::move(client), *std::move(server)));
  }
}

// Not from inside a passage's own callback: the passage would be destroyed under its feet.
void Door::CloseEnded() {
  if (sweep_posted_) return;
  sweep_posted_ = true;
  loop_.Post([this, alive = std::weak_ptr<bool>(alive_)] {
    if (alive.expired()) return;
    sweep_posted_ = false;
    std::erase_if(passages_, [](const auto& passage) { return passage->ended(); });
  });
}

}  // namespace terrarium::node
