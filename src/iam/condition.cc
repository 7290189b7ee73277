#include "iam/condition.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstring>

#include "base/text.h"

namespace terrarium::iam {
namespace {

using Quantifier = ConditionOperator::Quantifier;

struct OperatorName {
  std::string_view name;
  ConditionOp op;
  bool negated = false;
};
constexpr std::array kOperators = {
    OperatorName{"StringEquals", ConditionOp::kStringEquals},
    OperatorName{"StringNotEquals", ConditionOp::kStringEquals, true},
    OperatorName{"StringEqualsIgnoreCase", ConditionOp::kStringEqualsIgnoreCase},
    OperatorName{"StringNotEqualsIgnoreCase", ConditionOp::kStringEqualsIgnoreCase, true},
    OperatorName{"StringLike", ConditionOp::kStringLike},
    OperatorName{"StringNotLike", ConditionOp::kStringLike, true},
    OperatorName{"ArnEquals", ConditionOp::kArnLike},
    OperatorName{"ArnNotEquals", ConditionOp::kArnLike, true},
    OperatorName{"ArnLike", ConditionOp::kArnLike},
    OperatorName{"ArnNotLike", ConditionOp::kArnLike, true},
    OperatorName{"NumericEquals", ConditionOp::kNumericEquals},
    OperatorName{"NumericNotEquals", ConditionOp::kNumericEquals, true},
    OperatorName{"NumericLessThan", ConditionOp::kNumericLess},
    OperatorName{"NumericLessThanEquals", ConditionOp::kNumericLessEquals},
    OperatorName{"NumericGreaterThan", ConditionOp::kNumericGreater},
    OperatorName{"NumericGreaterThanEquals", ConditionOp::kNumericGreaterEquals},
    OperatorName{"DateEquals", ConditionOp::kDateEquals},
    OperatorName{"DateNotEquals", ConditionOp::kDateEquals, true},
    OperatorName{"DateLessThan", ConditionOp::kDateLess},
    OperatorName{"DateLessThanEquals", ConditionOp::kDateLessEquals},
    OperatorName{"DateGreaterThan", ConditionOp::kDateGreater},
    OperatorName{"DateGreaterThanEquals", ConditionOp::kDateGreaterEquals},
    OperatorName{"Bool", ConditionOp::kBool},
    OperatorName{"BinaryEquals", ConditionOp::kBinaryEquals},
    OperatorName{"IpAddress", ConditionOp::kIpAddress},
    OperatorName{"NotIpAddress", ConditionOp::kIpAddress, true},
    OperatorName{"Null", ConditionOp::kNull},
};

bool TakesVariables(ConditionOp op) {
  return op == ConditionOp::kStringEquals || op == ConditionOp::kStringEqualsIgnoreCase || op == ConditionOp::kStringLike ||
         op == ConditionOp::kArnLike || op == ConditionOp::kBool;
}

// The six fields of an ARN; the last keeps its colons. Fewer fields are no ARN.
std::optional<std::array<std::string_view, 6>> ArnFields(std::string_view arn) {
  std::array<std::string_view, 6> out;
  for (int i = 0; i < 5; ++i) {
    const std::size_t colon = arn.find(':');
    if (colon == arn.npos) return std::nullopt;
    out[i] = arn.substr(0, colon);
    arn.remove_prefix(colon + 1);
  }
  out[5] = arn;
  return out;
}

// Of compiled text; empty where it is no ARN.
std::vector<Pattern> ArnPatterns(std::string_view compiled) {
  std::vector<Pattern> out;
  if (const auto fields = ArnFields(compiled))
    for (std::string_view field : *fields) out.emplace_back(std::string(field));
  return out;
}

bool FieldsMatch(const std::vector<Pattern>& patterns, const std::array<std::string_view, 6>& fields) {
  if (patterns.empty()) return false;
  for (std::size_t i = 0; i < fields.size(); ++i)
    if (!patterns[i].Matches(fields[i])) return false;
  return true;
}

template <class T>
bool Compare(ConditionOp op, ConditionOp less, ConditionOp less_equals, ConditionOp greater, ConditionOp greater_equals, T theirs, T mine) {
  if (op == less) return theirs < mine;
  if (op == less_equals) return theirs <= mine;
  if (op == greater) return theirs > mine;
  if (op == greater_equals) return theirs >= mine;
  return theirs == mine;
}

}  // namespace

std::optional<ConditionOperator> ConditionOperator::Parse(std::string_view name) {
  ConditionOperator out;
  if (name.starts_with("ForAllValues:")) {
    out.quantifier = Quantifier::kForAllValues;
    name.remove_prefix(13);
  } else if (name.starts_with("ForAnyValue:")) {
    out.quantifier = Quantifier::kForAnyValue;
    name.remove_prefix(12);
  }
  if (name.ends_with("IfExists")) {
    out.if_exists = true;
    name.remove_suffix(8);
  }
  for (const OperatorName& known : kOperators) {
    if (known.name != name) continue;
    out.op = known.op;
    out.negated = known.negated;
    if (out.op == ConditionOp::kNull && (out.if_exists || out.quantifier != Quantifier::kNone)) return std::nullopt;
    return out;
  }
  return std::nullopt;
}

std::optional<IpBlock> IpBlock::Parse(std::string_view text) {
  const std::size_t slash = text.find('/');
  const std::string address(text.substr(0, slash));
  IpBlock out;
  std::optional<std::int64_t> prefix;
  if (slash != text.npos) {
    prefix = ParseInt(text.substr(slash + 1));
    if (!prefix || *prefix < 0) return std::nullopt;
  }
  if (::inet_pton(AF_INET, address.c_str(), out.address + 12) == 1) {
    out.address[10] = out.address[11] = 0xFF;
    if (prefix && *prefix > 32) return std::nullopt;
    out.prefix = 96 + static_cast<int>(prefix.value_or(32));
    return out;
  }
  if (::inet_pton(AF_INET6, address.c_str(), out.address) != 1) return std::nullopt;
  if (prefix && *prefix > 128) return std::nullopt;
  out.prefix = static_cast<int>(prefix.value_or(128));
  for (int bit = out.prefix; bit < 128; ++bit)
    if (out.address[bit / 8] & (0x80 >> bit % 8)) return std::nullopt;
  return out;
}

bool IpBlock::Contains(const IpBlock& other) const {
  const int whole = prefix / 8, rest = prefix % 8;
  if (std::memcmp(address, other.address, static_cast<std::size_t>(whole)) != 0) return false;
  const auto mask = static_cast<unsigned char>(0xFF00 >> rest);
  return rest == 0 || ((address[whole] ^ other.address[whole]) & mask) == 0;
}

std::optional<long double> ParseConditionNumber(std::string_view text) {
  if (text.starts_with('+')) {
    text.remove_prefix(1);
    if (text.starts_with('-')) return std::nullopt;
  }
  long double out = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(out)) return std::nullopt;
  return out;
}

