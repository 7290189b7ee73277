#include "prove/load/load_client.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>

#include <atomic>
#include <functional>
#include <thread>

#include "base/unique_fd.h"

namespace terrarium::prove {
namespace {

// A server that misbehaves as it is told, request by request in the order in which they arrive, and counts what it did.
class Server {
 public:
  enum class Act : unsigned char { kOk, kOkAndClose, kUnavailable, kReset, kCloseSilently, kTruncate, kHang, kGarbage, kMost };

  explicit Server(std::vector<Act> acts) : acts_(std::move(acts)) {
    listener_.Reset(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof at;
    EXPECT_EQ(::bind(listener_.get(), reinterpret_cast<sockaddr*>(&at), size), 0);
    EXPECT_EQ(::listen(listener_.get(), 128), 0);
    ::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&at), &size);
    port_ = ntohs(at.sin_port);
    thread_ = std::thread([this] { Serve(); });
  }
  ~Server() {
    stop_ = true;
    thread_.join();
  }
  std::uint16_t port() const { return port_; }
  std::uint64_t did(Act act) const { return did_[static_cast<int>(act)]; }
  std::uint64_t requests() const { return requests_; }
  std::uint64_t accepted() const { return accepted_; }

  // Spins until that many requests came: the load sends them without end.
  void AwaitRequests(std::uint64_t n) const {
    while (requests_ < n) std::this_thread::yield();
  }

 private:
  void Serve() {
    std::vector<UniqueFd> open, hung;
    while (!stop_) {
      std::vector<pollfd> fds{{listener_.get(), POLLIN, 0}};
      for (const auto& one : open) fds.push_back({one.get(), POLLIN, 0});
      if (::poll(fds.data(), fds.size(), 10) <= 0) continue;
      for (std::size_t i = 1; i < fds.size(); ++i)
        if (fds[i].revents != 0) Answer(open[i - 1], hung);
      std::erase_if(open, [](const UniqueFd& fd) { return !fd; });
      if (fds[0].revents != 0) {
        open.emplace_back(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
        ++accepted_;
      }
    }
  }

  void Answer(UniqueFd& fd, std::vector<UniqueFd>& hung) {
    char bytes[4096];
    const ssize_t n = ::recv(fd.get(), bytes, sizeof bytes, 0);
    if (n <= 0) return fd.Reset();
    const Act act = acts_[requests_ % acts_.size()];
    const auto send = [&](std::string_view text) { EXPECT_EQ(::send(fd.get(), text.data(), text.size(), MSG_NOSIGNAL), static_cast<ssize_t>(text.size())); };
    ++did_[static_cast<int>(act)];
    switch (act) {
      case Act::kOk: send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"); break;
      case Act::kOkAndClose:
        send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok");
        fd.Reset();
        break;
      case Act::kUnavailable: send("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n"); break;
      case Act::kReset: {
        const linger at_once{1, 0};
        ::setsockopt(fd.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
        fd.Reset();
        break;
      }
      case Act::kCloseSilently: fd.Reset(); break;
      case Act::kTruncate:
        send("HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\nhalf");
        fd.Reset();
        break;
      case Act::kHang: hung.push_back(std::move(fd)); break;
      case Act::kGarbage: send("220 mail.example ESMTP\r\n\r\n"); fd.Reset(); break;
      case Act::kMost: break;
    }
    ++requests_;  // last: who sees the number sees what was done
  }

  const std::vector<Act> acts_;
  UniqueFd listener_;
  std::uint16_t port_ = 0;
  std::atomic<bool> stop_ = false;
  std::atomic<std::uint64_t> requests_ = 0, accepted_ = 0;
  std::array<std::atomic<std::uint64_t>, static_cast<int>(Act::kMost)> did_{};
  std::thread thread_;
};

using Act = Server::Act;

LoadReport LoadOn(Server& server, std::uint64_t requests, Millis timeout = Millis{10'000}) {
  auto load = LoadClient::Start({.port = server.port(), .rate = 1'000, .timeout = timeout});
  EXPECT_TRUE(load);
  server.AwaitRequests(requests);
  return (*load)->Stop();
}

std::uint64_t Reasons(const LoadReport& report, std::string_view beginning) {
  std::uint64_t n = 0;
  for (const auto& [reason, count] : report.reasons)
    if (reason.starts_with(beginning)) n += count;
  return n;
}

TEST(LoadClient, AGoodServerLosesNothingAndConnectionsAreKept) {
  Server server({Act::kOk});
  const LoadReport report = LoadOn(server, 200);
  EXPECT_EQ(report.failed, 0u) << Describe(report);
  EXPECT_EQ(report.ok, report.sent);
  EXPECT_EQ(report.sent, server.requests());
  EXPECT_EQ(report.connections, server.accepted());
  EXPECT_LT(report.connections, report.sent / 2);
  EXPECT_GT(report.p50_ms, 0);
  EXPECT_LE(report.p50_ms, report.p99_ms);
  EXPECT_LE(report.p99_ms, report.max_ms);
}

TEST(LoadClient, CountsEveryKindOfFailureOnce) {
  Server server({Act::kOk, Act::kUnavailable, Act::kOkAndClose, Act::kReset, Act::kCloseSilently, Act::kTruncate, Act::kHang, Act::kGarbage});
  const LoadReport report = LoadOn(server, 160, Millis{300});
  EXPECT_EQ(report.sent, server.requests());
  EXPECT_EQ(report.ok, server.did(Act::kOk) + server.did(Act::kOkAndClose));
  EXPECT_EQ(report.ok + report.failed, report.sent);
  EXPECT_EQ(Reasons(report, "status 503"), server.did(Act::kUnavailable));
  EXPECT_EQ(Reasons(report, "read: Connection reset"), server.did(Act::kReset));
  EXPECT_EQ(Reasons(report, "closed without an answer"), server.did(Act::kCloseSilently));
  EXPECT_EQ(Reasons(report, "truncated body"), server.did(Act::kTruncate));
  EXPECT_EQ(Reasons(report, "no answer in time"), server.did(Act::kHang));
  EXPECT_EQ(Reasons(report, "no HTTP answer"), server.did(Act::kGarbage));
  ASSERT_FALSE(report.first.empty());
  EXPECT_LE(report.first.size(), 100u);
}

TEST(LoadClient, AServerThatIsNotThereIsARefusal) {
  std::uint16_t port = 0;
  {
    Server server({Act::kOk});
    port = server.port();
  }
  auto load = LoadClient::Start({.port = port, .rate = 1'000});
  ASSERT_TRUE(load);
  while ((*load)->Now().failed < 10) std::this_thread::yield();
  const LoadReport report = (*load)->Stop();
  EXPECT_EQ(report.ok, 0u);
  EXPECT_EQ(Reasons(report, "connect: Connection refused"), report.sent) << Describe(report);
}

// A stall delays everything that was due in it: a client that waits for an answer before it sends the next request would not see that.
TEST(LoadClient, KeepsSendingWhileAnAnswerIsOwed) {
  Server server({Act::kHang});
  const LoadReport report = LoadOn(server, 50, Millis{100});
  EXPECT_GE(report.sent, 50u);
  EXPECT_EQ(Reasons(report, "no answer in time"), report.sent);
}

TEST(LoadClient, ARateWithoutSenseIsRefused) {
  EXPECT_FALSE(LoadClient::Start({.rate = 0}));
  EXPECT_FALSE(LoadClient::Start({.rate = 1e9}));
}

}  // namespace
}  // namespace terrarium::prove
