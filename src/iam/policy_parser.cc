#include <algorithm>

#include "base/text.h"
#include "iam/condition.h"
#include "iam/policy.h"
#include "iam/policy_checks.h"

namespace terrarium::iam {
namespace {

std::unexpected<Error> Malformed(std::string message) { return ApiError("MalformedPolicyDocument", std::move(message)); }

// Blanks and U+0020 to U+00FF, as IAM's pattern for documents says. Neither raw nor escaped may anything else come in: the compiled
// patterns use control bytes as wildcards.
bool IsLegalText(std::string_view s) {
  if (!IsValidUtf8(s)) return false;
  for (std::size_t i = 0; i < s.size(); ++i) {
    const auto byte = static_cast<unsigned char>(s[i]);
    if (byte < 0x20 && byte != '\t' && byte != '\n' && byte != '\r') return false;
    if (byte > 0xC3) return false;  // C2 and C3 lead U+0080 to U+00FF
  }
  return true;
}

bool IsLegalValue(const Json& json) {
  if (json.is_string()) return IsLegalText(json.string());
  if (json.is_array()) return std::all_of(json.array().begin(), json.array().end(), IsLegalValue);
  return std::all_of(json.object().begin(), json.object().end(), [](const auto& member) { return IsLegalText(member.first) && IsLegalValue(member.second); });
}

// Reads the shape of a document: names, types and required elements. IAM has two parsers with different words: `Refuse` takes the newer
// one's text, which trust and resource policies get, and where in the document the fault is, which the older one's users get.
class ShapeReader {
 public:
  explicit ShapeReader(PolicyKind kind) : kind_(kind) {}

  Result<Policy> Read(const Json& json) {
    if (!json.is_object()) return Refuse("This policy contains invalid Json", "the document is not a JSON object");
    for (const auto& [name, value] : json.object())
      if (name != "Version" && name != "Id" && name != "Statement") return Refuse("Unknown field " + name, "unknown element \"" + name + "\"");
    Policy policy;
    if (const Json* version = json.Find("Version")) {
      if (*version != Json("2012-10-17") && *version != Json("2008-10-17"))
        return Refuse("The policy must contain a valid version string", "Version must be \"2012-10-17\"");
      policy.variables = *version == Json("2012-10-17");
    }
    if (const Json* id = json.Find("Id"); id != nullptr && !id->is_string()) return Refuse("Id must be a string", "Id must be a string");
    const Json& statements = json["Statement"];
    if (statements.is_object()) {
      where_ = "Statement";
      TRY_ASSIGN(Statement statement, ReadStatement(statements));
      policy.statements.push_back(std::move(statement));
      return policy;
    }
    if (!statements.is_array() || statements.array().empty())
      return Refuse("Could not parse the policy: Statement is empty!", "Statement must hold at least one statement");
    for (std::size_t i = 0; i < statements.array().size(); ++i) {
      where_ = "Statement[" + std::to_string(i) + "]";
      TRY_ASSIGN(Statement statement, ReadStatement(statements.array()[i]));
      policy.statements.push_back(std::move(statement));
    }
    return policy;
  }

 private:
  bool newer() const { return kind_ == PolicyKind::kTrust || kind_ == PolicyKind::kResource; }

  std::unexpected<Error> Refuse(std::string newer_text, std::string fault) const {
    if (newer()) return Malformed(std::move(newer_text));
    return Malformed("Syntax errors in policy. (" + (where_.empty() ? "" : where_ + ": ") + fault + ")");
  }

  Result<Statement> ReadStatement(const Json& json) {
    if (!json.is_object() || json.object().empty()) return Refuse("Could not parse the policy: Statement is empty!", "must be an object with elements");
    Statement out;
    for (const auto& [name, value] : json.object()) {
      if (name == "Sid") {
        if (!value.is_string()) return Refuse("Sid must be a string", "Sid must be a string");
        out.sid = value.string();
      } else if (name == "Effect") {
        if (!value.is_string() || !(EqualsIgnoreCase(value.string(), "Allow") || EqualsIgnoreCase(value.string(), "Deny")))
          return Refuse("Invalid effect: " + value.string(), "Effect must be \"Allow\" or \"Deny\"");
        if (value.string() != "Allow" && value.string() != "Deny") {
          if (newer()) return Malformed("Invalid effect: " + value.string());
          return Malformed("The policy failed legacy parsing (" + where_ + ": Effect must be written \"Allow\" or \"Deny\")");
        }
        out.deny = value.string() == "Deny";
      } else if (name == "Action" || name == "NotAction") {
        out.not_action = name == "NotAction";
        TRY_ASSIGN(out.actions, Strings(value, name));
      } else if (name == "Resource" || name == "NotResource") {
        if (kind_ == PolicyKind::kTrust)
          return Malformed(name == "Resource" ? "Has prohibited field Resource" : "AssumeRole policy must not contain resources.");
        out.not_resource = name == "NotResource";
        TRY_ASSIGN(out.resources, Strings(value, name));
      } else if (name == "Principal" || name == "NotPrincipal") {
        if (!newer()) return Malformed("Policy document should not specify a principal.");
        out.not_principal = name == "NotPrincipal";
        TRY_ASSIGN(out.principals, Principals(value));
      } else if (name == "Condition") {
        TRY_ASSIGN(out.conditions, Conditions(value));
      } else {
        return Refuse("Unknown field " + name, "unknown element \"" + name + "\"");
      }
    }
    TRY(CheckElements(json, out));
    return out;
  }

