#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/text.h"
#include "cli/played_cloud_fixture.h"

namespace terrarium::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr const char* kDigest = "sha256:a81d004aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
const std::string kFamily = "arn:aws:ecs:us-east-1:000000000000:task-definition/drupal:";
const std::string kTask = "arn:aws:ecs:us-east-1:000000000000:task/drupal/";

std::string Deployment(const std::string& id, const std::string& status, int revision, const std::string& rollout, int running, int failed, const std::string& reason = "") {
  return R"({"id":"ecs-svc/)" + id + R"(","status":")" + status + R"(","taskDefinition":")" + kFamily + std::to_string(revision) + R"(","desiredCount":2,"runningCount":)" + std::to_string(running) +
         R"(,"failedTasks":)" + std::to_string(failed) + R"(,"rolloutState":")" + rollout + R"(","rolloutStateReason":")" + reason + R"("})";
}

// The healthy stack, on which deployments can be made: what a look shows is played step by step, one a sleep.
class Deploys : public testing::Test {
 protected:
  Deploys() {
    PlayHealthyStack(played);
    played.world.err_is_terminal = false;
    PlayedCloud& cloud = played.cloud;
    const Json healthy = *cloud.Call("ecs", "DescribeServices", J(R"({"services":["drupal"]})"));
    service = healthy["services"].array()[0];
    service.Set("deploymentConfiguration", J(R"({"minimumHealthyPercent":100,"maximumPercent":200,"deploymentCircuitBreaker":{"enable":true,"rollback":true}})"));
    service.Set("clusterArn", "arn:aws:ecs:us-east-1:000000000000:cluster/drupal");
    cloud.calls.clear();
    Look({Deployment("1", "PRIMARY", 8, "COMPLETED", 2, 0)});
    cloud.On("ecs:DescribeServices", [this](const Json&) -> Result<Json> {
      Json answer;
      answer.Set("services", Json::Array{service});
      return answer;
    });
    cloud.On("ecr:DescribeRepositories", J(R"({"repositories":[{"repositoryName":"drupal","repositoryUri":"000000000000.dkr.ecr.us-east-1.localhost:4566/drupal"}]})"));
    cloud.On("ecr:DescribeImages", J(std::string(R"({"imageDetails":[{"repositoryName":"drupal","imageDigest":")") + kDigest + R"("}]})"));
    cloud.On("ecs:RegisterTaskDefinition", [this](const Json& request) -> Result<Json> {
      registered = request;
      Json definition = request;
      definition.Set("taskDefinitionArn", kFamily + "9");
      definition.Set("revision", 9);
      Json answer;
      answer.Set("taskDefinition", definition);
      return answer;
    });
    cloud.On("ecs:DeregisterTaskDefinition", J("{}"));
    cloud.On("ecs:RunTask", [this](const Json& request) -> Result<Json> {
      gate = request;
      return J(R"({"tasks":[{"taskArn":")" + kTask + R"(77e1aaaa","lastStatus":"PROVISIONING"}],"failures":[]})");
    });
    const auto play = [this](const Json& request) -> Result<Json> {
      if (request["tasks"].array()[0].string().contains("77e1")) return J(R"({"tasks":[)" + gate_task + "]}");
      return healthy_tasks(request);
    };
    const Json tasks = *cloud.Call("ecs", "DescribeTasks", J(R"({"tasks":["x"]})"));
    healthy_tasks = [tasks](const Json&) -> Result<Json> { return tasks; };
    cloud.On("ecs:DescribeTasks", play);
    cloud.On("ecs:ListTasks", [this](const Json& request) -> Result<Json> {
      if (request["desiredStatus"].string() == "STOPPED") return ended ? J(R"({"taskArns":[")" + kTask + R"(77e1aaaa"]})") : J(R"({"taskArns":[]})");
      return J(R"({"taskArns":[")" + kTask + R"(b7703fa6"]})");
    });
    cloud.On("ecs:UpdateService", [this](const Json& request) -> Result<Json> {
      updates.push_back(request);
      Look({Deployment(std::to_string(1 + updates.size()), "PRIMARY", request["taskDefinition"].string() == kFamily + "9" ? 9 : 8, "IN_PROGRESS", 0, 0), Deployment("1", "ACTIVE", 8, "COMPLETED", 2, 0)});
      Json answer;
      answer.Set("service", service);
      return answer;
    });
    cloud.On("logs:GetLogEvents", J(R"({"events":[{"timestamp":1795601588000,"message":"PHP Fatal error: Class \"Redis\" not found \u001b[31m"}]})"));
    played.on_sleep = [this] {
      // Steps belong to the roll; the gate's waiting is not counted.
      if (!updates.empty() && step < steps.size()) steps[step++]();
    };
  }

  void Look(const std::vector<std::string>& deployments) {
    Json list(Json::Array{});
    for (const std::string& one : deployments) list.Append(J(one));
    service.Set("deployments", std::move(list));
  }
  bool Called(const std::string& operation) const {
    return std::ranges::any_of(played.cloud.calls, [&](const auto& call) { return call.first == operation; });
  }

  PlayedWorld played;
  Json service, registered, gate;
  std::string gate_task = R"({"taskArn":")" + kTask + R"(77e1aaaa","lastStatus":"STOPPED","startedAt":"2026-11-25T10:13:00Z","stoppedAt":"2026-11-25T10:13:04Z","stopCode":"EssentialContainerExited","stoppedReason":"Essential container in task exited","containers":[{"name":"web","exitCode":0}]})";
  PlayedCloud::Play healthy_tasks;
  std::vector<Json> updates;
  std::vector<std::function<void()>> steps;
  std::size_t step = 0;
  bool ended = false;
};

