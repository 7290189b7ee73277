#include "services/ecs/ecs_fixture.h"

namespace terrarium::ecs {
namespace {

using ::testing::HasSubstr;

class EcsServiceTest : public EcsTest {
 protected:
  wire::CreateServiceRequest Request(int desired, bool balanced = true) {
    wire::CreateServiceRequest r;
    r.cluster = "prod";
    r.service_name = "web";
    r.task_definition = "web";
    r.desired_count = desired;
    r.launch_type = "FARGATE";
    r.network_configuration = Network();
    r.deployment_configuration = arena_.New<wire::DeploymentConfiguration>();
    r.deployment_configuration->deployment_circuit_breaker = arena_.New<wire::DeploymentCircuitBreaker>();
    r.deployment_configuration->deployment_circuit_breaker->enable = true;
    r.deployment_configuration->deployment_circuit_breaker->rollback = true;
    if (balanced) {
      auto& l = r.load_balancers.Add(arena_);
      l.target_group_arn = "arn:group";
      l.container_name = "site";
      l.container_port = 80;
    }
    return r;
  }
  wire::Service Service() {
    wire::DescribeServicesRequest r;
    r.cluster = "prod";
    r.services.Add(arena_) = "web";
    return (*Run<wire::ops::DescribeServices>(r))->services[0];
  }
  void Update(auto change) {
    wire::UpdateServiceRequest r;
    r.cluster = "prod";
    r.service = "web";
    change(r);
    const auto out = Run<wire::ops::UpdateService>(r);
    ASSERT_TRUE(out) << out.error().message;
  }
  std::string Events() {
    std::string out;
    for (const auto& e : Service().events) out += e.message.str() + "\n";
    return out;
  }
  std::vector<std::string> Tasks(const char* desired = "RUNNING") {
    wire::ListTasksRequest r;
    r.cluster = "prod";
    r.service_name = "web";
    r.desired_status = desired;
    std::vector<std::string> out;
    for (const Str& s : (*Run<wire::ops::ListTasks>(r))->task_arns) out.push_back(s.str());
    return out;
  }
  // A draining target is gone once the balancer says so.
  void EndDrains() { std::erase_if(neighbours_.targets, [](const auto& t) { return t.second.state == "draining"; }); }
};

TEST_F(EcsServiceTest, StartsItsTasksRegistersThemAndIsSteady) {
  Begin();
  ASSERT_TRUE(Run<wire::ops::RegisterTaskDefinition>(Definition()));
  const auto created = Run<wire::ops::CreateService>(Request(2));
  ASSERT_TRUE(created) << created.error().message;
  EXPECT_EQ((*created)->service->running_count, 0);
  EXPECT_TRUE((*created)->service->events.empty());
  EXPECT_EQ((*created)->service->platform_version, "LATEST");
  EXPECT_EQ((*created)->service->deployments[0].rollout_state, "IN_PROGRESS");
  scheduler_.RunFor(Millis{3000});
  const auto s = Service();
  EXPECT_EQ(s.running_count, 2);
  ASSERT_EQ(s.deployments.size(), 1U);
  EXPECT_EQ(s.deployments[0].rollout_state, "COMPLETED");
  EXPECT_THAT(Events(), HasSubstr("(service web) has reached a steady state.\n(service web) (deployment ecs-svc/"));
  EXPECT_THAT(Events(), HasSubstr("(service web) registered 1 targets in (target-group arn:group)\n"));
  // Spread over both subnets.
  EXPECT_NE(neighbours_.subnets[0], neighbours_.subnets[1]);
  wire::ListServiceDeploymentsRequest list;
  list.cluster = "prod";
  list.service = "web";
  const auto deployments = Run<wire::ops::ListServiceDeployments>(list);
  ASSERT_TRUE(deployments);
  EXPECT_EQ((*deployments)->service_deployments[0].status, "SUCCESSFUL");
}

TEST_F(EcsServiceTest, NotCompleteBeforeTheBalancerSaysHealthy) {
  Begin();
  neighbours_.new_target_state = "initial";
  ASSERT_TRUE(Run<wire::ops::RegisterTaskDefinition>(Definition()));
  ASSERT_TRUE(Run<wire::ops::CreateService>(Request(1)));
  scheduler_.RunFor(Millis{20'000});
  EXPECT_EQ(Service().running_count, 1);
  EXPECT_EQ(Service().deployments[0].rollout_state, "IN_PROGRESS");
  for (auto& [address, health] : neighbours_.targets) health.state = "healthy";
  scheduler_.RunFor(Millis{2000});
  EXPECT_EQ(Service().deployments[0].rollout_state, "COMPLETED");
}

TEST_F(EcsServiceTest, ADeploymentStartsFirstThenDrainsThenSignals) {
  Begin();
  ASSERT_TRUE(Run<wire::ops::RegisterTaskDefinition>(Definition()));
  ASSERT_TRUE(Run<wire::ops::CreateService>(Request(1)));
  scheduler_.RunFor(Millis{3000});
  const std::string old = Tasks()[0];
  ASSERT_TRUE(Run<wire::ops::RegisterTaskDefinition>(Definition()));
  neighbours_.new_target_state = "initial";
  const std::string before = Service().deployments[0].id.str();
  Update([](auto& r) { r.task_definition = "web:2"; });
  scheduler_.RunFor(Millis{3000});
  auto s = Service();
  ASSERT_EQ(s.deployments.size(), 2U);
  EXPECT_NE(s.deployments[0].id, std::string_view(before));
  EXPECT_EQ(s.deployments[1].status, "ACTIVE");
  EXPECT_EQ(Describe(old).last_status, "RUNNING") << "the new one does not serve yet";
  for (auto& [address, health] : neighbours_.targets) health.state = "healthy";
  scheduler_.RunFor(Millis{2000});
  EXPECT_EQ(Describe(old).last_status, "DEACTIVATING");
  EXPECT_EQ(std::count(neighbours_.order.begin(), neighbours_.order.end(), "signal"), 0) << "no signal before the drain is over";
  EXPECT_EQ(Service().deployments.size(), 1U);
  EndDrains();
  scheduler_.RunFor(Millis{3000});
  EXPECT_EQ(Describe(old).last_status, "STOPPED");
  EXPECT_EQ(Describe(old).stop_code, "ServiceSchedulerInitiated");
  EXPECT_THAT(Describe(old).stopped_reason.str(), HasSubstr("Scaling activity initiated by (deployment ecs-svc/"));
  EXPECT_EQ(neighbours_.order.back(), "signal");
}

TEST_F(EcsServiceTest, ACrashedTaskIsReplacedAndNoDeploymentFails) {
  Begin();
  ASSERT_TRUE(Run<wire::ops::RegisterTaskDefinition>(Definition()));
  ASSERT_TRUE(Run<wire::ops::CreateService>(Request(1)));
  scheduler_.RunFor(Millis{3000});
  for (int i = 0; i < 5; ++i) {
    host_.Exit(HostContainer(Tasks()[0]), 1);
    scheduler_.RunFor(Millis{4000});
  }
  EXPECT_EQ(Service().running_count, 1);
  EXPECT_EQ(Service().deployments[0].rollout_state, "COMPLETED");
  EXPECT_EQ(Service().deployments[0].failed_tasks, 0);
}

TEST_F(EcsServiceTest, AKilledTaskLeavesTheBalancerAtOnceAndAnotherTakesItsPlace) {
  Begin();
  ASSERT_TRUE(Run<wire::ops::RegisterTaskDefinition>(Definition()));
  ASSERT_TRUE(Run<wire::ops::CreateService>(Request(2)));
  scheduler_.RunFor(Millis{3000});
  const std::string gone = Tasks()[0], address = Describe(gone).containers[0].network_interfaces[0].private_ipv4_address.str();
  neighbours_.new_target_state = "initial";
  host_.Exit(HostContainer(gone), 137);
  scheduler_.RunFor(Millis{3000});
  EXPECT_THAT(neighbours_.order, testing::Contains("deregister " + address));
  EXPECT_EQ(Describe(gone).stop_code, "EssentialContainerExited");
  EXPECT_EQ(Describe(gone).containers[0].exit_code, 137);
  EXPECT_EQ(Describe(gone).last_status, "STOPPED") << "a dead task does not wait for the end of its drain";
  const auto tasks = Tasks();
  ASSERT_EQ(tasks.size(), 2U);
  EXPECT_THAT(tasks, testing::Not(testing::Contains(gone)));
  EXPECT_EQ(Service().deployments[0].rollout_state, "COMPLETED");
}

TEST_F(EcsServiceTest, TheBreakerAlsoOpensWhereTasksEndAtOnce) {
  Begin();
  ASSERT_TRUE(Run<wire::ops::RegisterTaskDefinition>(Definition()));
  ASSERT_TRUE(Run<wire::ops::CreateService>(Request(2)));
  scheduler_.RunFor(Millis{3000});
  const auto good = Tasks();
  neighbours_.new_target_state = "initial";
  ASSERT_TRUE(Run<wire::ops::RegisterTaskDefinition>(Definition()));
  Update([](auto& r) { r.task_definition = "web:2"; });
  std::set<std::string> ended;
  for (int i = 0; i < 600 && Service().task_definition.view().ends_with("/web:2"); ++i) {
    for (const std::string& task : Tasks()) {
      if (!Describe(task).task_definition_arn.view().ends_with("/web:2") || Describe(task).last_status != "RUNNING") continue;
      host_.Exit(HostContainer(task), 1);
      ended.insert(task);
    }
    for (const std::string& task : good) EXPECT_EQ(Describe(task).last_status, "RUNNING") << "what serves goes on serving";
    scheduler_.RunFor(Millis{100});
  }
  EXPECT_GE(ended.size(), 3U);
  EXPECT_LE(ended.size(), 4U) << "none is started after the breaker has opened";
  neighbours_.new_target_state = "healthy";
  for (auto& [address, health] : neighbours_.targets) health.state = "healthy";
  scheduler_.RunFor(Millis{3000});
  EndDrains();
  scheduler_.RunFor(Millis{3000});
  EXPECT_THAT(Service().task_definition.str(), HasSubstr("task-definition/web:1"));
  ASSERT_EQ(Service().deployments.size(), 1U);
  EXPECT_EQ(Service().deployments[0].rollout_state, "COMPLETED");
  EXPECT_EQ(Service().running_count, 2);
  EXPECT_THAT(Events(), HasSubstr("deployment failed: tasks failed to start.\n"));
}

TEST_F(EcsServiceTest, TheBreakerRollsBackWithANewDeployment) {
  Begin();
  ASSERT_TRUE(Run<wire::ops::RegisterTaskDefinition>(Definition()));
  ASSERT_TRUE(Run<wire::ops::CreateService>(Request(1)));
  scheduler_.RunFor(Millis{3000});
  const std::string good = Service().deployments[0].id.str(), task = Tasks()[0];
  ASSERT_TRUE(Run<wire::ops::RegisterTaskDefinition>(Definition("missing")));
  Update([](auto& r) { r.task_definition = "web:2"; });
  scheduler_.RunFor(Millis{60'000});
  auto s = Service();
  EXPECT_THAT(s.task_definition.str(), HasSubstr("task-definition/web:1"));
  EXPECT_EQ(s.deployments.size(), 1U);
  EXPECT_NE(s.deployments[0].id, std::string_view(good));
  EXPECT_EQ(s.running_count, 1);
  EXPECT_THAT(Events(), HasSubstr("deployment failed: tasks failed to start.\n"));
  EXPECT_THAT(Events(), HasSubstr("(service web) rolling back to deployment " + good + ".\n"));
  wire::ListServiceDeploymentsRequest list;
  list.cluster = "prod";
  list.service = "web";
  list.status.Add(arena_) = "ROLLBACK_SUCCESSFUL";
  EXPECT_EQ((*Run<wire::ops::ListServiceDeployments>(list))->service_deployments.size(), 1U);
}

TEST_F(EcsServiceTest, AnotherCountIsNoDeployment) {
  Begin();
  ASSERT_TRUE(Run<wire::ops::RegisterTaskDefinition>(Definition()));
  ASSERT_TRUE(Run<wire::ops::CreateService>(Request(1)));
  scheduler_.RunFor(Millis{3000});
  const std::string id = Service().deployments[0].id.str();
  Update([](auto& r) { r.desired_count = 3; });
  scheduler_.RunFor(Millis{3000});
  EXPECT_EQ(Service().running_count, 3);
  EXPECT_EQ(Service().deployments[0].id, std::string_view(id));
  Update([](auto& r) { r.desired_count = 0; });
  scheduler_.RunFor(Millis{2000});
  EndDrains();
  scheduler_.RunFor(Millis{3000});
  EXPECT_EQ(Service().running_count, 0);
  Update([](auto& r) { r.force_new_deployment = true; });
  EXPECT_NE(Service().deployments[0].id, std::string_view(id));
}

TEST_F(EcsServiceTest, DeletionDrainsAndLeavesNothing) {
  Begin();
  ASSERT_TRUE(Run<wire::ops::RegisterTaskDefinition>(Definition()));
  ASSERT_TRUE(Run<wire::ops::CreateService>(Request(2)));
  scheduler_.RunFor(Millis{3000});
  wire::DeleteServiceRequest r;
  r.cluster = "prod";
  r.service = "web";
  EXPECT_EQ(Run<wire::ops::DeleteService>(r).error().message, "The service cannot be stopped while it is scaled above 0.");
  r.force = true;
  EXPECT_EQ((*Run<wire::ops::DeleteService>(r))->service->status, "DRAINING");
  wire::UpdateServiceRequest update;
  update.cluster = "prod";
  update.service = "web";
  EXPECT_EQ(Run<wire::ops::UpdateService>(update).error().code, "ServiceNotActiveException");
  scheduler_.RunFor(Millis{2000});
  EndDrains();
  scheduler_.RunFor(Millis{5000});
  EXPECT_EQ(Service().status, "INACTIVE");
  EXPECT_TRUE(neighbours_.interfaces.empty());
  EXPECT_TRUE((*host_.ListContainers({}, arena_))->tasks.empty());
  // The name is free.
  EXPECT_TRUE(Run<wire::ops::CreateService>(Request(0)));
}

}  // namespace
}  // namespace terrarium::ecs
