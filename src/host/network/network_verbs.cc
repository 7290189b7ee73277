#include "host/network/network_verbs.h"

namespace terrarium::host {
namespace {

namespace gen = gen::host_network;

template <class T>
Result<T> Must(std::optional<T> value, const char* what) {
  if (!value) return Fail(ErrorKind::kInvalid, std::string("not ") + what);
  return *value;
}
Result<Cidr> ReadBlock(Str text) { return Must(Cidr::Parse(text.view()), "an IPv4 block"); }
Result<Ipv4> ReadAddress(Str text) { return Must(Ipv4::Parse(text.view()), "an IPv4 address"); }

Result<RuleSpec> ReadRule(const gen::NetworkRule& in) {
  RuleSpec out;
  TRY_ASSIGN(out.id, RuleId::Parse(in.id.view()));
  out.protocol = in.protocol.value_or(kAllProtocols);
  out.from = in.from.value_or(-1);
  out.to = in.to.value_or(-1);
  if (in.cidr.has_value() == in.group.has_value()) return Fail(ErrorKind::kInvalid, out.id.str() + ": a rule has one peer");
  if (in.group) {
    TRY_ASSIGN(out.peer, GroupId::Parse(in.group.view()));
  } else {
    TRY_ASSIGN(out.peer, ReadBlock(in.cidr));
  }
  return out;
}

Result<SubnetSpec> ReadSubnet(const gen::NetworkSubnet& in) {
  SubnetSpec out;
  TRY_ASSIGN(out.cidr, ReadBlock(in.cidr));
  for (const gen::NetworkRoute& route : in.routes) {
    RouteSpec one;
    TRY_ASSIGN(one.destination, ReadBlock(route.destination));
    if (route.target != "internet" && route.target != "blackhole") return Fail(ErrorKind::kUnsupported, "no such kind of route target");
    one.target = route.target == "internet" ? RouteTarget::kInternet : RouteTarget::kBlackhole;
    out.routes.push_back(one);
  }
  return out;
}

}  // namespace

Result<gen::EnsureVpcResponse*> NetworkVerbs::EnsureVpc(const gen::EnsureVpcRequest& request, Arena& arena) {
  VpcSpec spec;
  TRY_ASSIGN(spec.id, VpcId::Parse(request.vpc.view()));
  TRY_ASSIGN(spec.cidr, ReadBlock(request.cidr));
  spec.internet = request.internet.value_or(false);
  for (const gen::NetworkSubnet& subnet : request.subnets) {
    TRY_ASSIGN(SubnetSpec one, ReadSubnet(subnet));
    spec.subnets.push_back(std::move(one));
  }
  for (const gen::NetworkGroup& group : request.groups) {
    GroupSpec one;
    TRY_ASSIGN(one.id, GroupId::Parse(group.id.view()));
    for (const gen::NetworkRule& rule : group.ingress) {
      TRY_ASSIGN(RuleSpec read, ReadRule(rule));
      one.ingress.push_back(std::move(read));
    }
    for (const gen::NetworkRule& rule : group.egress) {
      TRY_ASSIGN(RuleSpec read, ReadRule(rule));
      one.egress.push_back(std::move(read));
    }
    spec.groups.push_back(std::move(one));
  }
  TRY(network_.EnsureVpc(spec));
  return arena.New<gen::EnsureVpcResponse>();
}

Result<gen::RemoveVpcResponse*> NetworkVerbs::RemoveVpc(const gen::RemoveVpcRequest& request, Arena& arena) {
  TRY_ASSIGN(const VpcId vpc, VpcId::Parse(request.vpc.view()));
  TRY(network_.RemoveVpc(vpc));
  return arena.New<gen::RemoveVpcResponse>();
}

Result<gen::EnsureEniResponse*> NetworkVerbs::EnsureEni(const gen::EnsureEniRequest& request, Arena& arena) {
  EniSpec spec;
  TRY_ASSIGN(spec.id, EniId::Parse(request.eni.view()));
  TRY_ASSIGN(spec.vpc, VpcId::Parse(request.vpc.view()));
  TRY_ASSIGN(spec.subnet, ReadBlock(request.subnet));
  TRY_ASSIGN(spec.address, ReadAddress(request.address));
  TRY_ASSIGN(spec.mac, Must(Mac::Parse(request.mac.view()), "a MAC address"));
  for (const Str group : request.groups) {
    TRY_ASSIGN(GroupId id, GroupId::Parse(group.view()));
    spec.groups.push_back(std::move(id));
  }
  if (request.public_address) {
    TRY_ASSIGN(spec.public_address, ReadAddress(request.public_address));
  }
  spec.task_endpoints = request.task_endpoints.value_or(false);
  TRY_ASSIGN(const EniPlace place, network_.EnsureEni(spec));
  auto* out = arena.New<gen::EnsureEniResponse>();
  out->netns = arena.Copy(place.netns);
  out->interface = arena.Copy(place.interface);
  return out;
}

Result<gen::RemoveEniResponse*> NetworkVerbs::RemoveEni(const gen::RemoveEniRequest& request, Arena& arena) {
  TRY_ASSIGN(const VpcId vpc, VpcId::Parse(request.vpc.view()));
  TRY_ASSIGN(const EniId eni, EniId::Parse(request.eni.view()));
  TRY(network_.RemoveEni(vpc, eni));
  return arena.New<gen::RemoveEniResponse>();
}

Result<gen::ListNetworkResponse*> NetworkVerbs::ListNetwork(const gen::ListNetworkRequest&, Arena& arena) {
  TRY_ASSIGN(const NetworkListing listing, network_.List());
  auto* out = arena.New<gen::ListNetworkResponse>();
  for (const std::string& vpc : listing.vpcs) out->vpcs.Add(arena, Str(arena.Copy(vpc)));
  for (const auto& eni : listing.enis) {
    gen::ListedEni& one = out->enis.Add(arena);
    one.eni = arena.Copy(eni.id);
    if (!eni.vpc.empty()) one.vpc = arena.Copy(eni.vpc);
  }
  return out;
}

Result<gen::ExplainPathResponse*> NetworkVerbs::ExplainPath(const gen::ExplainPathRequest& request, Arena& arena) {
  PathQuery query;
  TRY_ASSIGN(query.vpc, VpcId::Parse(request.vpc.view()));
  TRY_ASSIGN(query.from, ReadAddress(request.from));
  TRY_ASSIGN(query.to, ReadAddress(request.to));
  query.protocol = request.protocol.value_or(kTcp);
  query.port = request.port.value_or(0);
  TRY_ASSIGN(const PathVerdict verdict, network_.Explain(query));
  auto* out = arena.New<gen::ExplainPathResponse>();
  out->allowed = verdict.allowed;
  for (const PathStep& step : verdict.steps) {
    gen::ExplainedStep& one = out->steps.Add(arena);
    one.stage = arena.Copy(step.stage);
    one.subject = arena.Copy(step.subject);
    if (!step.rule.empty()) one.rule = arena.Copy(step.rule);
    one.allows = step.allows;
    one.packets = static_cast<std::int64_t>(step.packets);
  }
  return out;
}

}  // namespace terrarium::host
