#include "provider/resources/ec2.h"
#include "provider/resources/resources.h"

namespace terrarium::provider {
namespace {

constexpr std::string_view kTable = R"(
arn                                            string computed < SubnetArn
assign_ipv6_address_on_creation                bool optional = false < AssignIpv6AddressOnCreation
availability_zone                              string optional computed replaces <> AvailabilityZone
availability_zone_id                           string optional computed replaces <> AvailabilityZoneId
cidr_block                                     string optional replaces <> CidrBlock
customer_owned_ipv4_pool                       string optional refused
enable_dns64                                   bool optional = false < EnableDns64
enable_lni_at_device_index                     number optional refused
enable_resource_name_dns_a_record_on_launch    bool optional = false < PrivateDnsNameOptionsOnLaunch.EnableResourceNameDnsARecord
enable_resource_name_dns_aaaa_record_on_launch bool optional = false < PrivateDnsNameOptionsOnLaunch.EnableResourceNameDnsAAAARecord
id                                             string optional computed < SubnetId
ipv6_cidr_block                                string optional refused
ipv6_cidr_block_association_id                 string computed
ipv6_native                                    bool optional replaces = false <> Ipv6Native
map_customer_owned_ip_on_launch                bool optional refused
map_public_ip_on_launch                        bool optional = false < MapPublicIpOnLaunch
outpost_arn                                    string optional replaces refused
owner_id                                       string computed < OwnerId
private_dns_hostname_type_on_launch            string optional computed in=ip-name|resource-name < PrivateDnsNameOptionsOnLaunch.HostnameType
region                                         string optional computed replaces
tags                                           map(string) optional
tags_all                                       map(string) optional computed
vpc_id                                         string required replaces <> VpcId
)";

// Set one by one after the create, each by a call of its own, as EC2 wants it.
struct Knob {
  std::string_view attribute;
  std::string_view member;
};
constexpr Knob kKnobs[] = {
    {"assign_ipv6_address_on_creation", "AssignIpv6AddressOnCreation"},
    {"enable_dns64", "EnableDns64"},
    {"enable_resource_name_dns_a_record_on_launch", "EnableResourceNameDnsARecordOnLaunch"},
    {"enable_resource_name_dns_aaaa_record_on_launch", "EnableResourceNameDnsAAAARecordOnLaunch"},
    {"map_public_ip_on_launch", "MapPublicIpOnLaunch"},
    {"private_dns_hostname_type_on_launch", "PrivateDnsHostnameTypeOnLaunch"},
};

Result<void> Turn(Call& call, const Value& id, const Object& prior, const Object& planned) {
  for (const auto& [attribute, member] : kKnobs) {
    const auto& value = At(planned, attribute);
    const auto& before = At(prior, attribute);
    // A new subnet has every switch off.
    if (!value.IsKnown() || value == before || (before.IsNull() && value == Value(false))) continue;
    const Value setting = value.If<bool>() ? Value(Object{{"Value", value}}) : value;
    TRY(call.Tolerate("ec2", "ModifySubnetAttribute", {{"SubnetId", id}, {std::string(member), setting}}, {}));
  }
  return {};
}

Result<void> Create(Call& call, const Object& planned) {
  Object request = ToApi(call.body, planned);
  if (!At(planned, "ipv6_native").Bool()) request.erase("Ipv6Native");
  TRY_ASSIGN(const Object made,
             call.Api("ec2", "CreateSubnet", WithTagSpecification(std::move(request), "subnet", planned)));
  const std::string id = At(made, "Subnet")["SubnetId"].Text();
  call.Created(id);
  TRY(WaitAvailable(call, "DescribeSubnets", "SubnetIds", "Subnets", id));
  return Turn(call, id, {}, planned);
}

Result<std::optional<Object>> Read(Call& call, const Object& state) {
  TRY_ASSIGN(const auto found, call.Find("ec2", "DescribeSubnets", {{"SubnetIds", List{At(state, "id")}}}, "Subnets",
                                         {"InvalidSubnetID.NotFound"}));
  if (!found) return std::nullopt;
  return Ec2Object(call, *found);
}

Result<void> Update(Call& call, const Object& prior, const Object& planned) {
  return Turn(call, At(prior, "id"), prior, planned);
}

Result<void> Destroy(Call& call, const Object& state) {
  return call.Remove("ec2", "DeleteSubnet", {{"SubnetId", At(state, "id")}}, {"InvalidSubnetID.NotFound"},
                     {"DependencyViolation"});
}

}  // namespace

Resource Subnet() {
  using std::chrono::minutes;
  return {
      .type = "aws_subnet",
      .title = "EC2 Subnet",
      .schema = {.version = 1, .body = ParseTable(kTable)},
      .timeouts = {.create = minutes(10), .destroy = minutes(20)},
      .tags = kEc2Tags,
      .create = Create,
      .read = Read,
      .update = Update,
      .destroy = Destroy,
  };
}

}  // namespace terrarium::provider
