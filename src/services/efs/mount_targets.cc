#include "services/ec2/public.h"
#include "services/efs/common.h"

// Mount targets: an interface in one subnet of each zone.
namespace terrarium::efs {
namespace {

ec2::Scope Ec2(api::Call& call) { return {call.tx, call.random, call.caller.account, call.caller.region}; }

std::vector<std::string> Texts(const List<Str>& list) {
  std::vector<std::string> out;
  for (const Str one : list) out.push_back(one.str());
  return out;
}

// EC2's errors in the words of this service.
Error Translate(Error e) {
  if (e.code == "InvalidSubnetID.NotFound") e.code = "SubnetNotFound";
  else if (e.code == "InvalidGroup.NotFound") e.code = "SecurityGroupNotFound";
  else if (e.code == "SecurityGroupsPerInterfaceLimitExceeded") e.code = "SecurityGroupLimitExceeded";
  else if (e.code == "InsufficientFreeAddressesInSubnet") e.code = "NoFreeAddressesInSubnet";
  else if (e.code == "InvalidIPAddress.InUse") e.code = "IpAddressInUse";
  else e.code = "BadRequest";
  return e;
}

void Fill(api::Call& call, const rows::MountTarget& row, wire::MountTargetDescription& out) {
  out.owner_id = call.arena.Copy(call.caller.account);
  out.mount_target_id = row.id;
  out.file_system_id = row.file_system;
  out.subnet_id = row.subnet;
  out.life_cycle_state = row.state;
  out.ip_address = row.address;
  out.network_interface_id = row.eni;
  out.availability_zone_name = row.zone;
  out.availability_zone_id = call.arena.Copy(ec2::ZoneIdOf(row.zone));
  out.vpc_id = row.vpc;
}

Result<wire::MountTargetDescription*> Create(api::Call& call, const wire::CreateMountTargetRequest& request) {
  if (request.ipv6_address) return NotSupported("Ipv6Address");
  if (request.ip_address_type.value_or("IPV4_ONLY") != "IPV4_ONLY") return NotSupported("IpAddressType " + request.ip_address_type.str());
  TRY_ASSIGN(const rows::FileSystem* file_system, GetFileSystem(call, request.file_system_id));
  if (file_system->state != "available")
    return ApiError("IncorrectFileSystemLifeCycleState", "File system '" + file_system->id.str() + "' is in state '" + file_system->state.str() + "', not 'available'.", ErrorKind::kConflict);
  const auto subnet = ec2::GetSubnet(Ec2(call), request.subnet_id.view());
  if (!subnet) return std::unexpected(Translate(subnet.error()));
  for (const rows::MountTarget* one : kMountTargets.ListOwner(call.tx, call.Key(file_system->id), call.arena)) {
    if (one->vpc != subnet->vpc) return ApiError("MountTargetConflict", "requested subnet for new mount target is not in the same VPC as existing mount targets", ErrorKind::kConflict);
    if (one->zone == subnet->zone) return ApiError("MountTargetConflict", "mount target already exists in this AZ", ErrorKind::kConflict);
  }
  rows::MountTarget row;
  row.id = call.arena.Copy(NewId(call.random, "fsmt"));
  row.file_system = file_system->id;
  row.subnet = call.arena.Copy(subnet->id);
  row.vpc = call.arena.Copy(subnet->vpc);
  row.zone = call.arena.Copy(subnet->zone);
  row.state = "creating";
  ec2::EniRequest wanted;
  wanted.subnet = subnet->id;
  wanted.groups = Texts(request.security_groups);
  wanted.address = std::string(request.ip_address.value_or(""));
  wanted.requester = "elasticfilesystem";
  wanted.type = "efs";
  wanted.description = "EFS mount target for " + file_system->id.str() + " (" + row.id.str() + ")";
  wanted.notify = FileSystemWork(call.Key(file_system->id));
  const auto eni = ec2::AllocateEni(Ec2(call), wanted);
  if (!eni) return std::unexpected(Translate(eni.error()));
  row.eni = call.arena.Copy(eni->id);
  row.address = call.arena.Copy(eni->address);
  Save(call, row);
  auto* out = call.arena.New<wire::MountTargetDescription>();
  Fill(call, row, *out);
  return out;
}

Result<wire::DescribeMountTargetsResponse*> Describe(api::Call& call, const wire::DescribeMountTargetsRequest& request) {
  if (request.file_system_id.has_value() + request.mount_target_id.has_value() + request.access_point_id.has_value() != 1)
    return Bad("Exactly one of FileSystemId, MountTargetId and AccessPointId must be given.");
  std::vector<rows::MountTarget*> found;
  if (request.mount_target_id) {
    TRY_ASSIGN(rows::MountTarget * row, GetMountTarget(call, request.mount_target_id));
    found.push_back(row);
  } else {
    Str id = request.file_system_id;
    if (request.access_point_id) {
      TRY_ASSIGN(const rows::AccessPoint* point, GetAccessPoint(call, request.access_point_id));
      id = point->file_system;
    }
    TRY_ASSIGN(const rows::FileSystem* file_system, GetFileSystem(call, id));
    for (rows::MountTarget* row : kMountTargets.ListOwner(call.tx, call.Key(file_system->id), call.arena)) found.push_back(row);
  }
  auto* out = call.arena.New<wire::DescribeMountTargetsResponse>();
  TRY(Paginate(found, request.max_items, request.marker, out->next_marker));
  out->mount_targets.Present(call.arena);
  for (const rows::MountTarget* row : found) Fill(call, *row, out->mount_targets.Add(call.arena));
  return out;
}

Result<wire::ops::DeleteMountTarget::Response*> Delete(api::Call& call, const wire::DeleteMountTargetRequest& request) {
  TRY_ASSIGN(rows::MountTarget * row, GetMountTarget(call, request.mount_target_id));
  if (row->state != "deleting") TRY(ec2::ReleaseEni(Ec2(call), row->eni.view()));
  row->state = "deleting";
  Save(call, *row);
  return call.arena.New<wire::ops::DeleteMountTarget::Response>();
}

Result<wire::DescribeMountTargetSecurityGroupsResponse*> DescribeGroups(api::Call& call, const wire::DescribeMountTargetSecurityGroupsRequest& request) {
  TRY_ASSIGN(const rows::MountTarget* row, GetMountTarget(call, request.mount_target_id));
  auto* out = call.arena.New<wire::DescribeMountTargetSecurityGroupsResponse>();
  out->security_groups.Present(call.arena);
  if (const auto eni = ec2::FindEni(Ec2(call), row->eni.view()))
    for (const std::string& group : eni->groups) out->security_groups.Add(call.arena, Str(call.arena.Copy(group)));
  return out;
}

Result<wire::ops::ModifyMountTargetSecurityGroups::Response*> ModifyGroups(api::Call& call, const wire::ModifyMountTargetSecurityGroupsRequest& request) {
  TRY_ASSIGN(const rows::MountTarget* row, GetMountTarget(call, request.mount_target_id));
  if (row->state == "deleting") return ApiError("IncorrectMountTargetState", "Mount target " + row->id.str() + " is being deleted.", ErrorKind::kConflict);
  if (const auto set = ec2::SetEniGroups(Ec2(call), row->eni.view(), Texts(request.security_groups)); !set) return std::unexpected(Translate(set.error()));
  return call.arena.New<wire::ops::ModifyMountTargetSecurityGroups::Response>();
}

// The file system of the mount target that the request names.
template <class Request>
Result<api::Access> OnMountTarget(api::Call& call, const Request& request) {
  api::Access access;
  const rows::MountTarget* row = request.mount_target_id ? kMountTargets.Find(call.tx, call.Key(request.mount_target_id), call.arena) : nullptr;
  access.resources = {ArnOf(call, "file-system", row == nullptr ? std::string_view("*") : row->file_system.view())};
  return access;
}

}  // namespace

void RegisterMountTargets(api::Registry& registry) {
  using namespace wire;
  registry.Add<ops::CreateMountTarget>(Create, OnFileSystem(&CreateMountTargetRequest::file_system_id));
  registry.Add<ops::DescribeMountTargets>(Describe, [](api::Call& call, const DescribeMountTargetsRequest& request) -> Result<api::Access> {
    if (!request.file_system_id) return OnMountTarget(call, request);
    return OnFileSystem(&DescribeMountTargetsRequest::file_system_id)(call, request);
  });
  registry.Add<ops::DeleteMountTarget>(Delete, OnMountTarget<DeleteMountTargetRequest>);
  registry.Add<ops::DescribeMountTargetSecurityGroups>(DescribeGroups, OnMountTarget<DescribeMountTargetSecurityGroupsRequest>);
  registry.Add<ops::ModifyMountTargetSecurityGroups>(ModifyGroups, OnMountTarget<ModifyMountTargetSecurityGroupsRequest>);
}

}  // namespace terrarium::efs
