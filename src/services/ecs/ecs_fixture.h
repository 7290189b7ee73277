#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "control/runner.h"
#include "host/container/fake_container_host.h"
#include "services/ecs/operations.h"
#include "services/ecs/ops.h"
#include "services/ecs/service_reconciler.h"
#include "services/ecs/task_reconciler.h"
#include "services/logs/public.h"

namespace terrarium::ecs {

inline constexpr std::string_view kDigest = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
inline constexpr std::string_view kImageId = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

class FakeNeighbours final : public Neighbours {
 public:
  Status CheckSubnet(const Scope&, std::string_view subnet) override {
    return subnet.starts_with("subnet-") ? Status() : ApiError("InvalidSubnetID.NotFound", "The subnet ID '" + std::string(subnet) + "' does not exist");
  }
  Status CheckGroups(const Scope&, std::string_view, const std::vector<std::string>&) override { return {}; }
  Result<Interface> MakeInterface(const Scope& scope, const InterfaceRequest& request) override {
    const std::string n = std::to_string(++made);
    Interface i{"eni-" + n, "10.0.1." + n, "02:00:00:00:00:0" + n, "ip-10-0-1-" + n + ".ec2.internal", "us-east-1a", "10.0.0.2", "trm-t0-eni-" + n, true};
    interfaces[i.id] = i;
    subnets.push_back(request.subnet);
    scope.tx.Touch(request.notify);
    return i;
  }
  std::optional<Interface> FindInterface(const Scope&, std::string_view id) override {
    const auto at = interfaces.find(std::string(id));
    return at == interfaces.end() ? std::nullopt : std::optional(at->second);
  }
  Status DropInterface(const Scope&, std::string_view id) override {
    interfaces.erase(std::string(id));
    return {};
  }
  Status CheckPassRole(api::Call&, std::string_view role) override {
    passed.emplace_back(role);
    return {};
  }
  Status CheckRole(const Scope&, std::string_view, std::string_view, std::string_view action, std::string_view resource) override {
    if (denied.contains(std::string(action))) return Fail(ErrorKind::kDenied, "User: x is not authorized to perform: " + std::string(action) + " on resource: " + std::string(resource));
    return {};
  }
  Result<std::string> ReadSecret(const Scope&, std::string_view, std::string_view, std::string_view from) override {
    const auto at = secrets.find(std::string(from));
    if (at == secrets.end()) return ApiError("ResourceNotFoundException", "Secrets Manager can't find the specified secret.");
    return at->second;
  }
  Result<Files> OpenFiles(const Scope&, std::string_view role, std::string_view, const FilesRequest& request) override {
    if (!files_error.empty()) return Fail(ErrorKind::kInvalid, files_error);
    opened.push_back(std::string(role) + " " + request.file_system + " " + request.access_point + " " + request.root + (request.by_role ? " by role" : ""));
    Files out;
    out.file_system = request.file_system;
    out.path = "/public";
    out.user_uid = out.user_gid = out.owner_uid = out.owner_gid = 33;
    out.permissions = 02775;
    return out;
  }
  Result<Image> ResolveImage(const Scope&, std::string_view, std::string_view, std::string_view image, std::string_view pinned) override {
    if (image == "missing") return Fail(ErrorKind::kNotFound, "no image");
    const std::string digest = pinned.empty() ? std::string(kDigest) : std::string(pinned);
    return Image{"127.0.0.1:1/site@" + digest, digest, "AWS", "x"};
  }
  std::optional<TargetGroup> FindTargetGroup(const Scope&, std::string_view arn) override {
    return arn.starts_with("arn:") ? std::optional(TargetGroup{"ip", true}) : std::nullopt;
  }
  Status RegisterTarget(const Scope&, std::string_view, std::string_view address, int, std::string_view) override {
    order.push_back("register " + std::string(address));
    targets[std::string(address)] = {new_target_state, {}, {}};
    return {};
  }
  Status DeregisterTarget(const Scope&, std::string_view, std::string_view address, int) override {
    order.push_back("deregister " + std::string(address));
    if (targets.contains(std::string(address))) targets[std::string(address)].state = "draining";
    return {};
  }
  std::optional<TargetHealth> FindTarget(const Scope&, std::string_view, std::string_view address, int) override {
    const auto at = targets.find(std::string(address));
    return at == targets.end() ? std::nullopt : std::optional(at->second);
  }
  std::string ApiEndpoint(const Scope&) override { return "http://10.0.0.2:4566"; }

