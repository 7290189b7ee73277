#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/text.h"
#include "cli/played_cloud_fixture.h"

namespace terrarium::cli {
namespace {

using testing::HasSubstr;

std::string Interface(const std::string& id, const std::string& subnet, const std::string& address, const std::string& group, const std::string& description, const std::string& zone, const std::string& public_address = "") {
  return R"({"NetworkInterfaceId":")" + id + R"(","SubnetId":")" + subnet + R"(","VpcId":"vpc-1","AvailabilityZone":")" + zone + R"(","PrivateIpAddress":")" + address + R"(","Description":")" + description +
         R"(","Groups":[{"GroupId":")" + group + R"(","GroupName":"x"}])" + (public_address.empty() ? "" : R"(,"Association":{"PublicIp":")" + public_address + R"("})") + "}";
}

// task 10.0.1.10 (sg-task) · database 10.0.21.5 (sg-db) · load balancer 10.0.1.5 (sg-alb)
class ReachTest : public testing::Test {
 protected:
  ReachTest() {
    PlayHealthyStack(played);
    played.cloud.On("rds:DescribeDBInstances", J(R"({"DBInstances":[{"DBInstanceIdentifier":"drupal","DBInstanceStatus":"available","AvailabilityZone":"us-east-1a","VpcSecurityGroups":[{"VpcSecurityGroupId":"sg-db"}]}]})"));
    played.cloud.On("ec2:DescribeNetworkInterfaces", J("{\"NetworkInterfaces\":[" + Interface("eni-a", "subnet-1", "10.0.1.10", "sg-task", "task", "us-east-1a", "54.0.0.9") + "," +
                                                       Interface("eni-d", "subnet-9", "10.0.21.5", "sg-db", "RDSNetworkInterface", "us-east-1a") + "," +
                                                       Interface("eni-l", "subnet-1", "10.0.1.5", "sg-alb", "ELB app/drupal/1", "us-east-1a", "54.0.0.1") + "]}"));
    played.cloud.On("ec2:DescribeSecurityGroups", [this](const Json& request) -> Result<Json> {
      Json answer;
      answer.Set("SecurityGroups", Json::Array{J(groups.at(request["GroupIds"].array()[0].string()))});
      return answer;
    });
    played.cloud.On("ec2:DescribeNetworkAcls", [this](const Json&) -> Result<Json> { return J(R"({"NetworkAcls":[{"NetworkAclId":"acl-1","Entries":[)" + acl + "]}]}"); });
    played.cloud.On("ec2:DescribeRouteTables", [this](const Json&) -> Result<Json> {
      return J(R"({"RouteTables":[{"RouteTableId":"rtb-m","VpcId":"vpc-1","Associations":[{"Main":true}],"Routes":[{"DestinationCidrBlock":"10.0.0.0/16","GatewayId":"local","State":"active"}]},
        {"RouteTableId":"rtb-p","VpcId":"vpc-1","Associations":[{"Main":false,"SubnetId":"subnet-1"}],"Routes":[{"DestinationCidrBlock":"10.0.0.0/16","GatewayId":"local","State":"active"},{"DestinationCidrBlock":"0.0.0.0/0","GatewayId":"igw-1","State":")" + gateway_state + R"("}]}]})");
    });
  }
  PlayedWorld played;
  std::map<std::string, std::string> groups = {
      {"sg-task", R"({"GroupId":"sg-task","GroupName":"task","IpPermissions":[{"IpProtocol":"tcp","FromPort":80,"ToPort":80,"UserIdGroupPairs":[{"GroupId":"sg-alb"}]}],"IpPermissionsEgress":[{"IpProtocol":"tcp","FromPort":3306,"ToPort":3306,"UserIdGroupPairs":[{"GroupId":"sg-db"}]},{"IpProtocol":"tcp","FromPort":443,"ToPort":443,"IpRanges":[{"CidrIp":"0.0.0.0/0"}]}]})"},
      {"sg-db", R"({"GroupId":"sg-db","GroupName":"db","IpPermissions":[{"IpProtocol":"tcp","FromPort":3306,"ToPort":3306,"UserIdGroupPairs":[{"GroupId":"sg-task"}]}],"IpPermissionsEgress":[]})"},
      {"sg-alb", R"({"GroupId":"sg-alb","GroupName":"alb","IpPermissions":[{"IpProtocol":"tcp","FromPort":80,"ToPort":80,"IpRanges":[{"CidrIp":"0.0.0.0/0"}]}],"IpPermissionsEgress":[{"IpProtocol":"-1","IpRanges":[{"CidrIp":"10.0.0.0/16"}]}]})"}};
  std::string acl = R"({"RuleNumber":32767,"Protocol":"-1","RuleAction":"deny","Egress":false,"CidrBlock":"0.0.0.0/0"},{"RuleNumber":100,"Protocol":"-1","RuleAction":"allow","Egress":false,"CidrBlock":"0.0.0.0/0"},{"RuleNumber":100,"Protocol":"-1","RuleAction":"allow","Egress":true,"CidrBlock":"0.0.0.0/0"})";
  std::string gateway_state = "active";
};

