#include "iam/condition.h"

#include <gtest/gtest.h>

namespace terrarium::iam {
namespace {

// What the request says of the key: absent, an empty list, or values; a scalar where not a list.
struct Given {
  enum class Form { kMissing, kScalar, kList } form = Form::kMissing;
  std::vector<std::string_view> values{};
};

bool Holds(std::string_view op, const std::vector<std::string>& mine, const Given& given, bool variables = true) {
  const auto parsed = ConditionOperator::Parse(op);
  EXPECT_TRUE(parsed) << op;
  std::vector<Fact> facts{{.key = "aws:username", .value = "ann"}};
  if (given.form == Given::Form::kScalar) facts.push_back({.key = "some:key", .value = given.values[0]});
  if (given.form == Given::Form::kList) facts.push_back({.key = "some:key", .list = given.values, .is_list = true});
  return Condition(*parsed, "Some:Key", mine, variables).Holds(facts);
}

Given Scalar(std::string_view v) { return {Given::Form::kScalar, {v}}; }
Given Many(std::vector<std::string_view> v) { return {Given::Form::kList, std::move(v)}; }
const Given kMissing;

// The table of reference/identity 2.4 for one operator and its negation.
TEST(ConditionTest, EveryFormOfAnOperator) {
  struct Row {
    const char* op;
    Given given;
    bool holds;
  };
  const Row rows[] = {
      {"StringEquals", kMissing, false},
      {"StringEquals", Scalar("a"), true},
      {"StringEquals", Scalar("A"), false},
      {"StringEquals", Many({"a"}), false},
      {"StringNotEquals", kMissing, true},
      {"StringNotEquals", Scalar("a"), false},
      {"StringNotEquals", Scalar("z"), true},
      {"StringNotEquals", Many({"z"}), false},
      {"StringEqualsIfExists", kMissing, true},
      {"StringEqualsIfExists", Scalar("z"), false},
      {"StringEqualsIfExists", Many({"a"}), false},
      {"ForAllValues:StringEquals", kMissing, true},
      {"ForAllValues:StringEquals", Many({}), true},
      {"ForAllValues:StringEquals", Many({"a", "b"}), true},
      {"ForAllValues:StringEquals", Many({"a", "z"}), false},
      {"ForAllValues:StringEquals", Scalar("a"), true},
      {"ForAllValues:StringNotEquals", Many({"y", "z"}), true},
      {"ForAllValues:StringNotEquals", Many({"a", "z"}), false},
      {"ForAnyValue:StringEquals", kMissing, false},
      {"ForAnyValue:StringEquals", Many({}), false},
      {"ForAnyValue:StringEquals", Many({"z", "b"}), true},
      {"ForAnyValue:StringEquals", Many({"z"}), false},
      {"ForAnyValue:StringEqualsIfExists", kMissing, false},
      {"ForAnyValue:StringNotEquals", Many({"a", "z"}), true},
      {"ForAnyValue:StringNotEquals", Many({"a", "b"}), false},
  };
  for (const Row& row : rows) EXPECT_EQ(Holds(row.op, {"a", "b"}, row.given), row.holds) << row.op << " with " << row.given.values.size() << " values";
}

TEST(ConditionTest, Null) {
  EXPECT_TRUE(Holds("Null", {"true"}, kMissing));
  EXPECT_FALSE(Holds("Null", {"true"}, Scalar("")));
  EXPECT_TRUE(Holds("Null", {"false"}, Many({})));
  EXPECT_FALSE(Holds("Null", {"false"}, kMissing));
}

TEST(ConditionTest, Values) {
  struct Row {
    const char* op;
    const char* mine;
    const char* theirs;
    bool holds;
  };
  const Row rows[] = {
      {"StringLike", "a*z", "a/b:z", true},
      {"StringLike", "a?", "a", false},
      {"StringLike", "??", "\xF0\x90\x8D\x88", true},  // one supplementary character is two units
      {"StringLike", "?", "\xC3\xBC", true},
      {"StringEquals", "a*", "ab", false},
      {"StringEquals", "${aws:username}", "ann", true},
      {"StringEquals", "${aws:nothing}", "", false},
      {"StringEquals", "${aws:nothing, 'x y'}", "x y", true},
      {"StringNotEquals", "${aws:nothing}", "x", true},
      {"StringLike", "${*}x", "*x", true},
      {"StringLike", "${*}x", "yx", false},
      {"StringEqualsIgnoreCase", "Abc", "aBC", true},
      {"ArnLike", "arn:aws:iam::*:role/x*", "arn:aws:iam::1:role/xy:z", true},
      {"ArnLike", "arn:aws:*:role/x", "arn:aws:iam::1:role/x", false},
      {"ArnEquals", "arn:aws:iam::1:user/${aws:username}", "arn:aws:iam::1:user/ann", true},
      {"ArnLike", "*", "arn:aws:iam::1:role/x", false},
      {"ArnNotLike", "arn:aws:iam::1:role/x", "text", false},
      {"NumericEquals", "1", "01", true},
      {"NumericEquals", "1", "+1", true},
      {"NumericEquals", "1e0", "1.0", true},
      {"NumericEquals", "1", "NaN", false},
      {"NumericNotEquals", "1", "NaN", true},
      {"NumericLessThan", "10", "9.99", true},
      {"NumericGreaterThanEquals", "10", "10", true},
      {"DateLessThan", "2030-01-01", "2026-11-25T10:30:07Z", true},
      {"DateGreaterThan", "1700000000", "2023-11-14T22:13:20.001Z", true},
      {"DateEquals", "2023-11-14T22:13:20Z", "1700000000", true},
      {"DateNotEquals", "2023-11-14", "soon", true},
      {"Bool", "true", "TRUE", true},
      {"Bool", "false", "anything", true},
      {"BinaryEquals", "QUJD", "QUJD", true},
      {"BinaryEquals", "QUJD", "QUJE", false},
      {"IpAddress", "10.1.2.3/8", "10.9.9.9", true},
      {"IpAddress", "10.0.0.0/8", "11.0.0.1", false},
      {"IpAddress", "10.0.0.1", "10.0.0.1", true},
      {"IpAddress", "10.0.0.0/9", "10.128.0.1", false},
      {"IpAddress", "10.0.0.0/8", "::ffff:10.2.3.4", true},
      {"IpAddress", "2001:db8::/32", "2001:db8:1::1", true},
      {"IpAddress", "2001:db8::1/32", "2001:db8::1", false},
      {"NotIpAddress", "10.0.0.0/8", "11.0.0.1", true},
      {"NotIpAddress", "10.0.0.0/8", "10.0.0.1", false},
  };
  for (const Row& row : rows) EXPECT_EQ(Holds(row.op, {row.mine}, Scalar(row.theirs)), row.holds) << row.op << " " << row.mine << " " << row.theirs;
}

TEST(ConditionTest, OldVersionsTakeVariablesLiterally) {
  EXPECT_TRUE(Holds("StringEquals", {"${aws:username}"}, Scalar("${aws:username}"), false));
  EXPECT_FALSE(Holds("StringEquals", {"${aws:username}"}, Scalar("ann"), false));
}

TEST(ConditionTest, UnknownOperators) {
  for (const char* name : {"StringEqual", "stringequals", "NullIfExists", "ForAnyValue:Null", "ForAnyValue::StringLike", "IfExists", ""})
    EXPECT_FALSE(ConditionOperator::Parse(name)) << name;
}

}  // namespace
}  // namespace terrarium::iam
