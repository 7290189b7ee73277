#include "services/rds/rds_fixture.h"

namespace terrarium::rds {
namespace {

TEST_F(RdsTest, BecomesAvailableWithAnEndpoint) {
  const auto made = Run<ops::CreateDBInstance>(Instance());
  ASSERT_TRUE(made) << made.error().message;
  const wire::DBInstance& first = *(*made)->db_instance;
  EXPECT_EQ(first.db_instance_status, "creating");
  EXPECT_EQ(first.endpoint, nullptr);
  EXPECT_TRUE(Servers().empty()) << "a handler touches rows only";
  Look();
  const auto* now = Show();
  ASSERT_NE(now, nullptr);
  EXPECT_EQ(now->db_instance_status, "available");
  EXPECT_EQ(now->engine_version, "9.7.4");
  EXPECT_EQ(now->master_username, "admin");
  EXPECT_EQ(now->db_name, "drupal");
  ASSERT_NE(now->endpoint, nullptr);
  EXPECT_EQ(now->endpoint->port, 3306);
  const std::string endpoint = now->endpoint->address.str();
  EXPECT_TRUE(endpoint.starts_with("site.c") && endpoint.ends_with(".eu-west-1.rds.amazonaws.com")) << endpoint;
  EXPECT_EQ(Servers(), std::vector<std::string>{Host() + " running"});
  EXPECT_EQ(Password(), "first-pass-word");
  EXPECT_FALSE(Row()->password) << "the server has it: nobody else needs it";
  const auto names = With([](const ec2::Scope& scope) { return DnsNames(scope.tx); });
  ASSERT_EQ(names.size(), 1u);
  EXPECT_EQ(names[0].name, endpoint);
  EXPECT_EQ(names[0].vpc, vpc_);
  EXPECT_TRUE(names[0].address.starts_with("10.0.0."));
  EXPECT_TRUE(now->dbi_resource_id.view().starts_with("db-"));
  EXPECT_EQ(now->db_instance_arn, "arn:aws:rds:eu-west-1:000000000001:db:site");
}

TEST_F(RdsTest, AnEndpointOfTheSameAccountHasTheSameMiddleAndNoServerNumberComesTwice) {
  MakeInstance("a-one");
  MakeInstance("b-two");
  const std::string one = Show("a-one")->endpoint->address.str(), two = Show("b-two")->endpoint->address.str();
  EXPECT_EQ(one.substr(5), two.substr(5));
  EXPECT_NE(Row("a-one")->server_id, Row("b-two")->server_id);
  const auto last = Row("b-two")->server_id;
  EXPECT_EQ(Delete("b-two"), "");
  Look();
  MakeInstance("c-three");
  EXPECT_GT(*Row("c-three")->server_id, *last);
}

TEST_F(RdsTest, AManagedPasswordIsInSecretsManagerAndOnTheServer) {
  auto r = Instance();
  r.master_user_password = {};
  r.manage_master_user_password = true;
  const auto made = Run<ops::CreateDBInstance>(r);
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ((*made)->db_instance->master_user_secret->secret_status, "creating");
  Look();
  const auto* now = Show();
  ASSERT_NE(now->master_user_secret, nullptr);
  EXPECT_EQ(now->master_user_secret->secret_status, "active");
  const std::string arn = now->master_user_secret->secret_arn.str();
  EXPECT_NE(arn.find(":secret:rds!db-"), std::string::npos) << arn;
  EXPECT_EQ(Secret(arn, "username"), "admin");
  EXPECT_EQ(Secret(arn, "password"), Password());
  EXPECT_EQ(Password().size(), 32u);
  auto given = Change();
  given.master_user_password = "another-password";
  ExpectRefused<ops::ModifyDBInstance>(given, "InvalidParameterCombination", "ManageMasterUserPassword");
  EXPECT_EQ(Delete(), "");
  Look();
  EXPECT_EQ(Secret(arn, "username"), "");
}

TEST_F(RdsTest, EncryptedStorageHasAKeyThatNoRowHolds) {
  auto r = Instance();
  r.storage_encrypted = true;
  EXPECT_EQ(Code<ops::CreateDBInstance>(r), "");
  Look();
  const auto* now = Show();
  EXPECT_EQ(now->db_instance_status, "available");
  EXPECT_TRUE(*now->storage_encrypted);
  EXPECT_NE(now->kms_key_id.view().find(":key/"), std::string_view::npos) << now->kms_key_id.view();
  EXPECT_NE(Row()->storage_key.view().size(), 32u);
  // It starts again after a stop, for which the key is needed.
  EXPECT_EQ(Stop(), "");
  Look();
  EXPECT_EQ(StartAgain(), "");
  Look();
  EXPECT_EQ(State(), "available");
}

TEST_F(RdsTest, CreateRefusesByName) {
  const auto refused = [this](std::string_view code, std::string_view word, const std::function<void(wire::CreateDBInstanceMessage&)>& change) {
    auto r = Instance("other");
    change(r);
    ExpectRefused<ops::CreateDBInstance>(r, code, word);
  };
  constexpr std::string_view kValue = "InvalidParameterValue", kCombination = "InvalidParameterCombination";
  refused(kCombination, "MultiAZ", [](auto& r) { r.multi_az = true; });
  refused(kCombination, "BackupRetentionPeriod", [](auto& r) { r.backup_retention_period = 7; });
  refused(kCombination, "PubliclyAccessible", [](auto& r) { r.publicly_accessible = true; });
  refused(kCombination, "OptionGroupName", [](auto& r) { r.option_group_name = "own"; });
  refused(kCombination, "MaxAllocatedStorage", [](auto& r) { r.max_allocated_storage = 100; });
  refused(kCombination, "EnableIAMDatabaseAuthentication", [](auto& r) { r.enable_iam_database_authentication = true; });
  refused(kCombination, "EnableCloudwatchLogsExports", [this](auto& r) { r.enable_cloudwatch_logs_exports.Add(arena_) = "error"; });
  refused(kCombination, "Iops", [](auto& r) { r.iops = 3000; });
  refused(kCombination, "PreferredBackupWindow", [](auto& r) { r.preferred_backup_window = "01:00-02:00"; });
  refused(kCombination, "StorageType", [](auto& r) { r.storage_type = "io1"; });
  refused(kCombination, "NetworkType", [](auto& r) { r.network_type = "DUAL"; });
  refused(kCombination, "DBSubnetGroupName", [](auto& r) { r.db_subnet_group_name = {}; });
  refused(kCombination, "Cannot find version 5.7 for mysql", [](auto& r) { r.engine_version = "5.7"; });
  refused(kCombination, "KmsKeyId requires StorageEncrypted", [](auto& r) { r.kms_key_id = "alias/aws/rds"; });
  refused(kCombination, "MasterUserSecretKmsKeyId", [](auto& r) { r.master_user_secret_kms_key_id = "alias/aws/rds"; });
  refused(kCombination, "MasterUserPassword", [](auto& r) { r.manage_master_user_password = true; });
  refused(kCombination, "license", [](auto& r) { r.license_model = "bring-your-own-license"; });
  refused(kValue, "MasterUserPassword", [](auto& r) { r.master_user_password = {}; });
  refused(kValue, "password", [](auto& r) { r.master_user_password = "short"; });
  refused(kValue, "password", [](auto& r) { r.master_user_password = "has a/slash in it"; });
  refused(kValue, "user", [](auto& r) { r.master_username = "root"; });
  refused(kValue, "database name", [](auto& r) { r.db_name = "mysql"; });
  refused(kValue, "postgres", [](auto& r) { r.engine = "postgres"; });
  refused(kValue, "db.m5.large", [](auto& r) { r.db_instance_class = "db.m5.large"; });
  refused(kValue, "db.t3.micro2", [](auto& r) { r.db_instance_class = "db.t3.micro2"; });
  refused(kValue, "Invalid storage size for engine name mysql and storage type gp2: 5", [](auto& r) { r.allocated_storage = 5; });
  refused(kValue, "1149", [](auto& r) { r.port = 1149; });
  for (const char* name : {"1st", "a--b", "ends-", "dot.ted", "under_score", "ünder"}) {
    SCOPED_TRACE(name);
    refused(kValue, "DBInstanceIdentifier", [&](auto& r) { r.db_instance_identifier = name; });
  }
  refused("DBSubnetGroupNotFoundFault", "absent", [](auto& r) { r.db_subnet_group_name = "absent"; });
  refused("DBParameterGroupNotFound", "absent", [](auto& r) { r.db_parameter_group_name = "absent"; });
  refused("InvalidVPCNetworkStateFault", "zone", [](auto& r) { r.availability_zone = "eu-west-1c"; });
  refused("InvalidGroup.NotFound", "sg-", [this](auto& r) { r.vpc_security_group_ids.Add(arena_) = "sg-0123456789abcdef0"; });
  EXPECT_EQ(Enis(), 0u) << "what was refused left nothing";
  MakeInstance("other");
  refused("DBInstanceAlreadyExists", "already exists", [](auto&) {});
  refused("DBInstanceAlreadyExists", "already exists", [](auto& r) { r.db_instance_identifier = "OTHER"; });
}

TEST_F(RdsTest, ModifyChangesWhatItSays) {
  MakeInstance();
  EXPECT_EQ(Value("max_connections"), "85");
  auto r = Change();
  r.db_instance_class = "db.t3.small";
  r.db_port_number = 3307;
  r.master_user_password = "second-pass-word";
  r.deletion_protection = true;
  const auto changed = Run<ops::ModifyDBInstance>(r);
  ASSERT_TRUE(changed) << changed.error().message;
  EXPECT_EQ((*changed)->db_instance->db_instance_status, "modifying");
  EXPECT_EQ(Code<ops::ModifyDBInstance>(r), "InvalidDBInstanceState");
  Look();
  EXPECT_EQ(State(), "available");
  EXPECT_EQ(Value("max_connections"), "170");
  EXPECT_EQ(Show()->endpoint->port, 3307);
  EXPECT_EQ(Show()->db_instance_class, "db.t3.small");
  EXPECT_EQ(Password(), "second-pass-word");
  EXPECT_EQ(Delete(), "InvalidParameterCombination");
  auto off = Change();
  off.deletion_protection = false;
  EXPECT_EQ(Code<ops::ModifyDBInstance>(off), "");
  Look();
  EXPECT_EQ(Delete(), "");
}

TEST_F(RdsTest, ModifyMovesTheInterfaceToOtherSecurityGroups) {
  MakeInstance();
  const std::string group = MakeGroup(vpc_, "db");
  auto r = Change();
  r.vpc_security_group_ids.Add(arena_) = Str(group);
  EXPECT_EQ(Code<ops::ModifyDBInstance>(r), "");
  Look();
  ASSERT_EQ(Show()->vpc_security_groups.size(), 1u);
  EXPECT_EQ(Show()->vpc_security_groups[0].vpc_security_group_id, group);
  const auto eni = With([&](const ec2::Scope& scope) { return ec2::FindEni(scope, Row()->eni); });
  EXPECT_EQ(eni->groups, std::vector<std::string>{group});
}

TEST_F(RdsTest, ModifyRefusesByName) {
  MakeInstance();
  const auto refused = [this](std::string_view code, std::string_view word, const std::function<void(wire::ModifyDBInstanceMessage&)>& change) {
    auto r = Change();
    change(r);
    ExpectRefused<ops::ModifyDBInstance>(r, code, word);
  };
  constexpr std::string_view kValue = "InvalidParameterValue", kCombination = "InvalidParameterCombination";
  refused(kCombination, "MultiAZ", [](auto& r) { r.multi_az = true; });
  refused(kCombination, "BackupRetentionPeriod", [](auto& r) { r.backup_retention_period = 1; });
  refused(kCombination, "PubliclyAccessible", [](auto& r) { r.publicly_accessible = true; });
  refused(kCombination, "NewDBInstanceIdentifier", [](auto& r) { r.new_db_instance_identifier = "renamed"; });
  refused(kCombination, "DBSubnetGroupName", [](auto& r) { r.db_subnet_group_name = "db"; });
  refused(kCombination, "ApplyImmediately", [](auto& r) {
    r.db_instance_class = "db.t3.small";
    r.apply_immediately = false;
  });
  refused(kValue, "db.r5.large", [](auto& r) { r.db_instance_class = "db.r5.large"; });
  refused(kValue, "80", [](auto& r) { r.db_port_number = 80; });
  refused("DBParameterGroupNotFound", "absent", [](auto& r) { r.db_parameter_group_name = "absent"; });
  refused("InvalidGroup.NotFound", "sg-", [this](auto& r) { r.vpc_security_group_ids.Add(arena_) = "sg-0123456789abcdef0"; });
  refused("DBInstanceNotFound", "absent", [](auto& r) { r.db_instance_identifier = "absent"; });
  EXPECT_EQ(State(), "available") << "what was refused changed nothing";
}

TEST_F(RdsTest, StopsStartsAndReboots) {
  MakeInstance();
  EXPECT_EQ(StartAgain(), "InvalidDBInstanceState");
  EXPECT_EQ(Stop(), "");
  EXPECT_EQ(State(), "stopping");
  EXPECT_EQ(Reboot(), "InvalidDBInstanceState");
  Look();
  EXPECT_EQ(State(), "stopped");
  EXPECT_EQ(Servers(), std::vector<std::string>{Host() + " stopped"});
  Look(300);
  EXPECT_EQ(State(), "stopped") << "nobody starts it but its owner";
  EXPECT_EQ(Code<ops::ModifyDBInstance>(Change()), "InvalidDBInstanceState");
  EXPECT_EQ(StartAgain(), "");
  EXPECT_EQ(State(), "starting");
  Look();
  EXPECT_EQ(State(), "available");
  Arena arena;
  const auto process = (*servers_.ListDatabases({}, arena))->databases[0].process_id;
  EXPECT_EQ(Reboot(), "");
  EXPECT_EQ(State(), "rebooting");
  Look();
  EXPECT_EQ(State(), "available");
  EXPECT_NE((*servers_.ListDatabases({}, arena))->databases[0].process_id, process);
  wire::RebootDBInstanceMessage failover;
  failover.db_instance_identifier = "site";
  failover.force_failover = true;
  ExpectRefused<ops::RebootDBInstance>(failover, "InvalidParameterCombination", "Multi-AZ");
}

TEST_F(RdsTest, ADeletedOneLeavesNothingBehind) {
  MakeInstance();
  wire::DeleteDBInstanceMessage both;
  both.db_instance_identifier = "site";
  both.skip_final_snapshot = true;
  both.final_db_snapshot_identifier = "last";
  ExpectRefused<ops::DeleteDBInstance>(both, "InvalidParameterCombination", "FinalDBSnapshotIdentifier");
  EXPECT_EQ(Delete(), "");
  EXPECT_EQ(State(), "deleting");
  EXPECT_TRUE(With([](const ec2::Scope& scope) { return DnsNames(scope.tx); }).empty());
  EXPECT_EQ(Delete(), "InvalidDBInstanceState");
  Look(20);
  EXPECT_EQ(State(), "gone");
  EXPECT_TRUE(Servers().empty());
  EXPECT_EQ(Enis(), 0u);
  EXPECT_EQ(Delete(), "DBInstanceNotFound");
  MakeInstance();  // the name is free again
}

TEST_F(RdsTest, ListsFiltersAndPages) {
  for (int i = 0; i < 22; ++i) EXPECT_EQ(Code<ops::CreateDBInstance>(Instance(("n" + std::to_string(10 + i)).c_str())), "");
  wire::DescribeDBInstancesMessage r;
  r.max_records = 20;
  const auto first = Run<ops::DescribeDBInstances>(r);
  ASSERT_EQ((*first)->db_instances.size(), 20u);
  EXPECT_EQ((*first)->marker, "n29");
  r.marker = (*first)->marker;
  const auto rest = Run<ops::DescribeDBInstances>(r);
  ASSERT_EQ((*rest)->db_instances.size(), 2u);
  EXPECT_EQ((*rest)->db_instances[0].db_instance_identifier, "n30");
  EXPECT_TRUE((*rest)->marker.empty());
  wire::DescribeDBInstancesMessage by;
  auto& filter = by.filters.Add(arena_);
  filter.name = "dbi-resource-id";
  filter.values.Add(arena_) = arena_.Copy(Row("n11")->resource_id.view());
  const auto found = Run<ops::DescribeDBInstances>(by);
  ASSERT_EQ((*found)->db_instances.size(), 1u);
  EXPECT_EQ((*found)->db_instances[0].db_instance_identifier, "n11");
  filter.name = "colour";
  ExpectRefused<ops::DescribeDBInstances>(by, "InvalidParameterValue", "colour");
  r.max_records = 19;
  ExpectRefused<ops::DescribeDBInstances>(r, "InvalidParameterValue", "MaxRecords");
}

TEST_F(RdsTest, AsksForThePermissionsThatAmazonAsksFor) {
  auto r = Instance();
  r.tags.Add(arena_, {.key = "env", .value = "test"});
  authorizer_.asked.clear();
  EXPECT_EQ(Code<ops::CreateDBInstance>(r), "");
  const std::string of = " arn:aws:rds:eu-west-1:000000000001:";
  EXPECT_TRUE(Asked("rds:CreateDBInstance" + of + "db:site"));
  EXPECT_TRUE(Asked("rds:CreateDBInstance" + of + "subgrp:db"));
  EXPECT_TRUE(Asked("rds:CreateDBInstance" + of + "pg:own"));
  EXPECT_TRUE(Asked("rds:AddTagsToResource" + of + "db:site"));
  authorizer_.denied = {"rds:AddTagsToResource"};
  auto second = Instance("second");
  second.tags.Add(arena_, {.key = "env", .value = "test"});
  EXPECT_EQ(Code<ops::CreateDBInstance>(second), "UnauthorizedOperation");
  EXPECT_EQ(State("second"), "gone");
  EXPECT_EQ(Enis(), 1u);
  authorizer_.asked.clear();
  EXPECT_EQ(Code<ops::DescribeDBInstances>({}), "");
  EXPECT_TRUE(Asked("rds:DescribeDBInstances" + of + "db:*"));
}

}  // namespace
}  // namespace terrarium::rds