TEST_F(Deploys, ServesWhenItsDeploymentIsComplete) {
  steps = {[&] { Look({Deployment("2", "PRIMARY", 9, "IN_PROGRESS", 1, 0), Deployment("1", "ACTIVE", 8, "COMPLETED", 2, 0)}); }, [&] { Look({Deployment("2", "PRIMARY", 9, "COMPLETED", 2, 0)}); }};
  EXPECT_EQ(played.Run("deploy --image drupal:a81d004"), 0);
  ExpectTranscript("deploy", played.transcript);
  // The new revision differs by the image alone, also where a variable repeats it, and what only answers carry is gone.
  const std::string reference = std::string("000000000000.dkr.ecr.us-east-1.localhost:4566/drupal@") + kDigest;
  EXPECT_EQ(registered["containerDefinitions"].array()[0]["image"].string(), reference);
  EXPECT_EQ(registered["containerDefinitions"].array()[0]["environment"].array()[0]["value"].string(), reference);
  EXPECT_FALSE(registered.Has("revision"));
  EXPECT_EQ(gate["overrides"]["containerOverrides"].array()[0]["command"].Write(), R"(["deploy"])");
  EXPECT_EQ(gate["networkConfiguration"], service["networkConfiguration"]);
  ASSERT_EQ(updates.size(), 1u);
}

TEST_F(Deploys, RolledBackIsSaidFirstAndLastAndExitsSeven) {
  steps = {[&] {
             ended = true;
             gate_task = ReplaceAll(ReplaceAll(gate_task, R"("exitCode":0)", R"("exitCode":1)"), "10:13:04Z", "10:13:00.400Z");
             Look({Deployment("2", "PRIMARY", 9, "FAILED", 0, 3, "ECS deployment circuit breaker: tasks failed to start."), Deployment("1", "ACTIVE", 8, "COMPLETED", 2, 0)});
           },
           [&] { Look({Deployment("3", "PRIMARY", 8, "IN_PROGRESS", 2, 0, "ECS deployment circuit breaker: rolling back to deploymentId ecs-svc/1."), Deployment("2", "ACTIVE", 9, "FAILED", 0, 3, "ECS deployment circuit breaker: tasks failed to start.")}); },
           [&] { Look({Deployment("3", "PRIMARY", 8, "COMPLETED", 2, 0)}); }};
  EXPECT_EQ(played.Run("deploy --image drupal:bad"), 7);
  ExpectTranscript("deploy_rolled_back", played.transcript);
  EXPECT_EQ(updates.size(), 1u);  // the breaker did it
}

