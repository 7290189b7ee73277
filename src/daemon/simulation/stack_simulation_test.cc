#include <gmock/gmock.h>

#include <cstdlib>

#include "daemon/simulation/stack_simulation.h"

namespace terrarium::daemon {
namespace {

using testing::IsEmpty;

// Strings like R"({"VpcId":"$vpc"})" with the names of what was made filled in.
class Names {
 public:
  void Set(const std::string& name, std::string value) { values_.emplace_back("$" + name, std::move(value)); }
  std::string operator()(std::string text) const {
    // Longer names first, so that none is taken for the beginning of another.
    auto sorted = values_;
    std::ranges::sort(sorted, [](const auto& a, const auto& b) { return a.first.size() > b.first.size(); });
    for (const auto& [name, value] : sorted)
      for (std::size_t at = text.find(name); at != std::string::npos; at = text.find(name, at + value.size())) text.replace(at, name.size(), value);
    return text;
  }

 private:
  std::vector<std::pair<std::string, std::string>> values_;
};

// The life of the stack that the modules make, through the API alone.
class Life {
 public:
  explicit Life(std::uint64_t seed) : stack(seed) {}

  Json Do(std::string_view service, std::string_view operation, const std::string& request) {
    auto done = stack.Do(service, operation, names_(request));
    if (done) return *std::move(done);
    ADD_FAILURE() << done.error().message << "\n" << names_(request) << "\nthere: " << testing::PrintToString(stack.Left()) << "\nwrong: " << testing::PrintToString(stack.Faults());
    return {};
  }

  void Make() {
    names_.Set("vpc", Do("ec2", "CreateVpc", R"({"CidrBlock":"10.0.0.0/16"})")["Vpc"]["VpcId"].string());
    for (const auto& [name, cidr, zone] : {std::tuple("one", "10.0.0.0/24", "us-east-1a"), {"two", "10.0.1.0/24", "us-east-1b"}, {"three", "10.0.2.0/24", "us-east-1a"}, {"four", "10.0.3.0/24", "us-east-1b"}})
      names_.Set(name, Do("ec2", "CreateSubnet", std::string(R"({"VpcId":"$vpc","CidrBlock":")") + cidr + R"(","AvailabilityZone":")" + zone + "\"}")["Subnet"]["SubnetId"].string());
    names_.Set("gateway", Do("ec2", "CreateInternetGateway", "{}")["InternetGateway"]["InternetGatewayId"].string());
    Do("ec2", "AttachInternetGateway", R"({"VpcId":"$vpc","InternetGatewayId":"$gateway"})");
    names_.Set("routes", Do("ec2", "CreateRouteTable", R"({"VpcId":"$vpc"})")["RouteTable"]["RouteTableId"].string());
    Do("ec2", "CreateRoute", R"({"RouteTableId":"$routes","DestinationCidrBlock":"0.0.0.0/0","GatewayId":"$gateway"})");
    for (const char* subnet : {"one", "two"})
      names_.Set(std::string("association_") + subnet, Do("ec2", "AssociateRouteTable", std::string(R"({"RouteTableId":"$routes","SubnetId":"$)") + subnet + "\"}")["AssociationId"].string());
    names_.Set("group", Do("ec2", "CreateSecurityGroup", R"({"VpcId":"$vpc","GroupName":"all","Description":"of the test"})")["GroupId"].string());
    Do("ec2", "AuthorizeSecurityGroupIngress", R"({"GroupId":"$group","IpPermissions":[{"IpProtocol":"tcp","FromPort":80,"ToPort":80,"IpRanges":[{"CidrIp":"0.0.0.0/0"}]}]})");

    Do("ecr", "CreateRepository", R"({"repositoryName":"site"})");
    stack.Publish("site", 'a');
    stack.Publish("site", 'b');
    Do("iam", "CreateRole", R"({"RoleName":"exec","AssumeRolePolicyDocument":"{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"sts:AssumeRole\",\"Principal\":{\"Service\":\"ecs-tasks.amazonaws.com\"}}]}"})");
    Do("iam", "PutRolePolicy", R"({"RoleName":"exec","PolicyName":"all","PolicyDocument":"{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"*\",\"Resource\":\"*\"}]}"})");
    Do("logs", "CreateLogGroup", R"({"logGroupName":"/ecs/site"})");

    Do("rds", "CreateDBSubnetGroup", R"({"DBSubnetGroupName":"db","DBSubnetGroupDescription":"of the test","SubnetIds":["$three","$four"]})");
    Do("rds", "CreateDBInstance", R"({"DBInstanceIdentifier":"site","DBInstanceClass":"db.t3.micro","Engine":"mysql","EngineVersion":"9.7","AllocatedStorage":20,"DBName":"site","MasterUsername":"admin",
        "ManageMasterUserPassword":true,"StorageEncrypted":true,"DBSubnetGroupName":"db","BackupRetentionPeriod":0,"VpcSecurityGroupIds":["$group"]})");

