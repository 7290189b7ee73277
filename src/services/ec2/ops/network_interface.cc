#include "services/ec2/ops/serve.h"
#include "services/ec2/public.h"

namespace terrarium::ec2 {
namespace {

Scope ScopeOf(const api::Call& call) { return {.tx = call.tx, .random = call.random, .account = call.caller.account, .region = call.caller.region}; }

const char* Status(const rows::Eni& eni) {
  if (eni.requester) return "in-use";
  return eni.ready.value_or(false) ? "available" : "pending";
}

wire::NetworkInterface WireEni(const api::Call& call, const rows::Eni& eni) {
  wire::NetworkInterface out;
  const auto view = FindEni(ScopeOf(call), eni.id.view());
  out.network_interface_id = eni.id;
  out.vpc_id = eni.vpc;
  out.subnet_id = eni.subnet;
  out.availability_zone = eni.zone;
  out.availability_zone_id = Copy(call.arena, ZoneId(eni.zone.view()));
  out.owner_id = Copy(call.arena, call.caller.account);
  out.description = eni.description;
  out.interface_type = eni.type;
  out.mac_address = eni.mac;
  out.private_ip_address = eni.address;
  out.private_dns_name = Copy(call.arena, view ? view->private_name : "");
  out.source_dest_check = true;
  out.status = Status(eni);
  out.requester_managed = eni.requester.has_value();
  if (eni.requester) out.requester_id = Say(call.arena, "amazon-", eni.requester.view());
  if (eni.public_address) {
    out.association = call.arena.New<wire::NetworkInterfaceAssociation>();
    out.association->public_ip = eni.public_address;
    out.association->ip_owner_id = "amazon";
    out.association->public_dns_name = eni.public_name;
  }
  auto& address = out.private_ip_addresses.Add(call.arena);
  address.primary = true;
  address.private_ip_address = eni.address;
  address.private_dns_name = out.private_dns_name;
  address.association = out.association;
  for (const Str group : eni.groups) {
    auto& one = out.groups.Add(call.arena);
    one.group_id = group;
    if (const rows::Group* row = kGroups.Find(call.tx, call.Key(group.view()), call.arena)) one.group_name = row->name;
  }
  out.ipv6_addresses.Present(call.arena);
  out.tag_set = WireTags(call.arena, eni.tags);
  return out;
}

// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateNetworkInterface.html
Result<wire::CreateNetworkInterfaceResult*> CreateNetworkInterface(api::Call& call, const wire::CreateNetworkInterfaceRequest& request) {
  TRY(Only(request, {"SubnetId", "Description", "PrivateIpAddress", "Groups", "TagSpecifications", "ClientToken", "InterfaceType"}));
  if (request.interface_type && request.interface_type != "interface") return NotSupported("InterfaceType " + request.interface_type.str());
  auto* out = call.arena.New<wire::CreateNetworkInterfaceResult>();
  out->network_interface = call.arena.New<wire::NetworkInterface>();
  out->client_token = request.client_token;
  if (request.client_token) {  // a repeated request gets the first one's answer
    for (const rows::Eni* known : AllOf(call, kEnis))
      if (known->client_token.has_value() && known->client_token == request.client_token && !known->deleting.value_or(false)) {
        *out->network_interface = WireEni(call, *known);
        return out;
      }
  }
  EniRequest wanted{.subnet = request.subnet_id.str(), .address = request.private_ip_address.str(), .description = request.description.str()};
  for (const Str group : request.groups) wanted.groups.push_back(group.str());
  TRY_ASSIGN(const EniView made, AllocateEni(ScopeOf(call), wanted));
  TRY_ASSIGN(rows::Eni * row, GetEni(call, Copy(call.arena, made.id)));
  TRY_ASSIGN(row->tags, ReadTags(call, request.tag_specifications, "network-interface", row->id.view(), "CreateNetworkInterface"));
  row->client_token = request.client_token;
  kEnis.Put(call.tx, call.Key(row->id.view()), *row, row->vpc.view());
  *out->network_interface = WireEni(call, *row);
  return out;
}

Result<wire::DescribeNetworkInterfacesResult*> DescribeNetworkInterfaces(api::Call& call, const wire::DescribeNetworkInterfacesRequest& request) {
  List<rows::Eni*> all;
  for (rows::Eni* eni : AllOf(call, kEnis)) all.Add(call.arena, eni);
  const auto values = [&](const rows::Eni& eni, std::string_view name) -> std::optional<std::vector<std::string>> {
    const auto optional = [](Str text) { return text ? std::vector{text.str()} : std::vector<std::string>{}; };
    std::vector<std::string> out;
    if (name == "network-interface-id") return {{eni.id.str()}};
    if (name == "subnet-id") return {{eni.subnet.str()}};
    if (name == "vpc-id") return {{eni.vpc.str()}};
    if (name == "availability-zone") return {{eni.zone.str()}};
    if (name == "description") return {{eni.description.str()}};
    if (name == "status") return {{Status(eni)}};
    if (name == "mac-address") return {{eni.mac.str()}};
    if (name == "interface-type") return {{eni.type.str()}};
    if (name == "owner-id") return {{call.caller.account}};
    if (name == "source-dest-check") return {{"true"}};
    if (name == "private-ip-address" || name == "addresses.private-ip-address") return {{eni.address.str()}};
    if (name == "addresses.primary") return {{"true"}};
    if (name == "association.public-ip" || name == "addresses.association.public-ip") return optional(eni.public_address);
    if (name == "association.public-dns-name") return optional(eni.public_name);
    if (name == "requester-managed") return {{eni.requester ? "true" : "false"}};
    if (name == "requester-id") return eni.requester ? std::vector{"amazon-" + eni.requester.str()} : std::vector<std::string>{};
    if (name == "group-id" || name == "group-name") {
      for (const Str group : eni.groups) {
        const rows::Group* row = kGroups.Find(call.tx, call.Key(group.view()), call.arena);
        out.push_back(name == "group-id" || row == nullptr ? group.str() : row->name.str());
      }
      return out;
    }
    if (name.starts_with("attachment.")) return out;  // there are no instances to attach to
    return std::nullopt;
  };
  TRY_ASSIGN(auto found, Select(all, request.network_interface_ids, request.filters, [](const rows::Eni& eni) { return eni.tags; }, values, [](Str id) {
               return ApiError("InvalidNetworkInterfaceID.NotFound", "The networkInterface ID '" + id.str() + "' does not exist", ErrorKind::kNotFound);
             }));
  auto* out = call.arena.New<wire::DescribeNetworkInterfacesResult>();
  TRY(Paginate(found, request.max_results, request.next_token, call.arena, out->next_token));
  out->network_interfaces.Present(call.arena);
  for (const rows::Eni* eni : found) out->network_interfaces.Add(call.arena, WireEni(call, *eni));
  return out;
}

Result<codec::Empty*> DeleteNetworkInterface(api::Call& call, const wire::DeleteNetworkInterfaceRequest& request) {
  TRY_ASSIGN(const rows::Eni* eni, GetEni(call, request.network_interface_id));
  if (eni->requester)
    return ApiError("InvalidParameterValue", "Network interface '" + eni->id.str() + "' is currently in use.", ErrorKind::kConflict);
  TRY(ReleaseEni(ScopeOf(call), eni->id.view()));
  return call.arena.New<codec::Empty>();
}

Result<codec::Empty*> ModifyNetworkInterfaceAttribute(api::Call& call, const wire::ModifyNetworkInterfaceAttributeRequest& request) {
  TRY(Only(request, {"NetworkInterfaceId", "Groups", "Description", "SourceDestCheck"}));
  TRY_ASSIGN(rows::Eni * eni, GetEni(call, request.network_interface_id));
  if (request.source_dest_check != nullptr && !request.source_dest_check->value.value_or(true)) return NotSupported("SourceDestCheck=false");
  if (eni->requester) return ApiError("OperationNotPermitted", "You do not have permission to modify network interface '" + eni->id.str() + "', which a service manages.", ErrorKind::kDenied);
  if (request.description != nullptr) {
    eni->description = request.description->value;
    kEnis.Put(call.tx, call.Key(eni->id.view()), *eni, eni->vpc.view());
  }
  if (!request.groups.empty()) {
    std::vector<std::string> groups;
    for (const Str group : request.groups) groups.push_back(group.str());
    TRY(SetEniGroups(ScopeOf(call), eni->id.view(), groups));
  }
  return call.arena.New<codec::Empty>();
}

}  // namespace

void RegisterInterfaces(api::Registry& registry) {
  Serve<wire::ops::CreateNetworkInterface>(registry, CreateNetworkInterface, [](api::Call& call, const wire::CreateNetworkInterfaceRequest& request) -> Result<api::Access> {
    api::Access access{.resources = {ArnOf(call, "network-interface", "*"), ArnOf(call, "subnet", request.subnet_id.value_or("*"))}, .facts = {}};
    for (const Str group : request.groups) access.resources.push_back(ArnOf(call, "security-group", group.view()));
    return access;
  });
  Serve<wire::ops::DescribeNetworkInterfaces>(registry, DescribeNetworkInterfaces);
  Serve<wire::ops::DeleteNetworkInterface>(registry, DeleteNetworkInterface, On("network-interface", &wire::DeleteNetworkInterfaceRequest::network_interface_id));
  Serve<wire::ops::ModifyNetworkInterfaceAttribute>(registry, ModifyNetworkInterfaceAttribute, On("network-interface", &wire::ModifyNetworkInterfaceAttributeRequest::network_interface_id));
}

}  // namespace terrarium::ec2
