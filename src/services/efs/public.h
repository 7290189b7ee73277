#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "services/ec2/public.h"

// What other services ask of EFS, inside their own transactions.
namespace terrarium::efs {

struct MountRequest {
  std::string file_system, access_point;  // the second may be empty
  std::string root = "/";                 // without an access point
  std::string eni;                        // the client's interface
};
// What a client that may reach the file system gets; whether IAM lets it is asked with the ARNs.
struct Mount {
  std::string file_system, path, file_system_arn, access_point_arn;
  std::optional<std::int64_t> user_uid, user_gid;    // of the access point
  std::optional<std::int64_t> owner_uid, owner_gid;  // how the folder is made where it is not there
  std::optional<int> permissions;
};
// kInvalid in the words of EFS's mount helper: no such file system or access point, no mount target in the client's zone of its VPC, or security groups that
// do not let TCP 2049 from the client to it; then the missing rule is named. kUnavailable while the mount target is being made.
Result<Mount> FindMount(const ec2::Scope& scope, const MountRequest& request);

}  // namespace terrarium::efs
