#include "node/door.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <vector>

#include "base/text.h"
#include "runtime/unix_socket.h"

namespace terrarium::node {
namespace {

using runtime::Interest;
using runtime::Ready;

constexpr std::size_t kBuffer = 64 * 1024;
constexpr std::size_t kMostConnections = 8192;
constexpr Millis kConnectPatience{1'000};  // then the next address is tried
constexpr Millis kSuspicion{10'000};       // an address that failed is tried last for so long
constexpr Millis kHeadPatience{60'000};    // as the load balancer's own
constexpr Millis kAcceptPause{100};

// Bytes on their way from one socket to the other.
class Direction {
 public:
  Direction(int from, int to) : from_(from), to_(to) {}
  void To(int to) { to_ = to; }

  // Reads what is there and sends nothing; false when no more will come or the buffer is full.
  bool Gather() {
    if (buffer_.empty()) buffer_.resize(kBuffer);
    while (size_ < buffer_.size()) {
      const ssize_t got = ::recv(from_, buffer_.data() + size_, buffer_.size() - size_, 0);
      if (got < 0) return errno == EAGAIN || errno == EINTR;
      if (got == 0) ended_ = true;
      if (got == 0) return false;
      size_ += static_cast<std::size_t>(got);
    }
    return false;
  }
  std::string_view gathered() const { return {buffer_.data() + start_, size_}; }

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

std::optional<std::string> HostOf(std::string_view head) {
  for (bool first = true;; first = false) {
    const std::size_t end = head.find('\n');
    if (end == std::string_view::npos) return std::nullopt;
    std::string_view line = head.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    head.remove_prefix(end + 1);
    if (line.empty() && !first) return std::string();
    const std::size_t colon = line.find(':');
    if (first || colon == std::string_view::npos || ToLower(line.substr(0, colon)) != "host") continue;
    line = Trim(line.substr(colon + 1));
    return ToLower(line.substr(0, line.find(':')));
  }
}

class Door::Passage {
 public:
  Passage(Door& door, UniqueFd client) : door_(door), client_(std::move(client)), up_(client_.get(), -1), down_(-1, client_.get()) {}
  ~Passage() { door_.loop_.Cancel(timer_); }

  void Begin() {
    client_watch_ = door_.loop_.Add(client_.get(), Interest::kNothing, [this](Ready) {
      if (state_ == State::kHead) OnHead();
      else if (state_ == State::kConnecting) End();  // nobody asked for readiness: the client is gone
      else OnReady();
    });
    if (!door_.by_host_ || !door_.by_host_()) return Choose("");
    state_ = State::kHead;
    client_watch_.Set(Interest::kRead);
    timer_ = door_.loop_.At(door_.loop_.Now() + kHeadPatience, [this] { End(); });
  }

  bool ended() const { return state_ == State::kEnded; }

 private:
  enum class State : unsigned char { kHead, kConnecting, kOpen, kEnded };

  void OnReady() {
    if (state_ != State::kOpen) return;
    if (!up_.Move() || !down_.Move() || (up_.Over() && down_.Over())) return End();
    client_watch_.Set(Want(up_, down_));
    server_watch_.Set(Want(down_, up_));
  }

  void OnHead() {
    const bool more = up_.Gather();
    const auto host = HostOf(up_.gathered());
    if (!host && more) return;
    door_.loop_.Cancel(timer_);
    client_watch_.Set(Interest::kNothing);
    Choose(host.value_or(""));
  }

  void Choose(std::string_view host) {
    targets_ = door_.targets_(host);
    door_.Order(targets_);
    TryNext();
  }

  void TryNext() {
    door_.loop_.Cancel(timer_);
    server_watch_.Stop();
    state_ = State::kConnecting;
    if (next_ > 0) door_.failed_[{targets_[next_ - 1].address, targets_[next_ - 1].port}] = door_.loop_.Now();
    while (next_ < targets_.size()) {
      auto server = Connect(targets_[next_++]);
      if (!server) continue;
      server_ = *std::move(server);
      // Writable: the connection stands, or has failed.
      server_watch_ = door_.loop_.Add(server_.get(), Interest::kWrite, [this](Ready) { state_ == State::kConnecting ? OnConnected() : OnReady(); });
      timer_ = door_.loop_.At(door_.loop_.Now() + kConnectPatience, [this] { TryNext(); });
      return;
    }
    End();
  }

  static Result<UniqueFd> Connect(const DoorTarget& target) {
    if (!target.unix_path.empty()) return runtime::ConnectUnix(target.unix_path, runtime::Blocks::kNo);
    UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!fd) return SystemFail("socket", errno);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_addr.s_addr = target.address;
    to.sin_port = htons(target.port);
    if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0 && errno != EINPROGRESS) return SystemFail("connect", errno);
    const int on = 1;
    ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return fd;
  }

  void OnConnected() {
    int error = 0;
    socklen_t size = sizeof error;
    if (::getsockopt(server_.get(), SOL_SOCKET, SO_ERROR, &error, &size) != 0 || error != 0) return TryNext();
    door_.loop_.Cancel(timer_);
    up_.To(server_.get());
    down_ = Direction(server_.get(), client_.get());
    targets_ = {};
    state_ = State::kOpen;
    OnReady();
  }

  void End() {
    state_ = State::kEnded;
    door_.loop_.Cancel(timer_);
    client_watch_.Stop();
    server_watch_.Stop();
    door_.CloseEnded();
  }

  // What a socket waits for: to read for one direction, to write for the other.
  static Interest Want(const Direction& out, const Direction& in) {
    return static_cast<Interest>((out.WantsRead() ? static_cast<int>(Interest::kRead) : 0) | (in.WantsWrite() ? static_cast<int>(Interest::kWrite) : 0));
  }

  Door& door_;
  UniqueFd client_;
  UniqueFd server_{};
  Direction up_;
  Direction down_;
  runtime::Watch client_watch_{};
  runtime::Watch server_watch_{};
  runtime::TimerId timer_{};
  std::vector<DoorTarget> targets_{};
  std::size_t next_ = 0;
  State state_ = State::kConnecting;
};

Door::Door(runtime::Loop& loop, UniqueFd listener, Targets targets, ByHost by_host)
    : loop_(loop), listener_(std::move(listener)), targets_(std::move(targets)), by_host_(std::move(by_host)) {
  WatchListener();
}

Door::~Door() { loop_.Cancel(pause_); }

void Door::PauseAccepting() {
  watch_.Stop();  // a hang-up is told whatever is asked for
  pause_ = loop_.At(loop_.Now() + kAcceptPause, [this] { WatchListener(); });
}

void Door::WatchListener() {
  pause_ = {};
  watch_ = loop_.Add(listener_.get(), Interest::kRead, [this](Ready) { OnAcceptable(); });
}

void Door::OnAcceptable() {
  for (int i = 0; i < 64; ++i) {
    auto client = runtime::Accept(listener_.get(), runtime::Blocks::kNo);
    // Out of descriptors, or a socket that somebody has shut down: trying again at once would spin.
    if (!client) return PauseAccepting();
    if (!*client) return;
    if (passages_.size() >= kMostConnections) continue;
    const int on = 1;
    ::setsockopt(client->get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    passages_.push_back(std::make_unique<Passage>(*this, *std::move(client)));
    passages_.back()->Begin();
  }
}

void Door::Order(std::vector<DoorTarget>& targets) {
  if (failed_.empty()) return;
  std::erase_if(failed_, [now = loop_.Now()](const auto& one) { return now - one.second > kSuspicion; });
  std::ranges::stable_partition(targets, [this](const DoorTarget& target) { return !failed_.contains({target.address, target.port}); });
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