    names_.Set("balancer", Do("elasticloadbalancing", "CreateLoadBalancer", R"({"Name":"site","Subnets":["$one","$two"],"SecurityGroups":["$group"]})")["LoadBalancers"].array().at(0)["LoadBalancerArn"].string());
    names_.Set("targets", Do("elasticloadbalancing", "CreateTargetGroup", R"({"Name":"site","Protocol":"HTTP","Port":80,"VpcId":"$vpc","TargetType":"ip"})")["TargetGroups"].array().at(0)["TargetGroupArn"].string());
    Do("elasticloadbalancing", "ModifyTargetGroupAttributes", R"({"TargetGroupArn":"$targets","Attributes":[{"Key":"deregistration_delay.timeout_seconds","Value":"5"}]})");
    names_.Set("listener", Do("elasticloadbalancing", "CreateListener", R"({"LoadBalancerArn":"$balancer","Protocol":"HTTP","Port":80,"DefaultActions":[{"Type":"forward","TargetGroupArn":"$targets"}]})")["Listeners"].array().at(0)["ListenerArn"].string());

    Do("ecs", "CreateCluster", R"({"clusterName":"site"})");
    Register("a");
    Do("ecs", "CreateService", R"({"cluster":"site","serviceName":"web","taskDefinition":"web","desiredCount":2,"launchType":"FARGATE","healthCheckGracePeriodSeconds":60,
        "networkConfiguration":{"awsvpcConfiguration":{"subnets":["$one","$two"],"securityGroups":["$group"],"assignPublicIp":"ENABLED"}},
        "deploymentConfiguration":{"minimumHealthyPercent":100,"maximumPercent":200,"deploymentCircuitBreaker":{"enable":true,"rollback":true}},
        "loadBalancers":[{"targetGroupArn":"$targets","containerName":"site","containerPort":80}]})");
  }
  void Register(const std::string& tag, const std::string& environment = "") {
    Do("ecs", "RegisterTaskDefinition", R"({"family":"web","networkMode":"awsvpc","cpu":"256","memory":"512","requiresCompatibilities":["FARGATE"],"executionRoleArn":"arn:aws:iam::111122223333:role/exec",
        "containerDefinitions":[{"name":"site","image":"localhost:4566/site:)" + tag + R"(","essential":true,"environment":[)" + environment + R"(],"portMappings":[{"containerPort":80}],
        "logConfiguration":{"logDriver":"awslogs","options":{"awslogs-group":"/ecs/site","awslogs-region":"us-east-1","awslogs-stream-prefix":"ecs"}}}]})");
  }
  Json Service() {
    const auto answer = stack.Try("ecs", "DescribeServices", R"({"cluster":"site","services":["web"]})");
    return answer && !(*answer)["services"].array().empty() ? (*answer)["services"].array()[0] : Json();
  }
  // Healthy targets, and one deployment that is complete.
  bool Steady() {
    const Json service = Service();
    const auto& deployments = service["deployments"].array();
    if (deployments.size() != 1 || deployments[0]["rolloutState"].string() != "COMPLETED" || service["runningCount"].integer() != service["desiredCount"].integer()) return false;
    const auto health = stack.Try("elasticloadbalancing", "DescribeTargetHealth", names_(R"({"TargetGroupArn":"$targets"})"));
    if (!health) return false;
    const auto& all = (*health)["TargetHealthDescriptions"].array();
    return static_cast<std::int64_t>(all.size()) == service["desiredCount"].integer() &&
           std::ranges::all_of(all, [](const Json& one) { return one["TargetHealth"]["State"].string() == "healthy"; });
  }
  void ExpectRest(const char* after) {
    std::vector<std::string> faults;
    const bool rests = stack.Until([&] {
      faults = stack.Faults();
      if (!Steady()) faults.push_back("the service is not steady: " + Service().Write());
      return faults.empty();
    });
    EXPECT_TRUE(rests) << after << ": " << testing::PrintToString(faults);
  }
  void Unmake() {
    Do("ecs", "UpdateService", R"({"cluster":"site","service":"web","desiredCount":0})");
    Do("ecs", "DeleteService", R"({"cluster":"site","service":"web","force":true})");
    Do("elasticloadbalancing", "DeleteListener", R"({"ListenerArn":"$listener"})");
    Do("elasticloadbalancing", "DeleteTargetGroup", R"({"TargetGroupArn":"$targets"})");
    Do("elasticloadbalancing", "DeleteLoadBalancer", R"({"LoadBalancerArn":"$balancer"})");
    Do("rds", "DeleteDBInstance", R"({"DBInstanceIdentifier":"site","SkipFinalSnapshot":true})");
    Do("ecs", "DeleteCluster", R"({"cluster":"site"})");
    Do("rds", "DeleteDBSubnetGroup", R"({"DBSubnetGroupName":"db"})");
    Do("ec2", "DeleteSecurityGroup", R"({"GroupId":"$group"})");
    for (const char* subnet : {"one", "two"}) Do("ec2", "DisassociateRouteTable", std::string(R"({"AssociationId":"$association_)") + subnet + "\"}");
    for (const char* subnet : {"one", "two", "three", "four"}) Do("ec2", "DeleteSubnet", std::string(R"({"SubnetId":"$)") + subnet + "\"}");
    Do("ec2", "DeleteRouteTable", R"({"RouteTableId":"$routes"})");
    Do("ec2", "DetachInternetGateway", R"({"VpcId":"$vpc","InternetGatewayId":"$gateway"})");
    Do("ec2", "DeleteInternetGateway", R"({"InternetGatewayId":"$gateway"})");
    Do("ec2", "DeleteVpc", R"({"VpcId":"$vpc"})");
    std::vector<std::string> left;
    EXPECT_TRUE(stack.Until([&] { return (left = stack.Left()).empty(); })) << "left on the host: " << testing::PrintToString(left);
  }

  // Everything that happens to a stack in its life.
  void Run() {
    Make();
    ExpectRest("creation");
    if (testing::Test::HasFailure()) return;
    const std::string first = Service()["taskDefinition"].string();
    Register("b");
    Do("ecs", "UpdateService", R"({"cluster":"site","service":"web","taskDefinition":"web"})");
    ExpectRest("a deployment");
    const std::string second = Service()["taskDefinition"].string();
    EXPECT_NE(second, first);
    stack.EndOneContainer();
    ExpectRest("a container that ended");
    Do("ecs", "UpdateService", R"({"cluster":"site","service":"web","desiredCount":3})");
    ExpectRest("scaling out");
    Register("b", R"({"name":"ENDS_AT_ONCE","value":"yes"})");
    Do("ecs", "UpdateService", R"({"cluster":"site","service":"web","taskDefinition":"web"})");
    EXPECT_TRUE(stack.Until([&] { return Service()["deployments"].array().size() > 1; }) && stack.Until([&] { return Service()["taskDefinition"].string() == second; })) << "no rollback: " << Service().Write();
    ExpectRest("a rollback");
    Do("ecs", "UpdateService", R"({"cluster":"site","service":"web","desiredCount":1})");
    ExpectRest("scaling in");
    if (!testing::Test::HasFailure()) Unmake();
  }

  StackSimulation stack;

 private:
  Names names_;
};

