#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/played_cloud_fixture.h"

namespace terrarium::cli {
namespace {

using testing::HasSubstr;

const std::string kTask = "arn:aws:ecs:us-east-1:000000000000:task/drupal/5f0c2222";

class Why : public testing::Test {
 protected:
  Why() {
    PlayHealthyStack(played);
    played.cloud.On("logs:GetLogEvents", J(R"({"events":[]})"));
    played.cloud.On("ecs:ListTasks", [this](const Json& request) -> Result<Json> {
      return request["desiredStatus"].string() == "STOPPED" ? J(R"({"taskArns":[")" + kTask + R"("]})") : J(R"({"taskArns":[]})");
    });
    played.cloud.On("ecs:DescribeTasks", [this](const Json&) -> Result<Json> { return J(R"({"tasks":[)" + task + "]}"); });
    played.cloud.On("ecr:DescribeImages", [](const Json& request) -> Result<Json> {
      if (request.Has("imageIds")) return ApiError("ImageNotFoundException", "not there", ErrorKind::kNotFound);
      return J(R"({"imageDetails":[{"imageTags":["77ab010"],"imagePushedAt":"2026-11-25T09:00:00Z"},{"imageTags":["3f9c1e1"],"imagePushedAt":"2026-11-25T09:50:00Z"}]})");
    });
  }
  PlayedWorld played;
  std::string task = R"({"taskArn":")" + kTask + R"(","group":"service:drupal","lastStatus":"STOPPED","desiredStatus":"STOPPED","stoppedAt":"2026-11-25T10:02:41Z","stopCode":"TaskFailedToStart",
    "stoppedReason":"CannotPullContainerError: drupal:3f9c1e2: not found","taskDefinitionArn":"arn:aws:ecs:us-east-1:000000000000:task-definition/drupal:8","containers":[{"name":"web"}]})";
};

TEST_F(Why, ATaskThatCannotPullNamesTheImageThatIsThere) {
  EXPECT_EQ(played.Run("why 5f0c"), 3);
  EXPECT_EQ(played.Run("why " + kTask + " --json"), 3);
  ExpectTranscript("why_task", played.transcript);
}

TEST_F(Why, ATaskThatEndedShowsItsLastLines) {
  task = R"({"taskArn":")" + kTask + R"(","group":"service:drupal","lastStatus":"STOPPED","desiredStatus":"STOPPED","stopCode":"EssentialContainerExited","stoppedReason":"Essential container in task exited",
    "taskDefinitionArn":"arn:aws:ecs:us-east-1:000000000000:task-definition/drupal:8","containers":[{"name":"web","exitCode":137}]})";
  played.cloud.On("logs:GetLogEvents", J(R"({"events":[{"timestamp":1,"message":"allocating"}]})"));
  EXPECT_EQ(played.Run("why 5f0c"), 3);
  EXPECT_THAT(played.out, HasSubstr("exit 137"));
  EXPECT_THAT(played.out, HasSubstr("SIGKILL"));
  EXPECT_THAT(played.out, HasSubstr("| allocating"));
}

TEST_F(Why, AServiceLeadsToItsFailedTask) {
  EXPECT_EQ(played.Run("why service"), 0);
  Json service = played.cloud.Call("ecs", "DescribeServices", J(R"({"services":["drupal"]})"))->operator[]("services").array()[0];
  service.Set("runningCount", 0);
  service.Set("deployments", J(R"([{"id":"ecs-svc/2","status":"PRIMARY","taskDefinition":"arn:aws:ecs:us-east-1:000000000000:task-definition/drupal:9","rolloutState":"IN_PROGRESS","rolloutStateReason":"ECS deployment ecs-svc/2 in progress."},
    {"id":"ecs-svc/1","status":"ACTIVE","taskDefinition":"arn:aws:ecs:us-east-1:000000000000:task-definition/drupal:8","runningCount":2}])"));
  Json answer;
  answer.Set("services", Json::Array{service});
  played.cloud.On("ecs:DescribeServices", answer);
  EXPECT_EQ(played.Run("why drupal"), 3);
  ExpectTranscript("why_service", played.transcript);
}

TEST_F(Why, TargetsTellTheReasonAndTheCheck) {
  EXPECT_EQ(played.Run("why targets"), 0);
  played.cloud.On("elbv2:DescribeTargetHealth", J(R"({"TargetHealthDescriptions":[{"Target":{"Id":"10.0.1.10","Port":80},"TargetHealth":{"State":"healthy"}},
    {"Target":{"Id":"10.0.2.9","Port":80},"TargetHealth":{"State":"unhealthy","Reason":"Target.ResponseCodeMismatch","Description":"Health checks failed with these codes: [400]"}}]})"));
  EXPECT_EQ(played.Run("why targets"), 3);
  played.cloud.On("elbv2:DescribeListeners", J(R"({"Listeners":[{"ListenerArn":"arn:aws:elasticloadbalancing:us-east-1:000000000000:listener/app/drupal/1/2","Port":80,"Protocol":"HTTP"}]})"));
  EXPECT_EQ(played.Run("why alb -v"), 3);
  ExpectTranscript("why_targets", played.transcript);
}

TEST_F(Why, ADatabaseShowsItsEvents) {
  played.cloud.On("rds:DescribeEvents", J(R"({"Events":[{"SourceIdentifier":"drupal","SourceType":"db-instance","Message":"DB instance restarted","Date":"2026-11-25T10:01:00Z"}]})"));
  EXPECT_EQ(played.Run("why db"), 0);
  EXPECT_EQ(played.Run("why arn:aws:rds:us-east-1:000000000000:db:drupal"), 0);
  EXPECT_THAT(played.out, HasSubstr("10:01:00 DB instance restarted"));
}

TEST_F(Why, NothingOfThatName) {
  played.cloud.On("ecs:DescribeServices", J(R"({"services":[]})"));
  const auto absent = [](const char* code) { return [code](const Json&) -> Result<Json> { return ApiError(code, "not there", ErrorKind::kNotFound); }; };
  played.cloud.On("elbv2:DescribeLoadBalancers", absent("LoadBalancerNotFound"));
  played.cloud.On("elbv2:DescribeTargetGroups", absent("TargetGroupNotFound"));
  played.cloud.On("rds:DescribeDBInstances", absent("DBInstanceNotFound"));
  EXPECT_EQ(played.Run("why moon"), 3);
  EXPECT_THAT(played.err, HasSubstr("nothing here is called moon"));
  EXPECT_EQ(played.Run("why"), 2);
}

}  // namespace
}  // namespace terrarium::cli
