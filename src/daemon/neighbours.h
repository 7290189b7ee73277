#pragma once

#include "crypto/root_key.h"
#include "daemon/identity_neighbours.h"
#include "services/ecs/neighbours.h"
#include "services/iam/authority.h"

namespace terrarium::daemon {

// What ECS needs of the other services, from the services themselves.
class Neighbours final : public ecs::Neighbours {
 public:
  // `registry`: "localhost:4566", where repository URIs lead.
  Neighbours(const iam::Authority& authority, const crypto::RootKey& root, std::string registry) : identity_(authority, root), root_(root), registry_(std::move(registry)) {}

  Status CheckSubnet(const ecs::Scope& scope, std::string_view subnet) override;
  Status CheckGroups(const ecs::Scope& scope, std::string_view subnet, const std::vector<std::string>& groups) override;
  Result<ecs::Interface> MakeInterface(const ecs::Scope& scope, const ecs::InterfaceRequest& request) override;
  std::optional<ecs::Interface> FindInterface(const ecs::Scope& scope, std::string_view id) override;
  Status DropInterface(const ecs::Scope& scope, std::string_view id) override;
  Status CheckPassRole(api::Call& call, std::string_view role) override;
  Status CheckRole(const ecs::Scope& scope, std::string_view role, std::string_view session, std::string_view action, std::string_view resource) override;
  Result<std::string> ReadSecret(const ecs::Scope& scope, std::string_view role, std::string_view session, std::string_view value_from) override;
  Result<ecs::Files> OpenFiles(const ecs::Scope& scope, std::string_view role, std::string_view session, const ecs::FilesRequest& request) override;
  Result<ecs::Image> ResolveImage(const ecs::Scope& scope, std::string_view role, std::string_view session, std::string_view image, std::string_view pinned) override;
  std::optional<ecs::TargetGroup> FindTargetGroup(const ecs::Scope& scope, std::string_view arn) override;
  Status RegisterTarget(const ecs::Scope& scope, std::string_view group, std::string_view address, int port, std::string_view notify) override;
  Status DeregisterTarget(const ecs::Scope& scope, std::string_view group, std::string_view address, int port) override;
  std::optional<ecs::TargetHealth> FindTarget(const ecs::Scope& scope, std::string_view group, std::string_view address, int port) override;
  std::string ApiEndpoint(const ecs::Scope& scope) override;

 private:

  IdentityNeighbours identity_;
  const crypto::RootKey& root_;
  std::string registry_;
};

}  // namespace terrarium::daemon
