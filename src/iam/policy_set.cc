#include "iam/policy_set.h"

#include <algorithm>

#include "base/check.h"
#include "base/text.h"

namespace terrarium::iam {

LowerAction::LowerAction(std::string_view action) {
  if (action.size() > sizeof fixed_) {
    spill_ = ToLower(action);
    view_ = spill_;
    return;
  }
  for (std::size_t i = 0; i < action.size(); ++i) fixed_[i] = action[i] >= 'A' && action[i] <= 'Z' ? static_cast<char>(action[i] | 0x20) : action[i];
  view_ = {fixed_, action.size()};
}

CompiledStatement::CompiledStatement(const Statement& statement, bool variables)
    : deny_(statement.deny), not_action_(statement.not_action), not_resource_(statement.not_resource) {
  for (const std::string& action : statement.actions) actions_.push_back(Pattern::Glob(ToLower(action)));
  for (const std::string& resource : statement.resources) resources_.emplace_back(resource, TextRules{.wildcards = true, .variables = variables});
  for (const ConditionEntry& entry : statement.conditions) {
    const auto op = ConditionOperator::Parse(entry.op);
    TERRARIUM_CHECK(op.has_value());
    conditions_.emplace_back(*op, entry.key, entry.values, variables);
  }
}

bool CompiledStatement::MatchesAction(std::string_view lower_action) const {
  const auto matches = [&](const Pattern& pattern) { return pattern.Matches(lower_action); };
  return std::any_of(actions_.begin(), actions_.end(), matches) != not_action_;
}

bool CompiledStatement::Applies(const Request& request) const {
  if (!resources_.empty()) {
    const auto matches = [&](const PolicyText& text) { return text.Matches(request.resource, request.facts); };
    if (std::any_of(resources_.begin(), resources_.end(), matches) == not_resource_) return false;
  }
  return std::all_of(conditions_.begin(), conditions_.end(), [&](const Condition& condition) { return condition.Holds(request.facts); });
}

bool CompiledStatement::reads_facts() const {
  return !conditions_.empty() || std::any_of(resources_.begin(), resources_.end(), [](const PolicyText& text) { return text.has_variables(); });
}

void PolicySet::Add(const Policy& policy, std::string name) {
  names_.push_back(std::make_unique<std::string>(std::move(name)));
  for (const Statement& statement : policy.statements) {
    statements_.push_back({CompiledStatement(statement, policy.variables), static_cast<std::uint32_t>(names_.size() - 1)});
    reads_facts_ = reads_facts_ || statements_.back().statement.reads_facts();
  }
}

void PolicySet::Seal() {
  std::stable_sort(statements_.begin(), statements_.end(), [](const Entry& a, const Entry& b) { return a.statement.deny() > b.statement.deny(); });
  for (std::uint32_t i = 0; i < statements_.size(); ++i) {
    const CompiledStatement& statement = statements_[i].statement;
    if (statement.not_action()) {
      any_service_.push_back({i, kWholeStatement});
      continue;
    }
    for (std::uint32_t k = 0; k < statement.actions().size(); ++k) {
      const std::string_view prefix = statement.actions()[k].prefix();
      const std::size_t colon = prefix.find(':');
      if (colon == prefix.npos) {
        any_service_.push_back({i, k});
      } else {
        by_service_[prefix.substr(0, colon)].push_back({i, k});
      }
    }
  }
}

bool PolicySet::Matches(Ref ref, std::string_view lower_action, const Request& request) const {
  const CompiledStatement& statement = statements_[ref.statement].statement;
  const bool action = ref.action == kWholeStatement ? statement.MatchesAction(lower_action) : statement.actions()[ref.action].Matches(lower_action);
  return action && statement.Applies(request);
}

Verdict PolicySet::Evaluate(const Request& request) const {
  const LowerAction action(request.action);
  const auto found = by_service_.find(action.service());
  const std::vector<Ref>* lists[] = {found == by_service_.end() ? nullptr : &found->second, &any_service_};
  Verdict verdict;
  for (const std::vector<Ref>* list : lists) {
    if (list == nullptr) continue;
    for (const Ref ref : *list) {
      const bool deny = statements_[ref.statement].statement.deny();
      if (!deny && verdict.decision == Decision::kAllow) break;  // the denies of this list are behind us
      if (!Matches(ref, action.view(), request)) continue;
      verdict = {deny ? Decision::kExplicitDeny : Decision::kAllow, *names_[statements_[ref.statement].name]};
      if (deny) return verdict;
    }
  }
  return verdict;
}

}  // namespace terrarium::iam
