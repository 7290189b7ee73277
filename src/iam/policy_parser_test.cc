#include <gtest/gtest.h>

#include "iam/policy.h"

namespace terrarium::iam {
namespace {

std::string Refusal(std::string_view document, PolicyKind kind) {
  auto policy = ParsePolicy(document, kind);
  if (policy) return "accepted";
  EXPECT_EQ(policy.error().code, "MalformedPolicyDocument");
  return policy.error().message;
}

std::string Identity(std::string_view statement, std::string_view version = "\"2012-10-17\"") {
  return Refusal("{\"Version\":" + std::string(version) + ",\"Statement\":" + std::string(statement) + "}", PolicyKind::kIdentity);
}

std::string Trust(std::string_view statement) { return Refusal("{\"Statement\":[" + std::string(statement) + "]}", PolicyKind::kTrust); }

constexpr char kGood[] = R"({"Effect":"Allow","Action":"ecs:*","Resource":"*"})";

TEST(PolicyParserTest, AcceptsWhatAwsAccepts) {
  EXPECT_EQ(Identity(kGood), "accepted");
  EXPECT_EQ(Identity(R"([{"Sid":"A1","Effect":"Deny","NotAction":["iam:Get?","nosuchservice:X"],"NotResource":["arn:aws:iam::1:role/x","*"],
                         "Condition":{"ForAnyValue:StringNotLikeIfExists":{"aws:TagKeys":["a",1,true]},"Null":{"k":false}}}])"), "accepted");
  EXPECT_EQ(Trust(R"({"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Service":"ecs-tasks.amazonaws.com","AWS":["000000000001","*"]}})"), "accepted");
  EXPECT_EQ(Refusal(std::string("{\"Statement\":") + kGood + "}", PolicyKind::kSession), "accepted");
}

TEST(PolicyParserTest, RefusesInAwsWords) {
  const std::pair<std::string, const char*> cases[] = {
      {Refusal("{", PolicyKind::kIdentity), "Syntax errors in policy. ("},
      {Refusal("[]", PolicyKind::kIdentity), "Syntax errors in policy. (the document is not a JSON object)"},
      {Identity("[]"), "Syntax errors in policy. ("},
      {Identity(kGood, "\"2013-01-01\""), "Syntax errors in policy. ("},
      {Identity(kGood, "\"2008-10-17\""), "Policy document must be version 2012-10-17 or greater."},
      {Identity(R"({"Effect":"allow","Action":"a:b","Resource":"*"})"), "The policy failed legacy parsing ("},
      {Identity(R"({"Effect":"Perhaps","Action":"a:b","Resource":"*"})"), "Syntax errors in policy. (Statement: Effect"},
      {Identity(R"([{"Effect":"Allow","Action":"a:b","Resource":"*"},{"Effect":"Allow","Actions":"a:b","Resource":"*"}])"),
       "Syntax errors in policy. (Statement[1]: unknown element \"Actions\")"},
      {Identity(R"({"Effect":"Allow","Action":"a:b","NotAction":"a:c","Resource":"*"})"), "Syntax errors in policy. ("},
      {Identity(R"({"Effect":"Allow","Action":{"a":1},"Resource":"*"})"), "Syntax errors in policy. ("},
      {Identity(R"({"Effect":"Allow","Action":"a:b","Resource":"*","Condition":{"ForAnyValue::StringLike":{"a":"b"}}})"), "Syntax errors in policy. ("},
      {Identity(R"({"Effect":"Allow","Action":"a:b","Resource":"*","Condition":{"NullIfExists":{"a":"true"}}})"), "Syntax errors in policy. ("},
      {Identity(R"({"Effect":"Allow","Action":"a:b","Resource":"*","Condition":{"StringLike":["a"]}})"), "Syntax errors in policy. ("},
      {Identity(R"({"Effect":"Allow","Action":"a:b","Resource":"*","Condition":{"DateLessThan":{"a":"soon"}}})"), "The policy failed legacy parsing ("},
      {Identity(R"({"Effect":"Allow","Action":"a:b","Resource":"arn:aws:s3::b"})"), "The policy failed legacy parsing ("},
      {Identity(R"([{"Sid":"A","Effect":"Allow","Action":"a:b","Resource":"*"},{"Sid":"A","Effect":"Allow","Action":"a:b","Resource":"*"}])"),
       "Statement IDs (SID) in a single policy must be unique."},
      {Identity(R"({"Sid":"A b","Effect":"Allow","Action":"a:b","Resource":"*"})"), "Statement IDs (SID) must be alpha-numeric."},
      {Identity(R"({"Effect":"Allow","Resource":"*"})"), "Policy statement must contain actions."},
      {Identity(R"({"Effect":"Allow","Action":[],"Resource":"*"})"), "Policy statement must contain actions."},
      {Identity(R"({"Effect":"Allow","Action":"a:b"})"), "Policy statement must contain resources."},
      {Identity(R"({"Effect":"Allow","Action":"a:b","Resource":"*","Principal":"*"})"), "Policy document should not specify a principal."},
      {Identity(R"({"Effect":"Allow","Action":"a:b","Resource":"bucket"})"), "Resource bucket must be in ARN format or \"*\"."},
      {Identity(R"({"Effect":"Allow","Action":"a:b","Resource":"arn:azure:s3:::b"})"), "Partition \"azure\" is not valid for resource"},
      {Identity(R"({"Effect":"Allow","Action":"a:b","Resource":"arn:aws:s*:::b"})"), "Resource vendor must be fully qualified and cannot contain regexes."},
      {Identity(R"({"Effect":"Allow","Action":"a:b","Resource":"arn:aws:iam:eu-west-1:1:role/x"})"), "IAM resource arn:aws:iam:eu-west-1:1:role/x cannot contain region information."},
      {Identity(R"({"Effect":"Allow","Action":"a:b","Resource":"arn:aws:iam::1:thing/x"})"), "IAM resource path must either be \"*\" or start with"},
      {Identity(R"({"Effect":"Allow","Action":"ecs","Resource":"*"})"), "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."},
      {Identity(R"({"Effect":"Allow","Action":"a:b:c","Resource":"*"})"), "Actions/Condition can contain only one colon."},
      {Identity(R"({"Effect":"Allow","Action":"e*:b","Resource":"*"})"), "Vendor e* is not valid"},
      {Identity("{\"Sid\":\"\\u0001\",\"Effect\":\"Allow\",\"Action\":\"a:b\",\"Resource\":\"*\"}"), "Syntax errors in policy. (illegal characters)"},
      {Refusal("\xEF\xBB\xBF{}", PolicyKind::kIdentity), "Syntax errors in policy. ("},
  };
  for (const auto& [message, expected] : cases) EXPECT_TRUE(message.starts_with(expected)) << "got " << message << "\nwant " << expected;
}

TEST(PolicyParserTest, TrustPoliciesHaveOtherWords) {
  const std::pair<std::string, const char*> cases[] = {
      {Refusal("{", PolicyKind::kTrust), "This policy contains invalid Json"},
      {Refusal("{\"Version\":\"1\",\"Statement\":[]}", PolicyKind::kTrust), "The policy must contain a valid version string"},
      {Refusal("{\"Statement\":[]}", PolicyKind::kTrust), "Could not parse the policy: Statement is empty!"},
      {Trust(R"({"Action":"sts:AssumeRole","Principal":"*"})"), "Missing required field Effect"},
      {Trust(R"({"Effect":"Allow","Action":"sts:AssumeRole"})"), "Missing required field Principal"},
      {Trust(R"({"Effect":"Allow","Action":"sts:AssumeRole","Principal":{}})"), "Missing required field Principal cannot be empty!"},
      {Trust(R"({"Effect":"Allow","Action":"sts:AssumeRole","Principal":"me"})"), "Principal must be a JSON object."},
      {Trust(R"({"Effect":"Allow","Principal":"*"})"), "Missing required field Action"},
      {Trust(R"({"Effect":"Maybe","Principal":"*","Action":"sts:AssumeRole"})"), "Invalid effect: Maybe"},
      {Trust(R"({"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::000000000001:role/a*"},"Action":"sts:AssumeRole"})"),
       "Invalid principal in policy: \"AWS\":\"arn:aws:iam::000000000001:role/a*\""},
      {Trust(R"({"Effect":"Allow","Principal":{"Service":"ecs"},"Action":"sts:AssumeRole"})"), "Invalid principal in policy: \"SERVICE\":\"ecs\""},
      {Trust(R"({"Effect":"Allow","Principal":"*","Action":"*"})"), "AssumeRole policy may only specify STS AssumeRole actions."},
      {Trust(R"({"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole","Resource":"*"})"), "Has prohibited field Resource"},
      {Trust(R"({"Effect":"Allow","NotPrincipal":{"AWS":"000000000001"},"Action":"sts:AssumeRole"})"), "Allow with NotPrincipal is not allowed."},
      {Trust(R"({"Effect":"Deny","NotPrincipal":{"AWS":"000000000001"},"Action":"sts:AssumeRole"})"), "AssumeRole policy must not contain NotPrincipal field."},
      {Trust(R"({"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole","Colour":"red"})"), "Unknown field Colour"},
  };
  for (const auto& [message, expected] : cases) EXPECT_EQ(message, expected);
}

TEST(PolicyParserTest, PrincipalsAreReadByForm) {
  using Kind = PrincipalName::Kind;
  EXPECT_EQ(ParsePrincipal("AWS", "arn:aws:iam::000000000001:root"), (PrincipalName{Kind::kAccount, "000000000001"}));
  EXPECT_EQ(ParsePrincipal("AWS", "000000000001"), (PrincipalName{Kind::kAccount, "000000000001"}));
  EXPECT_EQ(ParsePrincipal("AWS", "arn:aws:sts::000000000001:assumed-role/r/s")->kind, Kind::kArn);
  EXPECT_EQ(ParsePrincipal("AWS", "AROAABCDEFGHIJKLMNOPQ")->kind, Kind::kUniqueId);
  for (const char* bad : {"arn:aws:iam::000000000001:group/g", "arn:aws:iam::1:role/r", "arn:aws:s3:::b", "role/r", "arn:aws:iam::000000000001:role/"})
    EXPECT_FALSE(ParsePrincipal("AWS", bad)) << bad;
  EXPECT_FALSE(ParsePrincipal("Aws", "*"));
}

TEST(PolicyParserTest, BlanksOutsideStringsDoNotCount) {
  EXPECT_EQ(CountedPolicySize("{ \"a\" :\n \"b c\\\" d\" }"), std::string_view("{\"a\":\"b c\\\" d\"}").size());
}

}  // namespace
}  // namespace terrarium::iam
