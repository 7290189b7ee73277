#include "services/iam/request_facts.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "services/iam/names.h"

namespace terrarium::iam {

bool IsListKey(std::string_view key) {
  constexpr std::array<std::string_view, 6> kLists = {"aws:tagkeys",       "aws:calledvia",        "kms:encryptioncontextkeys",
                                                      "kms:resourcealiases", "sts:transitivetagkeys", "kms:grantoperations"};
  return std::find(kLists.begin(), kLists.end(), key) != kLists.end();
}

void RequestFacts::Add(std::string_view key, std::string_view value) { facts_.push_back({.key = key, .value = value, .list = {}, .is_list = false}); }

void RequestFacts::AddCaller(const api::Caller& caller, const Principal& principal, std::string_view user_name, UnixMillis issued, std::string_view source_identity,
                             std::string_view action) {
  using Kind = Principal::Kind;
  Add("aws:currenttime", Keep(FormatIso8601(now_)));
  Add("aws:epochtime", Keep(std::to_string(now_ / 1000)));
  Add("aws:securetransport", "false");  // the engine listens on loopback without TLS
  Add("aws:requestedregion", action.starts_with("iam:") ? std::string_view("us-east-1") : std::string_view(caller.region));
  Add("aws:principaltype", principal.kind == Kind::kRoot ? "Account" : principal.kind == Kind::kRoleSession ? "AssumedRole" : "User");
  Add("aws:principalaccount", caller.account);
  Add("aws:principalarn", principal.kind == Kind::kRoleSession ? principal.role_arn : principal.arn);
  Add("aws:userid", caller.user_id);
  Add("aws:principalisawsservice", "false");
  Add("aws:viaawsservice", "false");
  if (!user_name.empty()) Add("aws:username", user_name);
  if (!caller.source_ip.empty()) Add("aws:sourceip", caller.source_ip);
  if (issued != 0) {
    Add("aws:tokenissuetime", Keep(FormatIso8601(issued)));
    Add("aws:multifactorauthpresent", "false");
  }
  if (!source_identity.empty()) Add("aws:sourceidentity", source_identity);
}

void RequestFacts::AddResource(std::string_view resource) {
  const auto arn = Arn::Parse(resource);
  if (arn && arn->account.size() == 12) Add("aws:resourceaccount", arn->account);
}

void RequestFacts::AddGiven(const std::vector<api::Fact>& given) {
  for (const api::Fact& fact : given) {
    const std::string lower = ToLower(fact.key);
    const auto known = std::find_if(facts_.begin(), facts_.end(), [&](const Fact& f) { return f.key == lower; });
    if (!IsListKey(lower)) {
      if (known != facts_.end()) {
        known->value = fact.value;
      } else {
        Add(Keep(lower), fact.value);
      }
      continue;
    }
    const bool first = known == facts_.end();  // what follows may move the facts
    const auto at = static_cast<std::size_t>(known - facts_.begin());
    if (first) {
      lists_.emplace_back();
      facts_.push_back({.key = Keep(lower), .value = {}, .list = {}, .is_list = true});
    }
    Fact& target = first ? facts_.back() : facts_[at];
    // One list per key, in the order the keys appeared.
    const auto index = std::count_if(facts_.begin(), facts_.begin() + static_cast<std::ptrdiff_t>(first ? facts_.size() - 1 : at), [](const Fact& f) { return f.is_list; });
    std::vector<std::string_view>& list = lists_[static_cast<std::size_t>(index)];
    list.push_back(fact.value);
    target.list = list;
  }
}

}  // namespace terrarium::iam
