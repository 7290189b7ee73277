#include "provider/resources/efs.h"
#include "provider/resources/resources.h"

namespace terrarium::provider {
namespace {

constexpr std::string_view kTable = R"(
availability_zone_id   string computed < AvailabilityZoneId
availability_zone_name string computed < AvailabilityZoneName
dns_name               string computed
file_system_arn        string computed
file_system_id         string required replaces <> FileSystemId
id                     string optional computed < MountTargetId
ip_address             string optional computed replaces <> IpAddress
ip_address_type        string optional computed replaces in=IPV4_ONLY|IPV6_ONLY|DUAL_STACK > IpAddressType
ipv6_address           string optional computed replaces <> Ipv6Address
mount_target_dns_name  string computed
network_interface_id   string computed < NetworkInterfaceId
owner_id               string computed < OwnerId
region                 string optional computed replaces
security_groups        set(string) optional computed > SecurityGroups
subnet_id              string required replaces <> SubnetId
)";

Result<std::optional<Value>> Describe(Call& call, const Value& id) {
  return call.Find("efs", "DescribeMountTargets", {{"MountTargetId", id}}, "MountTargets", {"MountTargetNotFound"});
}

Result<void> Create(Call& call, const Object& planned) {
  TRY_ASSIGN(const Object made, call.Api("efs", "CreateMountTarget", ToApi(call.body, planned)));
  const Value id = At(made, "MountTargetId");
  call.Created(id.Text());
  return WaitForEfs(call, "waiting for the mount target", false, [&] { return Describe(call, id); });
}

std::string_view KindOf(const Value& ipv4, const Value& ipv6) {
  if (ipv6.Text().empty()) return "IPV4_ONLY";
  return ipv4.Text().empty() ? "IPV6_ONLY" : "DUAL_STACK";
}

Result<std::optional<Object>> Read(Call& call, const Object& state) {
  const Value& id = At(state, "id");
  TRY_ASSIGN(const auto found, Describe(call, id));
  if (!found || (*found)["LifeCycleState"].Text() == "deleted") return std::nullopt;
  Object target = FromApi(call.body, *found);
  const Value& file_system = (*found)["FileSystemId"];
  target["dns_name"] = EfsDnsName(call, file_system);
  target["mount_target_dns_name"] = (*found)["AvailabilityZoneName"].Text() + "." + target["dns_name"].Text();
  target["file_system_arn"] = FileSystemArn(call, (*found)["OwnerId"], file_system);
  target["ip_address_type"] = KindOf(target["ip_address"], target["ipv6_address"]);
  TRY_ASSIGN(const Object groups, call.Api("efs", "DescribeMountTargetSecurityGroups", {{"MountTargetId", id}}));
  target["security_groups"] = At(groups, "SecurityGroups");
  return target;
}

Result<void> Update(Call& call, const Object& prior, const Object& planned) {
  const auto& groups = At(planned, "security_groups");
  if (!groups.IsKnown() || groups == At(prior, "security_groups")) return {};
  return call.Tolerate("efs", "ModifyMountTargetSecurityGroups", {{"MountTargetId", At(prior, "id")}, {"SecurityGroups", groups}}, {});
}

Result<void> Destroy(Call& call, const Object& state) {
  const Value& id = At(state, "id");
  TRY(call.Remove("efs", "DeleteMountTarget", {{"MountTargetId", id}}, {"MountTargetNotFound"}));
  return WaitForEfs(call, "waiting for the mount target to go", true, [&] { return Describe(call, id); });
}

}  // namespace

Resource EfsMountTarget() {
  using std::chrono::minutes;
  return {
      .type = "aws_efs_mount_target",
      .title = "EFS Mount Target",
      .schema = {.body = ParseTable(kTable)},
      .timeouts = {.create = minutes(30), .destroy = minutes(10)},
      .create = Create,
      .read = Read,
      .update = Update,
      .destroy = Destroy,
  };
}

}  // namespace terrarium::provider
