#include <algorithm>
#include <set>

#include "services/ec2/public.h"
#include "services/elbv2/common.h"
#include "services/elbv2/hosted_zones.h"

// Application load balancers: rows, and an interface in each subnet. The reconciler makes the rest.
namespace terrarium::elbv2 {
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
  else if (e.code.starts_with("InvalidGroup") || e.code.starts_with("SecurityGroups")) e.code = "InvalidSecurityGroup";
  else if (e.code == "InsufficientFreeAddressesInSubnet") e.code = "InvalidSubnet";
  else e.code = "ValidationError";
  return e;
}

Status AddDoor(api::Call& call, rows::LoadBalancer& row, const ec2::SubnetView& subnet) {
  ec2::EniRequest wanted;
  wanted.subnet = subnet.id;
  wanted.groups = Texts(row.groups);
  wanted.public_address = row.scheme == "internet-facing";
  wanted.requester = "elasticloadbalancing";
  wanted.description = "ELB app/" + row.name.str() + "/" + row.id.str();
  wanted.notify = LoadBalancerWork(call.Key(row.id.view()));
  const auto eni = ec2::AllocateEni(Ec2(call), wanted);
  if (!eni) return std::unexpected(Translate(eni.error()));
  auto& door = row.doors.Add(call.arena);
  door.subnet = call.arena.Copy(subnet.id);
  door.zone = call.arena.Copy(subnet.zone);
  door.eni = call.arena.Copy(eni->id);
  return {};
}

// At least two, in different zones of one VPC.
Result<std::vector<ec2::SubnetView>> CheckSubnets(api::Call& call, const List<Str>& ids, bool internet) {
  std::vector<ec2::SubnetView> out;
  std::set<std::string> zones;
  for (const Str id : ids) {
    auto subnet = ec2::GetSubnet(Ec2(call), id.view());
    if (!subnet) return std::unexpected(Translate(subnet.error()));
    if (!out.empty() && out[0].vpc != subnet->vpc) return ApiError("InvalidSubnet", "The subnets are not all of one VPC");
    if (!zones.insert(subnet->zone).second) return ApiError("InvalidConfigurationRequest", "A load balancer cannot be attached to multiple subnets in the same Availability Zone");
    out.push_back(std::move(*subnet));
  }
  if (zones.size() < 2) return Invalid("At least two subnets in two different Availability Zones must be specified");
  if (internet) {
    TRY_ASSIGN(const auto vpc, ec2::GetVpc(Ec2(call), out[0].vpc));
    if (!vpc.internet) return ApiError("InvalidSubnet", "VPC " + out[0].vpc + " has no internet gateway");
  }
  return out;
}

void Fill(api::Call& call, const rows::LoadBalancer& row, wire::LoadBalancer& out) {
  out.load_balancer_arn = row.arn;
  out.dns_name = row.dns_name;
  if (const std::string_view zone = HostedZoneOf(row.region.view()); !zone.empty()) out.canonical_hosted_zone_id = zone;
  out.created_time = row.created;
  out.load_balancer_name = row.name;
  out.scheme = row.scheme;
  out.vpc_id = row.vpc;
  out.state = call.arena.New<wire::LoadBalancerState>();
  out.state->code = row.state;
  out.state->reason = row.reason;
  out.type = "application";
  out.ip_address_type = "ipv4";
  out.security_groups = row.groups;
  out.availability_zones.Present(call.arena);
  for (const auto& door : row.doors) {
    if (door.leaving.value_or(false)) continue;
    auto& zone = out.availability_zones.Add(call.arena);
    zone.zone_name = door.zone;
    zone.subnet_id = door.subnet;
    zone.load_balancer_addresses.Present(call.arena);
  }
}

bool IsName(std::string_view name) {
  return !name.empty() && name.size() <= 32 && name.front() != '-' && name.back() != '-' && !name.starts_with("internal-") &&
         std::all_of(name.begin(), name.end(), [](unsigned char c) { return std::isalnum(c) || c == '-'; });
}

