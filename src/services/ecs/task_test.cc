#include "services/ecs/definition.h"
#include "services/ecs/ecs_fixture.h"
#include "services/ecs/public.h"

namespace terrarium::ecs {
namespace {

using ::testing::HasSubstr;

TEST_F(EcsTest, ADefinitionIsAnsweredWithAmazonsDefaultsAndNoOthers) {
  Begin();
  auto request = Definition();
  request.container_definitions[0].log_configuration = nullptr;
  const auto out = Run<wire::ops::RegisterTaskDefinition>(request);
  ASSERT_TRUE(out) << out.error().message;
  const wire::TaskDefinition& d = *(*out)->task_definition;
  EXPECT_EQ(d.task_definition_arn, "arn:aws:ecs:us-east-1:111122223333:task-definition/web:1");
  EXPECT_EQ(d.cpu, "256");
  EXPECT_EQ(codec::ToJson(d.container_definitions[0], codec::JsonForm::kAwsJson),
            R"({"name":"site","image":"site","cpu":0,"portMappings":[{"containerPort":80,"hostPort":80,"protocol":"tcp"}],"essential":true,"environment":[],"mountPoints":[],"volumesFrom":[],"systemControls":[]})");
  EXPECT_TRUE(Has(d.compatibilities, "FARGATE"));
  EXPECT_TRUE(d.volumes.has_value() && d.volumes.empty());
  EXPECT_FALSE(d.runtime_platform);
  // The same again is a new revision; a family alone means the newest.
  ASSERT_TRUE(Run<wire::ops::RegisterTaskDefinition>(request));
  wire::DescribeTaskDefinitionRequest describe;
  describe.task_definition = "web";
  EXPECT_EQ((*Run<wire::ops::DescribeTaskDefinition>(describe))->task_definition->revision, 2);
}

TEST_F(EcsTest, WrongDefinitionsAreRefusedInAmazonsWords) {
  Begin();
  const auto said = [&](auto change) {
    auto request = Definition();
    change(request);
    const auto out = Run<wire::ops::RegisterTaskDefinition>(request);
    return out ? std::string() : out.error().code + ": " + out.error().message;
  };
  EXPECT_EQ(said([](auto& r) { r.container_definitions[0].essential = false; }), "ClientException: Task definition doesn't have any essential container.");
  EXPECT_EQ(said([](auto& r) { r.memory = "4096"; }), "ClientException: No Fargate configuration exists for given values: 256 CPU, 4096 memory");
  EXPECT_EQ(said([](auto& r) { r.container_definitions[0].memory = 1024; }), "ClientException: The 'memory' setting for container '" + Definition().container_definitions[0].name.str() + "' is greater than for the task.");
  EXPECT_EQ(said([](auto& r) { r.cpu = {}; }), "ClientException: Fargate requires that 'cpu' be defined at the task level.");
  EXPECT_EQ(said([](auto& r) { r.container_definitions[0].port_mappings[0].host_port = 81; }),
            "ClientException: When networkMode=awsvpc, the host ports and container ports in port mappings must match.");
  EXPECT_EQ(said([](auto& r) { r.container_definitions[0].log_configuration->options.count = 1; }), "ClientException: Log driver awslogs requires options: awslogs-region, awslogs-stream-prefix");
  EXPECT_EQ(said([&](auto& r) { r.container_definitions[0].system_controls.Add(arena_) = {"net.ipv4.ip_forward", "1"}; }),
            "ClientException: Terrarium does not make this real: system control net.ipv4.ip_forward");
  EXPECT_EQ(said([&](auto& r) { r.container_definitions[0].health_check = arena_.New<wire::HealthCheck>(); }),
            "ClientException: Terrarium does not make this real: healthCheck of a container; use the target group's");
}

wire::RegisterTaskDefinitionRequest WithFiles(wire::RegisterTaskDefinitionRequest r, Arena& arena) {
  r.task_role_arn = "arn:aws:iam::111122223333:role/task";
  auto& volume = r.volumes.Add(arena);
  volume.name = "files";
  auto* efs = arena.New<wire::EFSVolumeConfiguration>();
  efs->file_system_id = "fs-0123456789abcdef0";
  efs->transit_encryption = "ENABLED";
  efs->authorization_config = arena.New<wire::EFSAuthorizationConfig>();
  efs->authorization_config->access_point_id = "fsap-0123456789abcdef0";
  efs->authorization_config->iam = "ENABLED";
  volume.efs_volume_configuration = efs;
  r.container_definitions[0].mount_points.Add(arena) = {"files", "/mnt/files", {}};
  return r;
}

TEST_F(EcsTest, AFileSystemIsMountedAsItsAccessPointSays) {
  Begin();
  const auto made = Run<wire::ops::RegisterTaskDefinition>(WithFiles(Definition(), arena_));
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ((*made)->task_definition->volumes[0].efs_volume_configuration->root_directory, "/");
  EXPECT_EQ((*made)->task_definition->volumes[0].host, nullptr);
  const std::string arn = RunOne();
  scheduler_.RunFor(Millis{1000});
  EXPECT_EQ(Describe(arn).last_status, "RUNNING");
  EXPECT_EQ(neighbours_.opened.at(0), "arn:aws:iam::111122223333:role/task fs-0123456789abcdef0 fsap-0123456789abcdef0 / by role");
  EXPECT_EQ(host_.Files(HostContainer(arn)), (std::vector<std::string>{"fs-0123456789abcdef0/public /mnt/files 33 rw"}));
  neighbours_.files_error = "mount.nfs4: Connection timed out (no rule)";
  const std::string second = RunOne();
  scheduler_.RunFor(Millis{3000});
  EXPECT_EQ(Describe(second).stopped_reason,
            "ResourceInitializationError: failed to invoke EFS utils commands to set up EFS volumes: stderr: mount.nfs4: Connection timed out (no rule) : unsuccessful EFS utils command execution; code: 32");
}

TEST_F(EcsTest, AFileSystemOfADefinitionIsCheckedAsAmazonDoes) {
  Begin();
  const auto said = [&](auto change) {
    auto request = WithFiles(Definition(), arena_);
    change(request, *request.volumes[0].efs_volume_configuration);
    const auto out = Run<wire::ops::RegisterTaskDefinition>(request);
    return out ? std::string() : out.error().message;
  };
  EXPECT_EQ(said([](auto&, auto& efs) { efs.transit_encryption = "DISABLED"; }), "Transit encryption must be enabled when using an access point.");
  EXPECT_EQ(said([](auto&, auto& efs) { efs.root_directory = "/x"; }), "Root directory must be omitted or set to / when using an access point.");
  EXPECT_EQ(said([](auto& r, auto&) { r.task_role_arn = {}; }), "A task role is required when using IAM authorization.");
  EXPECT_THAT(said([](auto&, auto& efs) { efs.file_system_id = "fs-../x"; }), HasSubstr("Invalid file system ID"));
  EXPECT_THAT(said([](auto&, auto& efs) { efs.transit_encryption_port = 20000; }), HasSubstr("transitEncryptionPort"));
}

TEST_F(EcsTest, ATaskRunsPrintsAndEndsWithItsExitCode) {
  Begin();
  ASSERT_TRUE(Run<wire::ops::RegisterTaskDefinition>(Definition()));
  const auto first = Run<wire::ops::RunTask>(RunRequest());
  ASSERT_TRUE(first) << first.error().message;
  EXPECT_EQ((*first)->tasks[0].last_status, "PROVISIONING");
  EXPECT_EQ((*first)->tasks[0].version, 1);
  const std::string arn = (*first)->tasks[0].task_arn.str();
  scheduler_.RunFor(Millis{1000});
  auto task = Describe(arn);
  EXPECT_EQ(task.last_status, "RUNNING");
  EXPECT_EQ(task.containers[0].image_digest, kDigest);
  EXPECT_EQ(task.attachments[0].status, "ATTACHED");
  host_.Print(HostContainer(arn), "hello");
  host_.Exit(HostContainer(arn), 7);
  scheduler_.RunFor(Millis{3000});
  task = Describe(arn);
  EXPECT_EQ(task.last_status, "STOPPED");
  EXPECT_EQ(task.stop_code, "EssentialContainerExited");
  EXPECT_EQ(task.stopped_reason, "Essential container in task exited");
  EXPECT_EQ(task.containers[0].exit_code, 7);
  EXPECT_LE(*task.execution_stopped_at, *task.stopping_at);
  EXPECT_LE(*task.stopping_at, *task.stopped_at);
  EXPECT_TRUE(neighbours_.interfaces.empty());
  EXPECT_TRUE((*host_.ListContainers({}, arena_))->tasks.empty());
  const std::string stream = "ecs/site/" + LastPart(arn);
  const auto said = database_->Write([&](store::Tx& tx) -> Result<std::string> {
    store::Statement& s = tx.Sql("SELECT count(*) FROM logs_event WHERE owner LIKE '%' || ?1");
    s.Bind(1, stream);
    s.Step(tx);
    const std::string n = std::to_string(s.Integer(0));
    s.Reset();
    return n;
  });
  EXPECT_EQ(*said, "1");
}

TEST_F(EcsTest, SecretsReachTheContainerAndAMissingOneIsTheTasksEnd) {
  Begin();
  auto definition = Definition();
  definition.container_definitions[0].secrets.Add(arena_) = {"PASSWORD", "arn:aws:secretsmanager:us-east-1:111122223333:secret:db"};
  ASSERT_TRUE(Run<wire::ops::RegisterTaskDefinition>(definition));
  const std::string bad = RunOne();
  scheduler_.RunFor(Millis{2000});
  auto task = Describe(bad);
  EXPECT_EQ(task.last_status, "STOPPED");
  EXPECT_EQ(task.stop_code, "TaskFailedToStart");
  EXPECT_THAT(task.stopped_reason.str(), HasSubstr("ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve secret from asm"));
  EXPECT_FALSE(task.containers[0].exit_code);
  EXPECT_FALSE(task.containers[0].image_digest.has_value());
  EXPECT_FALSE(task.started_at);
  neighbours_.secrets["arn:aws:secretsmanager:us-east-1:111122223333:secret:db"] = "hidden";
  const std::string good = RunOne();
  scheduler_.RunFor(Millis{1000});
  EXPECT_EQ(Describe(good).last_status, "RUNNING");
  auto environment = host_.Environment(HostContainer(good));
  EXPECT_EQ(environment["PASSWORD"], "hidden");
  EXPECT_EQ(environment["AWS_REGION"], "us-east-1");
  EXPECT_FALSE(environment.contains("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"));  // there is no task role
}

TEST_F(EcsTest, AMissingImageOrLogGroupEndsATaskThatNeverRan) {
  Begin();
  ASSERT_TRUE(Run<wire::ops::RegisterTaskDefinition>(Definition("missing")));
  const std::string image = RunOne();
  auto definition = Definition();
  definition.container_definitions[0].log_configuration->options[0].value = "/gone";
  ASSERT_TRUE(Run<wire::ops::RegisterTaskDefinition>(definition));
  const std::string group = RunOne();
  scheduler_.RunFor(Millis{2000});
  EXPECT_EQ(Describe(image).stopped_reason, "CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref missing: missing: not found");
  EXPECT_EQ(Describe(image).containers[0].reason, Describe(image).stopped_reason);
  EXPECT_THAT(Describe(group).stopped_reason.str(), HasSubstr("ResourceNotFoundException: The specified log group does not exist. : exit status 1"));
  EXPECT_EQ(host_.starts, 0);
}

TEST_F(EcsTest, StopSignalsWaitsAndKills) {
  Begin();
  deaf_ = true;
  ASSERT_TRUE(Run<wire::ops::RegisterTaskDefinition>(Definition()));
  const std::string arn = RunOne();
  scheduler_.RunFor(Millis{1000});
  wire::StopTaskRequest stop;
  stop.cluster = "prod";
  stop.task = Str(arn);
  stop.reason = "enough";
  ASSERT_TRUE(Run<wire::ops::StopTask>(stop));
  scheduler_.RunFor(Millis{29'000});
  EXPECT_EQ(Describe(arn).last_status, "STOPPING");
  EXPECT_EQ(Describe(arn).desired_status, "STOPPED");
  scheduler_.RunFor(Millis{3000});
  const auto task = Describe(arn);
  EXPECT_EQ(task.last_status, "STOPPED");
  EXPECT_EQ(task.stop_code, "UserInitiated");
  EXPECT_EQ(task.stopped_reason, "enough");
  EXPECT_EQ(task.containers[0].exit_code, 137);
  // It can be read for an hour, then it is gone.
  scheduler_.RunFor(Millis{3'500'000});
  Describe(arn);
  scheduler_.RunFor(Millis{200'000});
  wire::DescribeTasksRequest r;
  r.cluster = "prod";
  r.tasks.Add(arena_) = Str(arn);
  EXPECT_EQ((*Run<wire::ops::DescribeTasks>(r))->failures[0].reason, "MISSING");
}

TEST_F(EcsTest, ATokenGivesTheSameTasksAndNoOthers) {
  Begin();
  ASSERT_TRUE(Run<wire::ops::RegisterTaskDefinition>(Definition()));
  auto request = RunRequest();
  request.client_token = "once";
  const std::string one = (*Run<wire::ops::RunTask>(request))->tasks[0].task_arn.str();
  EXPECT_EQ((*Run<wire::ops::RunTask>(request))->tasks[0].task_arn, std::string_view(one));
  request.count = 2;
  EXPECT_EQ(Run<wire::ops::RunTask>(request).error().code, "ConflictException");
}

TEST_F(EcsTest, RunTaskRefusesInAmazonsWords) {
  Begin();
  ASSERT_TRUE(Run<wire::ops::RegisterTaskDefinition>(Definition()));
  const auto said = [&](auto change) {
    auto request = RunRequest();
    change(request);
    const auto out = Run<wire::ops::RunTask>(request);
    return out ? std::string() : out.error().code + ": " + out.error().message;
  };
  EXPECT_EQ(said([](auto& r) { r.cluster = "gone"; }), "ClusterNotFoundException: Cluster not found.");
  EXPECT_EQ(said([](auto& r) { r.task_definition = "gone"; }), "ClientException: TaskDefinition not found.");
  EXPECT_EQ(said([](auto& r) { r.network_configuration = nullptr; }), "InvalidParameterException: Network Configuration must be provided when networkMode 'awsvpc' is specified.");
  EXPECT_EQ(said([](auto& r) { r.network_configuration->awsvpc_configuration->subnets[0] = "x"; }),
            "InvalidParameterException: Error retrieving subnet information for [x]: The subnet ID 'x' does not exist (ErrorCode: InvalidSubnetID.NotFound)");
  EXPECT_EQ(said([](auto& r) { r.launch_type = {}; }), "InvalidParameterException: No Container Instances were found in your cluster.");
}

TEST_F(EcsTest, ARunningTaskIsToldWhoItIs) {
  Begin();
  auto definition = Definition();
  definition.task_role_arn = "arn:aws:iam::111122223333:role/site";
  ASSERT_TRUE(Run<wire::ops::RegisterTaskDefinition>(definition));
  const std::string arn = RunOne();
  scheduler_.RunFor(Millis{1000});
  const auto endpoints = database_->Write([&](store::Tx& tx) -> Result<std::vector<TaskEndpoint>> { return ListTaskEndpoints(tx, arena_); });
  ASSERT_EQ(endpoints->size(), 1U);
  const TaskEndpoint& e = endpoints->at(0);
  EXPECT_EQ(e.role_arn, "arn:aws:iam::111122223333:role/site");
  EXPECT_EQ(host_.Environment(HostContainer(arn))["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"], "/v2/credentials/" + e.credentials_id);
  EXPECT_EQ(host_.Environment(HostContainer(arn))["ECS_CONTAINER_METADATA_URI_V4"], "http://169.254.170.2/v4/" + e.metadata_id);
  EXPECT_THAT(e.task_metadata, HasSubstr("\"TaskARN\":\"" + arn + "\""));
  EXPECT_THAT(e.task_metadata, HasSubstr("\"Limits\":{\"CPU\":0.25,\"Memory\":512}"));
  EXPECT_THAT(e.container_metadata, HasSubstr("\"KnownStatus\":\"RUNNING\""));
  host_.Exit(HostContainer(arn), 0);
  scheduler_.RunFor(Millis{3000});
  EXPECT_TRUE(database_->Write([&](store::Tx& tx) -> Result<std::vector<TaskEndpoint>> { return ListTaskEndpoints(tx, arena_); })->empty());
}

// The engine may die between any two steps: what another one makes of the rows is the same.
TEST_F(EcsTest, AnAnswerLostAfterItsEffectStartsNothingTwice) {
  Begin();
  ASSERT_TRUE(Run<wire::ops::RegisterTaskDefinition>(Definition()));
  int lost = 0;
  host_.before = [&](std::string_view verb) -> Status {
    if (verb == "ReadLog" && ++lost < 4) return Fail(ErrorKind::kUnavailable, "away");
    return {};
  };
  const std::string arn = RunOne();
  scheduler_.RunFor(Millis{10'000});
  EXPECT_EQ(Describe(arn).last_status, "RUNNING");
  EXPECT_EQ(host_.starts, 1);
  EXPECT_EQ(neighbours_.made, 1);
}

TEST(FargateSizes, PairsAndUnits) {
  EXPECT_EQ(ParseCpu(".25 vCPU"), 256);
  EXPECT_EQ(ParseCpu("1vcpu"), 1024);
  EXPECT_EQ(ParseMemory("0.5 GB"), 512);
  EXPECT_FALSE(ParseMemory("x GB"));
  EXPECT_TRUE(IsFargatePair(8192, 20480));
  EXPECT_FALSE(IsFargatePair(8192, 18432));
}

TEST(RuntimeId, IsFnvOfTheName) {
  EXPECT_EQ(RuntimeId("t", "sleeper"), "t-1634946175");
  EXPECT_EQ(RuntimeId("t", "init"), "t-0380752755");
}

// Service Authorization Reference: both have a required resource type, so a policy may name what is to be made.
TEST_F(EcsTest, WhatIsMadeIsAuthorizedByItsName) {
  const auto resource = [&]<class Op>(Op, const typename Op::Request& request) {
    const api::OperationRow* row = registry_.Find(Op::service(), Op::kName);
    auto answer = database_->Write([&](store::Tx& tx) -> Result<std::string> {
      api::Call call{caller_, tx, arena_, clock(), random_, authorizer_, "request"};
      TRY_ASSIGN(const api::Access access, row->access(call, &request));
      return access.resources.at(0);
    });
    return answer.value_or("");
  };
  wire::CreateClusterRequest cluster;
  cluster.cluster_name = "shop";
  EXPECT_THAT(resource(wire::ops::CreateCluster(), cluster), testing::EndsWith(":cluster/shop"));
  EXPECT_THAT(resource(wire::ops::RegisterTaskDefinition(), Definition()), testing::EndsWith(":task-definition/web:*"));
}

}  // namespace
}  // namespace terrarium::ecs
