#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "iam/condition.h"
#include "iam/pattern.h"
#include "iam/policy.h"

namespace terrarium::iam {

// One check: may this action be done to this resource? The views outlive the evaluation.
struct Request {
  std::string_view action;    // as AWS writes it: "ecs:UpdateService"
  std::string_view resource;  // an ARN, or "*" for actions without resource
  Facts facts{};
};

enum class Decision : unsigned char { kImplicitDeny, kAllow, kExplicitDeny };

struct Verdict {
  Decision decision = Decision::kImplicitDeny;
  std::string_view policy{};  // the ARN or name, given to Add, of the policy that decided; lives as long as the set
};

// A statement without its principal, ready to be matched.
class CompiledStatement {
 public:
  CompiledStatement(const Statement& statement, bool variables);
  bool deny() const { return deny_; }
  bool not_action() const { return not_action_; }
  const std::vector<Pattern>& actions() const { return actions_; }
  bool MatchesAction(std::string_view lower_action) const;
  // Resource and conditions; the action has matched already.
  bool Applies(const Request& request) const;
  bool reads_facts() const;

 private:
  bool deny_, not_action_, not_resource_;
  std::vector<Pattern> actions_;  // lower case
  std::vector<PolicyText> resources_;
  std::vector<Condition> conditions_;
};

// Everything of one layer that is attached to one principal, compiled when it changes and shared between requests: identity policies,
// a boundary, or session policies. Denies come first in every list; actions are found by their service prefix.
class PolicySet {
 public:
  // `name` is what an explicit deny is reported with: the managed policy's ARN, empty for inline ones.
  void Add(const Policy& policy, std::string name);
  // Once, after the last Add and before the first Evaluate.
  void Seal();
  bool empty() const { return statements_.empty(); }
  // Whether any statement has conditions or variables: without them a request needs no facts.
  bool reads_facts() const { return reads_facts_; }

  // Implicit deny where nothing matches.
  Verdict Evaluate(const Request& request) const;

 private:
  static constexpr std::uint32_t kWholeStatement = ~0u;  // NotAction: no single action to test
  struct Ref {
    std::uint32_t statement, action;
  };
  struct Entry {
    CompiledStatement statement;
    std::uint32_t name;
  };
  bool Matches(Ref ref, std::string_view lower_action, const Request& request) const;

  std::vector<Entry> statements_;
  std::vector<std::unique_ptr<std::string>> names_;
  std::unordered_map<std::string_view, std::vector<Ref>> by_service_;  // keys are views into the patterns
  std::vector<Ref> any_service_;
  bool reads_facts_ = false;
};

// The action in lower case, in place for the usual lengths.
class LowerAction {
 public:
  explicit LowerAction(std::string_view action);
  std::string_view view() const { return view_; }
  std::string_view service() const { return view_.substr(0, view_.find(':')); }

 private:
  char fixed_[128];
  std::string spill_;
  std::string_view view_;
};

}  // namespace terrarium::iam