Result<wire::CreateLoadBalancerOutput*> Create(api::Call& call, const wire::CreateLoadBalancerInput& request) {
  TRY(Only(request, {"Name", "Subnets", "SecurityGroups", "Scheme", "Tags", "Type", "IpAddressType"}));
  if (request.type.value_or("application") != "application") return NotSupported("load balancers of type " + request.type.str());
  if (request.ip_address_type.value_or("ipv4") != "ipv4") return NotSupported("the IP address type " + request.ip_address_type.str());
  const std::string name(request.name.value_or(""));
  if (!IsName(name)) return Invalid("The load balancer name '" + name + "' must have 1 to 32 letters, digits and hyphens, and must not begin or end with a hyphen or begin with 'internal-'");
  const std::string scheme(request.scheme.value_or("internet-facing"));
  TRY_ASSIGN(const auto subnets, CheckSubnets(call, request.subnets, scheme == "internet-facing"));
  std::vector<std::string> groups = Texts(request.security_groups);
  if (groups.empty()) {
    TRY_ASSIGN(const auto vpc, ec2::GetVpc(Ec2(call), subnets[0].vpc));
    groups.push_back(vpc.default_group);
  }
  if (const auto fine = ec2::CheckGroups(Ec2(call), subnets[0].vpc, groups); !fine) return std::unexpected(Translate(fine.error()));
  auto* out = call.arena.New<wire::CreateLoadBalancerOutput>();
  for (const rows::LoadBalancer* other : kLoadBalancers.ListPrefix(call.tx, call.Key(""), call.arena)) {
    if (other->deleting.value_or(false) || other->name != name) continue;
    std::set<std::string> asked, had;
    for (const auto& subnet : subnets) asked.insert(subnet.id);
    for (const auto& door : other->doors)
      if (!door.leaving.value_or(false)) had.insert(door.subnet.str());
    const auto others = Texts(other->groups);
    if (other->scheme != scheme || asked != had || std::set(groups.begin(), groups.end()) != std::set(others.begin(), others.end()))
      return ApiError("DuplicateLoadBalancerName", "A load balancer with the same name '" + name + "' exists, but with different settings", ErrorKind::kConflict);
    Fill(call, *other, out->load_balancers.Add(call.arena));
    return out;
  }
  rows::LoadBalancer row;
  const std::string id = RandomHex(call.random, 16);
  row.id = call.arena.Copy(id);
  row.arn = call.arena.Copy(MakeArn("elasticloadbalancing", call.caller.region, call.caller.account, "loadbalancer/app/" + name + "/" + id));
  row.name = call.arena.Copy(name);
  row.account = call.arena.Copy(call.caller.account);
  row.region = call.arena.Copy(call.caller.region);
  row.dns_name = call.arena.Copy((scheme == "internal" ? "internal-" : "") + name + "-" + RandomFrom(call.random, "123456789", 10) + "." + call.caller.region + ".elb.amazonaws.com");
  row.scheme = call.arena.Copy(scheme);
  row.vpc = call.arena.Copy(subnets[0].vpc);
  row.created = call.Now();
  row.state = "provisioning";
  for (const auto& group : groups) row.groups.Add(call.arena) = call.arena.Copy(group);
  TRY(CheckTagging(call, request.tags, row.arn.view()));
  TRY_ASSIGN(row.tags, ReadTags(call, request.tags, {}));
  for (const auto& subnet : subnets) TRY(AddDoor(call, row, subnet));
  Save(call.tx, row);
  Fill(call, row, out->load_balancers.Add(call.arena));
  return out;
}

Result<wire::DescribeLoadBalancersOutput*> Describe(api::Call& call, const wire::DescribeLoadBalancersInput& request) {
  std::vector<rows::LoadBalancer*> found;
  if (!request.load_balancer_arns.empty()) {
    for (const Str arn : request.load_balancer_arns) {
      TRY_ASSIGN(rows::LoadBalancer * row, GetLoadBalancer(call, arn));
      found.push_back(row);
    }
  }
  const auto all = kLoadBalancers.ListPrefix(call.tx, call.Key(""), call.arena);
  for (const Str name : request.names) {
    const auto at = std::find_if(all.begin(), all.end(), [&](const rows::LoadBalancer* one) { return one->name == name && !one->deleting.value_or(false); });
    if (at == all.end()) return ApiError("LoadBalancerNotFound", "Load balancers '[" + name.str() + "]' not found", ErrorKind::kNotFound);
    found.push_back(*at);
  }
  if (request.load_balancer_arns.empty() && request.names.empty())
    for (rows::LoadBalancer* one : all)
      if (!one->deleting.value_or(false)) found.push_back(one);
  auto* out = call.arena.New<wire::DescribeLoadBalancersOutput>();
  TRY(Paginate(found, request.page_size, request.marker, out->next_marker));
  out->load_balancers.Present(call.arena);
  for (const rows::LoadBalancer* one : found) Fill(call, *one, out->load_balancers.Add(call.arena));
  return out;
}

Result<wire::DeleteLoadBalancerOutput*> Delete(api::Call& call, const wire::DeleteLoadBalancerInput& request) {
  auto* out = call.arena.New<wire::DeleteLoadBalancerOutput>();
  const auto found = GetLoadBalancer(call, request.load_balancer_arn);
  if (!found && found.error().code == "LoadBalancerNotFound") return out;  // absent is success, as on AWS
  if (!found) return std::unexpected(found.error());
  rows::LoadBalancer& row = **found;
  if (AttributeValue(row.attributes, kLoadBalancerAttributes, "deletion_protection.enabled") == "true")
    return ApiError("OperationNotPermitted", "Load balancer '" + row.arn.str() + "' cannot be deleted because deletion protection is enabled", ErrorKind::kConflict);
  row.deleting = true;
  for (const rows::Listener* listener : kListeners.ListOwner(call.tx, call.Key(row.id.view()), call.arena)) {
    kListeners.Delete(call.tx, KeyOfArn(listener->arn.view(), "listener/app"));
    if (listener->action->target_group) SyncTargets(call.tx, listener->action->target_group.view());
  }
  Save(call.tx, row);
  return out;
}

