#include "node/door.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <atomic>
#include <thread>

#include "base/file.h"
#include "runtime/unix_socket.h"

namespace terrarium::node {
namespace {

UniqueFd Connect(std::uint16_t port) {
  UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  to.sin_port = htons(port);
  EXPECT_EQ(::connect(fd.get(), reinterpret_cast<const sockaddr*>(&to), sizeof to), 0);
  return fd;
}

DoorTarget Loopback(std::uint16_t port) { return {.address = htonl(INADDR_LOOPBACK), .port = port}; }

// A port on which nobody listens.
std::uint16_t ClosedPort() { return *runtime::LocalPort(runtime::ListenTcp("127.0.0.1", 0)->get()); }

std::string ReadAll(int fd) {
  std::string out;
  char buffer[65536];
  for (ssize_t got; (got = ::recv(fd, buffer, sizeof buffer, 0)) > 0;) out.append(buffer, static_cast<std::size_t>(got));
  return out;
}

TEST(DoorTest, PassesMegabytesBothWaysAndHalfCloses) {
  auto loop = *runtime::Loop::Create();
  const UniqueFd target = *runtime::ListenTcp("127.0.0.1", 0);
  UniqueFd listener = *runtime::ListenTcp("127.0.0.1", 0);
  const std::uint16_t target_port = *runtime::LocalPort(target.get());
  const std::uint16_t port = *runtime::LocalPort(listener.get());
  Door door(*loop, std::move(listener), [&](std::string_view) { return std::vector{Loopback(target_port)}; });

  const std::string sent(3'000'000, 'q');
  std::string arrived, answer;
  std::thread server([&] {
    UniqueFd fd;
    while (!fd) {
      auto accepted = runtime::Accept(target.get(), runtime::Blocks::kYes);
      if (accepted) fd = *std::move(accepted);
    }
    arrived = ReadAll(fd.get());  // ends only because the client's half-close is passed on
    EXPECT_TRUE(WriteAll(fd.get(), arrived));
  });
  std::thread client([&] {
    const UniqueFd fd = Connect(port);
    EXPECT_TRUE(WriteAll(fd.get(), sent));
    ::shutdown(fd.get(), SHUT_WR);
    answer = ReadAll(fd.get());
    loop->Post([&] { loop->Stop(); });
  });
  loop->Run();
  client.join();
  server.join();
  EXPECT_EQ(arrived, sent);
  EXPECT_EQ(answer, sent);
  while (door.open_connections() > 0) loop->Turn(Millis{100});
}

// What a client that sends `request` through the door reads until the end.
std::string Through(Door::Targets targets, Door::ByHost by_host, const std::vector<std::string>& request) {
  auto loop = *runtime::Loop::Create();
  UniqueFd listener = *runtime::ListenTcp("127.0.0.1", 0);
  const std::uint16_t port = *runtime::LocalPort(listener.get());
  Door door(*loop, std::move(listener), std::move(targets), std::move(by_host));
  std::string answer = "untouched";
  std::thread client([&] {
    const UniqueFd fd = Connect(port);
    for (const std::string& part : request) EXPECT_TRUE(WriteAll(fd.get(), part));
    ::shutdown(fd.get(), SHUT_WR);
    answer = ReadAll(fd.get());
    loop->Post([&] { loop->Stop(); });
  });
  loop->Run();
  client.join();
  return answer;
}

// Takes one connection, and answers with its own name and what it read.
class Greeter {
 public:
  explicit Greeter(std::string name, std::uint16_t port = 0) : name_(std::move(name)), listener_(*runtime::ListenTcp("127.0.0.1", port)), thread_([this] {
    UniqueFd fd;
    while (!fd && !over_) {
      auto accepted = runtime::Accept(listener_.get(), runtime::Blocks::kYes);
      if (accepted) fd = *std::move(accepted);
    }
    if (fd) {
      EXPECT_TRUE(WriteAll(fd.get(), name_ + " " + ReadAll(fd.get())));
    }
  }) {}
  ~Greeter() {
    over_ = true;
    thread_.join();
  }
  DoorTarget target() const { return Loopback(*runtime::LocalPort(listener_.get())); }

