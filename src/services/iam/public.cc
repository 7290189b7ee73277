#include "services/iam/public.h"

#include "services/iam/authority.h"
#include "services/iam/entities.h"
#include "services/iam/names.h"
#include "services/iam/policies.h"
#include "services/iam/request_facts.h"

namespace terrarium::iam {
namespace {

Result<SessionClaims> RoleClaims(store::Tx& tx, std::string_view role_arn, std::string_view session_name, UnixMillis issued, UnixMillis expires) {
  const auto role = FindRole(tx, role_arn);
  if (!role) return NoSuchEntity("The role " + std::string(role_arn) + " does not exist.");
  SessionClaims claims;
  claims.account = std::string(Arn::Parse(role->arn)->account);
  claims.role_name = role->name;
  claims.role_id = role->id;
  claims.session_name = session_name;
  claims.issued = issued;
  claims.expires = expires;
  return claims;
}

}  // namespace

std::optional<RoleIdentity> FindRole(store::Tx& tx, std::string_view role_arn) {
  Arena arena;
  const auto arn = Arn::Parse(role_arn);
  if (!arn || arn->type() != "role") return std::nullopt;
  const rows::Entity* role = FindEntityByArn(tx, role_arn, arena);
  if (role == nullptr) return std::nullopt;
  return RoleIdentity{role->arn.str(), role->name.str(), role->id.str(), role->max_session.value_or(3600)};
}

Status CheckPassRole(const api::Call& call, std::string_view role_arn, std::string_view service) {
  TRY(call.authorizer.Check(call.caller, call.tx, "iam:PassRole", role_arn, {{"iam:PassedToService", std::string(service)}}));
  if (!ServiceMayAssume(call.tx, call.clock, service, role_arn, {{"aws:SourceAccount", call.caller.account}}))
    return Fail(ErrorKind::kNotFound, "The role " + std::string(role_arn) + " does not exist or does not trust " + std::string(service) + ".");
  return {};
}

bool ServiceMayAssume(store::Tx& tx, const Clock& clock, std::string_view service, std::string_view role_arn, const std::vector<api::Fact>& facts) {
  const Principal principal{.kind = Principal::Kind::kService, .account = {}, .arn = {}, .role_arn = {}, .unique_id = {}, .service = service};
  const ResourcePolicies::Found trust = TrustPolicies().Find(tx, "sts:AssumeRole", role_arn);
  if (trust.policy == nullptr) return false;
  RequestFacts request_facts(clock.Now());
  request_facts.AddGiven(facts);
  const Request request{.action = "sts:AssumeRole", .resource = role_arn, .facts = request_facts.facts()};
  return Evaluate(principal, {}, {.request = request, .resource_account = {}, .resource_policy = trust.policy.get(), .rule = ResourceRule::kMustGrant}).allowed;
}

Result<api::Caller> CallerForRole(store::Tx& tx, std::string_view role_arn, std::string_view session_name, std::string_view region) {
  TRY_ASSIGN(const SessionClaims claims, RoleClaims(tx, role_arn, session_name, 0, 0));
  api::Caller caller = CallerOf(claims, nullptr);
  caller.region = region;
  return caller;
}

Result<TemporaryCredentials> IssueRoleCredentials(store::Tx& tx, std::string_view role_arn, std::string_view session_name, UnixMillis now, UnixMillis expires,
                                                  const crypto::RootKey& root, Random& random) {
  TRY_ASSIGN(const SessionClaims claims, RoleClaims(tx, role_arn, session_name, now, expires));
  return IssueSession(claims, root, random);
}

std::optional<SessionClaims> SessionOf(const api::Caller& caller) {
  if (!caller.principal_key.starts_with("session/")) return std::nullopt;
  auto claims = SessionClaims::Read(std::string_view(caller.principal_key).substr(8));
  if (!claims) return std::nullopt;
  return *std::move(claims);
}

bool PolicyExists(store::Tx& tx, std::string_view policy_arn) {
  Arena arena;
  return FindPolicy(tx, policy_arn, arena) != nullptr;
}

Result<std::vector<PrincipalId>> ResolvePrincipals(store::Tx& tx, std::string_view document) {
  TRY_ASSIGN(const Policy policy, ParsePolicy(document, PolicyKind::kResource));
  std::vector<PrincipalId> out;
  for (const Statement& statement : policy.statements) {
    for (const PrincipalName& principal : statement.principals) {
      if (principal.kind != PrincipalName::Kind::kArn) continue;
      Arena arena;
      const rows::Entity* entity = FindPrincipal(tx, principal.value, arena);
      if (entity == nullptr) return ApiError("MalformedPolicyDocument", "Invalid principal in policy: \"AWS\":\"" + principal.value + "\"");
      out.push_back({principal.value, entity->id.str()});
    }
  }
  return out;
}

}  // namespace terrarium::iam
