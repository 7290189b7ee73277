#include <gtest/gtest.h>

#include "provider/data_sources/policy_document.h"
#include "provider/resource/policy.h"

namespace terrarium::provider {
namespace {

TEST(Policy, SameMeaning) {
  const Value one = R"({"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":["b","a"],"Principal":{"AWS":"123456789012"}}})";
  const Value other = R"({"Statement":[{"Sid":"","Principal":{"AWS":["arn:aws:iam::123456789012:root"]},"Action":["a","b"],"Effect":"Allow"}],"Version":"2012-10-17"})";
  EXPECT_TRUE(IsSamePolicy(one, other));
  EXPECT_FALSE(IsSamePolicy(one, R"({"Version":"2012-10-17","Statement":[]})"));
  EXPECT_FALSE(IsSamePolicy("no json", "no json"));
}

TEST(PolicyDocument, WritesAsTheOfficialProviderDoes) {
  const Value block = Object{{"actions", List{"s3:Get*", "s3:List*"}},
                             {"resources", List{"arn:aws:s3:::b/&{aws:username}"}},
                             {"principals", List{Object{{"type", "*"}, {"identifiers", List{"*"}}}}},
                             {"condition", List{Object{{"test", "Bool"}, {"variable", "aws:x"}, {"values", List{"true"}}}}}};
  const auto statement = StatementFromBlock(block, "2012-10-17");
  ASSERT_TRUE(statement);
  const PolicyDocument document{.version = "2012-10-17", .id = "", .statements = {*statement}};
  EXPECT_EQ(document.Json(0),
            R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:List*","s3:Get*"],)"
            R"("Resource":"arn:aws:s3:::b/${aws:username}","Principal":"*","Condition":{"Bool":{"aws:x":"true"}}}]})");
  EXPECT_FALSE(StatementFromBlock(block, "2008-10-17"));
}

TEST(PolicyDocument, MergesBySid) {
  auto merged = *ParsePolicyDocument(R"({"Version":"2008-10-17","Statement":[{"Sid":"a","Effect":"Allow"},{"Effect":"Deny"}]})");
  merged.Merge(*ParsePolicyDocument(R"({"Version":"2012-10-17","Id":"i","Statement":{"Sid":"a","Effect":"Deny"}})"));
  EXPECT_EQ(merged.Json(0), R"({"Version":"2012-10-17","Id":"i","Statement":[{"Sid":"a","Effect":"Deny"},{"Effect":"Deny"}]})");
}

}  // namespace
}  // namespace terrarium::provider