Result<wire::DescribeLoadBalancerAttributesOutput*> DescribeAttributes(api::Call& call, const wire::DescribeLoadBalancerAttributesInput& request) {
  TRY_ASSIGN(const rows::LoadBalancer* row, GetLoadBalancer(call, request.load_balancer_arn));
  auto* out = call.arena.New<wire::DescribeLoadBalancerAttributesOutput>();
  ShowAttributes(call.arena, row->attributes, kLoadBalancerAttributes, *out);
  return out;
}
Result<wire::ModifyLoadBalancerAttributesOutput*> ModifyAttributes(api::Call& call, const wire::ModifyLoadBalancerAttributesInput& request) {
  TRY_ASSIGN(rows::LoadBalancer * row, GetLoadBalancer(call, request.load_balancer_arn));
  for (const auto& one : request.attributes) TRY(SetAttribute(call.arena, row->attributes, kLoadBalancerAttributes, one.key, one.value));
  Save(call.tx, *row);
  auto* out = call.arena.New<wire::ModifyLoadBalancerAttributesOutput>();
  ShowAttributes(call.arena, row->attributes, kLoadBalancerAttributes, *out);
  return out;
}

Result<wire::SetSecurityGroupsOutput*> SetSecurityGroups(api::Call& call, const wire::SetSecurityGroupsInput& request) {
  TRY(Only(request, {"LoadBalancerArn", "SecurityGroups"}));
  TRY_ASSIGN(rows::LoadBalancer * row, GetLoadBalancer(call, request.load_balancer_arn));
  for (const auto& door : row->doors) {
    if (door.leaving.value_or(false)) continue;
    if (const auto set = ec2::SetEniGroups(Ec2(call), door.eni.view(), Texts(request.security_groups)); !set) return std::unexpected(Translate(set.error()));
  }
  row->groups = request.security_groups;
  Save(call.tx, *row);
  auto* out = call.arena.New<wire::SetSecurityGroupsOutput>();
  out->security_group_ids = row->groups;
  return out;
}

Result<wire::SetSubnetsOutput*> SetSubnets(api::Call& call, const wire::SetSubnetsInput& request) {
  TRY(Only(request, {"LoadBalancerArn", "Subnets", "IpAddressType"}));
  if (request.ip_address_type.value_or("ipv4") != "ipv4") return NotSupported("the IP address type " + request.ip_address_type.str());
  TRY_ASSIGN(rows::LoadBalancer * row, GetLoadBalancer(call, request.load_balancer_arn));
  TRY_ASSIGN(const auto subnets, CheckSubnets(call, request.subnets, row->scheme == "internet-facing"));
  if (row->vpc != subnets[0].vpc) return ApiError("InvalidSubnet", "The subnets are not of the load balancer's VPC");
  for (auto& door : row->doors)
    if (std::none_of(subnets.begin(), subnets.end(), [&](const auto& one) { return door.subnet == one.id; })) door.leaving = true;
  for (const auto& subnet : subnets)
    if (std::none_of(row->doors.begin(), row->doors.end(), [&](const auto& one) { return one.subnet == subnet.id && !one.leaving.value_or(false); }))
      TRY(AddDoor(call, *row, subnet));
  Save(call.tx, *row);
  auto* out = call.arena.New<wire::SetSubnetsOutput>();
  wire::LoadBalancer shown;
  Fill(call, *row, shown);
  out->availability_zones = shown.availability_zones;
  out->ip_address_type = "ipv4";
  return out;
}

}  // namespace

void RegisterLoadBalancers(api::Registry& registry) {
  registry.Add<wire::ops::CreateLoadBalancer>(Create, [](api::Call& call, const wire::CreateLoadBalancerInput& request) -> Result<api::Access> {
    return api::Access{.resources = {MakeArn("elasticloadbalancing", call.caller.region, call.caller.account, "loadbalancer/app/" + std::string(request.name.value_or("*")) + "/*")}, .facts = {}};
  });
  registry.Add<wire::ops::DescribeLoadBalancers>(Describe);
  registry.Add<wire::ops::DeleteLoadBalancer>(Delete, On(&wire::DeleteLoadBalancerInput::load_balancer_arn));
  registry.Add<wire::ops::DescribeLoadBalancerAttributes>(DescribeAttributes);
  registry.Add<wire::ops::ModifyLoadBalancerAttributes>(ModifyAttributes, On(&wire::ModifyLoadBalancerAttributesInput::load_balancer_arn));
  registry.Add<wire::ops::SetSecurityGroups>(SetSecurityGroups, On(&wire::SetSecurityGroupsInput::load_balancer_arn));
  registry.Add<wire::ops::SetSubnets>(SetSubnets, On(&wire::SetSubnetsInput::load_balancer_arn));
}

}  // namespace terrarium::elbv2
