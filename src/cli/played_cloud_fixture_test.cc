#include "cli/played_cloud_fixture.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "base/file.h"
#include "base/text.h"
#include "cli/command.h"
#include "codec/json_codec.h"
#include "codec/validate.h"

#include "aws/services.inc"  // needs codec/descriptor.h before it

namespace terrarium::cli {
namespace {

// Empty if `text` is a message of that shape.
std::string Misfit(const codec::Tables& tables, std::uint16_t shape, const std::string& text, bool constraints) {
  if (shape == codec::kNoShape) return {};
  Arena arena;
  void* message = arena.Zero(tables.shapes[shape].size);
  if (const auto decoded = codec::DecodeJson(tables, shape, message, text, codec::JsonForm::kCanonical, arena); !decoded) return decoded.error().message;
  if (!constraints) return {};
  const auto problems = codec::Validate(tables, shape, message);
  return problems.empty() ? "" : codec::ValidationMessage(problems);
}

class Opened final : public Cloud {
 public:
  explicit Opened(PlayedCloud& played) : played_(played) {}
  std::string endpoint() const override { return "http://127.0.0.1:4566"; }
  std::string region() const override { return "us-east-1"; }
  Result<Json> Call(std::string_view service, std::string_view operation, const Json& request) override { return played_.Call(std::string(service), std::string(operation), request); }