// "1-2000" in TERRARIUM_SIMULATION_SEEDS runs those, for a long night.
std::pair<std::uint64_t, std::uint64_t> Seeds() {
  const char* asked = std::getenv("TERRARIUM_SIMULATION_SEEDS");
  unsigned long long from = 1, to = 30;
  if (asked != nullptr && std::sscanf(asked, "%llu-%llu", &from, &to) != 2) ADD_FAILURE() << "TERRARIUM_SIMULATION_SEEDS is two numbers with a dash";
  return {from, to};
}

TEST(StackSimulationTest, ALifeWithoutFaultsEndsWithNothingLeft) {
  Life life(1);
  life.Run();
}

// terrariumd is killed again and again, calls are refused and answers lost, at any point of all that happens: always the same end.
TEST(StackSimulationTest, KillsAndLostAnswersChangeNothing) {
  const auto [from, to] = Seeds();
  int lives = 0, kills = 0, calls = 0;
  for (std::uint64_t seed = from; seed <= to; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Life life(seed);
    SeededRandom dice(seed * 104729);
    life.stack.decide = [&dice](const Verb& verb) {
      // What only looks is repeated every second: most of the harm is for what changes something.
      const auto roll = dice.Next() % (verb.fresh ? 60 : 2000);
      return roll < 5 ? static_cast<Fate>(roll) : Fate::kDone;
    };
    life.Run();
    ++lives;
    if (lives % 100 == 0) std::fprintf(stderr, "%d lives\n", lives);
    kills += life.stack.kills();
    calls += life.stack.calls();
    if (testing::Test::HasFailure()) break;
  }
  std::printf("%d lives, %d kills of terrariumd, %d calls to the host\n", lives, kills, calls);
}

// One kill in a life, at each call that asks for something new, before it has its effect and after.
TEST(StackSimulationTest, AKillAtEveryStepChangesNothing) {
  int steps = 0;
  {
    Life life(7);
    life.stack.decide = [&steps](const Verb& verb) {
      steps += verb.fresh ? 1 : 0;
      return Fate::kDone;
    };
    life.Run();
  }
  const int stride = std::getenv("TERRARIUM_SIMULATION_SEEDS") != nullptr ? 1 : 12;
  int lives = 0;
  for (int at = 0; at < 2 * steps && !testing::Test::HasFailure(); at += stride) {
    SCOPED_TRACE("step " + std::to_string(at / 2) + (at % 2 == 0 ? " before" : " after"));
    Life life(7);
    int step = 0;
    life.stack.decide = [&, at](const Verb& verb) {
      if (!verb.fresh || step++ != at / 2) return Fate::kDone;
      return at % 2 == 0 ? Fate::kKilledBefore : Fate::kKilledAfter;
    };
    life.Run();
    ++lives;
  }
  std::printf("%d steps, %d lives with one kill\n", steps, lives);
}

}  // namespace
}  // namespace terrarium::daemon