TEST_F(ReachTest, NamesTheRuleThatDecides) {
  EXPECT_EQ(played.Run("why task db 3306"), 0);
  groups["sg-db"] = ReplaceAll(groups["sg-db"], R"("UserIdGroupPairs":[{"GroupId":"sg-task"}])", R"("IpRanges":[{"CidrIp":"10.0.99.0/24"}])");
  EXPECT_EQ(played.Run("why task db 3306"), 3);
  EXPECT_EQ(played.Run("why internet alb 80"), 0);
  EXPECT_EQ(played.Run("why internet db 3306"), 3);
  EXPECT_EQ(played.Run("why alb 9c41 80"), 0);
  EXPECT_EQ(played.Run("why task internet 443"), 0);
  ExpectTranscript("why_reach", played.transcript);
}

TEST_F(ReachTest, EveryCellOfTheMatrix) {
  const std::vector<std::pair<std::string, int>> cells = {
      {"task db 3307", 3},    {"task db 443", 3}, {"db task 80", 3},     {"alb db 3306", 3},       {"alb task 80", 0},           {"internet task 80", 3}, {"internet alb 443", 3},
      {"task 8.8.8.8 443", 0}, {"task 8.8.8.8 80", 3}, {"db internet 443", 3}, {"10.0.1.5 10.0.1.10 80", 0}, {"eni-a eni-d 3306", 0},
  };
  for (const auto& [words, code] : cells) EXPECT_EQ(played.Run("why " + words), code) << words << "\n" << played.out << played.err;
}

TEST_F(ReachTest, RoutesAndAclsCount) {
  gateway_state = "blackhole";
  EXPECT_EQ(played.Run("why internet alb 80"), 3);
  EXPECT_THAT(played.out, HasSubstr("0.0.0.0/0 igw-1 blackhole"));
  acl = R"({"RuleNumber":50,"Protocol":"6","RuleAction":"deny","Egress":false,"CidrBlock":"10.0.1.0/24","PortRange":{"From":3306,"To":3306}},)" + acl;
  EXPECT_EQ(played.Run("why task db 3306"), 3);
  EXPECT_THAT(played.out, HasSubstr("acl-1 in 50: deny"));
  EXPECT_EQ(played.Run("why alb task 80"), 0);  // one subnet: no ACL on the way
}

TEST_F(ReachTest, EndsThatAreNotThere) {
  EXPECT_EQ(played.Run("why moon db 3306"), 3);
  EXPECT_EQ(played.Run("why internet 8.8.8.8 53"), 2);
  EXPECT_EQ(played.Run("why task db https"), 2);
  EXPECT_EQ(played.Run("why task db"), 2);
}

}  // namespace
}  // namespace terrarium::cli