std::optional<std::int64_t> ParseConditionDate(std::string_view text) {
  if (auto iso = ParseIso8601(text)) return iso;
  const auto seconds = ParseConditionNumber(text);
  if (!seconds || std::fabs(*seconds) > 9e15L) return std::nullopt;
  return static_cast<std::int64_t>(std::floor(*seconds * 1000));
}

Condition::Condition(ConditionOperator op, std::string_view key, const std::vector<std::string>& values, bool expand_variables)
    : op_(op), key_(ToLower(key)) {
  const TextRules rules{.wildcards = op.op == ConditionOp::kStringLike || op.op == ConditionOp::kArnLike,
                        .variables = expand_variables && TakesVariables(op.op)};
  for (const std::string& text : values) {
    Value value;
    value.text = PolicyText(text, rules);
    value.flag = EqualsIgnoreCase(text, "true");
    switch (op.op) {
      case ConditionOp::kNumericEquals:
      case ConditionOp::kNumericLess:
      case ConditionOp::kNumericLessEquals:
      case ConditionOp::kNumericGreater:
      case ConditionOp::kNumericGreaterEquals: value.number = ParseConditionNumber(text); break;
      case ConditionOp::kDateEquals:
      case ConditionOp::kDateLess:
      case ConditionOp::kDateLessEquals:
      case ConditionOp::kDateGreater:
      case ConditionOp::kDateGreaterEquals: value.date = ParseConditionDate(text); break;
      case ConditionOp::kIpAddress: value.block = IpBlock::Parse(text); break;
      case ConditionOp::kBinaryEquals: value.bytes = Base64Decode(text).value_or(""); break;
      case ConditionOp::kArnLike:
        if (!value.text.has_variables()) value.arn = ArnPatterns(value.text.pattern().text());
        break;
      default: break;
    }
    values_.push_back(std::move(value));
  }
}