TEST_F(Deploys, WithoutABreakerAFinalCauseBringsTheOldRevisionBack) {
  service.Set("deploymentConfiguration", J(R"({"minimumHealthyPercent":100,"maximumPercent":200})"));
  steps = {[&] {
             ended = true;
             gate_task = R"({"taskArn":")" + kTask + R"(77e1aaaa","lastStatus":"STOPPED","stopCode":"TaskFailedToStart","stoppedReason":"CannotPullContainerError: drupal:bad: not found","containers":[{"name":"web"}]})";
           },
           [] {}, [&] { Look({Deployment("3", "PRIMARY", 8, "COMPLETED", 2, 0)}); }};
  EXPECT_EQ(played.Run("deploy --image drupal:bad --json"), 7);
  ASSERT_EQ(updates.size(), 2u);
  EXPECT_EQ(updates[1]["taskDefinition"].string(), kFamily + "8");
  const Json document = J(played.out);
  EXPECT_TRUE(document["rolled_back"].boolean());
  EXPECT_EQ(document["exit"].integer(), 7);
  EXPECT_EQ(document["failure"]["stopped_reason"].string(), "CannotPullContainerError: drupal:bad: not found");
}

TEST_F(Deploys, FollowsItsOwnDeployment) {
  steps = {[&] { Look({R"({"id":"ecs-svc/9","status":"PRIMARY","taskDefinition":")" + kFamily + R"(12","rolloutState":"COMPLETED","rolloutStateReason":"ECS deployment ecs-svc/9 completed."})"}); }};
  EXPECT_EQ(played.Run("deploy --image drupal:a81d004"), 1);
  EXPECT_THAT(played.out, HasSubstr("SUPERSEDED: somebody deployed drupal:12 meanwhile"));
}

TEST_F(Deploys, TheGateKeepsTheServiceAsItIs) {
  gate_task = ReplaceAll(gate_task, R"("exitCode":0)", R"("exitCode":4)");
  EXPECT_EQ(played.Run("deploy --image drupal:a81d004"), 1);
  ExpectTranscript("deploy_gate", played.transcript);
  EXPECT_TRUE(updates.empty());
  EXPECT_TRUE(Called("ecs:DeregisterTaskDefinition"));
}

TEST_F(Deploys, AnAbsentImageIsSaidBeforeAnythingChanges) {
  played.cloud.On("ecr:DescribeImages", [](const Json& request) -> Result<Json> {
    if (request.Has("imageIds")) return ApiError("ImageNotFoundException", "The image with imageId {imageDigest:'null', imageTag:'3f9c1e3'} does not exist", ErrorKind::kNotFound);
    return J(R"({"imageDetails":[{"imageTags":["77ab010"],"imagePushedAt":"2026-11-24T10:00:00Z"},{"imageTags":["3f9c1e2"],"imagePushedAt":"2026-11-25T09:50:00Z"}]})");
  });
  EXPECT_EQ(played.Run("deploy --image 3f9c1e3"), 1);
  EXPECT_EQ(played.err,
            "error TR-IMAGE-ABSENT: the repository drupal has no image 3f9c1e3\n  why    it has 3f9c1e2, 77ab010\n  state  nothing was changed\n  do     terrarium deploy --image drupal:3f9c1e2\n");
  EXPECT_FALSE(Called("ecs:RegisterTaskDefinition"));
}

