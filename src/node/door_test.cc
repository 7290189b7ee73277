#include "node/door.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

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
  Door door(*loop, std::move(listener), [&] { return ConnectTo(htonl(INADDR_LOOPBACK), target_port); });

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

TEST(DoorTest, WithoutATargetTheConnectionIsClosed) {
  auto loop = *runtime::Loop::Create();
  UniqueFd listener = *runtime::ListenTcp("127.0.0.1", 0);
  const std::uint16_t port = *runtime::LocalPort(listener.get());
  Door door(*loop, std::move(listener), []() -> Result<UniqueFd> { return Fail(ErrorKind::kNotFound, "nowhere"); });
  std::string answer = "untouched";
  std::thread client([&] {
    const UniqueFd fd = Connect(port);
    answer = ReadAll(fd.get());
    loop->Post([&] { loop->Stop(); });
  });
  loop->Run();
  client.join();
  EXPECT_EQ(answer, "");
}

}  // namespace
}  // namespace terrarium::node
