#pragma once

#include <string>
#include <string_view>

#include "crypto/root_key.h"
#include "services/ecs/neighbours.h"
#include "services/iam/authority.h"

namespace terrarium::daemon {

// The part of ECS's neighbours that IAM, KMS and Secrets Manager answer.
class IdentityNeighbours {
 public:
  IdentityNeighbours(const iam::Authority& authority, const crypto::RootKey& root) : authority_(authority), root_(root) {}

  Status CheckPassRole(api::Call& call, std::string_view role) const;
  Status CheckRole(const ecs::Scope& scope, std::string_view role, std::string_view session, std::string_view action, std::string_view resource, const std::vector<api::Fact>& facts = {}) const;
  Result<std::string> ReadSecret(const ecs::Scope& scope, std::string_view role, std::string_view session, std::string_view value_from) const;

 private:
  const iam::Authority& authority_;
  const crypto::RootKey& root_;
};

}  // namespace terrarium::daemon
