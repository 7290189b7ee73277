#include "iam/policy_set.h"

#include <gtest/gtest.h>

#include <map>

#include "base/random.h"
#include "base/text.h"

namespace terrarium::iam {
namespace {

// The second opinion: walks the JSON of every statement, knows nothing of patterns, indexes and compiled conditions, and shares no code
// with what it checks.
class SlowEvaluator {
 public:
  using Context = std::map<std::string, std::vector<std::string>>;  // "list:" before the name of a key that is a list
  SlowEvaluator(std::string action, std::string resource, Context context)
      : action_(std::move(action)), resource_(std::move(resource)), context_(std::move(context)) {}

  Decision Evaluate(const std::vector<Json>& documents) const {
    bool allow = false;
    for (const Json& document : documents) {
      for (const Json& statement : document["Statement"].array()) {
        if (!Applies(statement)) continue;
        if (statement["Effect"].string() == "Deny") return Decision::kExplicitDeny;
        allow = true;
      }
    }
    return allow ? Decision::kAllow : Decision::kImplicitDeny;
  }

 private:
  static bool Glob(std::string_view p, std::string_view s) {
    if (p.empty()) return s.empty();
    if (p[0] == '*') return Glob(p.substr(1), s) || (!s.empty() && Glob(p, s.substr(1)));
    return !s.empty() && (p[0] == '?' || p[0] == s[0]) && Glob(p.substr(1), s.substr(1));
  }
  const std::vector<std::string>* Find(const std::string& key) const {
    const auto found = context_.find(key);
    return found == context_.end() ? nullptr : &found->second;
  }
  // The one variable that the generated documents use.
  bool Fill(std::string& text) const {
    if (text.find("${aws:username}") == text.npos) return true;
    const auto* name = Find("aws:username");
    if (name == nullptr) return false;
    text = ReplaceAll(text, "${aws:username}", name->front());
    return true;
  }
  bool Resource(std::string text) const { return Fill(text) && Glob(text, resource_); }

  bool Applies(const Json& statement) const {
    bool action = false;
    const bool not_action = statement.Has("NotAction");
    for (const Json& a : statement[not_action ? "NotAction" : "Action"].array()) action |= Glob(ToLower(a.string()), ToLower(action_));
    if (action == not_action) return false;
    bool resource = false;
    const bool not_resource = statement.Has("NotResource");
    for (const Json& r : statement[not_resource ? "NotResource" : "Resource"].array()) resource |= Resource(r.string());
    if (resource == not_resource) return false;
    for (const auto& [op, keys] : statement["Condition"].object())
      for (const auto& [key, values] : keys.object())
        if (!Holds(op, ToLower(key), values)) return false;
    return true;
  }

  bool Holds(std::string op, const std::string& key, const Json& mine) const {
    const auto* scalar = Find(key);
    const auto* list = Find("list:" + key);
    if (op == "Null") return mine.array()[0].string() == (scalar == nullptr && list == nullptr ? "true" : "false");
    const bool all = op.starts_with("ForAllValues:"), any = op.starts_with("ForAnyValue:");
    if (all || any) op = op.substr(op.find(':') + 1);
    const bool if_exists = op.ends_with("IfExists");
    if (if_exists) op = op.substr(0, op.size() - 8);
    const bool negative = op.find("Not") != op.npos;
    if (scalar == nullptr && list == nullptr) return all || (!any && (if_exists || negative));
    if (list != nullptr && !all && !any) return false;
    const std::vector<std::string>& theirs = scalar != nullptr ? *scalar : *list;
    bool result = all;
    for (const std::string& value : theirs) {
      bool hit = false;
      for (const Json& m : mine.array()) hit |= One(op, m.string(), value);
      const bool ok = hit != negative;
      result = all ? result && ok : result || ok;
    }
    return result;
  }

  bool One(const std::string& op, std::string mine, const std::string& value) const {
    if (op == "NumericLessThan") return std::stoi(value) < std::stoi(mine);
    if (op == "Bool") return (ToLower(value) == "true") == (ToLower(mine) == "true");
    if (!Fill(mine)) return false;
    if (op == "StringLike" || op == "StringNotLike") return Glob(mine, value);
    return mine == value;
  }

  std::string action_, resource_;
  Context context_;
};

class Dice {
 public:
  explicit Dice(std::uint64_t seed) : random_(seed) {}
  std::size_t Below(std::size_t n) { return random_.Next() % n; }
  bool OneIn(std::size_t n) { return Below(n) == 0; }
  std::string Pick(std::initializer_list<const char*> from) { return *(from.begin() + static_cast<std::ptrdiff_t>(Below(from.size()))); }

