#include <gtest/gtest.h>

#include "codec/json_codec.h"
#include "codec/query_codec.h"
#include "codec/row_codec.h"
#include "codec/validate.h"
#include "codec/xml_codec.h"
#include "gen/ec2/types.h"
#include "gen/ecs/types.h"
#include "gen/elbv2/types.h"
#include "gen/sample/types.h"
#include "gen/sts/types.h"

namespace terrarium::codec {
namespace {

using gen::sample::Sample;

constexpr const char* kSampleJson =
    R"({"name":"n","blob_value":"AAEC","flag":false,"small":-5,"big":9007199254740993,"ratio":0.25,"at":"2023-11-14T22:13:20.123Z",)"
    R"("tags":[{"key":"k","value":""},{"key":"l"}],"names":[],"counts":{"a":1,"b":-2},"child":{"name":"c","children":[{"name":"d"}]},)"
    R"("nested":[["x"],[]],"by_name":{"q":{"key":"z"}}})";

TEST(RowCodecTest, RoundTripsEveryKindAndKeepsAbsentAndEmptyApart) {
  Arena arena;
  const auto sample = FromJson<Sample>(kSampleJson, arena);
  ASSERT_TRUE(sample) << sample.error().message;
  const std::string row = ToRow(**sample);
  Arena other;
  const auto back = FromRow<Sample>(row, other);
  ASSERT_TRUE(back);
  EXPECT_EQ(ToJson(**back), kSampleJson);
  EXPECT_TRUE((*back)->names.has_value());
  EXPECT_FALSE((*back)->tags[1].value.has_value());
}

TEST(RowCodecTest, ReadsRowsOfOtherVersions) {
  Arena arena;
  const auto sample = FromJson<Sample>(kSampleJson, arena);
  const auto older = FromRow<gen::sample::Older>(ToRow(**sample), arena);
  ASSERT_TRUE(older);
  EXPECT_EQ((*older)->small, -5);
  const auto newer = FromRow<Sample>(ToRow(**older), arena);
  EXPECT_EQ((*newer)->name, "n");
  EXPECT_FALSE((*newer)->flag);
}

TEST(RowCodecTest, RefusesEveryTruncationWithoutReadingPastIt) {
  Arena arena;
  const std::string row = ToRow(**FromJson<Sample>(kSampleJson, arena));
  int refused = 0;
  for (std::size_t n = 0; n < row.size(); ++n) {
    const std::string cut(row.data(), n);
    Arena scratch;
    refused += !FromRow<Sample>(cut, scratch);
  }
  EXPECT_GT(refused, static_cast<int>(row.size()) / 2);
  for (std::size_t n = 0; n < row.size(); ++n)
    for (int bit = 0; bit < 8; ++bit) {
      std::string bent = row;
      bent[n] = static_cast<char>(bent[n] ^ (1 << bit));
      Arena scratch;
      if (const auto got = FromRow<Sample>(bent, scratch)) ToJson(**got);
    }
}

TEST(JsonCodecTest, AwsJsonUsesModelNamesAndSeconds) {
  Arena arena;
  auto* service = arena.New<gen::ecs::Service>();
  service->service_name = "web";
  service->desired_count = 0;
  service->created_at = 1'700'000'000'500;
  EXPECT_EQ(ToJson(*service, JsonForm::kAwsJson), R"({"serviceName":"web","desiredCount":0,"createdAt":1700000000.5})");
}

TEST(JsonCodecTest, SkipsUnknownAndNullMembers) {
  Arena arena;
  const auto got = FromJson<gen::ecs::UpdateServiceRequest>(R"({"future":{"a":[1]},"service":"web","cluster":null,"desiredCount":3})", arena, JsonForm::kAwsJson);
  ASSERT_TRUE(got);
  EXPECT_EQ((*got)->service, "web");
  EXPECT_FALSE((*got)->cluster);
  EXPECT_EQ((*got)->desired_count, 3);
}

TEST(JsonCodecTest, NamesTheMemberThatDoesNotFit) {
  Arena arena;
  EXPECT_EQ(FromJson<gen::ecs::UpdateServiceRequest>(R"({"desiredCount":"3"})", arena, JsonForm::kAwsJson).error().message, "desiredCount must be a 32-bit whole number");
  EXPECT_EQ(FromJson<gen::ecs::UpdateServiceRequest>(R"({"desired_count":3})", arena).error().message, "UpdateServiceRequest has no member desired_count");
  EXPECT_FALSE(FromJson<gen::ecs::UpdateServiceRequest>(R"({"service":"a"}x)", arena, JsonForm::kAwsJson));
}

TEST(QueryCodecTest, Ec2ListsAreFlatAndNamesCapitalised) {
  Arena arena;
  auto* request = arena.New<gen::ec2::DescribeVpcsRequest>();
  const Type type = TypeOf(request);
  ASSERT_TRUE(DecodeQuery(*type.tables, type.shape, request, "Action=DescribeVpcs&Version=2016-11-15&VpcId.1=vpc-a&VpcId.2=vpc-b&Filter.1.Name=cidr&Filter.1.Value.1=10.0.0.0%2F16&MaxResults=5", arena));
  ASSERT_EQ(request->vpc_ids.size(), 2u);
  EXPECT_EQ(request->vpc_ids[1], "vpc-b");
  EXPECT_EQ(request->filters[0].values[0], "10.0.0.0/16");
  EXPECT_EQ(request->max_results, 5);
  std::string out;
  EncodeQuery(*type.tables, type.shape, request, Protocol::kEc2Query, out);
  EXPECT_EQ(out, "Filter.1.Name=cidr&Filter.1.Value.1=10.0.0.0%2F16&VpcId.1=vpc-a&VpcId.2=vpc-b&MaxResults=5");
}

TEST(QueryCodecTest, AwsQueryRoundTrips) {
  Arena arena;
  const std::string body = "LoadBalancerArn=a&DefaultActions.member.1.Type=forward&DefaultActions.member.1.Order=1&Port=80";
  auto* request = arena.New<gen::elbv2::CreateListenerInput>();
  const Type type = TypeOf(request);
  ASSERT_TRUE(DecodeQuery(*type.tables, type.shape, request, body, arena));
  EXPECT_EQ(request->default_actions[0].order, 1);
  std::string out;
  EncodeQuery(*type.tables, type.shape, request, Protocol::kAwsQuery, out);
  EXPECT_EQ(out, "LoadBalancerArn=a&Port=80&DefaultActions.member.1.Type=forward&DefaultActions.member.1.Order=1");
}

TEST(QueryCodecTest, RefusesNonsenseAndBombs) {
  const auto decode = [](const std::string& body) {
    Arena arena;
    auto* request = arena.New<gen::ec2::DescribeVpcsRequest>();
    const Type type = TypeOf(request);
    return DecodeQuery(*type.tables, type.shape, request, body, arena).has_value();
  };
  EXPECT_TRUE(decode("VpcId.1=a&Unknown.7=b"));
  EXPECT_FALSE(decode("VpcId.0=a"));
  EXPECT_FALSE(decode("VpcId.10001=a"));
  EXPECT_FALSE(decode("MaxResults=many"));
  EXPECT_FALSE(decode("VpcId.1=%zz"));
  std::string bomb;
  for (int i = 1; i < 100; ++i) bomb += "&Filter." + std::to_string(i) + ".Value.9999=x";
  EXPECT_FALSE(decode(bomb));
}

// Shapes that hold themselves must not let a request choose how deep the stack gets.
TEST(QueryCodecTest, RefusesDepth) {
  const auto decode = [](int depth) {
    Arena arena;
    auto* sample = arena.New<Sample>();
    const Type type = TypeOf(sample);
    std::string key = "child.";
    for (int i = 0; i < depth; ++i) key += "children.1.";
    return DecodeQuery(*type.tables, type.shape, sample, key + "name=x", arena);
  };
  EXPECT_TRUE(decode(20));
  const auto deep = decode(200'000);
  ASSERT_FALSE(deep);
  EXPECT_LT(deep.error().message.size(), 300u);
}

TEST(XmlCodecTest, RefusesDepth) {
  const auto decode = [](int depth) {
    Arena arena;
    auto* sample = arena.New<Sample>();
    const Type type = TypeOf(sample);
    std::string xml = "<R><child>";
    for (int i = 0; i < depth; ++i) xml += "<children><member>";
    for (int i = 0; i < depth; ++i) xml += "</member></children>";
    return DecodeXml(*type.tables, type.shape, sample, xml + "</child></R>", "R", arena).has_value();
  };
  EXPECT_TRUE(decode(20));
  EXPECT_FALSE(decode(200'000));
}

TEST(XmlCodecTest, RoundTripsThroughAClient) {
  Arena arena;
  auto* result = arena.New<gen::ec2::DescribeVpcsResult>();
  auto& vpc = result->vpcs.Add(arena);
  vpc.vpc_id = "vpc-1<&>";
  vpc.is_default = false;
  vpc.tags.Add(arena).key = "Name";
  const Type type = TypeOf(result);
  std::string xml;
  EncodeXml(*type.tables, type.shape, result, xml);
  EXPECT_NE(xml.find("<vpcSet><item>"), std::string::npos);
  EXPECT_NE(xml.find("<vpcId>vpc-1&lt;&amp;&gt;</vpcId>"), std::string::npos);
  auto* back = arena.New<gen::ec2::DescribeVpcsResult>();
  ASSERT_TRUE(DecodeXml(*type.tables, type.shape, back, "<R>" + xml + "</R>", "R", arena));
  EXPECT_EQ(ToJson(*back), ToJson(*result));
}

TEST(ValidateTest, SaysWhatAwsSays) {
  Arena arena;
  auto* request = arena.New<gen::sts::AssumeRoleRequest>();
  request->role_arn = "arn:aws:iam::1:role/x";
  const Type type = TypeOf(request);
  EXPECT_EQ(ValidationMessage(Validate(*type.tables, type.shape, request)),
            "1 validation error detected: Value null at 'roleSessionName' failed to satisfy constraint: Member must not be null");
  request->role_session_name = "s";
  EXPECT_EQ(ValidationMessage(Validate(*type.tables, type.shape, request)),
            "1 validation error detected: Value 's' at 'roleSessionName' failed to satisfy constraint: Member must have length greater than or equal to 2");
}

}  // namespace
}  // namespace terrarium::codec
