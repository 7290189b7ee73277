#include "host/network/network.h"

#include <gtest/gtest.h>

#include "host/network/fake_network.h"
#include "host/network/network_verbs.h"

namespace terrarium::host {
namespace {

TEST(NetworkTest, IdsCarryNoForeignText) {
  EXPECT_TRUE(GroupId::Parse("sg-0123456789abcdef0"));
  EXPECT_TRUE(GroupId::Parse("sg-1a2b3c4d"));
  for (const char* bad : {"", "sg-", "sg-123", "sg-0123456789ABCDEF0", "sg-0123456789abcdef01", "vpc-0123456789abcdef0", "sg-0123456789abcdef0\n", "sg-0123456789abcde; }", "sg_0123456789abcdef0"})
    EXPECT_FALSE(GroupId::Parse(bad)) << bad;
}

TEST(NetworkTest, ARuleIsALineAndBack) {
  for (const char* line : {"sgr-0123456789abcdef0 all 0.0.0.0/0", "sgr-0123456789abcdef0 tcp 80-80 10.0.0.0/16", "sgr-0123456789abcdef0 udp 0-65535 sg-1a2b3c4d",
                           "sgr-0123456789abcdef0 icmp -1/-1 10.0.0.0/8", "sgr-0123456789abcdef0 47 sg-0123456789abcdef0"}) {
    const auto rule = ParseRuleLine(line);
    ASSERT_TRUE(rule) << line;
    EXPECT_EQ(RuleLine(*rule), line);
  }
  for (const char* bad : {"", "no rule", "spoofed", "sgr-0123456789abcdef0 tcp 10.0.0.0/16", "sgr-0123456789abcdef0 tcp 80 10.0.0.0/16", "sgr-0123456789abcdef0 all x"})
    EXPECT_FALSE(ParseRuleLine(bad)) << bad;
}

// Through the stub's and the dispatcher's bytes, as between terrariumd and terrarium-host.
class Loop final : public VerbChannel {
 public:
  explicit Loop(const VerbTable& table) : table_(table) {}
  Result<std::string> Exchange(std::string_view verb, std::string_view request) override { return table_.Run(verb, request); }

 private:
  const VerbTable& table_;
};

TEST(NetworkTest, VerbsReachThePortAndForeignTextDoesNot) {
  FakeNetwork fake;
  NetworkVerbs verbs(fake);
  VerbTable table;
  ServeNetworkHost(table, verbs);
  Loop loop(table);
  NetworkHostStub stub(loop);
  Arena arena;
  namespace net = gen::host_network;
  net::EnsureVpcRequest vpc{};
  vpc.vpc = "vpc-0123456789abcdef0";
  vpc.cidr = "10.0.0.0/16";
  vpc.internet = true;
  auto& subnet = vpc.subnets.Add(arena);
  subnet.cidr = "10.0.1.0/24";
  auto& route = subnet.routes.Add(arena);
  route.destination = "0.0.0.0/0";
  route.target = "internet";
  auto& group = vpc.groups.Add(arena);
  group.id = "sg-00000001";
  auto& rule = group.ingress.Add(arena);
  rule.id = "sgr-00000000";
  rule.protocol = 6;
  rule.from = 80;
  rule.to = 80;
  rule.cidr = "0.0.0.0/0";
  ASSERT_TRUE(stub.EnsureVpc(vpc, arena));

  net::EnsureEniRequest eni{};
  eni.eni = "eni-00000001";
  eni.vpc = vpc.vpc;
  eni.subnet = "10.0.1.0/24";
  eni.address = "10.0.1.10";
  eni.mac = "02:00:00:00:00:10";
  eni.public_address = "203.0.113.1";
  eni.groups.Add(arena, Str("sg-00000001"));
  const auto place = stub.EnsureEni(eni, arena);
  ASSERT_TRUE(place) << place.error().message;
  EXPECT_EQ((*place)->interface, "eth0");
  const auto listing = stub.ListNetwork({}, arena);
  ASSERT_EQ((*listing)->enis.size(), 1u);
  EXPECT_EQ((*listing)->enis[0].vpc, vpc.vpc);
  net::ExplainPathRequest why{};
  why.vpc = vpc.vpc;
  why.from = "198.51.100.1";
  why.to = "203.0.113.1";
  why.protocol = 6;
  why.port = 80;
  const auto path = stub.ExplainPath(why, arena);
  ASSERT_TRUE(path);
  EXPECT_EQ((*path)->allowed, true);

  for (const char* bad : {"10.0.1.11; flush ruleset", "10.0.1.11\n", ""}) {
    eni.address = bad;
    const auto refused = stub.EnsureEni(eni, arena);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, ErrorKind::kInvalid);
  }
  rule.group = "sg-00000001";
  EXPECT_EQ(stub.EnsureVpc(vpc, arena).error().kind, ErrorKind::kInvalid) << "two peers";
}

}  // namespace
}  // namespace terrarium::host
