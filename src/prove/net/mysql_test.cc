#include "prove/net/mysql.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <string>

namespace terrarium::prove {
namespace {

using namespace std::string_literals;

std::string Packet(char number, const std::string& payload) { return std::string{static_cast<char>(payload.size()), '\0', '\0', number} + payload; }

// A server that has said all it will say before it is asked.
Result<LoginAnswer> Ask(const std::string& said) {
  int ends[2];
  EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
  const UniqueFd server(ends[1]);
  EXPECT_EQ(::send(server.get(), said.data(), said.size(), 0), static_cast<ssize_t>(said.size()));
  ::shutdown(server.get(), SHUT_WR);
  return LogIn(UniqueFd(ends[0]), "site", "word", Tls::kNo);
}

const std::string kGreeting = Packet(0, "\x0a" "9.7.4\0"s + "id__"s + "nonce__8"s + "\0"s + std::string(18, '\1') + "nonce___12__"s + "\0caching_sha2_password\0"s);

TEST(MysqlLogin, TellsWhoIsLetInWithoutTls) {
  const auto in = Ask(kGreeting + Packet(2, "\0\0\0\2\0\0\0"s));
  ASSERT_TRUE(in) << in.error().message;
  EXPECT_TRUE(in->accepted);
  EXPECT_EQ(in->version, "9.7.4");
}

TEST(MysqlLogin, TellsTheServersErrorByNumberAndWords) {
  const auto out = Ask(kGreeting + Packet(2, "\xff\x57\x0c#HY000Connections using insecure transport are prohibited"s));
  ASSERT_TRUE(out) << out.error().message;
  EXPECT_FALSE(out->accepted);
  EXPECT_EQ(out->error, 3159);
  EXPECT_EQ(out->message, "Connections using insecure transport are prohibited");
}

TEST(MysqlLogin, NeverSendsThePasswordItselfWithoutTls) {
  const auto out = Ask(kGreeting + Packet(2, "\x01\x04"s));
  ASSERT_TRUE(out) << out.error().message;
  EXPECT_FALSE(out->accepted);
  EXPECT_EQ(out->error, 0);
}

TEST(MysqlLogin, WhatIsNoMysqlServerIsAnError) {
  EXPECT_FALSE(Ask("SSH-2.0-OpenSSH_9.2\r\n"));
  EXPECT_FALSE(Ask(""));
  EXPECT_FALSE(Ask(kGreeting));
}

}  // namespace
}  // namespace terrarium::prove
