#include "node/dns_message.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>

#include "base/random.h"

namespace terrarium::node {
namespace {

std::string Query(std::string_view labels, std::uint16_t type) {
  std::string q("\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00", 12);
  q += labels;
  q += std::string("\0", 1);
  q += static_cast<char>(type >> 8);
  q += static_cast<char>(type);
  return q + std::string("\0\1", 2);
}

TEST(DnsMessageTest, ReadsAQuestionInLowerCase) {
  const std::string message = Query("\2Db\3rDs", kDnsA);
  const auto q = ParseDnsQuestion(message);
  ASSERT_TRUE(q);
  EXPECT_EQ(q->name, "db.rds");
  EXPECT_EQ(q->id, 0x1234);
  EXPECT_EQ(q->type, kDnsA);
}

TEST(DnsMessageTest, AnswersWithAddresses) {
  const std::string message = Query("\2db\3rds", kDnsA);
  const std::string answer = MakeDnsAnswer(*ParseDnsQuestion(message), DnsCode::kNoError, {inet_addr("10.0.1.2")}, 5);
  EXPECT_EQ(answer.substr(0, 4), std::string("\x12\x34\x85\x80", 4));
  EXPECT_EQ(answer.substr(answer.size() - 4), std::string("\x0a\x00\x01\x02", 4));
  EXPECT_EQ(answer.size(), message.size() + 16);
}

TEST(DnsMessageTest, NeverExceedsAPacketNorReadsPastOne) {
  const std::string message = Query("\2db\3rds", kDnsA);
  const std::vector<std::uint32_t> many(200, 1);
  EXPECT_LE(MakeDnsAnswer(*ParseDnsQuestion(message), DnsCode::kNoError, many, 5).size(), 512u);
  for (std::size_t n = 0; n < message.size(); ++n) EXPECT_FALSE(ParseDnsQuestion(std::string(message.data(), n)));
  SeededRandom random(5);
  for (int i = 0; i < 20'000; ++i) {
    std::string noise(12 + random.Next() % 40, '\0');
    random.Fill(noise.data(), noise.size());
    noise[2] = 1;
    noise[3] = noise[4] = 0;
    noise[5] = 1;
    ParseDnsQuestion(noise);
  }
  EXPECT_FALSE(ParseDnsQuestion(Query("\xC0\x0C", kDnsA)));
}

}  // namespace
}  // namespace terrarium::node
