#include "daemon/neighbours.h"

#include "base/ip.h"
#include "services/ec2/public.h"
#include "services/ecr/public.h"
#include "services/efs/public.h"
#include "services/elbv2/public.h"
#include "services/iam/public.h"

namespace terrarium::daemon {
namespace {

constexpr Millis kPullTime{15 * 60 * 1000};  // longest life of the credentials of one pull

ec2::Scope Ec2(const ecs::Scope& scope) { return {scope.tx, scope.random, scope.account, scope.region}; }

ecs::Interface ToInterface(const ecs::Scope& scope, const ec2::EniView& eni) {
  ecs::Interface out;
  out.id = eni.id;
  out.address = eni.address;
  out.mac = eni.mac;
  out.private_name = eni.private_name;
  out.zone = eni.zone;
  out.network_namespace = eni.netns.substr(eni.netns.rfind('/') + 1);
  out.ready = eni.ready;
  if (const auto vpc = ec2::GetVpc(Ec2(scope), eni.vpc))
    if (const auto cidr = Cidr::Parse(vpc->cidr)) out.vpc_resolver = (cidr->First() + 2).ToString();
  return out;
}

}  // namespace

Status Neighbours::CheckSubnet(const ecs::Scope& scope, std::string_view subnet) {
  TRY_ASSIGN([[maybe_unused]] const auto view, ec2::GetSubnet(Ec2(scope), subnet));
  return {};
}

Status Neighbours::CheckGroups(const ecs::Scope& scope, std::string_view subnet, const std::vector<std::string>& groups) {
  TRY_ASSIGN(const auto view, ec2::GetSubnet(Ec2(scope), subnet));
  return ec2::CheckGroups(Ec2(scope), view.vpc, groups);
}

Result<ecs::Interface> Neighbours::MakeInterface(const ecs::Scope& scope, const ecs::InterfaceRequest& request) {
  ec2::EniRequest wanted;
  wanted.subnet = request.subnet;
  wanted.groups = request.groups;
  wanted.public_address = request.public_address;
  wanted.task_endpoints = true;
  wanted.requester = "ecs";
  wanted.description = request.description;
  wanted.notify = request.notify;
  TRY_ASSIGN(const auto eni, ec2::AllocateEni(Ec2(scope), wanted));
  return ToInterface(scope, eni);
}

std::optional<ecs::Interface> Neighbours::FindInterface(const ecs::Scope& scope, std::string_view id) {
  const auto eni = ec2::FindEni(Ec2(scope), id);
  if (!eni) return std::nullopt;
  return ToInterface(scope, *eni);
}

Status Neighbours::DropInterface(const ecs::Scope& scope, std::string_view id) { return ec2::ReleaseEni(Ec2(scope), id); }

Status Neighbours::CheckPassRole(api::Call& call, std::string_view role) { return identity_.CheckPassRole(call, role); }

Status Neighbours::CheckRole(const ecs::Scope& scope, std::string_view role, std::string_view session, std::string_view action, std::string_view resource) {
  return identity_.CheckRole(scope, role, session, action, resource);
}

Result<std::string> Neighbours::ReadSecret(const ecs::Scope& scope, std::string_view role, std::string_view session, std::string_view value_from) {
  return identity_.ReadSecret(scope, role, session, value_from);
}

Result<ecs::Files> Neighbours::OpenFiles(const ecs::Scope& scope, std::string_view role, std::string_view session, const ecs::FilesRequest& request) {
  TRY_ASSIGN(const auto mount, efs::FindMount(Ec2(scope), {.file_system = request.file_system, .access_point = request.access_point, .root = request.root, .eni = request.eni}));
  ecs::Files out;
  out.file_system = mount.file_system;
  out.path = mount.path;
  out.user_uid = mount.user_uid;
  out.user_gid = mount.user_gid;
  out.owner_uid = mount.owner_uid;
  out.owner_gid = mount.owner_gid;
  out.permissions = mount.permissions;
  if (!request.by_role) return out;
  std::vector<api::Fact> facts{{"elasticfilesystem:AccessedViaMountTarget", "true"}, {"aws:SecureTransport", "true"}};
  if (!mount.access_point_arn.empty()) facts.push_back({"elasticfilesystem:AccessPointArn", mount.access_point_arn});
  const auto may = [&](std::string_view action) { return identity_.CheckRole(scope, role, session, action, mount.file_system_arn, facts); };
  constexpr std::string_view kDenied = "mount.nfs4: access denied by server while mounting 127.0.0.1:/ (";
  if (const auto mounted = may("elasticfilesystem:ClientMount"); !mounted) return Fail(ErrorKind::kInvalid, std::string(kDenied) + mounted.error().message + ")");
  out.read_only = !may("elasticfilesystem:ClientWrite");
  // Without an access point's user every id passes, root's too: that is what ClientRootAccess allows. Nobody is squashed here, so nobody may be who should be.
  if (!mount.user_uid) {
    if (const auto root = may("elasticfilesystem:ClientRootAccess"); !root)
      return Fail(ErrorKind::kInvalid, std::string(kDenied) + root.error().message + "; Terrarium does not squash root: give the role ClientRootAccess or use an access point with a POSIX user)");
  }
  return out;
}

Result<ecs::Image> Neighbours::ResolveImage(const ecs::Scope& scope, std::string_view role, std::string_view session, std::string_view image, std::string_view pinned) {
  const auto reference = ecr::ParseReference(image, registry_);
  if (!reference) return Fail(ErrorKind::kInvalid, "Terrarium pulls images from its own registry only (" + registry_ + "/…); " + std::string(image) + " is elsewhere");
  if (role.empty()) return Fail(ErrorKind::kDenied, "the task definition has no execution role, and pulling from ECR needs one");
  TRY(identity_.CheckRole(scope, role, session, "ecr:GetAuthorizationToken", "*"));
  const std::string arn = ecr::RepositoryArn(scope.account, scope.region, reference->repository);
  for (const std::string_view action : {"ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"}) TRY(identity_.CheckRole(scope, role, session, action, arn));
  TRY_ASSIGN(const auto caller, iam::CallerForRole(scope.tx, role, session, scope.region));
  ecs::Image out;
  out.digest = pinned;
  if (out.digest.empty()) {
    TRY_ASSIGN(out.digest, ecr::ResolveImage(scope.tx, scope.account, scope.region, *reference));
  }
  out.pull_reference = registry_ + "/" + reference->repository + "@" + out.digest;
  out.user = "AWS";
  out.password = ecr::IssueToken(caller, scope.clock.Now() + kPullTime.count(), root_, scope.random);
  return out;
}

std::optional<ecs::TargetGroup> Neighbours::FindTargetGroup(const ecs::Scope& scope, std::string_view arn) {
  const auto group = elbv2::FindTargetGroup(scope.tx, arn);
  if (!group) return std::nullopt;
  return ecs::TargetGroup{group->target_type, group->has_load_balancer};
}
Status Neighbours::RegisterTarget(const ecs::Scope& scope, std::string_view group, std::string_view address, int port, std::string_view notify) {
  return elbv2::RegisterTarget(scope.tx, group, address, port, notify);
}
Status Neighbours::DeregisterTarget(const ecs::Scope& scope, std::string_view group, std::string_view address, int port) {
  return elbv2::DeregisterTarget(scope.tx, group, address, port);
}
std::optional<ecs::TargetHealth> Neighbours::FindTarget(const ecs::Scope& scope, std::string_view group, std::string_view address, int port) {
  const auto target = elbv2::FindTarget(scope.tx, group, address, port);
  if (!target) return std::nullopt;
  return ecs::TargetHealth{target->state, target->reason, target->description};
}

// 198.18.0.2: the API in the fabric, on the port that a task's group for AWS calls allows (api/fabric of terrarium-node).
std::string Neighbours::ApiEndpoint(const ecs::Scope&) { return "http://198.18.0.2:443"; }

}  // namespace terrarium::daemon