  Status CheckElements(const Json& json, const Statement& statement) {
    if (!json.Has("Effect")) return Refuse("Missing required field Effect", "Effect is missing");
    for (const char* element : {"Action", "Resource", "Principal"})
      if (json.Has(element) && json.Has(std::string("Not") + element))
        return Refuse("Statement contains both " + std::string(element) + " and Not" + element,
                      std::string(element) + " and Not" + element + " exclude each other");
    if (!newer()) return {};
    if (statement.not_principal && !statement.deny) return Malformed("Allow with NotPrincipal is not allowed.");
    if (statement.not_principal && kind_ == PolicyKind::kTrust) return Malformed("AssumeRole policy must not contain NotPrincipal field.");
    if (!json.Has("Principal") && !json.Has("NotPrincipal")) return Malformed("Missing required field Principal");
    if (statement.principals.empty()) return Malformed("Missing required field Principal cannot be empty!");
    if (statement.actions.empty()) return Malformed("Missing required field Action");
    if (kind_ == PolicyKind::kResource && statement.resources.empty()) return Malformed("Missing required field Resource");
    return {};
  }

  Result<std::vector<std::string>> Strings(const Json& json, std::string_view name) {
    std::vector<std::string> out;
    if (json.is_string()) {
      out.push_back(json.string());
    } else if (json.is_array()) {
      for (const Json& item : json.array()) {
        if (!item.is_string()) return Refuse(std::string(name) + " must hold strings", std::string(name) + " must hold strings");
        out.push_back(item.string());
      }
    } else {
      return Refuse(std::string(name) + " must be a string or a list of strings", std::string(name) + " must be a string or a list of strings");
    }
    return out;
  }

  Result<std::vector<PrincipalName>> Principals(const Json& json) {
    std::vector<PrincipalName> out;
    if (json == Json("*")) return std::vector{PrincipalName{}};
    if (!json.is_object()) return Malformed("Principal must be a JSON object.");
    for (const auto& [type, value] : json.object()) {
      TRY_ASSIGN(const std::vector<std::string> names, Strings(value, "Principal"));
      for (const std::string& name : names) {
        auto principal = ParsePrincipal(type, name);
        const std::string shown = type == "AWS" ? type : type == "Service" ? "SERVICE" : type == "Federated" ? "FEDERATED" : type;
        if (!principal) return Malformed("Invalid principal in policy: \"" + shown + "\":\"" + name + "\"");
        out.push_back(*std::move(principal));
      }
    }
    return out;
  }

  Result<std::vector<ConditionEntry>> Conditions(const Json& json) {
    std::vector<ConditionEntry> out;
    if (!json.is_object()) return Refuse("Condition must be a JSON object", "Condition must be an object of operators");
    for (const auto& [op, keys] : json.object()) {
      if (!ConditionOperator::Parse(op)) return Refuse("Invalid Condition type : " + op, "unknown condition operator \"" + op + "\"");
      if (!keys.is_object()) return Refuse("Condition must be a JSON object", "condition operator \"" + op + "\" must be an object of keys");
      for (const auto& [key, value] : keys.object()) {
        ConditionEntry entry{.op = op, .key = key, .values = {}};
        const auto add = [&entry](const Json& item) {
          if (!item.is_string() && !item.is_bool() && !item.is_number()) return false;
          entry.values.push_back(item.is_string() ? item.string() : item.Write());
          return true;
        };
        const bool legal = value.is_array() ? std::all_of(value.array().begin(), value.array().end(), add) : add(value);
        if (!legal) return Refuse("Invalid value of condition key " + key, "the values of \"" + key + "\" must be strings, numbers or booleans");
        out.push_back(std::move(entry));
      }
    }
    return out;
  }

