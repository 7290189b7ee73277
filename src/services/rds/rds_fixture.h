#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/json.h"
#include "host/database/fake_database_host.h"
#include "services/ec2/ec2_fixture.h"
#include "services/rds/operations.h"
#include "services/rds/ops.h"
#include "services/rds/public.h"
#include "services/rds/reconcilers.h"
#include "services/secretsmanager/public.h"

namespace terrarium::rds {

namespace ops = wire::ops;

// RDS on a network and on database servers that are fakes, in virtual time: a VPC with two subnets, the subnet group "db" and the parameter group "own".
class RdsTest : public ec2::Ec2Test {
 protected:
  explicit RdsTest(std::uint64_t seed = 1, runtime::SimBlocking::Decide decide = {}) : ec2::Ec2Test(seed, std::move(decide)) {
    RegisterRds(registry_, root_);
    Restart();
    vpc_ = MakeVpc();
    one_ = MakeSubnet(vpc_, "10.0.0.0/24", "eu-west-1a");
    two_ = MakeSubnet(vpc_, "10.0.1.0/24", "eu-west-1b");
    Look(5);
    EXPECT_EQ(Code<ops::CreateDBSubnetGroup>(SubnetGroup()), "");
    wire::CreateDBParameterGroupMessage own;
    own.db_parameter_group_name = "own";
    own.db_parameter_group_family = "mysql9.7";
    own.description = "of the test";
    EXPECT_EQ(Code<ops::CreateDBParameterGroup>(own), "");
  }
  ~RdsTest() override { runner_.reset(); }

  // Fresh reconcilers on the same rows and the same machine: what a restart of the daemon is. What it waited for is dropped.
  void Restart() {
    runner_.reset();
    rds_ = std::make_unique<Reconcilers>(Machine{*database_, servers_, blocking_, root_, scheduler_.clock(), random_});
    reconcilers_ = std::make_unique<ec2::Reconcilers>(ec2::Machine{*database_, verbs_, blocking_});
    runner_ = std::make_unique<control::Runner>(scheduler_, *database_, scheduler_.clock(), 4);
    reconcilers_->AddTo(*runner_);
    rds_->AddTo(*runner_);
    database_->EndTurn();
    runner_->Start();
  }
  void Look(int seconds = 5) { scheduler_.RunFor(Millis{seconds * 1000}); }

