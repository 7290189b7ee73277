#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/call.h"
#include "base/result.h"
#include "store/database.h"

namespace terrarium::ecs {

// Where something is asked for.
struct Scope {
  store::Tx& tx;
  Arena& arena;
  const Clock& clock;
  Random& random;
  std::string account, region;
};

struct Interface {
  std::string id, address, mac, private_name, zone;
  std::string vpc_resolver;       // address of the VPC's DNS
  std::string network_namespace;  // its name below /run/netns
  bool ready = false;
};
struct InterfaceRequest {
  std::string subnet;
  std::vector<std::string> groups;
  bool public_address = false;
  std::string description, notify;
};
struct TargetGroup {
  std::string target_type;
  bool has_load_balancer = false;
};
struct Image {
  std::string pull_reference;  // registry/repository@sha256:…
  std::string digest;
  std::string user, password;
};
struct FilesRequest {
  std::string file_system, access_point, root;
  std::string eni;  // the task's
  bool by_role = false;  // iam = ENABLED
};
struct Files {
  std::string file_system, path;
  bool read_only = false;
  std::optional<std::int64_t> user_uid, user_gid, owner_uid, owner_gid;
  std::optional<int> permissions;
};
struct TargetHealth {
  std::string state, reason, description;
};

// What ECS needs of the other services, each call inside ECS's own transaction. `role` is the execution role's ARN and `session` the task's id: what the role
// may not do is refused as the service itself would refuse it, with the message that ends up in stoppedReason.
class Neighbours {
 public:
  virtual ~Neighbours() = default;

  // EC2.
  virtual Status CheckSubnet(const Scope& scope, std::string_view subnet) = 0;
  virtual Status CheckGroups(const Scope& scope, std::string_view subnet, const std::vector<std::string>& groups) = 0;
  virtual Result<Interface> MakeInterface(const Scope& scope, const InterfaceRequest& request) = 0;
  virtual std::optional<Interface> FindInterface(const Scope& scope, std::string_view id) = 0;
  virtual Status DropInterface(const Scope& scope, std::string_view id) = 0;

  // IAM.
  virtual Status CheckPassRole(api::Call& call, std::string_view role) = 0;
  // kDenied in IAM's words unless the role, in a session of that name, may do this.
  virtual Status CheckRole(const Scope& scope, std::string_view role, std::string_view session, std::string_view action, std::string_view resource) = 0;

  // Secrets Manager and Parameter Store; `value_from` as ECS takes it (ARN, or ARN:json-key:stage:version).
  virtual Result<std::string> ReadSecret(const Scope& scope, std::string_view role, std::string_view session, std::string_view value_from) = 0;

  // EFS. `role` is the task role's ARN, asked only by_role. kInvalid in the mount helper's words; kUnavailable while the mount target is being made.
  virtual Result<Files> OpenFiles(const Scope& scope, std::string_view role, std::string_view session, const FilesRequest& request) = 0;

  // ECR. `pinned` is a digest that an earlier task of the deployment got; empty: what the reference means now.
  virtual Result<Image> ResolveImage(const Scope& scope, std::string_view role, std::string_view session, std::string_view image, std::string_view pinned) = 0;

  // Elastic Load Balancing.
  virtual std::optional<TargetGroup> FindTargetGroup(const Scope& scope, std::string_view arn) = 0;
  virtual Status RegisterTarget(const Scope& scope, std::string_view group, std::string_view address, int port, std::string_view notify) = 0;
  virtual Status DeregisterTarget(const Scope& scope, std::string_view group, std::string_view address, int port) = 0;
  virtual std::optional<TargetHealth> FindTarget(const Scope& scope, std::string_view group, std::string_view address, int port) = 0;

  // What a task must know to reach the AWS APIs from inside its VPC: AWS_ENDPOINT_URL; empty where nothing serves them there.
  virtual std::string ApiEndpoint(const Scope& scope) = 0;
};

}  // namespace terrarium::ecs
