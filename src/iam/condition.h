#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "iam/pattern.h"

namespace terrarium::iam {

enum class ConditionOp : unsigned char {
  kStringEquals,
  kStringEqualsIgnoreCase,
  kStringLike,
  kArnLike,  // ArnEquals is the same
  kNumericEquals,
  kNumericLess,
  kNumericLessEquals,
  kNumericGreater,
  kNumericGreaterEquals,
  kDateEquals,
  kDateLess,
  kDateLessEquals,
  kDateGreater,
  kDateGreaterEquals,
  kBool,
  kBinaryEquals,
  kIpAddress,
  kNull,
};

// The parts of an operator's name: "ForAnyValue:StringNotLikeIfExists".
struct ConditionOperator {
  enum class Quantifier : unsigned char { kNone, kForAllValues, kForAnyValue };
  ConditionOp op = ConditionOp::kStringEquals;
  Quantifier quantifier = Quantifier::kNone;
  bool negated = false;
  bool if_exists = false;

  // Nothing for a name that AWS does not know. Case counts.
  static std::optional<ConditionOperator> Parse(std::string_view name);
};

// An address block in 16 bytes, IPv4 as ::ffff:a.b.c.d. An IPv6 block with host bits set is not one, as on AWS.
struct IpBlock {
  unsigned char address[16] = {};
  int prefix = 128;
  static std::optional<IpBlock> Parse(std::string_view text);
  bool Contains(const IpBlock& address) const;
};

// Decimal text such as "01", "+1", "1.0" or "1e0"; nothing for NaN, infinities and other text.
std::optional<long double> ParseConditionNumber(std::string_view text);
// ISO 8601 or seconds since 1970, in milliseconds.
std::optional<std::int64_t> ParseConditionDate(std::string_view text);

// One key of one operator with its values, compiled: IAM user guide, "IAM JSON policy elements: Condition operators".
class Condition {
 public:
  Condition(ConditionOperator op, std::string_view key, const std::vector<std::string>& values, bool expand_variables);
  bool Holds(Facts facts) const;

 private:
  struct Value {
    PolicyText text;
    std::optional<long double> number;
    std::optional<std::int64_t> date;
    std::optional<IpBlock> block;
    std::vector<Pattern> arn;  // its six fields, where it is an ARN without variables
    std::string bytes;
    bool flag = false;
  };

  // One value of the request against the policy's values, which are alternatives. The operator's negation is part of the answer.
  bool Accepts(std::string_view value, Facts facts) const;
  bool MatchesOne(const Value& mine, std::string_view value, Facts facts) const;

  ConditionOperator op_;
  std::string key_;  // lower case
  std::vector<Value> values_;
};

}  // namespace terrarium::iam
