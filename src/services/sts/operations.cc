#include "services/sts/operations.h"

#include <algorithm>

#include "base/text.h"
#include "gen/sts/types.h"
#include "iam/policy.h"
#include "services/iam/public.h"

namespace terrarium::sts {
namespace {

namespace wire = gen::sts;
using api::Access;
using api::Call;

constexpr std::size_t kSessionPolicyLimit = 2'048;
constexpr std::size_t kSessionPolicyArns = 10;
constexpr std::size_t kSessionTags = 50;
constexpr std::int64_t kChainedSeconds = 3'600;

std::unexpected<Error> ValidationError(std::string message) { return ApiError("ValidationError", std::move(message)); }
std::unexpected<Error> Unsupported(std::string_view parameter) {
  return ApiError("InvalidParameterValue", "Terrarium does not implement " + std::string(parameter) + " of AssumeRole", ErrorKind::kUnsupported);
}

bool IsSessionName(std::string_view name) {
  return std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || std::string_view("_+=,.@-").find(c) != std::string_view::npos;
  });
}

wire::Credentials* WireCredentials(Call& call, const iam::TemporaryCredentials& made) {
  auto* out = call.arena.New<wire::Credentials>();
  out->access_key_id = call.arena.Copy(made.access_key_id);
  out->secret_access_key = call.arena.Copy(made.secret);
  out->session_token = call.arena.Copy(made.token);
  out->expiration = made.expires;
  return out;
}

Result<wire::GetCallerIdentityResponse*> GetCallerIdentity(Call& call, const wire::GetCallerIdentityRequest&) {
  auto* out = call.arena.New<wire::GetCallerIdentityResponse>();
  out->user_id = call.arena.Copy(call.caller.user_id);
  out->account = call.arena.Copy(call.caller.account);
  out->arn = call.arena.Copy(call.caller.arn);
  return out;
}

// What trust and identity policies may ask about the request.
std::vector<api::Fact> FactsOf(const wire::AssumeRoleRequest& r) {
  std::vector<api::Fact> facts{{"sts:RoleSessionName", r.role_session_name.str()}};
  if (r.external_id.has_value()) facts.push_back({"sts:ExternalId", r.external_id.str()});
  if (r.source_identity.has_value()) facts.push_back({"sts:SourceIdentity", r.source_identity.str()});
  if (r.duration_seconds) facts.push_back({"sts:DurationSeconds", std::to_string(*r.duration_seconds)});
  for (const wire::Tag& tag : r.tags) {
    facts.push_back({"aws:RequestTag/" + tag.key.str(), tag.value.str()});
    facts.push_back({"aws:TagKeys", tag.key.str()});
  }
  return facts;
}

Result<Access> AssumeRoleAccess(Call& call, const wire::AssumeRoleRequest& r) {
  if (!r.role_arn.view().starts_with("arn:aws:iam::")) return ValidationError(r.role_arn.str() + " is invalid");
  if (call.caller.arn.ends_with(":root")) return ApiError("AccessDenied", "Roles may not be assumed by root accounts.", ErrorKind::kDenied);
  return Access{{r.role_arn.str()}, FactsOf(r)};
}

Status AddSessionPolicies(Call& call, const wire::AssumeRoleRequest& r, iam::SessionClaims& claims) {
  std::size_t size = 0;
  if (r.policy.has_value()) {
    TRY(iam::ParsePolicy(r.policy, iam::PolicyKind::kSession));
    size += r.policy.view().size();
    claims.policies.push_back(r.policy.str());
  }
  if (r.policy_arns.size() > kSessionPolicyArns) return ApiError("PackedPolicyTooLarge", "A session takes at most 10 managed policies", ErrorKind::kLimit);
  for (const wire::PolicyDescriptorType& policy : r.policy_arns) {
    if (!iam::PolicyExists(call.tx, policy.arn)) return ValidationError("The managed policy " + policy.arn.str() + " does not exist");
    size += policy.arn.view().size();
    claims.policy_arns.push_back(policy.arn.str());
  }
  if (size > kSessionPolicyLimit) return ApiError("PackedPolicyTooLarge", "Packed size of session tags and policies consumes " + std::to_string(size * 100 / kSessionPolicyLimit) + "% of allotted space.", ErrorKind::kLimit);
  return {};
}

Status AddSessionTags(Call& call, const wire::AssumeRoleRequest& r, iam::SessionClaims& claims) {
  if (r.tags.empty()) return {};
  if (r.tags.size() > kSessionTags) return ApiError("PackedPolicyTooLarge", "A session takes at most 50 tags", ErrorKind::kLimit);
  TRY(call.authorizer.Check(call.caller, call.tx, "sts:TagSession", r.role_arn, FactsOf(r)));
  for (const wire::Tag& tag : r.tags) {
    const auto same = [&](const auto& known) { return EqualsIgnoreCase(known.first, tag.key); };
    if (std::any_of(claims.tags.begin(), claims.tags.end(), same))
      return ApiError("InvalidParameterValue", "Duplicate tag keys found. Please note that Tag keys are case insensitive.");
    claims.tags.emplace_back(tag.key.str(), tag.value.str());
  }
  return {};
}