TEST_F(Deploys, TimeAndInterruptsLeaveTheDeploymentAlone) {
  EXPECT_EQ(played.Run("deploy --image drupal:a81d004 --no-gate --timeout 3s"), 6);
  EXPECT_THAT(played.out, HasSubstr("the deployment goes on: terrarium wait service"));
  played.on_sleep = [&] { played.interrupted = true; };
  EXPECT_EQ(played.Run("deploy --image drupal:a81d004 --no-gate"), 130);
  EXPECT_EQ(updates.size(), 2u);
  EXPECT_FALSE(Called("ecs:RunTask"));
  // During the gate nothing has changed yet, and nothing shall.
  played.cloud.On("ecs:StopTask", J("{}"));
  gate_task = ReplaceAll(gate_task, "STOPPED", "RUNNING");
  EXPECT_EQ(played.Run("deploy --image drupal:a81d004"), 130);
  EXPECT_EQ(updates.size(), 2u);
  EXPECT_TRUE(Called("ecs:StopTask"));
}

TEST_F(Deploys, CountsPagesThatFail) {
  steps = {[] {}, [&] { Look({Deployment("2", "PRIMARY", 9, "COMPLETED", 2, 0)}); }};
  played.fetch = [&](const std::string&) -> Result<Page> { return Page{step == 1 ? 503 : 200, Millis(1), ""}; };
  EXPECT_EQ(played.Run("deploy --image drupal:a81d004 --no-gate"), 0);
  EXPECT_THAT(played.out, HasSubstr("3 pages asked meanwhile, 1 failed"));
}

TEST(Wait, EndsWithTheStateAndNotBefore) {
  PlayedWorld played;
  PlayHealthyStack(played);
  EXPECT_EQ(played.Run("wait"), 0);
  const Json database = played.cloud.Call("rds", "DescribeDBInstances", Json(Json::Object{}))->operator[]("DBInstances").array()[0];
  std::string status = "creating";
  played.cloud.On("rds:DescribeDBInstances", [&](const Json&) -> Result<Json> {
    Json one = database;
    one.Set("DBInstanceStatus", status);
    Json answer;
    answer.Set("DBInstances", Json::Array{one});
    return answer;
  });
  int turns = 0;
  played.on_sleep = [&] { status = ++turns == 4 ? "available" : "creating"; };
  EXPECT_EQ(played.Run("wait db"), 0);
  EXPECT_EQ(turns, 4);
  EXPECT_EQ(played.Run("wait service"), 0);
  status = "creating";
  played.on_sleep = nullptr;
  EXPECT_EQ(played.Run("wait db --timeout 2s"), 6);
  status = "failed";
  EXPECT_EQ(played.Run("wait db"), 3);
  EXPECT_EQ(played.Run("wait moon"), 2);
  ExpectTranscript("wait", played.transcript);
}

TEST_F(Deploys, OpenPrintsTheUrlAndMakesALoginOnce) {
  EXPECT_EQ(played.Run("open"), 0);
  EXPECT_EQ(played.out, "http://localhost:8080/\n");
  EXPECT_EQ(played.Run("open admin"), 0);
  const std::string token = played.out.substr(played.out.find("token=") + 6, 64);
  EXPECT_THAT(played.out, HasSubstr("http://localhost:8080/login?token="));
  const std::string command = gate["overrides"]["containerOverrides"].array()[0]["command"].Write();
  EXPECT_THAT(command, HasSubstr("--token-sha256="));
  EXPECT_THAT(command, Not(HasSubstr(token)));
  EXPECT_THAT(played.err, Not(HasSubstr(token)));
  played.world.out_is_terminal = false;
  EXPECT_EQ(played.Run("open admin"), 8);
  EXPECT_THAT(played.err, HasSubstr("--print-secret"));
  gate_task = ReplaceAll(gate_task, R"("exitCode":0)", R"("exitCode":2)");
  EXPECT_EQ(played.Run("open admin --print-secret"), 1);
  EXPECT_THAT(played.err, HasSubstr("only the canary site takes a token"));
}

}  // namespace
}  // namespace terrarium::cli
