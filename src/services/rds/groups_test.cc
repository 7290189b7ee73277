#include "api/protocol.h"
#include "services/rds/rds_fixture.h"

namespace terrarium::rds {
namespace {

TEST_F(RdsTest, SubnetGroupsCoverTwoZonesOfOneVpc) {
  wire::DescribeDBSubnetGroupsMessage ask;
  ask.db_subnet_group_name = "DB";
  const auto found = Run<ops::DescribeDBSubnetGroups>(ask);
  ASSERT_TRUE(found) << found.error().message;
  const auto& group = (*found)->db_subnet_groups[0];
  EXPECT_EQ(group.vpc_id, vpc_);
  EXPECT_EQ(group.subnet_group_status, "Complete");
  ASSERT_EQ(group.subnets.size(), 2u);
  EXPECT_EQ(group.subnets[1].subnet_availability_zone->name, "eu-west-1b");
  EXPECT_EQ(Code<ops::CreateDBSubnetGroup>(SubnetGroup()), "DBSubnetGroupAlreadyExists");
  auto one_zone = SubnetGroup("narrow");
  one_zone.subnet_ids[1] = arena_.Copy(MakeSubnet(vpc_, "10.0.9.0/24", "eu-west-1a"));
  ExpectRefused<ops::CreateDBSubnetGroup>(one_zone, "DBSubnetGroupDoesNotCoverEnoughAZs", "Current AZ coverage: eu-west-1a. Add subnets to cover at least 2 AZs.");
  auto foreign = SubnetGroup("foreign");
  foreign.subnet_ids[1] = arena_.Copy(MakeSubnet(MakeVpc("10.1.0.0/16"), "10.1.0.0/24", "eu-west-1b"));
  ExpectRefused<ops::CreateDBSubnetGroup>(foreign, "InvalidSubnet", "one VPC");
  auto absent = SubnetGroup("absent");
  absent.subnet_ids[1] = "subnet-0123456789abcdef0";
  ExpectRefused<ops::CreateDBSubnetGroup>(absent, "InvalidSubnet", "subnet-0123456789abcdef0");
  ExpectRefused<ops::CreateDBSubnetGroup>(SubnetGroup("default"), "InvalidParameterValue", "DBSubnetGroupName");
  ask.db_subnet_group_name = "absent";
  EXPECT_EQ(Code<ops::DescribeDBSubnetGroups>(ask), "DBSubnetGroupNotFoundFault");
}

TEST_F(RdsTest, GroupsInUseStay) {
  MakeInstance();
  wire::DeleteDBSubnetGroupMessage subnets;
  subnets.db_subnet_group_name = "db";
  ExpectRefused<ops::DeleteDBSubnetGroup>(subnets, "InvalidDBSubnetGroupStateFault", "site");
  wire::DeleteDBParameterGroupMessage parameters;
  parameters.db_parameter_group_name = "own";
  EXPECT_EQ(Code<ops::DeleteDBParameterGroup>(parameters), "InvalidDBParameterGroupState");
  wire::ModifyDBSubnetGroupMessage move;
  move.db_subnet_group_name = "db";
  const std::string other = MakeVpc("10.1.0.0/16");
  move.subnet_ids.Add(arena_) = arena_.Copy(MakeSubnet(other, "10.1.0.0/24", "eu-west-1a"));
  move.subnet_ids.Add(arena_) = arena_.Copy(MakeSubnet(other, "10.1.1.0/24", "eu-west-1b"));
  EXPECT_EQ(Code<ops::ModifyDBSubnetGroup>(move), "InvalidParameterValue");
  EXPECT_EQ(Delete(), "");
  EXPECT_EQ(Code<ops::DeleteDBSubnetGroup>(subnets), "InvalidDBSubnetGroupStateFault") << "not before the instance is gone";
  Look(20);
  EXPECT_EQ(Code<ops::ModifyDBSubnetGroup>(move), "");
  EXPECT_EQ(Code<ops::DeleteDBSubnetGroup>(subnets), "");
  EXPECT_EQ(Code<ops::DeleteDBSubnetGroup>(subnets), "DBSubnetGroupNotFoundFault");
  EXPECT_EQ(Code<ops::DeleteDBParameterGroup>(parameters), "");
  EXPECT_EQ(Code<ops::DeleteDBParameterGroup>(parameters), "DBParameterGroupNotFound");
}

TEST_F(RdsTest, ParameterGroupsShowWhatWasSet) {
  EXPECT_EQ(Set("Max_Connections", "200", "immediate"), "");
  EXPECT_EQ(Set("ngram_token_size", "3", "pending-reboot"), "");
  wire::DescribeDBParametersMessage ask;
  ask.db_parameter_group_name = "own";
  ask.source = "user";
  const auto user = Run<ops::DescribeDBParameters>(ask);
  ASSERT_EQ((*user)->parameters.size(), 2u);
  EXPECT_EQ((*user)->parameters[0].parameter_name, "max_connections");
  EXPECT_EQ((*user)->parameters[0].parameter_value, "200");
  EXPECT_EQ((*user)->parameters[0].apply_method, "immediate");
  EXPECT_EQ((*user)->parameters[0].apply_type, "dynamic");
  EXPECT_EQ((*user)->parameters[1].apply_type, "static");
  ask.source = "system";
  for (const auto& p : (*Run<ops::DescribeDBParameters>(ask))->parameters) EXPECT_FALSE(*p.is_modifiable) << p.parameter_name.view();
  wire::ResetDBParameterGroupMessage reset;
  reset.db_parameter_group_name = "own";
  reset.parameters.Add(arena_, {.parameter_name = "max_connections", .apply_method = "immediate"});
  EXPECT_EQ(Code<ops::ResetDBParameterGroup>(reset), "");
  ask.source = "user";
  EXPECT_EQ((*Run<ops::DescribeDBParameters>(ask))->parameters.size(), 1u);
  reset.parameters = {};
  reset.reset_all_parameters = true;
  EXPECT_EQ(Code<ops::ResetDBParameterGroup>(reset), "");
  EXPECT_EQ((*Run<ops::DescribeDBParameters>(ask))->parameters.size(), 0u);
}

TEST_F(RdsTest, ParameterGroupsRefuseByName) {
  EXPECT_EQ(Set("no_such_thing", "1", "immediate"), "InvalidParameterValue");
  EXPECT_EQ(Set("sync_binlog", "0", "immediate"), "InvalidParameterCombination") << "durability is the engine's";
  EXPECT_EQ(Set("datadir", "/", "pending-reboot"), "InvalidParameterCombination");
  EXPECT_EQ(Set("ngram_token_size", "3", "immediate"), "InvalidParameterCombination") << "it is static";
  EXPECT_EQ(Set("max_connections", "many", "immediate"), "InvalidParameterValue");
  EXPECT_EQ(Set("max_connections", "0", "immediate"), "InvalidParameterValue");
  EXPECT_EQ(Set("max_connections", "{DBInstanceClassMemory/12582880}", "immediate"), "InvalidParameterCombination");
  EXPECT_EQ(Set("max_connections", "200", "immediate", "default.mysql9.7"), "InvalidDBParameterGroupState");
  EXPECT_EQ(Set("max_connections", "200", "immediate", "absent"), "DBParameterGroupNotFound");
  wire::ModifyDBParameterGroupMessage many;
  many.db_parameter_group_name = "own";
  for (int i = 0; i < 21; ++i) many.parameters.Add(arena_, {.parameter_name = "max_connections", .parameter_value = "200", .apply_method = "immediate"});
  ExpectRefused<ops::ModifyDBParameterGroup>(many, "InvalidParameterValue", "20");
  wire::CreateDBParameterGroupMessage r;
  r.db_parameter_group_name = "next";
  r.db_parameter_group_family = "mysql5.6";
  r.description = "d";
  ExpectRefused<ops::CreateDBParameterGroup>(r, "InvalidParameterValue", "mysql5.6");
  r.db_parameter_group_family = "mysql9.7";
  r.db_parameter_group_name = "default.mine";
  ExpectRefused<ops::CreateDBParameterGroup>(r, "InvalidParameterValue", "DBParameterGroupName");
  r.db_parameter_group_name = "OWN";
  ExpectRefused<ops::CreateDBParameterGroup>(r, "DBParameterGroupAlreadyExists", "own");
}

TEST_F(RdsTest, EngineVersionsAreThoseOfTheHost) {
  wire::DescribeDBEngineVersionsMessage r;
  r.engine = "mysql";
  r.engine_version = "9.7";
  const auto found = Run<ops::DescribeDBEngineVersions>(r);
  ASSERT_EQ((*found)->db_engine_versions.size(), 1u);
  EXPECT_EQ((*found)->db_engine_versions[0].engine_version, "9.7.4");
  EXPECT_EQ((*found)->db_engine_versions[0].major_engine_version, "9.7");
  EXPECT_EQ((*found)->db_engine_versions[0].db_parameter_group_family, "mysql9.7");
  r.engine_version = "9";
  EXPECT_EQ((*Run<ops::DescribeDBEngineVersions>(r))->db_engine_versions.size(), 1u);
  for (const char* absent : {"8.4", "9.7.3", "9.70"}) {
    r.engine_version = absent;
    EXPECT_EQ((*Run<ops::DescribeDBEngineVersions>(r))->db_engine_versions.size(), 0u) << absent;
  }
  r.engine = "mariadb";
  r.engine_version = {};
  EXPECT_EQ((*Run<ops::DescribeDBEngineVersions>(r))->db_engine_versions.size(), 0u);
  r.list_supported_timezones = true;
  ExpectRefused<ops::DescribeDBEngineVersions>(r, "InvalidParameterCombination", "ListSupportedTimezones");
}

TEST_F(RdsTest, UntilTheMachineSaidWhichEnginesItHasTheAnswerIsToTryAgain) {
  With([](const ec2::Scope& scope) {
    Arena arena;
    for (const rows::Engine* engine : kEngines.ListPrefix(scope.tx, "", arena)) kEngines.Delete(scope.tx, engine->version.view());
    kEngineLooks.Delete(scope.tx, "machine");
    return 0;
  });
  wire::DescribeDBEngineVersionsMessage versions;
  ExpectRefused<ops::DescribeDBEngineVersions>(versions, "ServiceUnavailable", "Try again");
  wire::CreateDBParameterGroupMessage group;
  group.db_parameter_group_name = "next";
  group.db_parameter_group_family = "mysql9.7";
  group.description = "d";
  ExpectRefused<ops::CreateDBParameterGroup>(group, "ServiceUnavailable", "Try again");
  ExpectRefused<ops::CreateDBInstance>(Instance(), "ServiceUnavailable", "Try again");
  wire::DescribeDBParametersMessage parameters;
  parameters.db_parameter_group_name = "default.mysql9.7";
  ExpectRefused<ops::DescribeDBParameters>(parameters, "ServiceUnavailable", "Try again");

  const auto refused = Run<ops::DescribeDBEngineVersions>(versions);
  ASSERT_FALSE(refused);
  EXPECT_EQ(api::EncodeError(*registry_.FindService("rds"), refused.error(), "request").status, 503) << "what SDKs repeat by themselves";

  Restart();
  Look();
  EXPECT_EQ((*Run<ops::DescribeDBEngineVersions>(versions))->db_engine_versions.size(), 1u);
  EXPECT_EQ(Code<ops::CreateDBInstance>(Instance()), "");

  // A machine without a database program has said so: that is no reason to try again.
  With([](const ec2::Scope& scope) {
    Arena arena;
    for (const rows::Engine* engine : kEngines.ListPrefix(scope.tx, "", arena)) kEngines.Delete(scope.tx, engine->version.view());
    return 0;
  });
  EXPECT_EQ((*Run<ops::DescribeDBEngineVersions>(versions))->db_engine_versions.size(), 0u);
}

TEST_F(RdsTest, TagsAreListedAddedAndRemoved) {
  auto r = Instance();
  r.tags.Add(arena_, {.key = "env", .value = "test"});
  EXPECT_EQ(Code<ops::CreateDBInstance>(r), "");
  const std::string arn = "arn:aws:rds:eu-west-1:000000000001:db:site";
  wire::AddTagsToResourceMessage add;
  add.resource_name = Str(arn);
  add.tags.Add(arena_, {.key = "env", .value = "live"});
  add.tags.Add(arena_, {.key = "team", .value = "web"});
  EXPECT_EQ(Code<ops::AddTagsToResource>(add), "");
  EXPECT_TRUE(Asked("rds:AddTagsToResource " + arn));
  wire::ListTagsForResourceMessage list;
  list.resource_name = Str(arn);
  const auto tags = Run<ops::ListTagsForResource>(list);
  ASSERT_EQ((*tags)->tag_list.size(), 2u);
  EXPECT_EQ((*tags)->tag_list[0].value, "live");
  wire::RemoveTagsFromResourceMessage remove;
  remove.resource_name = Str(arn);
  remove.tag_keys.Add(arena_) = "env";
  EXPECT_EQ(Code<ops::RemoveTagsFromResource>(remove), "");
  EXPECT_EQ(Show()->tag_list.size(), 1u);
  add.tags[0].key = "aws:mine";
  ExpectRefused<ops::AddTagsToResource>(add, "InvalidParameterValue", "aws:");
  list.resource_name = "arn:aws:rds:eu-west-1:000000000001:db:absent";
  EXPECT_EQ(Code<ops::ListTagsForResource>(list), "DBInstanceNotFound");
  list.resource_name = "arn:aws:rds:eu-west-1:000000000001:es:absent";
  EXPECT_EQ(Code<ops::ListTagsForResource>(list), "InvalidParameterValue");
  list.resource_name = "arn:aws:rds:eu-west-1:000000000002:db:site";
  EXPECT_EQ(Code<ops::ListTagsForResource>(list), "InvalidParameterValue") << "of another account";
}

}  // namespace
}  // namespace terrarium::rds
