#include "prove/claims/dummy_request.h"

#include <gtest/gtest.h>

namespace terrarium::prove {
namespace {

TEST(DummyRequest, ActionsAreOperationsOfTheModels) {
  const auto ecs = OperationOf("ecs:DescribeServices");
  ASSERT_TRUE(ecs);
  EXPECT_EQ(ecs->service, "ecs");
  const auto elb = OperationOf("elasticloadbalancing:DescribeTags");
  ASSERT_TRUE(elb);
  EXPECT_EQ(elb->service, "elbv2");
  EXPECT_FALSE(OperationOf("iam:PassRole"));
  EXPECT_FALSE(OperationOf("nothing:AtAll"));
}

TEST(DummyRequest, HasWhatTheModelRequires) {
  EXPECT_EQ(DummyRequest({"ecs", "DeleteService"}, "drupal", Fill::kRequired).Write(), R"({"service":"drupal"})");
  EXPECT_TRUE(DummyRequest({"ecs", "DeleteService"}, "drupal", Fill::kWhole).Has("cluster"));
  const Json tags = DummyRequest({"elbv2", "AddTags"}, "drupal", Fill::kRequired);
  EXPECT_EQ(tags["Tags"].array().at(0)["Key"].string(), "drupal");
  const Json events = DummyRequest({"logs", "GetLogEvents"}, "drupal", Fill::kOneNameOfEach);
  EXPECT_TRUE(events.Has("logGroupName"));
  EXPECT_FALSE(events.Has("logGroupIdentifier"));
}

}  // namespace
}  // namespace terrarium::prove
