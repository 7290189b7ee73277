#include <algorithm>

#include "services/ec2/ops/serve.h"

namespace terrarium::ec2 {
namespace {

constexpr std::size_t kMostRoutes = 50;

void Save(const api::Call& call, const rows::RouteTable& table) {
  kRouteTables.Put(call.tx, call.Key(table.id.view()), table, table.vpc.view());
  TouchVpc(call, table.vpc.view());
}

bool Attached(const api::Call& call, std::string_view gateway, Str vpc) {
  const rows::Gateway* row = kGateways.Find(call.tx, call.Key(gateway), call.arena);
  return row != nullptr && row->vpc.has_value() && row->vpc == vpc;
}

wire::RouteTableAssociationState* Associated(const api::Call& call) {
  auto* out = call.arena.New<wire::RouteTableAssociationState>();
  out->state = "associated";
  return out;
}

wire::RouteTable WireRouteTable(const api::Call& call, const rows::RouteTable& table, Str vpc_block) {
  wire::RouteTable out;
  out.route_table_id = table.id;
  out.vpc_id = table.vpc;
  out.owner_id = Copy(call.arena, call.caller.account);
  out.associations.Present(call.arena);
  for (const auto& association : table.associations) {
    auto& one = out.associations.Add(call.arena);
    one.route_table_association_id = association.id;
    one.route_table_id = table.id;
    one.main = !association.subnet;
    one.subnet_id = association.subnet;
    one.association_state = Associated(call);
  }
  out.propagating_vgws.Present(call.arena);
  auto& local = out.routes.Add(call.arena);
  local.destination_cidr_block = vpc_block;
  local.gateway_id = "local";
  local.origin = "CreateRouteTable";
  local.state = "active";
  for (const auto& route : table.routes) {
    auto& one = out.routes.Add(call.arena);
    one.destination_cidr_block = route.destination;
    one.gateway_id = route.gateway;
    one.origin = "CreateRoute";
    one.state = Attached(call, route.gateway.view(), table.vpc) ? "active" : "blackhole";
  }
  out.tags = WireTags(call.arena, table.tags);
  return out;
}

Result<wire::CreateRouteTableResult*> CreateRouteTable(api::Call& call, const wire::CreateRouteTableRequest& request) {
  TRY_ASSIGN(const rows::Vpc* vpc, GetVpc(call, request.vpc_id));
  rows::RouteTable table;
  table.id = Copy(call.arena, NewId(call.random, "rtb"));
  table.vpc = vpc->id;
  TRY_ASSIGN(table.tags, ReadTags(call, request.tag_specifications, "route-table", table.id.view(), "CreateRouteTable"));
  Save(call, table);
  auto* out = call.arena.New<wire::CreateRouteTableResult>();
  out->route_table = call.arena.New<wire::RouteTable>();
  *out->route_table = WireRouteTable(call, table, vpc->cidr);
  return out;
}

Result<wire::DescribeRouteTablesResult*> DescribeRouteTables(api::Call& call, const wire::DescribeRouteTablesRequest& request) {
  const auto values = [&](const rows::RouteTable& table, std::string_view name) -> std::optional<std::vector<std::string>> {
    std::vector<std::string> out;
    if (name == "route-table-id") return {{table.id.str()}};
    if (name == "vpc-id") return {{table.vpc.str()}};
    if (name == "owner-id") return {{call.caller.account}};
    if (name.starts_with("association.")) {
      for (const auto& association : table.associations) {
        if (name == "association.route-table-association-id") out.push_back(association.id.str());
        else if (name == "association.subnet-id") out.push_back(std::string(association.subnet.value_or("")));
        else if (name == "association.main") out.push_back(association.subnet ? "false" : "true");
        else if (name == "association.route-table-id") out.push_back(table.id.str());
        else if (name == "association.gateway-id") continue;
        else return std::nullopt;
      }
      return out;
    }
    if (name.starts_with("route.")) {
      for (const auto& route : table.routes) {
        if (name == "route.destination-cidr-block") out.push_back(route.destination.str());
        else if (name == "route.gateway-id") out.push_back(route.gateway.str());
        else if (name == "route.origin") out.push_back("CreateRoute");
        else if (name == "route.state") out.push_back(Attached(call, route.gateway.view(), table.vpc) ? "active" : "blackhole");
        else if (name != "route.nat-gateway-id" && name != "route.instance-id" && name != "route.vpc-peering-connection-id" && name != "route.transit-gateway-id" &&
                 name != "route.destination-ipv6-cidr-block" && name != "route.destination-prefix-list-id" && name != "route.egress-only-internet-gateway-id")
          return std::nullopt;
      }
      return out;
    }
    return std::nullopt;
  };
  TRY_ASSIGN(auto found, Select(AllOf(call, kRouteTables), request.route_table_ids, request.filters, [](const rows::RouteTable& table) { return table.tags; }, values, [](Str id) {
               return ApiError("InvalidRouteTableID.NotFound", "The routeTable ID '" + id.str() + "' does not exist", ErrorKind::kNotFound);
             }));
  auto* out = call.arena.New<wire::DescribeRouteTablesResult>();
  TRY(Paginate(found, request.max_results, request.next_token, call.arena, out->next_token));
  out->route_tables.Present(call.arena);
  for (const rows::RouteTable* table : found) {
    TRY_ASSIGN(const rows::Vpc* vpc, GetVpc(call, table->vpc));
    out->route_tables.Add(call.arena, WireRouteTable(call, *table, vpc->cidr));
  }
  return out;
}

Result<codec::Empty*> DeleteRouteTable(api::Call& call, const wire::DeleteRouteTableRequest& request) {
  TRY_ASSIGN(const rows::RouteTable* table, GetRouteTable(call, request.route_table_id));
  if (!table->associations.empty())
    return ApiError("DependencyViolation", "The routeTable '" + table->id.str() + "' has dependencies and cannot be deleted.", ErrorKind::kConflict);
  kRouteTables.Delete(call.tx, call.Key(table->id.view()));
  TouchVpc(call, table->vpc.view());
  return call.arena.New<codec::Empty>();
}

// Destination and target of CreateRoute and ReplaceRoute, checked.
template <class Request>
Result<rows::Route> ReadRoute(const api::Call& call, const rows::RouteTable& table, const Request& request) {
  TRY(Only(request, {"RouteTableId", "DestinationCidrBlock", "GatewayId"}));
  if (!request.destination_cidr_block) return Missing("destinationCidrBlock");
  if (!request.gateway_id) return Missing("gatewayId");
  const auto destination = Cidr::Parse(request.destination_cidr_block.view());
  if (!destination || !destination->Canonical())
    return InvalidValue("Value (" + request.destination_cidr_block.str() + ") for parameter destinationCidrBlock is invalid. This is not a valid CIDR block.");
  TRY_ASSIGN(const rows::Vpc* vpc, GetVpc(call, table.vpc));
  if (Cidr::Parse(vpc->cidr.view())->Contains(*destination))
    return InvalidValue("The destination CIDR block " + request.destination_cidr_block.str() + " is equal to or more specific than one of this VPC's CIDR blocks. This route can target only an interface or an instance.");
  if (!request.gateway_id.view().starts_with("igw-")) return NotSupported("A route to " + request.gateway_id.str());
  TRY_ASSIGN(const rows::Gateway* gateway, GetGateway(call, request.gateway_id));
  if (!gateway->vpc || gateway->vpc != table.vpc) return InvalidValue("route table " + table.id.str() + " and network gateway " + gateway->id.str() + " belong to different networks");
  rows::Route out;
  out.destination = request.destination_cidr_block;
  out.gateway = gateway->id;
  return out;
}

Result<wire::CreateRouteResult*> CreateRoute(api::Call& call, const wire::CreateRouteRequest& request) {
  TRY_ASSIGN(rows::RouteTable * table, GetRouteTable(call, request.route_table_id));
  TRY_ASSIGN(const rows::Route route, ReadRoute(call, *table, request));
  auto* out = call.arena.New<wire::CreateRouteResult>();
  out->return_ = true;
  for (const auto& known : table->routes) {
    if (known.destination != route.destination) continue;
    if (known.gateway == route.gateway) return out;
    return ApiError("RouteAlreadyExists", "The route identified by " + route.destination.str() + " already exists.", ErrorKind::kConflict);
  }
  if (table->routes.size() >= kMostRoutes) return ApiError("RouteLimitExceeded", "The maximum number of routes has been reached.", ErrorKind::kLimit);
  table->routes.Add(call.arena, route);
  Save(call, *table);
  return out;
}

Result<rows::Route*> FindRoute(rows::RouteTable& table, Str destination) {
  for (auto& route : table.routes)
    if (route.destination == destination) return &route;
  return ApiError("InvalidRoute.NotFound", "no route with destination-cidr-block " + std::string(destination.value_or("")) + " in route table " + table.id.str(), ErrorKind::kNotFound);
}

Result<codec::Empty*> ReplaceRoute(api::Call& call, const wire::ReplaceRouteRequest& request) {
  TRY_ASSIGN(rows::RouteTable * table, GetRouteTable(call, request.route_table_id));
  TRY_ASSIGN(const rows::Route route, ReadRoute(call, *table, request));
  TRY_ASSIGN(rows::Route * known, FindRoute(*table, route.destination));
  known->gateway = route.gateway;
  Save(call, *table);
  return call.arena.New<codec::Empty>();
}

Result<codec::Empty*> DeleteRoute(api::Call& call, const wire::DeleteRouteRequest& request) {
  TRY(Only(request, {"RouteTableId", "DestinationCidrBlock"}));
  TRY_ASSIGN(rows::RouteTable * table, GetRouteTable(call, request.route_table_id));
  TRY_ASSIGN(const rows::Vpc* vpc, GetVpc(call, table->vpc));
  if (request.destination_cidr_block == vpc->cidr) return InvalidValue("cannot remove local route " + vpc->cidr.str() + " in route table " + table->id.str());
  TRY(FindRoute(*table, request.destination_cidr_block));
  List<rows::Route> left;
  for (const auto& route : table->routes)
    if (route.destination != request.destination_cidr_block) left.Add(call.arena, route);
  table->routes = left;
  Save(call, *table);
  return call.arena.New<codec::Empty>();
}

struct FoundAssociation {
  rows::RouteTable* table;
  rows::Association association;
};
Result<FoundAssociation> FindAssociation(const api::Call& call, Str id) {
  for (rows::RouteTable* table : AllOf(call, kRouteTables))
    for (const auto& association : table->associations)
      if (association.id == id) return FoundAssociation{table, association};
  return ApiError("InvalidAssociationID.NotFound", "The association ID '" + std::string(id.value_or("")) + "' does not exist", ErrorKind::kNotFound);
}

void Drop(const api::Call& call, rows::RouteTable& table, Str association) {
  List<rows::Association> left;
  for (const auto& one : table.associations)
    if (one.id != association) left.Add(call.arena, one);
  table.associations = left;
  Save(call, table);
}

Result<wire::AssociateRouteTableResult*> AssociateRouteTable(api::Call& call, const wire::AssociateRouteTableRequest& request) {
  TRY(Only(request, {"RouteTableId", "SubnetId"}));
  TRY_ASSIGN(rows::RouteTable * table, GetRouteTable(call, request.route_table_id));
  TRY_ASSIGN(const rows::Subnet* subnet, GetSubnet(call, request.subnet_id));
  if (subnet->vpc != table->vpc) return InvalidValue("Route table " + table->id.str() + " and subnet " + subnet->id.str() + " belong to different networks");
  for (const rows::RouteTable* other : kRouteTables.ListOwner(call.tx, table->vpc.view(), call.arena))
    for (const auto& association : other->associations)
      if (association.subnet.has_value() && association.subnet == subnet->id)
        return ApiError("Resource.AlreadyAssociated", "The specified association for route table " + table->id.str() + " conflicts with an existing association", ErrorKind::kConflict);
  auto& association = table->associations.Add(call.arena);
  association.id = Copy(call.arena, NewId(call.random, "rtbassoc"));
  association.subnet = subnet->id;
  Save(call, *table);
  auto* out = call.arena.New<wire::AssociateRouteTableResult>();
  out->association_id = association.id;
  out->association_state = Associated(call);
  return out;
}

Result<codec::Empty*> DisassociateRouteTable(api::Call& call, const wire::DisassociateRouteTableRequest& request) {
  TRY_ASSIGN(const FoundAssociation found, FindAssociation(call, request.association_id));
  if (!found.association.subnet) return InvalidValue("cannot disassociate the main route table association " + found.association.id.str());
  Drop(call, *found.table, found.association.id);
  return call.arena.New<codec::Empty>();
}

// Also the way to another main route table.
Result<wire::ReplaceRouteTableAssociationResult*> ReplaceRouteTableAssociation(api::Call& call, const wire::ReplaceRouteTableAssociationRequest& request) {
  TRY_ASSIGN(const FoundAssociation found, FindAssociation(call, request.association_id));
  TRY_ASSIGN(rows::RouteTable * table, GetRouteTable(call, request.route_table_id));
  if (table->vpc != found.table->vpc) return InvalidValue("Route table " + table->id.str() + " belongs to a different network");
  rows::Association moved = found.association;
  moved.id = Copy(call.arena, NewId(call.random, "rtbassoc"));
  Drop(call, *found.table, found.association.id);
  TRY_ASSIGN(table, GetRouteTable(call, request.route_table_id));  // it may be the one just changed
  table->associations.Add(call.arena, moved);
  Save(call, *table);
  if (!moved.subnet) {
    TRY_ASSIGN(rows::Vpc * vpc, GetVpc(call, table->vpc));
    vpc->main_route_table = table->id;
    kVpcs.Put(call.tx, call.Key(vpc->id.view()), *vpc, vpc->id.view());
  }
  auto* out = call.arena.New<wire::ReplaceRouteTableAssociationResult>();
  out->new_association_id = moved.id;
  out->association_state = Associated(call);
  return out;
}

// IAM's resource of an association is its table.
template <class Request>
auto OnAssociation() {
  return [](api::Call& call, const Request& request) -> Result<api::Access> {
    const auto found = FindAssociation(call, request.association_id);
    return api::Access{.resources = {ArnOf(call, "route-table", found ? found->table->id.view() : "*")}, .facts = {}};
  };
}

}  // namespace

void RegisterRouteTables(api::Registry& registry) {
  Serve<wire::ops::CreateRouteTable>(registry, CreateRouteTable, New("route-table", "vpc", &wire::CreateRouteTableRequest::vpc_id));
  Serve<wire::ops::DescribeRouteTables>(registry, DescribeRouteTables);
  Serve<wire::ops::DeleteRouteTable>(registry, DeleteRouteTable, On("route-table", &wire::DeleteRouteTableRequest::route_table_id));
  Serve<wire::ops::CreateRoute>(registry, CreateRoute, On("route-table", &wire::CreateRouteRequest::route_table_id));
  Serve<wire::ops::ReplaceRoute>(registry, ReplaceRoute, On("route-table", &wire::ReplaceRouteRequest::route_table_id));
  Serve<wire::ops::DeleteRoute>(registry, DeleteRoute, On("route-table", &wire::DeleteRouteRequest::route_table_id));
  Serve<wire::ops::AssociateRouteTable>(registry, AssociateRouteTable, On("route-table", &wire::AssociateRouteTableRequest::route_table_id));
  Serve<wire::ops::DisassociateRouteTable>(registry, DisassociateRouteTable, OnAssociation<wire::DisassociateRouteTableRequest>());
  Serve<wire::ops::ReplaceRouteTableAssociation>(registry, ReplaceRouteTableAssociation, OnAssociation<wire::ReplaceRouteTableAssociationRequest>());
}

}  // namespace terrarium::ec2
