#include <algorithm>

#include "services/ec2/ops/serve.h"

// What is the region's and the account's: zones, regions, quotas, DHCP options, the one network ACL of each VPC; and what there is none of.
namespace terrarium::ec2 {
namespace {

// A listed thing without a row.
struct Named {
  Str id;
  const rows::Vpc* vpc;
};

Result<wire::DescribeAvailabilityZonesResult*> DescribeAvailabilityZones(api::Call& call, const wire::DescribeAvailabilityZonesRequest& request) {
  TRY(Only(request, {"ZoneNames", "ZoneIds", "AllAvailabilityZones", "Filters"}));
  const auto zones = ZonesOf(call.caller.region);
  for (const Str name : request.zone_names)
    if (std::find(zones.begin(), zones.end(), name.view()) == zones.end()) return InvalidValue("Invalid availability zone: [" + name.str() + "]");
  for (const Str id : request.zone_ids)
    if (std::none_of(zones.begin(), zones.end(), [&](const std::string& z) { return ZoneId(z) == id.view(); })) return InvalidValue("Invalid availability zone-id: [" + id.str() + "]");
  auto* out = call.arena.New<wire::DescribeAvailabilityZonesResult>();
  out->availability_zones.Present(call.arena);
  for (const std::string& zone : zones) {
    const auto named = [&](const List<Str>& list, std::string_view text) { return list.empty() || std::any_of(list.begin(), list.end(), [&](Str s) { return s == text; }); };
    if (!named(request.zone_names, zone) || !named(request.zone_ids, ZoneId(zone))) continue;
    TRY_ASSIGN(const bool match, Matches(request.filters, {}, [&](std::string_view name) -> std::optional<std::vector<std::string>> {
                 if (name == "zone-name") return {{zone}};
                 if (name == "zone-id") return {{ZoneId(zone)}};
                 if (name == "zone-type") return {{"availability-zone"}};
                 if (name == "state") return {{"available"}};
                 if (name == "region-name") return {{call.caller.region}};
                 if (name == "opt-in-status") return {{"opt-in-not-required"}};
                 if (name == "group-name" || name == "network-border-group") return {{call.caller.region}};
                 if (name == "message" || name == "parent-zone-id" || name == "parent-zone-name") return std::vector<std::string>{};
                 return std::nullopt;
               }));
    if (!match) continue;
    auto& one = out->availability_zones.Add(call.arena);
    one.zone_name = Copy(call.arena, zone);
    one.zone_id = Copy(call.arena, ZoneId(zone));
    one.zone_type = "availability-zone";
    one.state = "available";
    one.region_name = one.group_name = one.network_border_group = Copy(call.arena, call.caller.region);
    one.opt_in_status = "opt-in-not-required";
    one.messages.Present(call.arena);
  }
  return out;
}

constexpr std::string_view kRegions[] = {"ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-south-1", "ap-southeast-1", "ap-southeast-2",
                                         "ca-central-1", "eu-central-1", "eu-north-1", "eu-west-1", "eu-west-2", "eu-west-3",
                                         "sa-east-1", "us-east-1", "us-east-2", "us-west-1", "us-west-2"};

Result<wire::DescribeRegionsResult*> DescribeRegions(api::Call& call, const wire::DescribeRegionsRequest& request) {
  TRY(Only(request, {"RegionNames", "AllRegions", "Filters"}));
  auto* out = call.arena.New<wire::DescribeRegionsResult>();
  out->regions.Present(call.arena);
  for (const Str name : request.region_names)
    if (std::find(std::begin(kRegions), std::end(kRegions), name.view()) == std::end(kRegions)) return InvalidValue("Invalid region name: " + name.str());
  for (const std::string_view region : kRegions) {
    if (!request.region_names.empty() && std::none_of(request.region_names.begin(), request.region_names.end(), [&](Str s) { return s == region; })) continue;
    TRY_ASSIGN(const bool match, Matches(request.filters, {}, [&](std::string_view name) -> std::optional<std::vector<std::string>> {
                 if (name == "region-name") return {{std::string(region)}};
                 if (name == "endpoint") return {{"ec2." + std::string(region) + ".amazonaws.com"}};
                 if (name == "opt-in-status") return {{"opt-in-not-required"}};
                 return std::nullopt;
               }));
    if (!match) continue;
    auto& one = out->regions.Add(call.arena);
    one.region_name = region;
    one.endpoint = Say(call.arena, "ec2.", region, ".amazonaws.com");
    one.opt_in_status = "opt-in-not-required";
  }
  return out;
}

Result<wire::DescribeAccountAttributesResult*> DescribeAccountAttributes(api::Call& call, const wire::DescribeAccountAttributesRequest& request) {
  constexpr std::pair<std::string_view, std::string_view> kAttributes[] = {
      {"supported-platforms", "VPC"}, {"default-vpc", "none"}, {"vpc-max-security-groups-per-interface", "5"}, {"max-elastic-ips", "0"}, {"vpc-max-elastic-ips", "0"}, {"max-instances", "0"}};
  auto* out = call.arena.New<wire::DescribeAccountAttributesResult>();
  out->account_attributes.Present(call.arena);
  for (const auto& [name, value] : kAttributes) {
    if (!request.attribute_names.empty() && std::none_of(request.attribute_names.begin(), request.attribute_names.end(), [&](Str s) { return s == name; })) continue;
    auto& one = out->account_attributes.Add(call.arena);
    one.attribute_name = name;
    one.attribute_values.Add(call.arena).attribute_value = value;
  }
  return out;
}

// A VPC has one network ACL, which allows everything: CreateNetworkAcl is not served.
Result<wire::DescribeNetworkAclsResult*> DescribeNetworkAcls(api::Call& call, const wire::DescribeNetworkAclsRequest& request) {
  List<Named*> all;
  for (const rows::Vpc* vpc : AllOf(call, kVpcs)) {
    auto* one = call.arena.New<Named>();
    *one = {vpc->acl, vpc};
    all.Add(call.arena, one);
  }
  std::sort(all.begin(), all.end(), [](const Named* a, const Named* b) { return a->id.view() < b->id.view(); });
  const auto subnets = [&](const Named& one) { return kSubnets.ListOwner(call.tx, one.vpc->id.view(), call.arena); };
  const auto values = [&](const Named& one, std::string_view name) -> std::optional<std::vector<std::string>> {
    std::vector<std::string> out;
    if (name == "network-acl-id") return {{one.id.str()}};
    if (name == "vpc-id") return {{one.vpc->id.str()}};
    if (name == "default") return {{"true"}};
    if (name == "owner-id") return {{call.caller.account}};
    if (name.starts_with("association.")) {
      for (const rows::Subnet* subnet : subnets(one)) {
        if (name == "association.subnet-id") out.push_back(subnet->id.str());
        if (name == "association.association-id") out.push_back(subnet->acl_association.str());
        if (name == "association.network-acl-id") out.push_back(one.id.str());
      }
      return out;
    }
    return std::nullopt;
  };
  TRY_ASSIGN(auto found, Select(all, request.network_acl_ids, request.filters, [](const Named& one) { return one.vpc->acl_tags; }, values, [](Str id) {
               return ApiError("InvalidNetworkAclID.NotFound", "The networkAcl ID '" + id.str() + "' does not exist", ErrorKind::kNotFound);
             }));
  auto* out = call.arena.New<wire::DescribeNetworkAclsResult>();
  TRY(Paginate(found, request.max_results, request.next_token, call.arena, out->next_token));
  out->network_acls.Present(call.arena);
  for (const Named* named : found) {
    auto& acl = out->network_acls.Add(call.arena);
    acl.network_acl_id = named->id;
    acl.vpc_id = named->vpc->id;
    acl.is_default = true;
    acl.owner_id = Copy(call.arena, call.caller.account);
    acl.tags = WireTags(call.arena, named->vpc->acl_tags);
    acl.associations.Present(call.arena);
    for (const rows::Subnet* subnet : subnets(*named)) acl.associations.Add(call.arena, {.network_acl_association_id = subnet->acl_association, .network_acl_id = named->id, .subnet_id = subnet->id});
    for (const bool egress : {true, false})
      for (const bool last : {false, true}) {
        auto& entry = acl.entries.Add(call.arena);
        entry.cidr_block = "0.0.0.0/0";
        entry.egress = egress;
        entry.protocol = "-1";
        entry.rule_action = last ? "deny" : "allow";
        entry.rule_number = last ? 32767 : 100;
      }
  }
  return out;
}

Result<wire::DescribeDhcpOptionsResult*> DescribeDhcpOptions(api::Call& call, const wire::DescribeDhcpOptionsRequest& request) {
  TRY(Only(request, {"DhcpOptionsIds", "Filters", "MaxResults", "NextToken"}));
  auto* out = call.arena.New<wire::DescribeDhcpOptionsResult>();
  out->dhcp_options.Present(call.arena);
  const std::string id = "dopt-0" + call.caller.account + "0000";
  for (const Str wanted : request.dhcp_options_ids)
    if (wanted != id) return ApiError("InvalidDhcpOptionID.NotFound", "The dhcpOption ID '" + wanted.str() + "' does not exist", ErrorKind::kNotFound);
  TRY_ASSIGN(const bool match, Matches(request.filters, {}, [&](std::string_view name) -> std::optional<std::vector<std::string>> {
               if (name == "dhcp-options-id") return {{id}};
               if (name == "owner-id") return {{call.caller.account}};
               if (name == "key") return {{"domain-name", "domain-name-servers"}};
               if (name == "value") return {{"AmazonProvidedDNS"}};
               return std::nullopt;
             }));
  if (!match) return out;
  auto& one = out->dhcp_options.Add(call.arena);
  one.dhcp_options_id = Copy(call.arena, id);
  one.owner_id = Copy(call.arena, call.caller.account);
  auto& domain = one.dhcp_configurations.Add(call.arena);
  domain.key = "domain-name";
  domain.values.Add(call.arena).value = call.caller.region == "us-east-1" ? Str("ec2.internal") : Say(call.arena, call.caller.region, ".compute.internal");
  auto& servers = one.dhcp_configurations.Add(call.arena);
  servers.key = "domain-name-servers";
  servers.values.Add(call.arena).value = "AmazonProvidedDNS";
  return out;
}

// There can be none of these here: nothing makes them.
template <class Op, auto Member>
void ServeNone(api::Registry& registry) {
  Serve<Op>(registry, [](api::Call& call, const typename Op::Request&) -> Result<typename Op::Response*> {
    auto* out = call.arena.New<typename Op::Response>();
    (out->*Member).Present(call.arena);
    return out;
  });
}

}  // namespace

void RegisterAccount(api::Registry& registry) {
  namespace ops = wire::ops;
  Serve<ops::DescribeAvailabilityZones>(registry, DescribeAvailabilityZones);
  Serve<ops::DescribeRegions>(registry, DescribeRegions);
  Serve<ops::DescribeAccountAttributes>(registry, DescribeAccountAttributes);
  Serve<ops::DescribeNetworkAcls>(registry, DescribeNetworkAcls);
  Serve<ops::DescribeDhcpOptions>(registry, DescribeDhcpOptions);
  ServeNone<ops::DescribePrefixLists, &wire::DescribePrefixListsResult::prefix_lists>(registry);
  ServeNone<ops::DescribeManagedPrefixLists, &wire::DescribeManagedPrefixListsResult::prefix_lists>(registry);
  ServeNone<ops::DescribeVpcEndpoints, &wire::DescribeVpcEndpointsResult::vpc_endpoints>(registry);
  ServeNone<ops::DescribeNatGateways, &wire::DescribeNatGatewaysResult::nat_gateways>(registry);
  ServeNone<ops::DescribeAddresses, &wire::DescribeAddressesResult::addresses>(registry);
}

}  // namespace terrarium::ec2
