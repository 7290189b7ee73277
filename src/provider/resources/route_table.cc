#include "provider/resources/ec2.h"
#include "provider/resources/resources.h"

namespace terrarium::provider {
namespace {

constexpr std::string_view kTable = R"(
arn              string computed
id               string optional computed < RouteTableId
owner_id         string computed < OwnerId
propagating_vgws set(string) optional computed refused
region           string optional computed replaces
route            set(object{carrier_gateway_id:string,cidr_block:string,core_network_arn:string,destination_prefix_list_id:string,egress_only_gateway_id:string,gateway_id:string,ipv6_cidr_block:string,local_gateway_id:string,nat_gateway_id:string,network_interface_id:string,transit_gateway_id:string,vpc_endpoint_id:string,vpc_peering_connection_id:string}) optional computed
tags             map(string) optional
tags_all         map(string) optional computed
vpc_id           string required replaces <> VpcId
)";

// Attributes of an inline route beside the members of CreateRoute and of the answer.
constexpr std::pair<std::string_view, std::string_view> kMembers[] = {
    {"carrier_gateway_id", "CarrierGatewayId"},
    {"cidr_block", "DestinationCidrBlock"},
    {"core_network_arn", "CoreNetworkArn"},
    {"destination_prefix_list_id", "DestinationPrefixListId"},
    {"egress_only_gateway_id", "EgressOnlyInternetGatewayId"},
    {"gateway_id", "GatewayId"},
    {"ipv6_cidr_block", "DestinationIpv6CidrBlock"},
    {"local_gateway_id", "LocalGatewayId"},
    {"nat_gateway_id", "NatGatewayId"},
    {"network_interface_id", "NetworkInterfaceId"},
    {"transit_gateway_id", "TransitGatewayId"},
    {"vpc_endpoint_id", "VpcEndpointId"},
    {"vpc_peering_connection_id", "VpcPeeringConnectionId"},
};

Object RouteRequest(const Value& table, const Value& route) {
  Object request{{"RouteTableId", table}};
  for (const auto& [attribute, member] : kMembers)
    if (!route[attribute].Text().empty()) request.emplace(member, route[attribute]);
  return request;
}

// By destination, which is what names a route of a table.
Object ByDestination(const Value& routes) {
  Object out;
  for (const auto& route : routes.Items())
    for (const char* kind : {"cidr_block", "ipv6_cidr_block", "destination_prefix_list_id"})
      if (!route[kind].Text().empty()) out.insert_or_assign(route[kind].Text(), route);
  return out;
}

Result<void> ChangeRoutes(Call& call, const Value& id, const Object& prior, const Object& planned) {
  if (!IsWhollyKnown(At(planned, "route"))) return {};
  const Object before = ByDestination(At(prior, "route")), after = ByDestination(At(planned, "route"));
  for (const auto& [destination, route] : before) {
    if (after.contains(destination)) continue;
    Object request = RouteRequest(id, route);
    std::erase_if(request, [](const auto& member) {
      return member.first != "RouteTableId" && !member.first.starts_with("Destination");
    });
    TRY(call.Tolerate("ec2", "DeleteRoute", request, {"InvalidRoute.NotFound"}));
  }
  for (const auto& [destination, route] : after) {
    const Value& old = At(before, destination);
    if (old == route) continue;
    TRY(call.Tolerate("ec2", old.IsNull() ? "CreateRoute" : "ReplaceRoute", RouteRequest(id, route), {}));
  }
  return {};
}

Result<void> Create(Call& call, const Object& planned) {
  TRY_ASSIGN(const Object made, call.Api("ec2", "CreateRouteTable",
                                         WithTagSpecification(ToApi(call.body, planned), "route-table", planned)));
  const std::string id = At(made, "RouteTable")["RouteTableId"].Text();
  call.Created(id);
  return ChangeRoutes(call, id, {}, planned);
}

// The route to the VPC itself is not the user's.
List InlineRoutes(const Value& answered) {
  List out;
  for (const auto& route : answered.Items()) {
    if (route["GatewayId"] == Value("local") || route["Origin"] == Value("EnableVgwRoutePropagation")) continue;
    Object one;
    for (const auto& [attribute, member] : kMembers) one.emplace(attribute, route[member].Text());
    if (one["gateway_id"].Text().starts_with("vpce-")) std::swap(one["gateway_id"], one["vpc_endpoint_id"]);
    out.emplace_back(std::move(one));
  }
  return out;
}

Result<std::optional<Object>> Read(Call& call, const Object& state) {
  const Value& id = At(state, "id");
  TRY_ASSIGN(const auto found, call.Find("ec2", "DescribeRouteTables", {{"RouteTableIds", List{id}}}, "RouteTables",
                                         {"InvalidRouteTableID.NotFound"}));
  if (!found) return std::nullopt;
  Object table = Ec2Object(call, *found);
  table["arn"] = Ec2Arn(call, *found, "route-table", id.Text());
  table["route"] = InlineRoutes((*found)["Routes"]);
  List gateways;
  for (const auto& one : (*found)["PropagatingVgws"].Items()) gateways.push_back(one["GatewayId"]);
  table["propagating_vgws"] = std::move(gateways);
  return table;
}

Result<void> Update(Call& call, const Object& prior, const Object& planned) {
  return ChangeRoutes(call, At(prior, "id"), prior, planned);
}

Result<void> Destroy(Call& call, const Object& state) {
  const Value& id = At(state, "id");
  TRY_ASSIGN(const auto found, call.Find("ec2", "DescribeRouteTables", {{"RouteTableIds", List{id}}}, "RouteTables",
                                         {"InvalidRouteTableID.NotFound"}));
  if (!found) return {};
  for (const auto& one : (*found)["Associations"].Items())
    if (!one["Main"].Bool())
      TRY(call.Tolerate("ec2", "DisassociateRouteTable", {{"AssociationId", one["RouteTableAssociationId"]}},
                        {"InvalidAssociationID.NotFound"}));
  return call.Remove("ec2", "DeleteRouteTable", {{"RouteTableId", id}}, {"InvalidRouteTableID.NotFound"},
                     {"DependencyViolation"});
}

}  // namespace

Resource RouteTable() {
  using std::chrono::minutes;
  return {
      .type = "aws_route_table",
      .title = "EC2 Route Table",
      .schema = {.body = ParseTable(kTable)},
      .timeouts = {.create = minutes(5), .update = minutes(2), .destroy = minutes(5)},
      .tags = kEc2Tags,
      .create = Create,
      .read = Read,
      .update = Update,
      .destroy = Destroy,
  };
}

}  // namespace terrarium::provider
