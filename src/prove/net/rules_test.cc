#include "prove/net/rules.h"

#include <gtest/gtest.h>

namespace terrarium::prove {
namespace {

Station At(Part part, const char* address, std::vector<std::string> groups) { return {.part = part, .address = *Ipv4::Parse(address), .groups = std::move(groups)}; }

const std::vector<Rule> kRules = RulesOf(*Json::Parse(R"({"SecurityGroupRules":[
  {"GroupId":"sg-alb","IsEgress":false,"IpProtocol":"tcp","FromPort":80,"ToPort":80,"CidrIpv4":"0.0.0.0/0"},
  {"GroupId":"sg-alb","IsEgress":true,"IpProtocol":"tcp","FromPort":80,"ToPort":81,"ReferencedGroupInfo":{"GroupId":"sg-task"}},
  {"GroupId":"sg-task","IsEgress":false,"IpProtocol":"tcp","FromPort":80,"ToPort":80,"ReferencedGroupInfo":{"GroupId":"sg-alb"}},
  {"GroupId":"sg-task","IsEgress":false,"IpProtocol":"udp","FromPort":53,"ToPort":53,"CidrIpv4":"0.0.0.0/0"},
  {"GroupId":"sg-task","IsEgress":true,"IpProtocol":"tcp","FromPort":443,"ToPort":443,"CidrIpv4":"10.0.0.0/24"},
  {"GroupId":"sg-other","IsEgress":true,"IpProtocol":"-1","CidrIpv4":"0.0.0.0/0"},
  {"GroupId":"sg-other","IsEgress":false,"IpProtocol":"-1","CidrIpv4":"10.0.0.0/24"}]})"));

TEST(Rules, BothEndsMustAllow) {
  const Station alb = At(Part::kBalancer, "10.0.0.5", {"sg-alb"}), task = At(Part::kTask, "10.0.0.9", {"sg-task"}), other = At(Part::kOther, "10.0.0.20", {"sg-other"});
  EXPECT_TRUE(Allows(kRules, alb, task, 80));
  EXPECT_FALSE(Allows(kRules, alb, task, 81));   // leaves, is not let in
  EXPECT_FALSE(Allows(kRules, other, task, 80)); // everything leaves, but not from there
  EXPECT_FALSE(Allows(kRules, task, alb, 80));   // let in, but does not leave
  EXPECT_TRUE(Allows(kRules, other, alb, 80));
  EXPECT_TRUE(Allows(kRules, task, other, 443));
  EXPECT_FALSE(Allows(kRules, task, other, 444));
}

TEST(Rules, ProtocolsAndBlocksCount) {
  const Station other = At(Part::kOther, "10.0.0.20", {"sg-other"}), task = At(Part::kTask, "10.0.0.9", {"sg-task"}), far = At(Part::kOther, "10.0.1.9", {"sg-other"});
  EXPECT_FALSE(Allows(kRules, other, task, 53));  // of UDP only
  EXPECT_TRUE(Allows(kRules, other, At(Part::kOther, "10.0.0.21", {"sg-other"}), 9));
  EXPECT_FALSE(Allows(kRules, far, other, 9));
}

TEST(Rules, TheInternetReachesPublicAddressesOnly) {
  Station alb = At(Part::kBalancer, "10.0.0.5", {"sg-alb"});
  const Station internet = At(Part::kInternet, "198.18.0.1", {});
  EXPECT_FALSE(Allows(kRules, internet, alb, 80));
  alb.public_address = Ipv4::Parse("100.65.0.1");
  EXPECT_TRUE(Allows(kRules, internet, alb, 80));
  EXPECT_FALSE(Allows(kRules, internet, alb, 22));
}

}  // namespace
}  // namespace terrarium::prove
