#include "services/ec2/ops/serve.h"

namespace terrarium::ec2 {
namespace {

constexpr std::size_t kMostVpcs = 5;  // AWS's quota for an account in a region

wire::Vpc WireVpc(const api::Call& call, const rows::Vpc& vpc) {
  wire::Vpc out;
  out.vpc_id = vpc.id;
  out.owner_id = vpc.account;
  out.cidr_block = vpc.cidr;
  out.state = vpc.ready.value_or(false) ? "available" : "pending";
  out.instance_tenancy = "default";
  out.is_default = false;
  out.dhcp_options_id = Say(call.arena, "dopt-0", call.caller.account, "0000");
  auto& association = out.cidr_block_association_set.Add(call.arena);
  association.association_id = vpc.association;
  association.cidr_block = vpc.cidr;
  association.cidr_block_state = call.arena.New<wire::VpcCidrBlockState>();
  association.cidr_block_state->state = "associated";
  out.tags = WireTags(call.arena, vpc.tags);
  return out;
}

// What every VPC is born with: a main route table and a group that lets its members talk to each other.
void MakeDefaults(api::Call& call, rows::Vpc& vpc) {
  rows::RouteTable table;
  table.id = Copy(call.arena, NewId(call.random, "rtb"));
  table.vpc = vpc.id;
  table.associations.Add(call.arena).id = Copy(call.arena, NewId(call.random, "rtbassoc"));
  kRouteTables.Put(call.tx, call.Key(table.id.view()), table, vpc.id.view());
  vpc.main_route_table = table.id;

  rows::Group group;
  group.id = Copy(call.arena, NewId(call.random, "sg"));
  group.vpc = vpc.id;
  group.name = "default";
  group.description = "default VPC security group";
  auto& in = group.rules.Add(call.arena);
  in.id = Copy(call.arena, NewId(call.random, "sgr"));
  in.egress = false;
  in.protocol = "-1";
  in.from = -1;
  in.to = -1;
  in.group = group.id;
  auto& out = group.rules.Add(call.arena);
  out.id = Copy(call.arena, NewId(call.random, "sgr"));
  out.egress = true;
  out.protocol = "-1";
  out.from = -1;
  out.to = -1;
  out.cidr = "0.0.0.0/0";
  kGroups.Put(call.tx, call.Key(group.id.view()), group, vpc.id.view());
  vpc.default_group = group.id;
}

// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateVpc.html
Result<wire::CreateVpcResult*> CreateVpc(api::Call& call, const wire::CreateVpcRequest& request) {
  TRY(Only(request, {"CidrBlock", "InstanceTenancy", "TagSpecifications"}));
  if (request.instance_tenancy && request.instance_tenancy != "default") return NotSupported("Tenancy " + request.instance_tenancy.str());
  if (!request.cidr_block) return Missing("cidrBlock");
  const auto cidr = Cidr::Parse(request.cidr_block.view());
  if (!cidr) return InvalidValue("Value (" + request.cidr_block.str() + ") for parameter cidrBlock is invalid. This is not a valid CIDR block.");
  if (cidr->prefix < 16 || cidr->prefix > 28) return ApiError("InvalidVpc.Range", "The CIDR '" + request.cidr_block.str() + "' is invalid.");
  if (AllOf(call, kVpcs).size() >= kMostVpcs) return ApiError("VpcLimitExceeded", "The maximum number of VPCs has been reached.", ErrorKind::kLimit);
  rows::Vpc vpc;
  vpc.id = Copy(call.arena, NewId(call.random, "vpc"));
  vpc.account = Copy(call.arena, call.caller.account);
  vpc.region = Copy(call.arena, call.caller.region);
  vpc.cidr = Copy(call.arena, Cidr{cidr->First(), cidr->prefix}.ToString());
  vpc.dns_support = true;
  vpc.dns_hostnames = false;
  vpc.association = Copy(call.arena, NewId(call.random, "vpc-cidr-assoc"));
  vpc.acl = Copy(call.arena, NewId(call.random, "acl"));
  TRY_ASSIGN(vpc.tags, ReadTags(call, request.tag_specifications, "vpc", vpc.id.view(), "CreateVpc"));
  MakeDefaults(call, vpc);
  kVpcs.Put(call.tx, call.Key(vpc.id.view()), vpc, vpc.id.view());
  TouchVpc(call, vpc.id.view());
  auto* out = call.arena.New<wire::CreateVpcResult>();
  out->vpc = call.arena.New<wire::Vpc>();
  *out->vpc = WireVpc(call, vpc);
  return out;
}

Result<wire::DescribeVpcsResult*> DescribeVpcs(api::Call& call, const wire::DescribeVpcsRequest& request) {
  const auto values = [](const rows::Vpc& vpc, std::string_view name) -> std::optional<std::vector<std::string>> {
    if (name == "vpc-id") return {{vpc.id.str()}};
    if (name == "cidr" || name == "cidrBlock" || name == "cidr-block" || name == "cidr-block-association.cidr-block") return {{vpc.cidr.str()}};
    if (name == "cidr-block-association.association-id") return {{vpc.association.str()}};
    if (name == "state") return {{vpc.ready.value_or(false) ? "available" : "pending"}};
    if (name == "owner-id") return {{vpc.account.str()}};
    if (name == "is-default" || name == "isDefault") return {{"false"}};
    return std::nullopt;
  };
  TRY_ASSIGN(auto found, Select(AllOf(call, kVpcs), request.vpc_ids, request.filters, [](const rows::Vpc& vpc) { return vpc.tags; }, values, [](Str id) {
               return ApiError("InvalidVpcID.NotFound", "The vpc ID '" + id.str() + "' does not exist", ErrorKind::kNotFound);
             }));
  auto* out = call.arena.New<wire::DescribeVpcsResult>();
  TRY(Paginate(found, request.max_results, request.next_token, call.arena, out->next_token));
  out->vpcs.Present(call.arena);
  for (const rows::Vpc* vpc : found) out->vpcs.Add(call.arena, WireVpc(call, *vpc));
  return out;
}

Result<codec::Empty*> ModifyVpcAttribute(api::Call& call, const wire::ModifyVpcAttributeRequest& request) {
  TRY_ASSIGN(rows::Vpc * vpc, GetVpc(call, request.vpc_id));
  if (request.enable_network_address_usage_metrics != nullptr && request.enable_network_address_usage_metrics->value.value_or(false))
    return NotSupported("EnableNetworkAddressUsageMetrics");
  if (request.enable_dns_support != nullptr) {
    if (!request.enable_dns_support->value.value_or(true)) return NotSupported("EnableDnsSupport=false");
  }
  if (request.enable_dns_hostnames != nullptr) vpc->dns_hostnames = request.enable_dns_hostnames->value.value_or(false);
  kVpcs.Put(call.tx, call.Key(vpc->id.view()), *vpc, vpc->id.view());
  return call.arena.New<codec::Empty>();
}

Result<wire::DescribeVpcAttributeResult*> DescribeVpcAttribute(api::Call& call, const wire::DescribeVpcAttributeRequest& request) {
  TRY_ASSIGN(const rows::Vpc* vpc, GetVpc(call, request.vpc_id));
  auto* out = call.arena.New<wire::DescribeVpcAttributeResult>();
  out->vpc_id = vpc->id;
  auto* value = call.arena.New<wire::AttributeBooleanValue>();
  if (request.attribute == "enableDnsSupport") {
    value->value = vpc->dns_support.value_or(true);
    out->enable_dns_support = value;
  } else if (request.attribute == "enableDnsHostnames") {
    value->value = vpc->dns_hostnames.value_or(false);
    out->enable_dns_hostnames = value;
  } else if (request.attribute == "enableNetworkAddressUsageMetrics") {
    value->value = false;
    out->enable_network_address_usage_metrics = value;
  } else {
    return InvalidValue("Value (" + std::string(request.attribute.value_or("")) + ") for parameter attribute is invalid. Unknown attribute.");
  }
  return out;
}

Result<codec::Empty*> DeleteVpc(api::Call& call, const wire::DeleteVpcRequest& request) {
  TRY_ASSIGN(const rows::Vpc* vpc, GetVpc(call, request.vpc_id));
  const std::string_view id = vpc->id.view();
  const bool in_use = !kSubnets.ListOwner(call.tx, id, call.arena).empty() || !kGateways.ListOwner(call.tx, id, call.arena).empty() ||
                      !kEnis.ListOwner(call.tx, id, call.arena).empty() || kRouteTables.ListOwner(call.tx, id, call.arena).size() > 1 ||
                      kGroups.ListOwner(call.tx, id, call.arena).size() > 1;
  if (in_use) return ApiError("DependencyViolation", "The vpc '" + std::string(id) + "' has dependencies and cannot be deleted.", ErrorKind::kConflict);
  kGroups.Delete(call.tx, call.Key(vpc->default_group.view()));
  kRouteTables.Delete(call.tx, call.Key(vpc->main_route_table.view()));
  kVpcs.Delete(call.tx, call.Key(id));
  TouchVpc(call, id);
  return call.arena.New<codec::Empty>();
}

}  // namespace

void RegisterVpcs(api::Registry& registry) {
  Serve<wire::ops::CreateVpc>(registry, ec2::CreateVpc, New<wire::CreateVpcRequest>("vpc"));
  Serve<wire::ops::DescribeVpcs>(registry, ec2::DescribeVpcs);
  Serve<wire::ops::ModifyVpcAttribute>(registry, ec2::ModifyVpcAttribute, On("vpc", &wire::ModifyVpcAttributeRequest::vpc_id));
  Serve<wire::ops::DescribeVpcAttribute>(registry, ec2::DescribeVpcAttribute, On("vpc", &wire::DescribeVpcAttributeRequest::vpc_id));
  Serve<wire::ops::DeleteVpc>(registry, ec2::DeleteVpc, On("vpc", &wire::DeleteVpcRequest::vpc_id));
}

}  // namespace terrarium::ec2