  wire::CreateDBSubnetGroupMessage SubnetGroup(const char* name = "db") {
    wire::CreateDBSubnetGroupMessage r;
    r.db_subnet_group_name = name;
    r.db_subnet_group_description = "of the test";
    r.subnet_ids.Add(arena_) = Str(one_);
    r.subnet_ids.Add(arena_) = Str(two_);
    return r;
  }
  wire::CreateDBInstanceMessage Instance(const char* name = "site") {
    wire::CreateDBInstanceMessage r;
    r.db_instance_identifier = name;
    r.db_instance_class = "db.t3.micro";
    r.engine = "mysql";
    r.engine_version = "9.7";
    r.allocated_storage = 20;
    r.db_name = "drupal";
    r.master_username = "admin";
    r.master_user_password = "first-pass-word";
    r.db_subnet_group_name = "db";
    r.db_parameter_group_name = "own";
    return r;
  }
  wire::ModifyDBInstanceMessage Change(const char* name = "site") {
    wire::ModifyDBInstanceMessage r;
    r.db_instance_identifier = name;
    r.apply_immediately = true;
    return r;
  }
  void MakeInstance(const char* name = "site") {
    EXPECT_EQ(Code<ops::CreateDBInstance>(Instance(name)), "");
    Look();
    EXPECT_EQ(State(name), "available");
  }
  // What DescribeDBInstances answers of one; null where it answers DBInstanceNotFound.
  const wire::DBInstance* Show(const char* name = "site") {
    wire::DescribeDBInstancesMessage r;
    r.db_instance_identifier = name;
    const auto found = Run<ops::DescribeDBInstances>(r);
    return found ? &(*found)->db_instances[0] : nullptr;
  }
  std::string State(const char* name = "site") {
    const auto* one = Show(name);
    return one != nullptr ? one->db_instance_status.str() : "gone";
  }
  const rows::Instance* Row(const char* name = "site") {
    return With([&](const ec2::Scope& scope) { return kInstances.Find(scope.tx, Key(name), arena_); });
  }
  std::string Key(const char* name) const { return caller_.account + "/" + caller_.region + "/" + name; }
  std::string Host(const char* name = "site") {
    const auto* row = Row(name);
    return row != nullptr ? ToLower(row->resource_id.view()) : "";
  }
  std::string Password(const char* name = "site") { return servers_.PasswordOf(Host(name), "admin"); }
  std::string Value(const char* parameter, const char* name = "site") { return servers_.ValueOf(Host(name), parameter); }
  std::vector<std::string> Servers() {
    Arena arena;
    std::vector<std::string> out;
    for (const auto& one : (*servers_.ListDatabases({}, arena))->databases) out.push_back(one.id.str() + " " + one.status.str());
    return out;
  }
  std::size_t Enis() {
    return With([](const ec2::Scope& scope) { return ec2::ListAllEnis(scope.tx).size(); });
  }
  // The value of a managed secret as the service keeps it; empty where there is none.
  std::string Secret(const std::string& arn, const char* member) {
    return With([&](const ec2::Scope& scope) -> std::string {
      const auto text = secretsmanager::ReadManagedValue({scope.tx, scheduler_.clock().Now(), random_, root_, scope.account, scope.region}, arn);
      if (!text) return {};
      const auto json = Json::Parse(text->view());
      return json ? (*json)[member].string() : "";
    });
  }
  std::string Set(const char* parameter, const char* value, const char* method, const char* group = "own") {
    wire::ModifyDBParameterGroupMessage r;
    r.db_parameter_group_name = group;
    r.parameters.Add(arena_, {.parameter_name = parameter, .parameter_value = value, .apply_method = method});
    return Code<ops::ModifyDBParameterGroup>(r);
  }
  std::string Reboot(const char* name = "site") {
    wire::RebootDBInstanceMessage r;
    r.db_instance_identifier = name;
    return Code<ops::RebootDBInstance>(r);
  }
  std::string Stop(const char* name = "site") {
    wire::StopDBInstanceMessage r;
    r.db_instance_identifier = name;
    return Code<ops::StopDBInstance>(r);
  }
  std::string StartAgain(const char* name = "site") {
    wire::StartDBInstanceMessage r;
    r.db_instance_identifier = name;
    return Code<ops::StartDBInstance>(r);
  }
  std::string Delete(const char* name = "site") {
    wire::DeleteDBInstanceMessage r;
    r.db_instance_identifier = name;
    r.skip_final_snapshot = true;
    return Code<ops::DeleteDBInstance>(r);
  }
  // Refused with this code, by a message that names what is wrong.
  template <class Op>
  void ExpectRefused(const typename Op::Request& request, std::string_view code, std::string_view word) {
    const auto answer = Run<Op>(request);
    ASSERT_FALSE(answer) << Op::kName << " is accepted: " << word;
    EXPECT_EQ(answer.error().code, code) << answer.error().message;
    EXPECT_NE(answer.error().message.find(word), std::string::npos) << word << " is not in: " << answer.error().message;
  }
  bool Asked(const std::string& what) const { return std::find(authorizer_.asked.begin(), authorizer_.asked.end(), what) != authorizer_.asked.end(); }

  crypto::RootKey root_ = crypto::RootKey::InMemory(random_);
  database::FakeDatabaseHost servers_{scheduler_.clock()};
  std::unique_ptr<Reconcilers> rds_;
  std::string vpc_, one_, two_;
};

}  // namespace terrarium::rds
