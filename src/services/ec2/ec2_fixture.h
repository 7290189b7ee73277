#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "api/registry.h"
#include "codec/validate.h"
#include "host/network/fake_network.h"
#include "host/network/network_verbs.h"
#include "services/ec2/common.h"
#include "services/ec2/operations.h"
#include "services/ec2/public.h"
#include "services/ec2/reconcile/reconcilers.h"

namespace terrarium::ec2 {

// Lets everything pass and remembers what was asked; `denied` actions are refused.
class FakeAuthorizer final : public api::Authorizer {
 public:
  Status Check(const api::Caller&, store::Tx&, std::string_view action, std::string_view resource, const std::vector<api::Fact>&) const override {
    asked.emplace_back(std::string(action) + ' ' + std::string(resource));
    if (denied.contains(std::string(action))) return ApiError("UnauthorizedOperation", "You are not authorized to perform this operation.", ErrorKind::kDenied);
    return {};
  }
  mutable std::vector<std::string> asked;
  std::set<std::string> denied;
};

// EC2 with rows in memory and a network that is a fake, in virtual time.
class Ec2Test : public testing::Test {
 protected:
  explicit Ec2Test(std::uint64_t seed = 1, runtime::SimBlocking::Decide decide = {}) : random_(seed), scheduler_(seed), blocking_(scheduler_, std::move(decide)) {
    RegisterEc2(registry_);
    scheduler_.AddTurnHook(runtime::TurnPhase::kCommit, [this] { database_->EndTurn(); });
    Start();
  }
  // A fresh runner and fresh reconcilers on the same rows and the same machine: what a restart of the daemon is.
  void Start() {
    runner_.reset();
    reconcilers_ = std::make_unique<Reconcilers>(Machine{*database_, verbs_, blocking_});
    runner_ = std::make_unique<control::Runner>(scheduler_, *database_, scheduler_.clock(), 4);
    reconcilers_->AddTo(*runner_);
    database_->EndTurn();
    runner_->Start();
  }

  template <class Op>
  Result<typename Op::Response*> Run(const typename Op::Request& request) {
    const api::OperationRow* row = registry_.Find(Op::service(), Op::kName);
    if (row == nullptr) return Fail(ErrorKind::kUnsupported, std::string(Op::kName) + " is not registered");
    const auto problems = codec::Validate(*Op::service().tables, row->operation->input, &request);
    if (!problems.empty()) return Fail(ErrorKind::kInvalid, codec::ValidationMessage(problems));
    auto answer = database_->Write([&](store::Tx& tx) -> Result<void*> {
      api::Call call{caller_, tx, arena_, scheduler_.clock(), random_, authorizer_, "request-id"};
      TRY_ASSIGN(const api::Access access, row->access(call, &request));
      for (const std::string& resource : access.resources) TRY(authorizer_.Check(caller_, tx, row->action, resource, access.facts));
      return row->handler(call, &request);
    });
    database_->EndTurn();
    if (!answer) return std::unexpected(std::move(answer).error());
    return static_cast<typename Op::Response*>(*answer);
  }
  // "" on success, else the error's code.
  template <class Op>
  std::string Code(const typename Op::Request& request) {
    const auto answer = Run<Op>(request);
    return answer ? "" : answer.error().code;
  }
  // Lets the reconcilers work until nothing is left to do at once.
  void Settle() {
    // A fixed stretch of virtual time, long enough for every back-off that a test causes; the look for orphans comes again after it.
    scheduler_.RunFor(Millis{120'000});
  }
  // Runs in one transaction with what public.h wants.
  template <class F>
  auto With(F f) {
    auto out = database_->Write([&](store::Tx& tx) -> Result<decltype(f(std::declval<const Scope&>()))> {
      return f(Scope{.tx = tx, .random = random_, .account = caller_.account, .region = caller_.region});
    });
    database_->EndTurn();
    return std::move(*out);
  }

  std::string MakeVpc(const char* cidr = "10.0.0.0/16") {
    wire::CreateVpcRequest request;
    request.cidr_block = cidr;
    const auto made = Run<wire::ops::CreateVpc>(request);
    EXPECT_TRUE(made) << made.error().message;
    return (*made)->vpc->vpc_id.str();
  }
  std::string MakeSubnet(const std::string& vpc, const char* cidr, const char* zone = "eu-west-1a") {
    wire::CreateSubnetRequest request;
    request.vpc_id = Str(vpc);
    request.cidr_block = cidr;
    request.availability_zone = zone;
    const auto made = Run<wire::ops::CreateSubnet>(request);
    EXPECT_TRUE(made) << made.error().message;
    return (*made)->subnet->subnet_id.str();
  }
  std::string MakeGroup(const std::string& vpc, const char* name) {
    wire::CreateSecurityGroupRequest request;
    request.vpc_id = Str(vpc);
    request.group_name = name;
    request.description = "for a test";
    const auto made = Run<wire::ops::CreateSecurityGroup>(request);
    EXPECT_TRUE(made) << made.error().message;
    return (*made)->group_id.str();
  }
  // One permission: TCP from a block or, where it starts with "sg-", a group.
  wire::IpPermission Tcp(int port, const std::string& peer, const char* description = nullptr) {
    wire::IpPermission out;
    out.ip_protocol = "tcp";
    out.from_port = out.to_port = port;
    const Str kept = Copy(arena_, peer);
    if (peer.starts_with("sg-")) {
      auto& pair = out.user_id_group_pairs.Add(arena_);
      pair.group_id = kept;
      if (description != nullptr) pair.description = description;
    } else {
      auto& range = out.ip_ranges.Add(arena_);
      range.cidr_ip = kept;
      if (description != nullptr) range.description = description;
    }
    return out;
  }
  std::string Allow(const std::string& group, const wire::IpPermission& permission) {
    wire::AuthorizeSecurityGroupIngressRequest request;
    request.group_id = Str(group);
    request.ip_permissions.Add(arena_, permission);
    return Code<wire::ops::AuthorizeSecurityGroupIngress>(request);
  }
  std::string AttachGateway(const std::string& vpc) {
    const auto made = Run<wire::ops::CreateInternetGateway>({});
    const std::string id = (*made)->internet_gateway->internet_gateway_id.str();
    wire::AttachInternetGatewayRequest request;
    request.internet_gateway_id = Str(id);
    request.vpc_id = Str(vpc);
    EXPECT_EQ(Code<wire::ops::AttachInternetGateway>(request), "");
    return id;
  }
  bool Reaches(const std::string& vpc, const std::string& from, const std::string& to, int port) {
    const auto verdict = network_.Explain({.vpc = *host::VpcId::Parse(vpc), .from = *Ipv4::Parse(from), .to = *Ipv4::Parse(to), .port = port});
    return verdict && verdict->allowed;
  }

  Arena arena_;
  SeededRandom random_;
  api::Caller caller_{.account = "000000000001", .region = "eu-west-1", .arn = "arn:aws:iam::000000000001:root", .user_id = {}, .access_key_id = {}, .principal_key = {}, .source_ip = {}};
  FakeAuthorizer authorizer_;
  api::Registry registry_;
  runtime::SimScheduler scheduler_;
  runtime::SimBlocking blocking_;
  std::unique_ptr<store::Database> database_ = store::Database::OpenInMemory();
  host::FakeNetwork network_;
  host::NetworkVerbs verbs_{network_};
  std::unique_ptr<Reconcilers> reconcilers_;
  std::unique_ptr<control::Runner> runner_;
};

}  // namespace terrarium::ec2