Result<wire::AssumeRoleResponse*> AssumeRole(Call& call, const wire::AssumeRoleRequest& r, const crypto::RootKey& root) {
  if (!IsSessionName(r.role_session_name))
    return ValidationError("1 validation error detected: Value '" + r.role_session_name.str() + "' at 'roleSessionName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\w+=,.@-]*");
  if (!r.transitive_tag_keys.empty()) return Unsupported("TransitiveTagKeys");
  if (!r.provided_contexts.empty()) return Unsupported("ProvidedContexts");
  if (r.serial_number.has_value() || r.token_code.has_value())
    return ApiError("AccessDenied", "MultiFactorAuthentication failed with invalid MFA one time pass code.", ErrorKind::kDenied);
  const auto role = iam::FindRole(call.tx, r.role_arn);
  if (!role) return ApiError("AccessDenied", "User: " + call.caller.arn + " is not authorized to perform: sts:AssumeRole on resource: " + r.role_arn.str(), ErrorKind::kDenied);
  const auto parent = iam::SessionOf(call.caller);
  const std::int64_t seconds = r.duration_seconds.value_or(3600);
  if (seconds > role->max_session) return ValidationError("The requested DurationSeconds exceeds the MaxSessionDuration set for this role.");
  if (parent && parent->is_role() && seconds > kChainedSeconds)
    return ValidationError("The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.");

  iam::SessionClaims claims;
  claims.account = std::string(Split(role->arn, ':')[4]);
  claims.role_name = role->name;
  claims.role_id = role->id;
  claims.session_name = r.role_session_name.str();
  claims.issued = call.Now() / 1000 * 1000;
  claims.expires = claims.issued + seconds * 1000;
  claims.parent_key = call.caller.access_key_id;
  if (parent) claims.source_identity = parent->source_identity;
  if (r.source_identity.has_value()) {
    if (!claims.source_identity.empty() && r.source_identity.view() != claims.source_identity)
      return ApiError("AccessDenied", "The source identity is already set for this assume role session", ErrorKind::kDenied);
    claims.source_identity = r.source_identity.str();
  }
  if (!claims.source_identity.empty()) TRY(call.authorizer.Check(call.caller, call.tx, "sts:SetSourceIdentity", r.role_arn, {{"sts:SourceIdentity", claims.source_identity}}));
  TRY(AddSessionPolicies(call, r, claims));
  TRY(AddSessionTags(call, r, claims));

  auto* out = call.arena.New<wire::AssumeRoleResponse>();
  out->credentials = WireCredentials(call, iam::IssueSession(claims, root, call.random));
  out->assumed_role_user = call.arena.New<wire::AssumedRoleUser>();
  out->assumed_role_user->assumed_role_id = call.arena.Copy(role->id + ":" + claims.session_name);
  out->assumed_role_user->arn = call.arena.Copy("arn:aws:sts::" + claims.account + ":assumed-role/" + role->name + "/" + claims.session_name);
  if (claims.has_policies() || !claims.tags.empty()) {
    std::size_t size = 0;
    for (const std::string& text : claims.policies) size += text.size();
    for (const std::string& text : claims.policy_arns) size += text.size();
    for (const auto& [key, value] : claims.tags) size += key.size() + value.size();
    out->packed_policy_size = static_cast<std::int32_t>(std::max<std::size_t>(1, size * 100 / (2 * kSessionPolicyLimit)));
  }
  if (!claims.source_identity.empty()) out->source_identity = call.arena.Copy(claims.source_identity);
  return out;
}

Result<wire::GetSessionTokenResponse*> GetSessionToken(Call& call, const wire::GetSessionTokenRequest& r, const crypto::RootKey& root) {
  if (iam::SessionOf(call.caller)) return ApiError("AccessDenied", "Cannot call GetSessionToken with session credentials", ErrorKind::kDenied);
  if (r.serial_number.has_value() || r.token_code.has_value())
    return ApiError("AccessDenied", "MultiFactorAuthentication failed with invalid MFA one time pass code.", ErrorKind::kDenied);
  const bool is_root = call.caller.arn.ends_with(":root");
  const std::int64_t seconds = r.duration_seconds.value_or(is_root ? 3'600 : 43'200);
  iam::SessionClaims claims;
  claims.account = call.caller.account;
  if (!is_root) {
    claims.user_name = call.caller.arn.substr(call.caller.arn.rfind('/') + 1);
    claims.user_id = call.caller.user_id;
  }
  claims.parent_key = call.caller.access_key_id;
  claims.issued = call.Now() / 1000 * 1000;
  claims.expires = claims.issued + std::min<std::int64_t>(seconds, is_root ? 3'600 : seconds) * 1000;
  auto* out = call.arena.New<wire::GetSessionTokenResponse>();
  out->credentials = WireCredentials(call, iam::IssueSession(claims, root, call.random));
  return out;
}

}  // namespace

void RegisterSts(api::Registry& registry, const crypto::RootKey& root) {
  const api::AnyResource nothing;
  // Both are open to every signed caller, and no policy can deny them: STS API reference.
  registry.AddNamed<wire::ops::GetCallerIdentity>("", GetCallerIdentity, nothing);
  registry.AddNamed<wire::ops::GetSessionToken>("", [&root](Call& call, const wire::GetSessionTokenRequest& r) { return GetSessionToken(call, r, root); }, nothing);
  registry.Add<wire::ops::AssumeRole>([&root](Call& call, const wire::AssumeRoleRequest& r) { return AssumeRole(call, r, root); }, AssumeRoleAccess);
}

}  // namespace terrarium::sts