 private:
  PlayedCloud& played_;
};

}  // namespace

Result<Json> PlayedCloud::Call(const std::string& service_name, const std::string& operation_name, const Json& request) {
  const std::string name = service_name + ":" + operation_name;
  calls.emplace_back(name, request);
  const codec::Service* service = nullptr;
  for (const auto* one : aws::kServices)
    if (one->name == service_name) service = one;
  const codec::Operation* operation = service ? service->Find(operation_name) : nullptr;
  EXPECT_NE(operation, nullptr) << name << " is in no model";
  if (operation == nullptr) return Fail(ErrorKind::kUnsupported, name);
  EXPECT_EQ(Misfit(*service->tables, operation->input, request.is_null() ? "{}" : request.Write(), true), "") << name << " " << request.Write();
  const auto play = plays_.find(name);
  EXPECT_NE(play, plays_.end()) << name << " " << request.Write() << " has no answer here";
  if (play == plays_.end()) return Fail(ErrorKind::kUnsupported, name);
  auto answer = play->second(request);
  if (answer) {
    EXPECT_EQ(Misfit(*service->tables, operation->output, answer->is_null() ? "{}" : answer->Write(), false), "") << name;
  }
  return answer;
}

PlayedWorld::PlayedWorld()
    : world{.environment = [this](const char* name) { return variables.contains(name) ? variables.at(name) : std::string(); },
            .clock = clock,
            .random = random,
            .root = "/repository",
            .build = "/repository/build/release",
            .out = [this](std::string_view text) { transcript += text, out += text; },
            .err = [this](std::string_view text) { transcript += text, err += text; },
            .out_is_terminal = true,
            .err_is_terminal = false,
            .columns = 80,
            .sleep = [this](Millis span) {
              clock.Advance(span);
              if (on_sleep) on_sleep();
            },
            .interrupted = [this] { return interrupted; },
            .open_cloud = [this](const aws::Environment&) -> Result<std::unique_ptr<Cloud>> { return std::make_unique<Opened>(cloud); },
            .fetch = [this](const std::string& url) -> Result<Page> { return fetch ? fetch(url) : Page{200, Millis(9), ""}; },
            .become = [this](const std::vector<std::string>& argv) {
              became = argv;
              return Error{ErrorKind::kNotFound, {}, "not started in a test", {}};
            },
            .run = [](const std::vector<std::string>&) -> Result<int> { return 0; }} {}

int PlayedWorld::Run(const std::string& words) {
  std::vector<std::string> split;
  for (const std::string_view word : Split(words, ' '))
    if (!word.empty()) split.emplace_back(word);
  transcript += "$ terrarium " + words + "\n";
  out.clear();
  err.clear();
  const int code = cli::Run(world, split);
  if (code != 0) transcript += "[" + std::to_string(code) + "]\n";
  return code;
}

void ExpectTranscript(const std::string& name, const std::string& text) {
  const std::string path = TERRARIUM_TRANSCRIPTS "/" + name + ".t";
  if (std::getenv("TERRARIUM_UPDATE_TRANSCRIPTS") != nullptr) {
    ASSERT_TRUE(WriteFileAtomically(path, text, 0644));
    return;
  }
  const auto golden = ReadFile(path);
  ASSERT_TRUE(golden) << path;
  EXPECT_EQ(*golden, text) << "TERRARIUM_UPDATE_TRANSCRIPTS=1 writes " << path;
}

Json J(std::string_view text) {
  auto json = Json::Parse(text);
  EXPECT_TRUE(json) << (json ? "" : json.error().message) << " in " << text;
  return json ? *json : Json();
}

void PlayHealthyStack(PlayedWorld& played) {
  PlayedCloud& cloud = played.cloud;
  cloud.On("ecs:DescribeServices", J(R"({"services":[{"serviceName":"drupal","serviceArn":"arn:aws:ecs:us-east-1:000000000000:service/drupal/drupal","status":"ACTIVE","desiredCount":2,"runningCount":2,"pendingCount":0,
    "taskDefinition":"arn:aws:ecs:us-east-1:000000000000:task-definition/drupal:8",
    "networkConfiguration":{"awsvpcConfiguration":{"subnets":["subnet-1","subnet-2"],"securityGroups":["sg-1"],"assignPublicIp":"ENABLED"}},
    "deployments":[{"id":"ecs-svc/1","status":"PRIMARY","taskDefinition":"arn:aws:ecs:us-east-1:000000000000:task-definition/drupal:8","desiredCount":2,"runningCount":2,"failedTasks":0,"rolloutState":"COMPLETED","rolloutStateReason":"ECS deployment ecs-svc/1 completed.","updatedAt":"2026-11-25T09:42:07Z"}],
    "loadBalancers":[{"targetGroupArn":"arn:aws:elasticloadbalancing:us-east-1:000000000000:targetgroup/drupal/1","containerName":"web","containerPort":80}],
    "events":[{"id":"e2","createdAt":"2026-11-25T10:10:00Z","message":"(service drupal) has reached a steady state."},{"id":"e1","createdAt":"2026-11-25T10:09:00.500Z","message":"(service drupal) has started 2 tasks: (task 9c41e2d0) (task b7703fa6)."}]}]})"));
  cloud.On("ecs:ListTasks", J(R"({"taskArns":["arn:aws:ecs:us-east-1:000000000000:task/drupal/9c41e2d0aaaaaaaaaaaaaaaaaaaaaaaa","arn:aws:ecs:us-east-1:000000000000:task/drupal/b7703fa6aaaaaaaaaaaaaaaaaaaaaaaa"]})"));
  cloud.On("ecs:DescribeTasks", J(R"({"tasks":[
    {"taskArn":"arn:aws:ecs:us-east-1:000000000000:task/drupal/b7703fa6aaaaaaaaaaaaaaaaaaaaaaaa","clusterArn":"arn:aws:ecs:us-east-1:000000000000:cluster/drupal","group":"service:drupal","lastStatus":"RUNNING","desiredStatus":"RUNNING","availabilityZone":"us-east-1b","taskDefinitionArn":"arn:aws:ecs:us-east-1:000000000000:task-definition/drupal:8","attachments":[{"type":"ElasticNetworkInterface","details":[{"name":"networkInterfaceId","value":"eni-b"},{"name":"privateIPv4Address","value":"10.0.2.9"}]}]},
    {"taskArn":"arn:aws:ecs:us-east-1:000000000000:task/drupal/9c41e2d0aaaaaaaaaaaaaaaaaaaaaaaa","clusterArn":"arn:aws:ecs:us-east-1:000000000000:cluster/drupal","group":"service:drupal","lastStatus":"RUNNING","desiredStatus":"RUNNING","availabilityZone":"us-east-1a","taskDefinitionArn":"arn:aws:ecs:us-east-1:000000000000:task-definition/drupal:8","attachments":[{"type":"ElasticNetworkInterface","details":[{"name":"networkInterfaceId","value":"eni-a"},{"name":"privateIPv4Address","value":"10.0.1.10"}]}]}]})"));
  cloud.On("ecs:DescribeTaskDefinition", J(R"({"taskDefinition":{"taskDefinitionArn":"arn:aws:ecs:us-east-1:000000000000:task-definition/drupal:8","family":"drupal","revision":8,"status":"ACTIVE","networkMode":"awsvpc","cpu":"256","memory":"512",
    "requiresCompatibilities":["FARGATE"],"compatibilities":["EC2","FARGATE"],"executionRoleArn":"arn:aws:iam::000000000000:role/drupal-execution","registeredAt":"2026-11-25T09:41:30Z","registeredBy":"arn:aws:iam::000000000000:root",
    "containerDefinitions":[{"name":"web","image":"000000000000.dkr.ecr.us-east-1.localhost:4566/drupal:3f9c1e2","essential":true,"portMappings":[{"containerPort":80,"protocol":"tcp"}],"environment":[{"name":"IMAGE_DIGEST","value":"000000000000.dkr.ecr.us-east-1.localhost:4566/drupal:3f9c1e2"}],
    "logConfiguration":{"logDriver":"awslogs","options":{"awslogs-group":"/ecs/drupal","awslogs-region":"us-east-1","awslogs-stream-prefix":"task"}}}]}})"));
  cloud.On("elbv2:DescribeLoadBalancers", J(R"({"LoadBalancers":[{"LoadBalancerName":"drupal","LoadBalancerArn":"arn:aws:elasticloadbalancing:us-east-1:000000000000:loadbalancer/app/drupal/1","DNSName":"drupal-1.us-east-1.elb.amazonaws.com","Scheme":"internet-facing","VpcId":"vpc-1","State":{"Code":"active"},"SecurityGroups":["sg-alb"],"AvailabilityZones":[{"ZoneName":"us-east-1a","SubnetId":"subnet-1"}]}]})"));
  cloud.On("elbv2:DescribeTargetGroups", J(R"({"TargetGroups":[{"TargetGroupArn":"arn:aws:elasticloadbalancing:us-east-1:000000000000:targetgroup/drupal/1","TargetGroupName":"drupal","Protocol":"HTTP","Port":80,"VpcId":"vpc-1","HealthCheckPath":"/","HealthCheckIntervalSeconds":30,"HealthCheckTimeoutSeconds":5,"UnhealthyThresholdCount":2,"Matcher":{"HttpCode":"200-399"},"LoadBalancerArns":["arn:aws:elasticloadbalancing:us-east-1:000000000000:loadbalancer/app/drupal/1"]}]})"));
  cloud.On("elbv2:DescribeTargetHealth", J(R"({"TargetHealthDescriptions":[{"Target":{"Id":"10.0.1.10","Port":80},"TargetHealth":{"State":"healthy"}},{"Target":{"Id":"10.0.2.9","Port":80},"TargetHealth":{"State":"healthy"}}]})"));
  cloud.On("rds:DescribeDBInstances", J(R"({"DBInstances":[{"DBInstanceIdentifier":"drupal","DBInstanceArn":"arn:aws:rds:us-east-1:000000000000:db:drupal","DBInstanceStatus":"available","Engine":"mysql","EngineVersion":"9.7.4","AvailabilityZone":"us-east-1a","MultiAZ":false,"AllocatedStorage":20,"Endpoint":{"Address":"drupal.x.us-east-1.rds.amazonaws.com","Port":3306}}]})"));
}

}  // namespace terrarium::cli
