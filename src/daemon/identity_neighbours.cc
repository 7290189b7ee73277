#include "daemon/identity_neighbours.h"

#include "services/iam/public.h"
#include "services/secretsmanager/public.h"

namespace terrarium::daemon {
namespace {

constexpr char kEcsTasks[] = "ecs-tasks.amazonaws.com";

// What the role is trusted for now: a trust taken away since the definition was registered counts.
Result<api::Caller> Assume(const ecs::Scope& scope, std::string_view role, std::string_view session) {
  if (!iam::ServiceMayAssume(scope.tx, scope.clock, kEcsTasks, role, {{"aws:SourceAccount", scope.account}}))
    return ApiError("AccessDenied", "ECS was unable to assume the role '" + std::string(role) + "' that was provided for this task. Please verify that the role being passed has the proper trust relationship and permissions.", ErrorKind::kDenied);
  return iam::CallerForRole(scope.tx, role, session, scope.region);
}

}  // namespace

Status IdentityNeighbours::CheckPassRole(api::Call& call, std::string_view role) const {
  auto may = iam::CheckPassRole(call, role, kEcsTasks);
  if (!may && may.error().kind == ErrorKind::kNotFound) return ApiError("ClientException", "Role is not valid");
  return may;
}

Status IdentityNeighbours::CheckRole(const ecs::Scope& scope, std::string_view role, std::string_view session, std::string_view action, std::string_view resource, const std::vector<api::Fact>& facts) const {
  TRY_ASSIGN(const api::Caller caller, Assume(scope, role, session));
  return authority_.Check(caller, scope.tx, action, resource, facts);
}

Result<std::string> IdentityNeighbours::ReadSecret(const ecs::Scope& scope, std::string_view role, std::string_view session, std::string_view value_from) const {
  TRY_ASSIGN(const api::Caller caller, Assume(scope, role, session));
  const kms::Scope in{scope.tx, scope.clock.Now(), scope.random, root_, scope.account, scope.region};
  TRY_ASSIGN(const crypto::Secret value, secretsmanager::ReadValueFrom(in, authority_, caller, value_from));
  return std::string(value.view());
}

}  // namespace terrarium::daemon
