#include "provider/resource/name.h"
#include "provider/resources/elbv2.h"
#include "provider/resources/resources.h"
#include "provider/schema/checks.h"

namespace terrarium::provider {
namespace {

constexpr std::string_view kTable = R"(
arn                                                          string computed < LoadBalancerArn
arn_suffix                                                   string computed
client_keep_alive                                            number optional = 3600
customer_owned_ipv4_pool                                     string optional replaces refused
desync_mitigation_mode                                       string optional = "defensive"
dns_name                                                     string computed < DNSName
dns_record_client_routing_policy                             string optional = "any_availability_zone"
drop_invalid_header_fields                                   bool optional = false
enable_cross_zone_load_balancing                             bool optional = false
enable_deletion_protection                                   bool optional = false
enable_http2                                                 bool optional = true
enable_tls_version_and_cipher_suite_headers                  bool optional = false
enable_waf_fail_open                                         bool optional = false
enable_xff_client_port                                       bool optional = false
enable_zonal_shift                                           bool optional = false
enforce_security_group_inbound_rules_on_private_link_traffic string optional computed refused < EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic
id                                                           string optional computed < LoadBalancerArn
idle_timeout                                                 number optional = 60
internal                                                     bool optional computed replaces
ip_address_type                                              string optional computed in=ipv4|dualstack|dualstack-without-public-ipv4 <> IpAddressType
load_balancer_type                                           string optional replaces = "application" in=application|network|gateway <> Type
name                                                         string optional computed replaces conflicts=name_prefix < LoadBalancerName
name_prefix                                                  string optional computed replaces conflicts=name
preserve_host_header                                         bool optional = false
region                                                       string optional computed replaces
secondary_ips_auto_assigned_per_subnet                       number optional computed refused
security_groups                                              set(string) optional computed <> SecurityGroups
subnets                                                      set(string) optional computed > Subnets
tags                                                         map(string) optional
tags_all                                                     map(string) optional computed
vpc_id                                                       string computed < VpcId
xff_header_processing_mode                                   string optional = "append"
zone_id                                                      string computed < CanonicalHostedZoneId
block access_logs list max=1 keep {
  bucket  string required
  enabled bool optional = false
  prefix  string optional
}
block connection_logs list max=1 refused {
  bucket  string required
  enabled bool optional = false
  prefix  string optional
}
block health_check_logs list max=1 refused {
  bucket  string required
  enabled bool optional = false
  prefix  string optional
}
block ipam_pools list max=1 refused {
  ipv4_ipam_pool_id string required
}
block minimum_load_balancer_capacity list max=1 refused {
  capacity_units number required
}
block subnet_mapping set computed refused {
  allocation_id        string optional
  ipv6_address         string optional
  outpost_id           string computed
  private_ipv4_address string optional
  subnet_id            string required
}
)";

constexpr ElbAttribute kAttributes[] = {
    {"client_keep_alive", "client_keep_alive.seconds"},
    {"desync_mitigation_mode", "routing.http.desync_mitigation_mode"},
    {"dns_record_client_routing_policy", "dns_record.client_routing_policy"},
    {"drop_invalid_header_fields", "routing.http.drop_invalid_header_fields.enabled"},
    {"enable_cross_zone_load_balancing", "load_balancing.cross_zone.enabled"},
    {"enable_deletion_protection", "deletion_protection.enabled"},
    {"enable_http2", "routing.http2.enabled"},
    {"enable_tls_version_and_cipher_suite_headers", "routing.http.x_amzn_tls_version_and_cipher_suite.enabled"},
    {"enable_waf_fail_open", "waf.fail_open.enabled"},
    {"enable_xff_client_port", "routing.http.xff_client_port.enabled"},
    {"enable_zonal_shift", "zonal_shift.config.enabled"},
    {"idle_timeout", "idle_timeout.timeout_seconds"},
    {"preserve_host_header", "routing.http.preserve_host_header.enabled"},
    {"xff_header_processing_mode", "routing.http.xff_header_processing.mode"},
};
// In the access_logs block.
constexpr ElbAttribute kLogAttributes[] = {
    {"bucket", "access_logs.s3.bucket"}, {"enabled", "access_logs.s3.enabled"}, {"prefix", "access_logs.s3.prefix"}};

Object LogsOf(const Object& object) {
  const auto& blocks = At(object, "access_logs").Items();
  return blocks.empty() ? Object{{"enabled", false}} : blocks[0].Fields();
}

Result<void> Modify(Call& call, const Value& arn, const Object& prior, const Object& planned) {
  List changes = ChangedAttributes(kAttributes, prior, planned);
  // Balancing between zones is an application load balancer's nature, and its argument is for the others.
  if (At(planned, "load_balancer_type") == Value("application"))
    std::erase_if(changes, [](const Value& one) { return one["Key"] == Value("load_balancing.cross_zone.enabled"); });
  for (auto& one : ChangedAttributes(kLogAttributes, LogsOf(prior), LogsOf(planned))) changes.push_back(std::move(one));
  if (changes.empty()) return {};
  return call.Tolerate("elbv2", "ModifyLoadBalancerAttributes",
                       {{"LoadBalancerArn", arn}, {"Attributes", std::move(changes)}}, {});
}

Result<std::optional<Value>> FindLoadBalancer(Call& call, const Value& arn) {
  return call.Find("elbv2", "DescribeLoadBalancers", {{"LoadBalancerArns", List{arn}}}, "LoadBalancers",
                   {"LoadBalancerNotFound", "LoadBalancerNotFoundException"});
}

Result<void> WaitActive(Call& call, const Value& arn) {
  return call.WaitUntil("waiting for the load balancer to become active", [&]() -> Result<bool> {
    TRY_ASSIGN(const auto found, FindLoadBalancer(call, arn));
    if (!found) return Fail(ErrorKind::kNotFound, "the load balancer is gone");
    const Value& state = (*found)["State"];
    if (state["Code"] == Value("failed")) return Fail(ErrorKind::kConflict, "it failed: " + state["Reason"].Text());
    return state["Code"] == Value("active");
  });
}

Result<void> Create(Call& call, const Object& planned) {
  Object request = WithElbTags(ToApi(call.body, planned), planned);
  const std::string name = ChooseName(call, planned, "tf-lb-");
  request["Name"] = name;
  if (At(planned, "internal").Bool()) request["Scheme"] = "internal";
  // The create call adopts a load balancer of the same settings; Terraform must not take what is another's.
  TRY_ASSIGN(const auto taken, call.Find("elbv2", "DescribeLoadBalancers", {{"Names", List{name}}}, "LoadBalancers",
                                         {"LoadBalancerNotFound", "LoadBalancerNotFoundException"}));
  if (taken) return ApiError("DuplicateLoadBalancerName", "a load balancer named " + name + " already exists");
  TRY_ASSIGN(const Object made, call.Api("elbv2", "CreateLoadBalancer", request));
  const auto& balancers = At(made, "LoadBalancers").Items();
  if (balancers.empty()) return Fail(ErrorKind::kUnavailable, "the answer names no load balancer");
  const Value arn = balancers[0]["LoadBalancerArn"];
  call.Created(arn.Text());
  TRY(WaitActive(call, arn));
  return Modify(call, arn, Presets(call.body), planned);
}

Result<std::optional<Object>> Read(Call& call, const Object& state) {
  const Value& arn = At(state, "id");
  TRY_ASSIGN(const auto found, FindLoadBalancer(call, arn));
  if (!found) return std::nullopt;
  Object out = FromApi(call.body, *found);
  out["arn_suffix"] = ArnSuffix(arn.Text(), ":loadbalancer/");
  out["name_prefix"] = PrefixOfName(out["name"].Text());
  out["internal"] = (*found)["Scheme"] == Value("internal");
  List subnets;
  for (const auto& zone : (*found)["AvailabilityZones"].Items()) subnets.push_back(zone["SubnetId"]);
  out["subnets"] = std::move(subnets);
  out["security_groups"] = OrEmpty(out["security_groups"]);
  TRY_ASSIGN(const Object attributes, ReadAttributes(call, "DescribeLoadBalancerAttributes", "LoadBalancerArn", arn));
  SetArguments(kAttributes, attributes, out);
  if (out["load_balancer_type"] == Value("application")) out.erase("enable_cross_zone_load_balancing");
  if (attributes.contains("access_logs.s3.enabled")) {
    Object logs{{"bucket", ""}, {"prefix", ""}};
    SetArguments(kLogAttributes, attributes, logs);
    // Where no logs go, the bucket of former ones is no difference.
    const bool off = At(logs, "enabled") == Value("false") && !LogsOf(state)["enabled"].Bool();
    if (!off || At(state, "access_logs").Items().empty()) out["access_logs"] = List{std::move(logs)};
  }
  TRY_ASSIGN(out["tags"], ReadElbTags(call, arn));
  return out;
}

Result<void> Update(Call& call, const Object& prior, const Object& planned) {
  const Value& arn = At(prior, "id");
  TRY(Modify(call, arn, prior, planned));
  const auto changed = [&](std::string_view argument) {
    return At(planned, argument).IsKnown() && At(planned, argument) != At(prior, argument);
  };
  if (changed("security_groups"))
    TRY(call.Tolerate("elbv2", "SetSecurityGroups",
                      {{"LoadBalancerArn", arn}, {"SecurityGroups", At(planned, "security_groups")}}, {}));
  if (changed("subnets"))
    TRY(call.Tolerate("elbv2", "SetSubnets", {{"LoadBalancerArn", arn}, {"Subnets", At(planned, "subnets")}}, {}));
  if (changed("ip_address_type"))
    TRY(call.Tolerate("elbv2", "SetIpAddressType",
                      {{"LoadBalancerArn", arn}, {"IpAddressType", At(planned, "ip_address_type")}}, {}));
  return WaitActive(call, arn);
}

Result<void> Destroy(Call& call, const Object& state) {
  return call.Remove("elbv2", "DeleteLoadBalancer", {{"LoadBalancerArn", At(state, "id")}},
                     {"LoadBalancerNotFound", "LoadBalancerNotFoundException"});
}

Body Table() {
  Body body = ParseTable(kTable);
  Row(body, "name").check = Length(1, 32);
  Row(body, "name_prefix").check = Length(1, 6);
  return body;
}

}  // namespace

Resource Lb() {
  using std::chrono::minutes;
  return {
      .type = "aws_lb",
      .title = "ELBv2 Load Balancer",
      .schema = {.body = Table()},
      .timeouts = {.create = minutes(10), .update = minutes(10), .destroy = minutes(10)},
      .tags = kElbTags,
      .create = Create,
      .read = Read,
      .update = Update,
      .destroy = Destroy,
  };
}

}  // namespace terrarium::provider