  int made = 0;
  std::map<std::string, Interface> interfaces;
  std::map<std::string, TargetHealth> targets;
  std::map<std::string, std::string> secrets;
  std::set<std::string> denied;
  std::vector<std::string> passed, subnets, order, opened;
  std::string files_error;
  std::string new_target_state = "healthy";
};

class EveryoneMay final : public api::Authorizer {
 public:
  Status Check(const api::Caller&, store::Tx&, std::string_view, std::string_view, const std::vector<api::Fact>&) const override { return {}; }
};

class EcsTest : public ::testing::Test {
 protected:
  EcsTest() {
    RegisterEcs(registry_, neighbours_);
    caller_.account = "111122223333";
    caller_.region = "us-east-1";
    caller_.arn = "arn:aws:iam::111122223333:root";
    host_.Publish("127.0.0.1:1/site@" + std::string(kDigest), std::string(kImageId));
    host_.on_stop = [this](host::FakeContainerHost& host, std::string_view name) {
      neighbours_.order.push_back("signal");
      if (!deaf_) host.Exit(name, 0);
    };
    scheduler_.AddTurnHook(runtime::TurnPhase::kCommit, [this] { database_->EndTurn(); });
    runner_.Add("ecs/task/", tasks_);
    runner_.Add("ecs/service/", services_);
  }
  void Begin() {
    runner_.Start();
    wire::CreateClusterRequest cluster;
    cluster.cluster_name = "prod";
    ASSERT_TRUE(Run<wire::ops::CreateCluster>(cluster));
    ASSERT_TRUE(database_->Write([&](store::Tx& tx) { return logs::MakeGroup(tx, arena_, {caller_.account, caller_.region, "/ecs/site", {}}, clock().Now()); }));
  }
  const Clock& clock() const { return scheduler_.clock(); }

  template <class Op>
  Result<typename Op::Response*> Run(const typename Op::Request& request) {
    const api::OperationRow* row = registry_.Find(Op::service(), Op::kName);
    Result<void*> answer = Fail(ErrorKind::kUnknown, "not run");
    scheduler_.At(scheduler_.Now(), [&] {
      answer = database_->Write([&](store::Tx& tx) -> Result<void*> {
        api::Call call{caller_, tx, arena_, clock(), random_, authorizer_, "request"};
        TRY_ASSIGN(const api::Access access, row->access(call, &request));
        return row->handler(call, &request);
      });
    });
    scheduler_.Step();
    while (!answer && answer.error().kind == ErrorKind::kUnknown && scheduler_.Step()) {
    }
    if (!answer) return std::unexpected(answer.error());
    return static_cast<typename Op::Response*>(*answer);
  }
  wire::RegisterTaskDefinitionRequest Definition(const char* image = "site") {
    wire::RegisterTaskDefinitionRequest r;
    r.family = "web";
    r.network_mode = "awsvpc";
    r.cpu = "0.25 vCPU";
    r.memory = "512";
    r.requires_compatibilities.Add(arena_) = "FARGATE";
    r.execution_role_arn = "arn:aws:iam::111122223333:role/exec";
    auto& c = r.container_definitions.Add(arena_);
    c.name = "site";
    c.image = image;
    c.port_mappings.Add(arena_).container_port = 80;
    c.log_configuration = arena_.New<wire::LogConfiguration>();
    c.log_configuration->log_driver = "awslogs";
    for (const auto& [k, v] : {std::pair("awslogs-group", "/ecs/site"), std::pair("awslogs-region", "us-east-1"), std::pair("awslogs-stream-prefix", "ecs")}) {
      c.log_configuration->options.Add(arena_) = {k, v};
    }
    return r;
  }
  wire::NetworkConfiguration* Network() {
    auto* n = arena_.New<wire::NetworkConfiguration>();
    n->awsvpc_configuration = arena_.New<wire::AwsVpcConfiguration>();
    n->awsvpc_configuration->subnets.Add(arena_) = "subnet-1";
    n->awsvpc_configuration->subnets.Add(arena_) = "subnet-2";
    n->awsvpc_configuration->assign_public_ip = "ENABLED";
    return n;
  }
  wire::RunTaskRequest RunRequest() {
    wire::RunTaskRequest r;
    r.cluster = "prod";
    r.task_definition = "web";
    r.launch_type = "FARGATE";
    r.network_configuration = Network();
    return r;
  }
  std::string RunOne() {
    const auto out = Run<wire::ops::RunTask>(RunRequest());
    EXPECT_TRUE(out) << out.error().message;
    return out ? (*out)->tasks[0].task_arn.str() : "";
  }
  wire::Task Describe(const std::string& arn) {
    wire::DescribeTasksRequest r;
    r.cluster = "prod";
    r.tasks.Add(arena_) = arena_.Copy(arn);
    const auto out = Run<wire::ops::DescribeTasks>(r);
    EXPECT_TRUE(out && (*out)->tasks.size() == 1) << arn;
    return out && !(*out)->tasks.empty() ? (*out)->tasks[0] : wire::Task{};
  }
  static std::string HostContainer(const std::string& arn) { return LastPart(arn) + "-0"; }

  runtime::SimScheduler scheduler_{5};
  runtime::SimBlocking blocking_{scheduler_};
  std::unique_ptr<store::Database> database_ = store::Database::OpenInMemory();
  host::FakeContainerHost host_{scheduler_.clock()};
  FakeNeighbours neighbours_;
  SeededRandom random_{3};
  EveryoneMay authorizer_;
  api::Registry registry_;
  api::Caller caller_;
  Arena arena_;
  bool deaf_ = false;
  TaskReconciler tasks_{*database_, blocking_, host_, neighbours_, scheduler_.clock(), random_, {}};
  ServiceReconciler services_{*database_, neighbours_, scheduler_.clock(), random_};
  control::Runner runner_{scheduler_, *database_, scheduler_.clock()};
};

}  // namespace terrarium::ecs