 private:
  std::string name_;
  UniqueFd listener_;
  std::atomic<bool> over_ = false;
  std::thread thread_;
};

TEST(DoorTest, ASocketThatSomebodyShutDownDoesNotSpin) {
  auto loop = *runtime::Loop::Create();
  UniqueFd listener = *runtime::ListenTcp("127.0.0.1", 0);
  ASSERT_EQ(::shutdown(listener.get(), SHUT_RDWR), 0);
  Door door(*loop, std::move(listener), [](std::string_view) { return std::vector<DoorTarget>(); });
  int turns = 0;
  loop->AddTurnHook(runtime::TurnPhase::kSend, [&] {
    if (++turns == 1000) loop->Stop();
  });
  bool rested = false;
  loop->At(loop->Now() + Millis{250}, [&] {
    rested = true;
    loop->Stop();
  });
  loop->Run();
  EXPECT_TRUE(rested) << turns << " turns";
}

TEST(DoorTest, WithoutATargetTheConnectionIsClosed) {
  EXPECT_EQ(Through([](std::string_view) { return std::vector<DoorTarget>(); }, {}, {}), "");
  EXPECT_EQ(Through([](std::string_view) { return std::vector{Loopback(ClosedPort()), Loopback(ClosedPort())}; }, {}, {}), "");
}

TEST(DoorTest, WhereOneAddressRefusesTheNextIsTried) {
  const Greeter second("second");
  EXPECT_EQ(Through([&](std::string_view) { return std::vector{Loopback(ClosedPort()), second.target()}; }, {}, {"hello"}), "second hello");
}

TEST(DoorTest, AnAddressThatFailedIsTriedLastForAWhile) {
  auto loop = *runtime::Loop::Create();
  UniqueFd listener = *runtime::ListenTcp("127.0.0.1", 0);
  const std::uint16_t port = *runtime::LocalPort(listener.get()), first = ClosedPort();
  std::uint16_t second = 0;
  Door door(*loop, std::move(listener), [&](std::string_view) { return std::vector{Loopback(first), Loopback(second)}; });
  const auto greeted = [&] {
    std::string answer;
    std::thread client([&] {
      const UniqueFd fd = Connect(port);
      ::shutdown(fd.get(), SHUT_WR);
      answer = ReadAll(fd.get());
      loop->Post([&] { loop->Stop(); });
    });
    loop->Run();
    client.join();
    return answer;
  };
  {
    const Greeter steady("steady");
    second = steady.target().port;
    EXPECT_EQ(greeted(), "steady ");
  }
  const Greeter back("back", first), steady("steady", second);
  EXPECT_EQ(greeted(), "steady ");
}

TEST(DoorTest, TheHostOfTheFirstRequestChoosesAndNothingIsLost) {
  const Greeter one("one"), two("two");
  const auto choose = [&](std::string_view host) { return std::vector{host == "two.elb.localhost" ? two.target() : one.target()}; };
  const std::string head = "GET / HTTP/1.1\r\nX: y\r\nHOST:  Two.ELB.localhost:8080\r\n\r\nbody";
  EXPECT_EQ(Through(choose, [] { return true; }, {head.substr(0, 9), head.substr(9, 20), head.substr(29)}), "two " + head);
  EXPECT_EQ(Through(choose, [] { return true; }, {"no http at all"}), "one no http at all");
}

TEST(DoorTest, HostOfReadsOneHeader) {
  EXPECT_EQ(HostOf("GET /host: HTTP/1.1\r\nHo"), std::nullopt);
  EXPECT_EQ(HostOf("GET / HTTP/1.1\r\nHost: a.b"), std::nullopt) << "more of the name may come";
  EXPECT_EQ(HostOf("GET / HTTP/1.1\r\nHost: a.b\r\n"), "a.b");
  EXPECT_EQ(HostOf("GET / HTTP/1.0\r\n\r\nHost: a.b\r\n"), "");
}

}  // namespace
}  // namespace terrarium::node
