#include "provider/resources/ec2.h"
#include "provider/resources/resources.h"

namespace terrarium::provider {
namespace {

constexpr std::string_view kTable = R"(
arn                                  string computed
assign_generated_ipv6_cidr_block     bool optional refused
cidr_block                           string optional computed replaces <> CidrBlock
default_network_acl_id               string computed
default_route_table_id               string computed
default_security_group_id            string computed
dhcp_options_id                      string computed < DhcpOptionsId
enable_dns_hostnames                 bool optional computed
enable_dns_support                   bool optional = true
enable_network_address_usage_metrics bool optional computed
id                                   string optional computed < VpcId
instance_tenancy                     string optional replaces = "default" in=default|dedicated <> InstanceTenancy
ipv4_ipam_pool_id                    string optional replaces refused
ipv4_netmask_length                  number optional replaces refused
ipv6_association_id                  string computed
ipv6_cidr_block                      string optional computed refused
ipv6_cidr_block_network_border_group string optional computed refused
ipv6_ipam_pool_id                    string optional refused
ipv6_netmask_length                  number optional refused
main_route_table_id                  string computed
owner_id                             string computed < OwnerId
region                               string optional computed replaces
tags                                 map(string) optional
tags_all                             map(string) optional computed
)";

struct Switch {
  std::string_view attribute;
  std::string_view attribute_name;  // for DescribeVpcAttribute
  std::string_view member;          // for ModifyVpcAttribute, and in the answer
  bool otherwise;                   // what a new VPC has
};
constexpr Switch kSwitches[] = {
    {"enable_dns_support", "enableDnsSupport", "EnableDnsSupport", true},
    {"enable_dns_hostnames", "enableDnsHostnames", "EnableDnsHostnames", false},
    {"enable_network_address_usage_metrics", "enableNetworkAddressUsageMetrics", "EnableNetworkAddressUsageMetrics",
     false},
};

Result<void> Set(Call& call, const Value& id, const Switch& one, bool on) {
  return call.Tolerate("ec2", "ModifyVpcAttribute",
                       {{"VpcId", id}, {std::string(one.member), Object{{"Value", on}}}}, {});
}

Result<void> Create(Call& call, const Object& planned) {
  TRY_ASSIGN(const Object made, call.Api("ec2", "CreateVpc",
                                         WithTagSpecification(ToApi(call.body, planned), "vpc", planned)));
  const std::string id = At(made, "Vpc")["VpcId"].Text();
  call.Created(id);
  TRY(WaitAvailable(call, "DescribeVpcs", "VpcIds", "Vpcs", id));
  for (const auto& one : kSwitches)
    if (const auto& value = At(planned, one.attribute); value.IsKnown() && value.Bool() != one.otherwise)
      TRY(Set(call, id, one, value.Bool()));
  return {};
}

// The parts that EC2 makes with every VPC.
Result<void> AddDefaultParts(Call& call, const Value& id, Object& vpc) {
  const auto with = [&](std::string_view name, std::string_view value) {
    List filters = Filter("vpc-id", id);
    filters.push_back(Filter(name, value)[0]);
    return Object{{"Filters", std::move(filters)}};
  };
  TRY_ASSIGN(const auto acl, call.Find("ec2", "DescribeNetworkAcls", with("default", "true"), "NetworkAcls", {}));
  if (acl) vpc["default_network_acl_id"] = (*acl)["NetworkAclId"];
  TRY_ASSIGN(const auto table,
             call.Find("ec2", "DescribeRouteTables", with("association.main", "true"), "RouteTables", {}));
  if (table) vpc["default_route_table_id"] = vpc["main_route_table_id"] = (*table)["RouteTableId"];
  TRY_ASSIGN(const auto group,
             call.Find("ec2", "DescribeSecurityGroups", with("group-name", "default"), "SecurityGroups", {}));
  if (group) vpc["default_security_group_id"] = (*group)["GroupId"];
  return {};
}

Result<std::optional<Object>> Read(Call& call, const Object& state) {
  const Value& id = At(state, "id");
  TRY_ASSIGN(const auto found,
             call.Find("ec2", "DescribeVpcs", {{"VpcIds", List{id}}}, "Vpcs", {"InvalidVpcID.NotFound"}));
  if (!found) return std::nullopt;
  Object vpc = Ec2Object(call, *found);
  vpc["arn"] = Ec2Arn(call, *found, "vpc", id.Text());
  for (const auto& one : kSwitches) {
    TRY_ASSIGN(const Object answer, call.Api("ec2", "DescribeVpcAttribute",
                                             {{"VpcId", id}, {"Attribute", std::string(one.attribute_name)}}));
    vpc[std::string(one.attribute)] = At(answer, one.member)["Value"].Bool();
  }
  TRY(AddDefaultParts(call, id, vpc));
  return vpc;
}

Result<void> Update(Call& call, const Object& prior, const Object& planned) {
  for (const auto& one : kSwitches)
    if (const auto& value = At(planned, one.attribute); value.IsKnown() && value != At(prior, one.attribute))
      TRY(Set(call, At(prior, "id"), one, value.Bool()));
  return {};
}

Result<void> Destroy(Call& call, const Object& state) {
  return call.Remove("ec2", "DeleteVpc", {{"VpcId", At(state, "id")}}, {"InvalidVpcID.NotFound"},
                     {"DependencyViolation"});
}

}  // namespace

Resource Vpc() {
  return {
      .type = "aws_vpc",
      .title = "EC2 VPC",
      .schema = {.version = 1, .body = ParseTable(kTable)},
      .tags = kEc2Tags,
      .create = Create,
      .read = Read,
      .update = Update,
      .destroy = Destroy,
  };
}

}  // namespace terrarium::provider
