#include "iam/policy_checks.h"

#include <algorithm>
#include <array>
#include <set>

#include "base/text.h"
#include "iam/condition.h"

namespace terrarium::iam {
namespace {

constexpr std::array<std::string_view, 13> kIamPaths = {"user/",    "federated-user/",     "role/",   "group/", "instance-profile/",
                                                       "mfa/",     "server-certificate/", "policy/", "sms-mfa/", "saml-provider/",
                                                       "oidc-provider/", "report/", "access-report/"};

std::optional<std::string> CheckResource(std::string_view resource) {
  const std::string text(resource);
  if (resource == "*") return std::nullopt;
  const std::vector<std::string_view> part = Split(resource, ':');
  const auto field = [&](std::size_t i) { return i < part.size() ? part[i] : std::string_view(); };
  if (part.size() < 2 || part[0] != "arn") return "Resource " + text + " must be in ARN format or \"*\".";
  if (part[1] != "aws") return "Partition \"" + std::string(part[1]) + "\" is not valid for resource \"" + text + "\".";
  const std::string_view service = field(2), region = field(3);
  if (service.empty() || service.find_first_of("*?") != service.npos)
    return "Resource vendor must be fully qualified and cannot contain regexes.";
  if (service == "iam" && !region.empty()) return "IAM resource " + text + " cannot contain region information.";
  if (service == "s3" && !region.empty()) return "Resource " + text + " can not contain region information.";
  if (service == "iam") {
    const std::string_view path = field(5);
    const auto starts = [&](std::string_view known) { return path.starts_with(known); };
    if (path != "*" && std::none_of(kIamPaths.begin(), kIamPaths.end(), starts))
      return "IAM resource path must either be \"*\" or start with user/, federated-user/, role/, group/, instance-profile/, mfa/, "
             "server-certificate/, policy/, sms-mfa/, saml-provider/, oidc-provider/, report/, access-report/.";
  }
  return std::nullopt;
}

bool IsDate(ConditionOp op) { return op >= ConditionOp::kDateEquals && op <= ConditionOp::kDateGreaterEquals; }
bool IsNumeric(ConditionOp op) { return op >= ConditionOp::kNumericEquals && op <= ConditionOp::kNumericGreaterEquals; }

}  // namespace

std::optional<std::string> CheckLegacyForms(const Policy& policy) {
  const auto refuse = [](const std::string& what) { return "The policy failed legacy parsing (" + what + ")"; };
  for (const Statement& statement : policy.statements) {
    for (const std::string& resource : statement.resources) {
      if (!resource.starts_with("arn:aws:")) continue;
      const auto parts = Split(resource, ':');
      if (parts.size() < 6) return refuse("\"" + resource + "\" has fewer than the six fields of an ARN");
    }
    for (const ConditionEntry& entry : statement.conditions) {
      const auto op = ConditionOperator::Parse(entry.op);
      for (const std::string& value : entry.values) {
        if (IsDate(op->op) && !ParseConditionDate(value)) return refuse(entry.op + " needs a date, not \"" + value + "\"");
        if (IsNumeric(op->op) && !ParseConditionNumber(value)) return refuse(entry.op + " needs a number, not \"" + value + "\"");
        if (op->op == ConditionOp::kIpAddress && value.find(':') == value.npos && !IpBlock::Parse(value))
          return refuse(entry.op + " needs an address or a CIDR block, not \"" + value + "\"");
      }
    }
  }
  return std::nullopt;
}

std::optional<std::string> CheckSids(const Policy& policy) {
  std::set<std::string_view> seen;
  for (const Statement& statement : policy.statements)
    if (!statement.sid.empty() && !seen.insert(statement.sid).second) return "Statement IDs (SID) in a single policy must be unique.";
  const auto is_alphanumeric = [](char c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); };
  for (std::string_view sid : seen)
    if (!std::all_of(sid.begin(), sid.end(), is_alphanumeric))
      return "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression [0-9A-Za-z]*";
  return std::nullopt;
}

std::optional<std::string> CheckActions(const Policy& policy) {
  for (const Statement& statement : policy.statements) {
    for (std::string_view action : statement.actions) {
      if (action == "*") continue;
      const std::size_t colon = action.find(':');
      if (colon == action.npos) return "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.";
      if (action.find(':', colon + 1) != action.npos) return "Actions/Condition can contain only one colon.";
      const std::string_view vendor = action.substr(0, colon);
      const auto legal = [](char c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' || c == '.'; };
      if (vendor.empty() || !std::all_of(vendor.begin(), vendor.end(), legal)) return "Vendor " + std::string(vendor) + " is not valid";
    }
  }
  return std::nullopt;
}

std::optional<std::string> CheckResources(const Policy& policy) {
  for (const Statement& statement : policy.statements)
    for (const std::string& resource : statement.resources)
      if (auto refusal = CheckResource(resource)) return refusal;
  return std::nullopt;
}

std::optional<std::string> CheckTrustActions(const Policy& policy) {
  for (const Statement& statement : policy.statements) {
    for (const std::string& text : statement.actions) {
      const std::string action = ToLower(text);
      if (!action.starts_with("sts:assumerole") && action != "sts:tagsession" && action != "sts:setsourceidentity" && action != "sts:setcontext")
        return "AssumeRole policy may only specify STS AssumeRole actions.";
    }
  }
  return std::nullopt;
}

}  // namespace terrarium::iam