bool Condition::MatchesOne(const Value& mine, std::string_view value, Facts facts) const {
  switch (op_.op) {
    case ConditionOp::kStringEquals:
    case ConditionOp::kStringLike: return mine.text.Matches(value, facts);
    case ConditionOp::kStringEqualsIgnoreCase: {
      if (!mine.text.has_variables()) return EqualsIgnoreCase(mine.text.pattern().text(), value);
      const auto text = mine.text.Resolve(facts);
      return text && EqualsIgnoreCase(*text, value);
    }
    case ConditionOp::kArnLike: {
      const auto fields = ArnFields(value);
      if (!fields) return false;
      if (!mine.text.has_variables()) return FieldsMatch(mine.arn, *fields);
      // Filled in first and split then: a variable may hold a whole ARN, and its own name holds a colon.
      const auto text = mine.text.Resolve(facts);
      return text && FieldsMatch(ArnPatterns(*text), *fields);
    }
    case ConditionOp::kNumericEquals:
    case ConditionOp::kNumericLess:
    case ConditionOp::kNumericLessEquals:
    case ConditionOp::kNumericGreater:
    case ConditionOp::kNumericGreaterEquals: {
      const auto number = ParseConditionNumber(value);
      return number && mine.number &&
             Compare(op_.op, ConditionOp::kNumericLess, ConditionOp::kNumericLessEquals, ConditionOp::kNumericGreater,
                     ConditionOp::kNumericGreaterEquals, *number, *mine.number);
    }
    case ConditionOp::kDateEquals:
    case ConditionOp::kDateLess:
    case ConditionOp::kDateLessEquals:
    case ConditionOp::kDateGreater:
    case ConditionOp::kDateGreaterEquals: {
      const auto date = ParseConditionDate(value);
      return date && mine.date &&
             Compare(op_.op, ConditionOp::kDateLess, ConditionOp::kDateLessEquals, ConditionOp::kDateGreater,
                     ConditionOp::kDateGreaterEquals, *date, *mine.date);
    }
    case ConditionOp::kBool: {
      bool flag = mine.flag;
      if (mine.text.has_variables()) {
        const auto text = mine.text.Resolve(facts);
        if (!text) return false;
        flag = EqualsIgnoreCase(*text, "true");
      }
      return EqualsIgnoreCase(value, "true") == flag;
    }
    case ConditionOp::kBinaryEquals: {
      const auto bytes = Base64Decode(value);
      return bytes && *bytes == mine.bytes;
    }
    case ConditionOp::kIpAddress: {
      const auto address = IpBlock::Parse(value);
      return address && mine.block && mine.block->Contains(*address);
    }
    case ConditionOp::kNull: break;
  }
  return false;
}

bool Condition::Accepts(std::string_view value, Facts facts) const {
  // Text that is no ARN fails both forms, so that ArnNotLike does not wave it through.
  if (op_.op == ConditionOp::kArnLike && !ArnFields(value)) return false;
  const bool any = std::any_of(values_.begin(), values_.end(), [&](const Value& mine) { return MatchesOne(mine, value, facts); });
  return any != op_.negated;
}

bool Condition::Holds(Facts facts) const {
  const Fact* fact = FindFact(facts, key_);
  if (op_.op == ConditionOp::kNull) {
    const bool absent = fact == nullptr;
    return std::any_of(values_.begin(), values_.end(), [&](const Value& mine) { return mine.flag == absent; });
  }
  switch (op_.quantifier) {
    case Quantifier::kNone:
      if (fact == nullptr) return op_.if_exists || op_.negated;
      return !fact->is_list && Accepts(fact->value, facts);
    case Quantifier::kForAllValues:
      if (fact == nullptr) return true;
      if (!fact->is_list) return Accepts(fact->value, facts);
      return std::all_of(fact->list.begin(), fact->list.end(), [&](std::string_view value) { return Accepts(value, facts); });
    case Quantifier::kForAnyValue:
      if (fact == nullptr) return false;
      if (!fact->is_list) return Accepts(fact->value, facts);
      return std::any_of(fact->list.begin(), fact->list.end(), [&](std::string_view value) { return Accepts(value, facts); });
  }
  return false;
}

}  // namespace terrarium::iam
