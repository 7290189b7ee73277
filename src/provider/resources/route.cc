#include <zlib.h>

#include "provider/resources/ec2.h"
#include "provider/resources/resources.h"

namespace terrarium::provider {
namespace {

constexpr std::string_view kTable = R"(
carrier_gateway_id          string optional <> CarrierGatewayId
core_network_arn            string optional <> CoreNetworkArn
destination_cidr_block      string optional replaces <> DestinationCidrBlock
destination_ipv6_cidr_block string optional replaces <> DestinationIpv6CidrBlock
destination_prefix_list_id  string optional replaces <> DestinationPrefixListId
egress_only_gateway_id      string optional <> EgressOnlyInternetGatewayId
gateway_id                  string optional <> GatewayId
id                          string optional computed
instance_id                 string computed < InstanceId
instance_owner_id           string computed < InstanceOwnerId
local_gateway_id            string optional <> LocalGatewayId
nat_gateway_id              string optional <> NatGatewayId
network_interface_id        string optional computed <> NetworkInterfaceId
origin                      string computed < Origin
region                      string optional computed replaces
route_table_id              string required replaces > RouteTableId
state                       string computed < State
transit_gateway_id          string optional <> TransitGatewayId
vpc_endpoint_id             string optional > VpcEndpointId
vpc_peering_connection_id   string optional <> VpcPeeringConnectionId
)";

struct Kind {
  const char* attribute;
  const char* member;
};
constexpr Kind kDestinations[] = {{"destination_cidr_block", "DestinationCidrBlock"},
                                  {"destination_ipv6_cidr_block", "DestinationIpv6CidrBlock"},
                                  {"destination_prefix_list_id", "DestinationPrefixListId"}};

struct Destination {
  const char* member;
  std::string text;
};
Destination DestinationOf(const Object& object) {
  for (const auto& [attribute, member] : kDestinations)
    if (const auto& text = At(object, attribute).Text(); !text.empty()) return {member, text};
  return {kDestinations[0].member, ""};
}

// The official provider's: the table, then a hash of the destination.
std::string IdOf(const std::string& table, const std::string& destination) {
  const auto* bytes = reinterpret_cast<const Bytef*>(destination.data());
  return "r-" + table + std::to_string(crc32(0, bytes, static_cast<uInt>(destination.size())));
}

Result<std::optional<Value>> FindRoute(Call& call, const Object& object) {
  TRY_ASSIGN(const auto table, call.Find("ec2", "DescribeRouteTables",
                                         {{"RouteTableIds", List{At(object, "route_table_id")}}}, "RouteTables",
                                         {"InvalidRouteTableID.NotFound"}));
  if (!table) return std::nullopt;
  const auto [member, text] = DestinationOf(object);
  for (const auto& route : (*table)["Routes"].Items())
    if (route[member] == Value(text)) return std::optional(route);
  return std::nullopt;
}

Result<void> WaitActive(Call& call, const Object& object) {
  return call.WaitUntil("waiting for the route", [&]() -> Result<bool> {
    TRY_ASSIGN(const auto route, FindRoute(call, object));
    return route && (*route)["State"] == Value("active");
  });
}

Result<void> Create(Call& call, const Object& planned) {
  TRY(call.Tolerate("ec2", "CreateRoute", ToApi(call.body, planned), {}));
  call.Created(IdOf(At(planned, "route_table_id").Text(), DestinationOf(planned).text));
  return WaitActive(call, planned);
}

Result<std::optional<Object>> Read(Call& call, const Object& state) {
  TRY_ASSIGN(const auto found, FindRoute(call, state));
  if (!found) return std::nullopt;
  Object route = FromApi(call.body, *found);
  const std::string gateway = route["gateway_id"].Text();
  const bool endpoint = gateway.starts_with("vpce-");
  route["vpc_endpoint_id"] = endpoint ? gateway : "";
  if (endpoint) route["gateway_id"] = "";
  route["route_table_id"] = At(state, "route_table_id");
  route["id"] = IdOf(At(state, "route_table_id").Text(), DestinationOf(state).text);
  return route;
}

Result<void> Update(Call& call, const Object&, const Object& planned) {
  TRY(call.Tolerate("ec2", "ReplaceRoute", ToApi(call.body, planned), {}));
  return WaitActive(call, planned);
}

Result<void> Destroy(Call& call, const Object& state) {
  const auto [member, text] = DestinationOf(state);
  return call.Remove("ec2", "DeleteRoute", {{"RouteTableId", At(state, "route_table_id")}, {member, text}},
                     {"InvalidRoute.NotFound", "InvalidRouteTableID.NotFound"});
}

// rtb-…_0.0.0.0/0
Result<Object> Import(Call&, const std::string& id) {
  const auto bar = id.find('_');
  if (bar == id.npos) return Fail(ErrorKind::kInvalid, "expected <route table id>_<destination>");
  const std::string table = id.substr(0, bar), destination = id.substr(bar + 1);
  const char* kind = destination.starts_with("pl-")        ? "destination_prefix_list_id"
                     : destination.contains(':')            ? "destination_ipv6_cidr_block"
                                                            : "destination_cidr_block";
  return Object{{"id", IdOf(table, destination)}, {"route_table_id", table}, {kind, destination}};
}

}  // namespace

Resource Route() {
  using std::chrono::minutes;
  return {
      .type = "aws_route",
      .title = "Route in Route Table",
      .schema = {.body = ParseTable(kTable)},
      .timeouts = {.create = minutes(5), .update = minutes(2), .destroy = minutes(5)},
      .create = Create,
      .read = Read,
      .update = Update,
      .destroy = Destroy,
      .import = Import,
  };
}

}  // namespace terrarium::provider
