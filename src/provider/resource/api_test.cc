#include "provider/resource/api.h"

#include <gtest/gtest.h>

#include "base/check.h"
#include "provider/core/catalog.h"
#include "provider/resources/container_definitions.h"
#include "provider/resources/ecs_deployment.h"
#include "provider/resources/security_group_rules.h"
#include "provider/schema/table.h"
#include "provider/schema/validate.h"

namespace terrarium::provider {
namespace {

constexpr std::string_view kTable = R"(
name  string required replaces in=a|b <> Name
size  number optional = 3 > Size.Value < SizeInGiB
note  string optional refused
tags  map(string) optional
block check list max=1 <> Check {
  path string required <> Path
}
block rule set <> Rules {
  port number required <> Port
}
)";

const Object kPlanned{{"name", "a"},
                      {"size", 3},
                      {"note", Value()},
                      {"check", List{Object{{"path", "/"}}}},
                      {"rule", List{Object{{"port", 80}}, Object{{"port", 443}}}}};

TEST(Table, SaysFlagsDefaultsMembersAndBlocks) {
  const Body body = ParseTable(kTable);
  const Attribute& size = *FindAttribute(body, "size");
  EXPECT_EQ(size.preset, Value(3));
  EXPECT_EQ(size.request, "Size.Value");
  EXPECT_EQ(size.answer, "SizeInGiB");
  EXPECT_TRUE(Has(FindAttribute(body, "name")->use, Use::kForceNew));
  EXPECT_EQ(FindBlock(body, "check")->max_items, 1);
  EXPECT_THROW(ParseTable("name strin required"), BugError);
  EXPECT_THROW(ParseTable("name string requird"), BugError);
  EXPECT_THROW(ParseTable("block b list {\n"), BugError);
}

TEST(Table, WhatIsNotDoneIsRefusedByName) {
  const Body body = ParseTable(kTable);
  EXPECT_TRUE(Validate(body, Object{{"name", "a"}, {"note", ""}}).empty());
  const auto found = Validate(body, Object{{"name", "a"}, {"note", "x"}});
  ASSERT_EQ(found.size(), 1u);
  EXPECT_TRUE(found[0].summary.contains("note"));
  EXPECT_EQ(Validate(body, Object{{"name", "c"}}).size(), 1u);
}

TEST(Api, RequestsFollowTheTable) {
  const Body body = ParseTable(kTable);
  const Object expected{{"Name", "a"},
                        {"Size", Object{{"Value", 3}}},
                        {"Check", Object{{"Path", "/"}}},
                        {"Rules", List{Object{{"Port", 80}}, Object{{"Port", 443}}}}};
  EXPECT_EQ(Value(ToApi(body, kPlanned)), Value(expected));
  Object changed = kPlanned;
  changed["size"] = 0;
  EXPECT_EQ(Value(ChangesToApi(body, kPlanned, changed)), Value(Object{{"Size", Object{{"Value", 0}}}}));
}

TEST(Api, AnswersFollowTheTable) {
  const Body body = ParseTable(kTable);
  const Object out = FromApi(body, Object{{"Name", "a"}, {"SizeInGiB", 4}, {"Check", Object{{"Path", "/"}}}});
  EXPECT_EQ(At(out, "size"), Value(4));
  EXPECT_EQ(At(out, "check"), Value(List{Object{{"path", "/"}}}));
  EXPECT_EQ(At(out, "rule"), Value(List{}));
  EXPECT_FALSE(out.contains("tags"));
}

TEST(ContainerDefinitions, WhatEcsFillsInDoesNotMatter) {
  const Value mine = R"([{"name":"web","image":"i","portMappings":[{"containerPort":80}],"environment":[{"name":"B","value":"2"},{"name":"A","value":"1"}]}])";
  const Value answered =
      R"([{"name":"web","image":"i","cpu":0,"essential":true,"mountPoints":[],"volumesFrom":[],"environment":[{"name":"A","value":"1"},{"name":"B","value":"2"}],)"
      R"("portMappings":[{"containerPort":80,"hostPort":80,"protocol":"tcp"}]}])";
  EXPECT_TRUE(IsSameContainerDefinitions(mine, answered));
  EXPECT_FALSE(IsSameContainerDefinitions(mine, R"([{"name":"web","image":"j"}])"));
  EXPECT_FALSE(IsSameContainerDefinitions(mine, "no json"));
}

Value Service(std::string_view status, std::string_view rollout, int running) {
  return Object{{"desiredCount", 2},
                {"runningCount", running},
                {"deployments", List{Object{{"id", "ecs-svc/1"}, {"status", status}, {"rolloutState", rollout}}}}};
}

TEST(Deployment, IsDoneWhenAloneAndRunning) {
  EXPECT_EQ(ProgressOf(Service("PRIMARY", "COMPLETED", 2), "ecs-svc/1"), Progress::kDone);
  EXPECT_EQ(ProgressOf(Service("PRIMARY", "COMPLETED", 1), "ecs-svc/1"), Progress::kPending);
  EXPECT_EQ(ProgressOf(Service("PRIMARY", "IN_PROGRESS", 2), "ecs-svc/1"), Progress::kPending);
  EXPECT_EQ(ProgressOf(Service("PRIMARY", "FAILED", 0), "ecs-svc/1"), Progress::kFailed);
  EXPECT_EQ(ProgressOf(Service("ACTIVE", "FAILED", 0), "ecs-svc/1"), Progress::kFailed);
  EXPECT_EQ(ProgressOf(Service("PRIMARY", "COMPLETED", 2), "ecs-svc/0"), Progress::kFailed);  // rolled back
}

TEST(SecurityGroupRules, KeepTheShapeOfTheState) {
  const Object rule{{"protocol", "tcp"}, {"from_port", 80}, {"to_port", 80}, {"description", ""}, {"self", true},
                    {"cidr_blocks", List{"10.0.0.0/8", "192.0.2.0/24"}}};
  const Value answer = List{Object{{"IpProtocol", "tcp"},
                                   {"FromPort", 80},
                                   {"ToPort", 80},
                                   {"IpRanges", List{Object{{"CidrIp", "192.0.2.0/24"}}, Object{{"CidrIp", "10.0.0.0/8"}}}},
                                   {"UserIdGroupPairs", List{Object{{"GroupId", "sg-1"}}}}}};
  EXPECT_EQ(RulesOfAnswer(answer, List{rule}, "sg-1"), (List{rule}));
  const List unknown = RulesOfAnswer(answer, List{}, "sg-1");
  ASSERT_EQ(unknown.size(), 1u);
  EXPECT_TRUE(unknown[0]["self"].Bool());
  EXPECT_EQ(unknown[0]["cidr_blocks"].Items().size(), 2u);
  EXPECT_EQ(Without(PermissionsOfRules(List{rule}, "sg-1"), PermissionsOfAnswer(answer)).size(), 0u);
}

TEST(Catalog, EveryTableReads) {
  const Catalog catalog = MakeCatalog(TypeSystem::kLegacy);
  EXPECT_GE(catalog.resources.size(), 26u);
  for (const auto& type : catalog.resources) {
    EXPECT_TRUE(type.create && type.read && type.destroy) << type.type;
    EXPECT_EQ(FindAttribute(type.schema.body, "tags") != nullptr, !type.tags.service.empty()) << type.type;
  }
}

}  // namespace
}  // namespace terrarium::provider
