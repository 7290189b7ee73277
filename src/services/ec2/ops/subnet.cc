#include <algorithm>

#include "base/text.h"
#include "services/ec2/ops/serve.h"

namespace terrarium::ec2 {
namespace {

wire::Subnet WireSubnet(const api::Call& call, const rows::Subnet& subnet, std::size_t used) {
  wire::Subnet out;
  const Cidr cidr = Cidr::Parse(subnet.cidr.view()).value_or(Cidr{});
  out.subnet_id = subnet.id;
  out.subnet_arn = Copy(call.arena, ArnOf(call, "subnet", subnet.id.view()));
  out.vpc_id = subnet.vpc;
  out.owner_id = Copy(call.arena, call.caller.account);
  out.cidr_block = subnet.cidr;
  out.availability_zone = subnet.zone;
  out.availability_zone_id = Copy(call.arena, ZoneId(subnet.zone.view()));
  // Five of each subnet are kept: network, router, DNS, future use, broadcast.
  out.available_ip_address_count = static_cast<std::int32_t>((std::uint64_t{1} << (32 - cidr.prefix)) - 5 - used);
  out.state = "available";
  out.default_for_az = false;
  out.map_public_ip_on_launch = subnet.map_public.value_or(false);
  out.assign_ipv6_address_on_creation = false;
  out.enable_dns64 = false;
  out.ipv6_native = false;
  out.private_dns_name_options_on_launch = call.arena.New<wire::PrivateDnsNameOptionsOnLaunch>();
  out.private_dns_name_options_on_launch->hostname_type = "ip-name";
  out.private_dns_name_options_on_launch->enable_resource_name_dns_a_record = false;
  out.private_dns_name_options_on_launch->enable_resource_name_dns_aaaa_record = false;
  out.tags = WireTags(call.arena, subnet.tags);
  return out;
}

std::size_t Used(const api::Call& call, const rows::Subnet& subnet) {
  std::size_t out = 0;
  for (const rows::Eni* eni : kEnis.ListOwner(call.tx, subnet.vpc.view(), call.arena)) out += eni->subnet == subnet.id;
  return out;
}

// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSubnet.html
Result<wire::CreateSubnetResult*> CreateSubnet(api::Call& call, const wire::CreateSubnetRequest& request) {
  TRY(Only(request, {"VpcId", "CidrBlock", "AvailabilityZone", "AvailabilityZoneId", "TagSpecifications"}));
  TRY_ASSIGN(const rows::Vpc* vpc, GetVpc(call, request.vpc_id));
  if (!request.cidr_block) return Missing("cidrBlock");
  const auto cidr = Cidr::Parse(request.cidr_block.view());
  if (!cidr) return InvalidValue("Value (" + request.cidr_block.str() + ") for parameter cidrBlock is invalid. This is not a valid CIDR block.");
  const Cidr block{cidr->First(), cidr->prefix};
  if (block.prefix > 28 || !Cidr::Parse(vpc->cidr.view())->Contains(block)) return ApiError("InvalidSubnet.Range", "The CIDR '" + request.cidr_block.str() + "' is invalid.");
  for (const rows::Subnet* other : kSubnets.ListOwner(call.tx, vpc->id.view(), call.arena))
    if (Cidr::Parse(other->cidr.view())->Overlaps(block))
      return ApiError("InvalidSubnet.Conflict", "The CIDR '" + request.cidr_block.str() + "' conflicts with another subnet", ErrorKind::kConflict);
  const auto zones = ZonesOf(call.caller.region);
  std::string zone = zones.front();
  if (request.availability_zone || request.availability_zone_id) {
    const auto named = std::find_if(zones.begin(), zones.end(), [&](const std::string& z) {
      return request.availability_zone ? request.availability_zone == z : request.availability_zone_id == ZoneId(z);
    });
    if (named == zones.end())
      return InvalidValue("Value (" + std::string(request.availability_zone ? request.availability_zone.view() : request.availability_zone_id.view()) +
                          ") for parameter availabilityZone is invalid. Subnets can currently only be created in the following availability zones: " + Join(zones, ", ") + ".");
    zone = *named;
  }
  rows::Subnet subnet;
  subnet.id = Copy(call.arena, NewId(call.random, "subnet"));
  subnet.vpc = vpc->id;
  subnet.cidr = Copy(call.arena, block.ToString());
  subnet.zone = Copy(call.arena, zone);
  subnet.map_public = false;
  subnet.acl_association = Copy(call.arena, NewId(call.random, "aclassoc"));
  TRY_ASSIGN(subnet.tags, ReadTags(call, request.tag_specifications, "subnet", subnet.id.view(), "CreateSubnet"));
  kSubnets.Put(call.tx, call.Key(subnet.id.view()), subnet, vpc->id.view());
  TouchVpc(call, vpc->id.view());
  auto* out = call.arena.New<wire::CreateSubnetResult>();
  out->subnet = call.arena.New<wire::Subnet>();
  *out->subnet = WireSubnet(call, subnet, 0);
  return out;
}

Result<wire::DescribeSubnetsResult*> DescribeSubnets(api::Call& call, const wire::DescribeSubnetsRequest& request) {
  const auto values = [&](const rows::Subnet& subnet, std::string_view name) -> std::optional<std::vector<std::string>> {
    if (name == "subnet-id") return {{subnet.id.str()}};
    if (name == "vpc-id") return {{subnet.vpc.str()}};
    if (name == "cidr" || name == "cidrBlock" || name == "cidr-block") return {{subnet.cidr.str()}};
    if (name == "availability-zone" || name == "availabilityZone") return {{subnet.zone.str()}};
    if (name == "availability-zone-id" || name == "availabilityZoneId") return {{ZoneId(subnet.zone.view())}};
    if (name == "state") return {{"available"}};
    if (name == "owner-id") return {{call.caller.account}};
    if (name == "subnet-arn") return {{ArnOf(call, "subnet", subnet.id.view())}};
    if (name == "default-for-az" || name == "defaultForAz") return {{"false"}};
    if (name == "map-public-ip-on-launch") return {{subnet.map_public.value_or(false) ? "true" : "false"}};
    return std::nullopt;
  };
  TRY_ASSIGN(auto found, Select(AllOf(call, kSubnets), request.subnet_ids, request.filters, [](const rows::Subnet& subnet) { return subnet.tags; }, values, [](Str id) {
               return ApiError("InvalidSubnetID.NotFound", "The subnet ID '" + id.str() + "' does not exist", ErrorKind::kNotFound);
             }));
  auto* out = call.arena.New<wire::DescribeSubnetsResult>();
  TRY(Paginate(found, request.max_results, request.next_token, call.arena, out->next_token));
  out->subnets.Present(call.arena);
  for (const rows::Subnet* subnet : found) out->subnets.Add(call.arena, WireSubnet(call, *subnet, Used(call, *subnet)));
  return out;
}

Result<codec::Empty*> ModifySubnetAttribute(api::Call& call, const wire::ModifySubnetAttributeRequest& request) {
  TRY_ASSIGN(rows::Subnet * subnet, GetSubnet(call, request.subnet_id));
  for (const auto* off : {request.assign_ipv6_address_on_creation, request.map_customer_owned_ip_on_launch, request.enable_dns64,
                          request.enable_resource_name_dns_a_record_on_launch, request.enable_resource_name_dns_aaaa_record_on_launch})
    if (off != nullptr && off->value.value_or(false)) return NotSupported("An attribute other than MapPublicIpOnLaunch");
  if (request.customer_owned_ipv4_pool || request.enable_lni_at_device_index) return NotSupported("An attribute of Outposts");
  if (request.private_dns_hostname_type_on_launch && request.private_dns_hostname_type_on_launch != "ip-name") return NotSupported("PrivateDnsHostnameTypeOnLaunch");
  if (request.map_public_ip_on_launch != nullptr) subnet->map_public = request.map_public_ip_on_launch->value.value_or(false);
  kSubnets.Put(call.tx, call.Key(subnet->id.view()), *subnet, subnet->vpc.view());
  return call.arena.New<codec::Empty>();
}

Result<codec::Empty*> DeleteSubnet(api::Call& call, const wire::DeleteSubnetRequest& request) {
  TRY_ASSIGN(const rows::Subnet* subnet, GetSubnet(call, request.subnet_id));
  if (Used(call, *subnet) > 0)
    return ApiError("DependencyViolation", "The subnet '" + subnet->id.str() + "' has dependencies and cannot be deleted.", ErrorKind::kConflict);
  for (rows::RouteTable* table : kRouteTables.ListOwner(call.tx, subnet->vpc.view(), call.arena)) {
    List<rows::Association> left;
    for (const auto& association : table->associations)
      if (association.subnet != subnet->id) left.Add(call.arena, association);
    if (left.size() == table->associations.size()) continue;
    table->associations = left;
    kRouteTables.Put(call.tx, call.Key(table->id.view()), *table, table->vpc.view());
  }
  kSubnets.Delete(call.tx, call.Key(subnet->id.view()));
  TouchVpc(call, subnet->vpc.view());
  return call.arena.New<codec::Empty>();
}

}  // namespace

void RegisterSubnets(api::Registry& registry) {
  Serve<wire::ops::CreateSubnet>(registry, CreateSubnet, New("subnet", "vpc", &wire::CreateSubnetRequest::vpc_id));
  Serve<wire::ops::DescribeSubnets>(registry, DescribeSubnets);
  Serve<wire::ops::ModifySubnetAttribute>(registry, ModifySubnetAttribute, On("subnet", &wire::ModifySubnetAttributeRequest::subnet_id));
  Serve<wire::ops::DeleteSubnet>(registry, DeleteSubnet, On("subnet", &wire::DeleteSubnetRequest::subnet_id));
}

}  // namespace terrarium::ec2
