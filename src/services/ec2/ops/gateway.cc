#include "services/ec2/ops/serve.h"

namespace terrarium::ec2 {
namespace {

wire::InternetGateway WireGateway(const api::Call& call, const rows::Gateway& gateway) {
  wire::InternetGateway out;
  out.internet_gateway_id = gateway.id;
  out.owner_id = Copy(call.arena, call.caller.account);
  out.attachments.Present(call.arena);
  if (gateway.vpc) {
    auto& attachment = out.attachments.Add(call.arena);
    attachment.vpc_id = gateway.vpc;
    attachment.state = "available";  // the word of the API for "attached"
  }
  out.tags = WireTags(call.arena, gateway.tags);
  return out;
}

Result<wire::CreateInternetGatewayResult*> CreateInternetGateway(api::Call& call, const wire::CreateInternetGatewayRequest& request) {
  rows::Gateway gateway;
  gateway.id = Copy(call.arena, NewId(call.random, "igw"));
  TRY_ASSIGN(gateway.tags, ReadTags(call, request.tag_specifications, "internet-gateway", gateway.id.view(), "CreateInternetGateway"));
  kGateways.Put(call.tx, call.Key(gateway.id.view()), gateway);
  auto* out = call.arena.New<wire::CreateInternetGatewayResult>();
  out->internet_gateway = call.arena.New<wire::InternetGateway>();
  *out->internet_gateway = WireGateway(call, gateway);
  return out;
}

Result<wire::DescribeInternetGatewaysResult*> DescribeInternetGateways(api::Call& call, const wire::DescribeInternetGatewaysRequest& request) {
  const auto values = [&](const rows::Gateway& gateway, std::string_view name) -> std::optional<std::vector<std::string>> {
    if (name == "internet-gateway-id") return {{gateway.id.str()}};
    if (name == "owner-id") return {{call.caller.account}};
    if (name == "attachment.vpc-id") return gateway.vpc ? std::vector{gateway.vpc.str()} : std::vector<std::string>{};
    if (name == "attachment.state") return gateway.vpc ? std::vector<std::string>{"available"} : std::vector<std::string>{};
    return std::nullopt;
  };
  TRY_ASSIGN(auto found, Select(AllOf(call, kGateways), request.internet_gateway_ids, request.filters, [](const rows::Gateway& gateway) { return gateway.tags; }, values, [](Str id) {
               return ApiError("InvalidInternetGatewayID.NotFound", "The internetGateway ID '" + id.str() + "' does not exist", ErrorKind::kNotFound);
             }));
  auto* out = call.arena.New<wire::DescribeInternetGatewaysResult>();
  TRY(Paginate(found, request.max_results, request.next_token, call.arena, out->next_token));
  out->internet_gateways.Present(call.arena);
  for (const rows::Gateway* gateway : found) out->internet_gateways.Add(call.arena, WireGateway(call, *gateway));
  return out;
}

Result<codec::Empty*> AttachInternetGateway(api::Call& call, const wire::AttachInternetGatewayRequest& request) {
  TRY_ASSIGN(rows::Gateway * gateway, GetGateway(call, request.internet_gateway_id));
  TRY_ASSIGN(const rows::Vpc* vpc, GetVpc(call, request.vpc_id));
  if (gateway->vpc) return ApiError("Resource.AlreadyAssociated", "resource " + gateway->id.str() + " is already attached to network " + gateway->vpc.str(), ErrorKind::kConflict);
  if (!kGateways.ListOwner(call.tx, vpc->id.view(), call.arena).empty())
    return InvalidValue("Network " + vpc->id.str() + " already has an internet gateway attached");
  gateway->vpc = vpc->id;
  kGateways.Put(call.tx, call.Key(gateway->id.view()), *gateway, vpc->id.view());
  TouchVpc(call, vpc->id.view());
  return call.arena.New<codec::Empty>();
}

Result<codec::Empty*> DetachInternetGateway(api::Call& call, const wire::DetachInternetGatewayRequest& request) {
  TRY_ASSIGN(rows::Gateway * gateway, GetGateway(call, request.internet_gateway_id));
  TRY_ASSIGN(const rows::Vpc* vpc, GetVpc(call, request.vpc_id));
  if (gateway->vpc != vpc->id) return ApiError("Gateway.NotAttached", "resource " + gateway->id.str() + " is not attached to network " + vpc->id.str(), ErrorKind::kConflict);
  for (const rows::Eni* eni : kEnis.ListOwner(call.tx, vpc->id.view(), call.arena))
    if (eni->public_address)
      return ApiError("DependencyViolation", "Network " + vpc->id.str() + " has some mapped public address(es). Please unmap those public address(es) before detaching the gateway.", ErrorKind::kConflict);
  gateway->vpc = {};
  kGateways.Put(call.tx, call.Key(gateway->id.view()), *gateway);
  TouchVpc(call, vpc->id.view());
  return call.arena.New<codec::Empty>();
}

Result<codec::Empty*> DeleteInternetGateway(api::Call& call, const wire::DeleteInternetGatewayRequest& request) {
  TRY_ASSIGN(const rows::Gateway* gateway, GetGateway(call, request.internet_gateway_id));
  if (gateway->vpc)
    return ApiError("DependencyViolation", "The internetGateway '" + gateway->id.str() + "' has dependencies and cannot be deleted.", ErrorKind::kConflict);
  kGateways.Delete(call.tx, call.Key(gateway->id.view()));
  return call.arena.New<codec::Empty>();
}

template <class Request>
auto OnGatewayAndVpc() {
  return [](api::Call& call, const Request& request) -> Result<api::Access> {
    return api::Access{.resources = {ArnOf(call, "internet-gateway", request.internet_gateway_id.value_or("*")), ArnOf(call, "vpc", request.vpc_id.value_or("*"))}, .facts = {}};
  };
}

}  // namespace

void RegisterGateways(api::Registry& registry) {
  Serve<wire::ops::CreateInternetGateway>(registry, CreateInternetGateway, New<wire::CreateInternetGatewayRequest>("internet-gateway"));
  Serve<wire::ops::DescribeInternetGateways>(registry, DescribeInternetGateways);
  Serve<wire::ops::AttachInternetGateway>(registry, AttachInternetGateway, OnGatewayAndVpc<wire::AttachInternetGatewayRequest>());
  Serve<wire::ops::DetachInternetGateway>(registry, DetachInternetGateway, OnGatewayAndVpc<wire::DetachInternetGatewayRequest>());
  Serve<wire::ops::DeleteInternetGateway>(registry, DeleteInternetGateway, On("internet-gateway", &wire::DeleteInternetGatewayRequest::internet_gateway_id));
}

}  // namespace terrarium::ec2
