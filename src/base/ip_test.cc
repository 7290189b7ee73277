#include "base/ip.h"

#include <gtest/gtest.h>

namespace terrarium {
namespace {

TEST(IpTest, AddressesRoundTripAndNothingElseParses) {
  for (const char* good : {"0.0.0.0", "10.0.1.254", "255.255.255.255"}) EXPECT_EQ(Ipv4::Parse(good)->ToString(), good);
  for (const char* bad : {"", "1.2.3", "1.2.3.4.5", "01.2.3.4", "256.1.1.1", "1.2.3.-4", "1.2.3.4 ", "1.2.3.4\n", "a.b.c.d", "1..2.3"})
    EXPECT_FALSE(Ipv4::Parse(bad)) << bad;
  for (const char* bad : {"10.0.0.0", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/08", "10.0.0.0/1x", "/8"}) EXPECT_FALSE(Cidr::Parse(bad)) << bad;
}

TEST(IpTest, BlocksContainAndOverlap) {
  const auto vpc = *Cidr::Parse("10.0.0.0/16"), subnet = *Cidr::Parse("10.0.2.0/24"), other = *Cidr::Parse("10.1.0.0/16"), all = *Cidr::Parse("0.0.0.0/0");
  EXPECT_TRUE(vpc.Contains(subnet) && !subnet.Contains(vpc) && subnet.Overlaps(vpc) && !vpc.Overlaps(other) && all.Contains(other));
  EXPECT_EQ(subnet.Last(), *Ipv4::Parse("10.0.2.255"));
  EXPECT_TRUE(vpc.Canonical());
  EXPECT_FALSE(Cidr::Parse("10.0.0.1/16")->Canonical());
  EXPECT_EQ(Cidr::Parse("10.0.0.9/31")->First().ToString(), "10.0.0.8");
}

TEST(IpTest, Mac) {
  EXPECT_EQ(Mac::Parse("02:0a:00:ff:00:01")->ToString(), "02:0a:00:ff:00:01");
  for (const char* bad : {"", "02:0a:00:ff:00", "02:0a:00:ff:00:1", "02:0a:00:ff:00:zz", "020a00ff0001"}) EXPECT_FALSE(Mac::Parse(bad)) << bad;
}

}  // namespace
}  // namespace terrarium