 private:
  SeededRandom random_;
};

Json RandomStatement(Dice& dice) {
  Json out;
  out.Set("Effect", dice.OneIn(4) ? "Deny" : "Allow");
  Json actions{Json::Array{}}, resources{Json::Array{}};
  for (std::size_t i = 0; i <= dice.Below(3); ++i)
    actions.Append(dice.Pick({"ecs:RunTask", "ECS:run*", "ecs:*", "e*:RunTask", "*", "iam:Get*", "iam:GetRole", "e*:*Task", "ecs:Run????"}));
  for (std::size_t i = 0; i <= dice.Below(2); ++i)
    resources.Append(dice.Pick({"*", "arn:aws:ecs:x:1:task/a", "arn:aws:ecs:*:1:task/*", "arn:aws:ecs:x:1:task/?", "arn:aws:iam::1:role/${aws:username}",
                                "arn:aws:ecs:x:1:*/${aws:username}*", "arn:aws:ecs:x:1:task/b*c*d"}));
  out.Set(dice.OneIn(6) ? "NotAction" : "Action", actions);
  out.Set(dice.OneIn(6) ? "NotResource" : "Resource", resources);
  if (!dice.OneIn(2)) return out;
  Json conditions{Json::Object{}};
  for (std::size_t i = 0; i <= dice.Below(2); ++i) {
    const std::string prefix = dice.Pick({"", "", "", "ForAllValues:", "ForAnyValue:"}), suffix = dice.Pick({"", "", "IfExists"});
    std::string op = dice.Pick({"StringEquals", "StringNotEquals", "StringLike", "StringNotLike", "NumericLessThan", "Bool", "Null"});
    const bool numeric = op == "NumericLessThan", flag = op == "Bool" || op == "Null";
    if (op != "Null") op = prefix + op + suffix;
    Json values{Json::Array{}};
    for (std::size_t k = 0; k <= (flag ? 0 : dice.Below(2)); ++k)
      values.Append(numeric ? dice.Pick({"1", "5", "9"}) : flag ? dice.Pick({"true", "false"}) : dice.Pick({"a", "b*", "*", "${aws:username}", "ann"}));
    Json keys;
    keys.Set(numeric ? "num" : dice.Pick({"aws:TagKeys", "AWS:Username", "k"}), values);
    conditions.Set(op, keys);
  }
  out.Set("Condition", conditions);
  return out;
}

TEST(PolicySetTest, AgreesWithASlowEvaluatorOnRandomPolicies) {
  int decided[3] = {};
  for (std::uint64_t seed = 1; seed <= 1000; ++seed) {
    Dice dice(seed);
    std::vector<Json> documents;
    PolicySet set;
    for (std::size_t d = 0; d <= dice.Below(3); ++d) {
      Json statements{Json::Array{}};
      for (std::size_t i = 0; i <= dice.Below(4); ++i) statements.Append(RandomStatement(dice));
      Json document;
      document.Set("Version", "2012-10-17");
      document.Set("Statement", statements);
      // "e*:" is no legal vendor to store; the index must be right about it all the same, so it goes past the parser.
      auto policy = ParsePolicy(ReplaceAll(document.Write(), "e*:", "star:"), PolicyKind::kSession);
      ASSERT_TRUE(policy) << policy.error().message;
      for (Statement& statement : policy->statements)
        for (std::string& action : statement.actions) action = ReplaceAll(action, "star:", "e*:");
      documents.push_back(std::move(document));
      set.Add(*policy, "p");
    }
    set.Seal();
    for (int k = 0; k < 4; ++k) {
      SlowEvaluator::Context context;
      std::vector<Fact> facts;
      std::vector<std::string_view> tags;
      const std::string user = dice.Pick({"a", "ann", "b*"}), number = dice.Pick({"0", "5", "7"}), flag = dice.Pick({"true", "false", "a"});
      if (!dice.OneIn(3)) context["aws:username"] = {user}, facts.push_back({.key = "aws:username", .value = user});
      if (!dice.OneIn(3)) context["num"] = {number}, facts.push_back({.key = "num", .value = number});
      if (!dice.OneIn(3)) context["k"] = {flag}, facts.push_back({.key = "k", .value = flag});
      if (!dice.OneIn(3)) {
        for (std::size_t i = 0; i < dice.Below(3); ++i) tags.push_back(i == 0 ? "a" : "bob");
        context["list:aws:tagkeys"] = std::vector<std::string>(tags.begin(), tags.end());
        facts.push_back({.key = "aws:tagkeys", .list = tags, .is_list = true});
      }
      const std::string action = dice.Pick({"ecs:RunTask", "ecs:StopTask", "iam:GetRole", "s3:GetObject"});
      const std::string resource = dice.Pick({"*", "arn:aws:ecs:x:1:task/a", "arn:aws:ecs:x:1:task/bcccd", "arn:aws:iam::1:role/ann", "arn:aws:ecs:x:1:svc/annex"});
      // A substituted wildcard is literal for us; the slow evaluator fills in text, so that value stays out of its way.
      if (user == "b*" && context.contains("aws:username")) continue;
      const Decision expected = SlowEvaluator(action, resource, context).Evaluate(documents);
      const Verdict verdict = set.Evaluate({.action = action, .resource = resource, .facts = facts});
      ++decided[static_cast<int>(expected)];
      ASSERT_EQ(verdict.decision, expected) << "seed " << seed << " " << action << " on " << resource << " by " << Json(Json::Array(documents)).Write();
    }
  }
  for (int count : decided) EXPECT_GT(count, 200) << "the generator has become one-sided";
}

TEST(PolicySetTest, SubstitutedWildcardsAreLiteral) {
  auto policy = ParsePolicy(R"({"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::home/${aws:username}/*"}})", PolicyKind::kIdentity);
  ASSERT_TRUE(policy);
  PolicySet set;
  set.Add(*policy, "");
  set.Seal();
  const Fact star{.key = "aws:username", .value = "*"};
  EXPECT_EQ(set.Evaluate({.action = "s3:GetObject", .resource = "arn:aws:s3:::home/ann/x", .facts = {&star, 1}}).decision, Decision::kImplicitDeny);
  EXPECT_EQ(set.Evaluate({.action = "s3:GetObject", .resource = "arn:aws:s3:::home/*/x", .facts = {&star, 1}}).decision, Decision::kAllow);
}

TEST(PatternTest, LongStarsStayLinear) {
  const std::string subject(200'000, 'a');
  EXPECT_FALSE(Pattern::Glob("a*a*a*b").Matches(subject));
  EXPECT_TRUE(Pattern::Glob("*a").Matches(subject));
}

}  // namespace
}  // namespace terrarium::iam