  PolicyKind kind_;
  std::string where_;
};

Status CheckIdentityStages(const Json& json, const Policy& policy, PolicyKind kind) {
  if (kind == PolicyKind::kIdentity && (!json.Has("Version") || !policy.variables))
    return Malformed("Policy document must be version 2012-10-17 or greater.");
  if (kind == PolicyKind::kIdentity)
    if (auto refusal = CheckLegacyForms(policy)) return Malformed(*refusal);
  if (auto refusal = CheckSids(policy)) return Malformed(*refusal);
  for (const Statement& statement : policy.statements)
    if (statement.actions.empty()) return Malformed("Policy statement must contain actions.");
  for (const Statement& statement : policy.statements)
    if (statement.resources.empty()) return Malformed("Policy statement must contain resources.");
  if (auto refusal = CheckResources(policy)) return Malformed(*refusal);
  if (auto refusal = CheckActions(policy)) return Malformed(*refusal);
  return {};
}

Status CheckTrustStages(const Policy& policy, PolicyKind kind) {
  for (std::size_t i = 0; i < policy.statements.size(); ++i)
    for (std::size_t k = 0; k < i; ++k)
      if (!policy.statements[i].sid.empty() && policy.statements[i].sid == policy.statements[k].sid)
        return Malformed("The Statement Ids in the policy are not unique");
  if (kind == PolicyKind::kTrust)
    if (auto refusal = CheckTrustActions(policy)) return Malformed(*refusal);
  return {};
}

bool IsAccount(std::string_view s) {
  return s.size() == 12 && std::all_of(s.begin(), s.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

std::optional<PrincipalName> ParsePrincipal(std::string_view type, std::string_view text) {
  using Kind = PrincipalName::Kind;
  if (type == "AWS") {
    if (text == "*") return PrincipalName{};
    if (IsAccount(text)) return PrincipalName{Kind::kAccount, std::string(text)};
    if (text.size() == 21 && (text.starts_with("AROA") || text.starts_with("AIDA"))) return PrincipalName{Kind::kUniqueId, std::string(text)};
    const auto part = Split(text, ':');
    if (part.size() != 6 || part[0] != "arn" || part[1] != "aws" || !part[3].empty() || !IsAccount(part[4])) return std::nullopt;
    if (text.find_first_of("*?") != text.npos) return std::nullopt;
    if (part[2] == "iam" && part[5] == "root") return PrincipalName{Kind::kAccount, std::string(part[4])};
    const bool named = (part[2] == "iam" && (part[5].starts_with("user/") || part[5].starts_with("role/"))) ||
                       (part[2] == "sts" && (part[5].starts_with("assumed-role/") || part[5].starts_with("federated-user/")));
    if (!named || part[5].ends_with('/')) return std::nullopt;
    return PrincipalName{Kind::kArn, std::string(text)};
  }
  if (type == "Service") {
    const auto legal = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || c == '-' || c == '.'; };
    if (!std::all_of(text.begin(), text.end(), legal) || text.find('.') == text.npos) return std::nullopt;
    return PrincipalName{Kind::kService, std::string(text)};
  }
  if (type == "Federated" && !text.empty() && text.find('*') == text.npos) return PrincipalName{Kind::kFederated, std::string(text)};
  if (type == "CanonicalUser" && text.size() == 64) return PrincipalName{Kind::kCanonicalUser, std::string(text)};
  return std::nullopt;
}

Result<Policy> ParsePolicy(std::string_view document, PolicyKind kind) {
  const bool newer = kind == PolicyKind::kTrust || kind == PolicyKind::kResource;
  if (!IsLegalText(document)) return Malformed(newer ? "This policy contains invalid Json" : "Syntax errors in policy. (characters outside U+0020 to U+00FF)");
  auto json = Json::Parse(document);
  if (!json || !IsLegalValue(*json))
    return Malformed(newer ? "This policy contains invalid Json" : "Syntax errors in policy. (" + (json ? "illegal characters" : json.error().message) + ")");
  TRY_ASSIGN(Policy policy, ShapeReader(kind).Read(*json));
  TRY(newer ? CheckTrustStages(policy, kind) : CheckIdentityStages(*json, policy, kind));
  return policy;
}

std::size_t CountedPolicySize(std::string_view document) {
  std::size_t count = 0;
  bool in_string = false, escaped = false;
  for (char c : document) {
    if (!in_string && (c == ' ' || c == '\t' || c == '\n' || c == '\r')) continue;
    if ((static_cast<unsigned char>(c) & 0xC0) != 0x80) ++count;
    if (escaped) {
      escaped = false;
    } else if (in_string && c == '\\') {
      escaped = true;
    } else if (c == '"') {
      in_string = !in_string;
    }
  }
  return count;
}

}  // namespace terrarium::iam
