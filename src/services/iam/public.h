#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/call.h"
#include "services/iam/authority.h"
#include "services/iam/session.h"

// What other services may ask of IAM.
namespace terrarium::iam {

struct RoleIdentity {
  std::string arn, name, id;
  std::int32_t max_session = 3600;  // seconds
};
// Nothing if no role has that ARN.
std::optional<RoleIdentity> FindRole(store::Tx& tx, std::string_view role_arn);

// For every operation that hands a role to a service: the caller needs iam:PassRole on it for that service ("ecs-tasks.amazonaws.com").
// kDenied in AWS's words; kNotFound where the role does not exist or does not trust the service: each service has its own words for that.
Status CheckPassRole(const api::Call& call, std::string_view role_arn, std::string_view service);
bool ServiceMayAssume(store::Tx& tx, const Clock& clock, std::string_view service, std::string_view role_arn, const std::vector<api::Fact>& facts);

// A session of a role that a service assumes for its work: what Authorizer::Check is asked with to know what a task may do. It has no key.
Result<api::Caller> CallerForRole(store::Tx& tx, std::string_view role_arn, std::string_view session_name, std::string_view region);
// The same with credentials to hand out, as ECS does to a task.
Result<TemporaryCredentials> IssueRoleCredentials(store::Tx& tx, std::string_view role_arn, std::string_view session_name, UnixMillis now, UnixMillis expires,
                                                  const crypto::RootKey& root, Random& random);

// The session that signed; nothing for long-lived keys.
std::optional<SessionClaims> SessionOf(const api::Caller& caller);
// Whether a managed policy of that ARN exists.
bool PolicyExists(store::Tx& tx, std::string_view policy_arn);

// Principals of a key or secret policy that must exist: MalformedPolicyDocument names the first that does not.
// On success, the unique id behind each user's and role's ARN, to be kept with the document.
struct PrincipalId {
  std::string arn, unique_id;
};
Result<std::vector<PrincipalId>> ResolvePrincipals(store::Tx& tx, std::string_view document);

}  // namespace terrarium::iam
