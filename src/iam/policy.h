#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.h"
#include "base/result.h"

namespace terrarium::iam {

// Which grammar a document is held to. Names and texts of the refusals are those of IAM; other services change the code.
enum class PolicyKind : unsigned char {
  kIdentity,  // attached to users and roles, and boundaries
  kSession,   // passed to AssumeRole: literals that IAM refuses are taken and do not match
  kTrust,     // AssumeRolePolicyDocument
  kResource,  // key policies, secret policies: Principal is required, Resource as the service says
};

// One principal of a Principal or NotPrincipal element.
struct PrincipalName {
  enum class Kind : unsigned char { kAny, kAccount, kArn, kUniqueId, kService, kFederated, kCanonicalUser };
  Kind kind = Kind::kAny;
  std::string value{};  // kAccount: twelve digits
  friend bool operator==(const PrincipalName&, const PrincipalName&) = default;
};

struct ConditionEntry {
  std::string op;
  std::string key;
  std::vector<std::string> values;
};

struct Statement {
  std::string sid;
  bool deny = false;
  bool not_action = false;
  std::vector<std::string> actions;
  bool not_resource = false;
  std::vector<std::string> resources;  // empty: the element is absent
  bool not_principal = false;
  std::vector<PrincipalName> principals;
  std::vector<ConditionEntry> conditions;
};

struct Policy {
  bool variables = false;  // Version 2012-10-17
  std::vector<Statement> statements;
};

// Checks a document and reads it. The error has code MalformedPolicyDocument and AWS's text; where AWS only says "Syntax errors in
// policy." ours goes on to say where. First failing stage only: reference/identity "Grammar on write".
Result<Policy> ParsePolicy(std::string_view document, PolicyKind kind);

// Characters that count towards IAM's quotas: blanks outside strings do not.
std::size_t CountedPolicySize(std::string_view document);

// The principal that `text` under `type` ("AWS", "Service", …) names; nothing if it has no legal form.
std::optional<PrincipalName> ParsePrincipal(std::string_view type, std::string_view text);

}  // namespace terrarium::iam
