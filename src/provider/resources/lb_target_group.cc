#include "base/text.h"
#include "provider/resource/name.h"
#include "provider/resources/elbv2.h"
#include "provider/resources/resources.h"
#include "provider/schema/checks.h"

namespace terrarium::provider {
namespace {

constexpr std::string_view kTable = R"(
arn                                string computed < TargetGroupArn
arn_suffix                         string computed
connection_termination             bool optional computed
deregistration_delay               string optional = "300"
id                                 string optional computed < TargetGroupArn
ip_address_type                    string optional computed replaces <> IpAddressType
lambda_multi_value_headers_enabled bool optional = false
load_balancer_arns                 set(string) computed < LoadBalancerArns
load_balancing_algorithm_type      string optional computed
load_balancing_anomaly_mitigation  string optional computed
load_balancing_cross_zone_enabled  string optional computed
name                               string optional computed replaces conflicts=name_prefix < TargetGroupName
name_prefix                        string optional computed replaces conflicts=name
port                               number optional replaces <> Port
preserve_client_ip                 string optional computed
protocol                           string optional replaces <> Protocol
protocol_version                   string optional computed replaces <> ProtocolVersion
proxy_protocol_v2                  bool optional = false
region                             string optional computed replaces
slow_start                         number optional = 0
tags                               map(string) optional
tags_all                           map(string) optional computed
target_control_port                number optional refused
target_type                        string optional replaces = "instance" <> TargetType
vpc_id                             string optional replaces <> VpcId
block health_check list max=1 computed {
  enabled             bool optional = true <> HealthCheckEnabled
  healthy_threshold   number optional = 3 <> HealthyThresholdCount
  interval            number optional = 30 <> HealthCheckIntervalSeconds
  matcher             string optional computed <> Matcher.HttpCode
  path                string optional computed <> HealthCheckPath
  port                string optional = "traffic-port" <> HealthCheckPort
  protocol            string optional = "HTTP" <> HealthCheckProtocol
  timeout             number optional computed <> HealthCheckTimeoutSeconds
  unhealthy_threshold number optional = 3 <> UnhealthyThresholdCount
}
block stickiness list max=1 computed {
  cookie_duration number optional = 86400
  cookie_name     string optional
  enabled         bool optional = true
  type            string required in=lb_cookie|app_cookie|source_ip|source_ip_dest_ip|source_ip_dest_ip_proto
}
block target_failover list computed refused {
  on_deregistration string required
  on_unhealthy      string required
}
block target_group_health list max=1 computed refused {
  block dns_failover list max=1 {
    minimum_healthy_targets_count      string optional = "off"
    minimum_healthy_targets_percentage string optional = "off"
  }
  block unhealthy_state_routing list max=1 {
    minimum_healthy_targets_count      number optional = 1
    minimum_healthy_targets_percentage string optional = "off"
  }
}
block target_health_state list computed refused {
  enable_unhealthy_connection_termination bool required
  unhealthy_draining_interval             number optional = 0
}
)";

constexpr ElbAttribute kAttributes[] = {
    {"connection_termination", "deregistration_delay.connection_termination.enabled"},
    {"deregistration_delay", "deregistration_delay.timeout_seconds"},
    {"lambda_multi_value_headers_enabled", "lambda.multi_value_headers.enabled"},
    {"load_balancing_algorithm_type", "load_balancing.algorithm.type"},
    {"load_balancing_anomaly_mitigation", "load_balancing.algorithm.anomaly_mitigation"},
    {"load_balancing_cross_zone_enabled", "load_balancing.cross_zone.enabled"},
    {"preserve_client_ip", "preserve_client_ip.enabled"},
    {"proxy_protocol_v2", "proxy_protocol_v2.enabled"},
    {"slow_start", "slow_start.duration_seconds"},
};
constexpr ElbAttribute kSticky[] = {{"enabled", "stickiness.enabled"}, {"type", "stickiness.type"}};

// Where the cookie's arguments go depends on whose cookie it is.
List StickyAttributes(const Object& object) {
  const auto& blocks = At(object, "stickiness").Items();
  if (blocks.empty()) return {};
  List out = ChangedAttributes(kSticky, {{"enabled", !blocks[0]["enabled"].Bool()}}, blocks[0].Fields());
  const std::string duration = std::to_string(blocks[0]["cookie_duration"].Int());
  const auto& type = blocks[0]["type"].Text();
  if (type == "lb_cookie") out.push_back(Object{{"Key", "stickiness.lb_cookie.duration_seconds"}, {"Value", duration}});
  if (type == "app_cookie") {
    out.push_back(Object{{"Key", "stickiness.app_cookie.duration_seconds"}, {"Value", duration}});
    out.push_back(Object{{"Key", "stickiness.app_cookie.cookie_name"}, {"Value", blocks[0]["cookie_name"]}});
  }
  return out;
}

Result<void> Modify(Call& call, const Value& arn, const Object& prior, const Object& planned) {
  List changes = ChangedAttributes(kAttributes, prior, planned);
  if (At(planned, "stickiness") != At(prior, "stickiness"))
    for (auto& one : StickyAttributes(planned)) changes.push_back(std::move(one));
  if (changes.empty()) return {};
  return call.Tolerate("elbv2", "ModifyTargetGroupAttributes",
                       {{"TargetGroupArn", arn}, {"Attributes", std::move(changes)}}, {});
}

// The block's members are members of the target group itself. TCP checks have neither path nor matcher.
Object HealthCheck(const Call& call, const Object& planned) {
  const auto& blocks = At(planned, "health_check").Items();
  if (blocks.empty()) return {};
  Object out = ToApi(FindBlock(call.body, "health_check")->body, blocks[0].Fields());
  out["HealthCheckProtocol"] = blocks[0]["protocol"];
  if (out["HealthCheckProtocol"] == Value("TCP")) {
    out.erase("Matcher");
    out.erase("HealthCheckPath");
  }
  return out;
}

Result<std::optional<Value>> FindTargetGroup(Call& call, const Object& request) {
  return call.Find("elbv2", "DescribeTargetGroups", request, "TargetGroups",
                   {"TargetGroupNotFound", "TargetGroupNotFoundException"});
}

Result<void> Create(Call& call, const Object& planned) {
  Object request = WithElbTags(ToApi(call.body, planned), planned);
  const std::string name = ChooseName(call, planned, "tf-");
  request["Name"] = name;
  const auto& protocol = At(planned, "protocol").Text();
  if (protocol != "HTTP" && protocol != "HTTPS") request.erase("ProtocolVersion");
  for (auto& [member, value] : HealthCheck(call, planned)) request.insert_or_assign(member, std::move(value));
  TRY_ASSIGN(const auto taken, FindTargetGroup(call, {{"Names", List{name}}}));
  if (taken) return ApiError("DuplicateTargetGroupName", "a target group named " + name + " already exists");
  TRY_ASSIGN(const Object made, call.Api("elbv2", "CreateTargetGroup", request));
  const auto& groups = At(made, "TargetGroups").Items();
  if (groups.empty()) return Fail(ErrorKind::kUnavailable, "the answer names no target group");
  const Value arn = groups[0]["TargetGroupArn"];
  call.Created(arn.Text());
  Object born = Presets(call.body);
  return Modify(call, arn, born, planned);
}

List StickinessFrom(const Object& attributes) {
  if (!attributes.contains("stickiness.enabled")) return {};
  const Value& type = At(attributes, "stickiness.type");
  const std::string cookie = "stickiness." + std::string(type == Value("app_cookie") ? "app" : "lb") + "_cookie.";
  const Value& duration = At(attributes, cookie + "duration_seconds");
  return {Object{{"enabled", At(attributes, "stickiness.enabled")},
                 {"type", type.IsNull() ? Value("lb_cookie") : type},
                 {"cookie_name", At(attributes, cookie + "cookie_name").Text()},
                 {"cookie_duration", duration.IsNull() ? Value(86400) : duration}}};
}

Result<std::optional<Object>> Read(Call& call, const Object& state) {
  const Value& arn = At(state, "id");
  TRY_ASSIGN(const auto found, FindTargetGroup(call, {{"TargetGroupArns", List{arn}}}));
  if (!found) return std::nullopt;
  Object out = FromApi(call.body, *found);
  out["arn_suffix"] = "targetgroup/" + ArnSuffix(arn.Text(), ":targetgroup/");
  out["name_prefix"] = PrefixOfName(out["name"].Text());
  out["load_balancer_arns"] = OrEmpty(out["load_balancer_arns"]);
  out["health_check"] = List{FromApi(FindBlock(call.body, "health_check")->body, *found)};
  TRY_ASSIGN(const Object attributes, ReadAttributes(call, "DescribeTargetGroupAttributes", "TargetGroupArn", arn));
  SetArguments(kAttributes, attributes, out);
  out["stickiness"] = StickinessFrom(attributes);
  TRY_ASSIGN(out["tags"], ReadElbTags(call, arn));
  return out;
}

Result<void> Update(Call& call, const Object& prior, const Object& planned) {
  const Value& arn = At(prior, "id");
  if (IsWhollyKnown(At(planned, "health_check")) && At(planned, "health_check") != At(prior, "health_check")) {
    Object request = HealthCheck(call, planned);
    request["TargetGroupArn"] = arn;
    TRY(call.Tolerate("elbv2", "ModifyTargetGroup", request, {}));
  }
  return Modify(call, arn, prior, planned);
}

Result<void> Destroy(Call& call, const Object& state) {
  return call.Remove("elbv2", "DeleteTargetGroup", {{"TargetGroupArn", At(state, "id")}},
                     {"TargetGroupNotFound", "TargetGroupNotFoundException"}, {"ResourceInUse", "ResourceInUseException"});
}

bool IsSameWord(const Value& a, const Value& b) { return EqualsIgnoreCase(a.Text(), b.Text()); }

Body Table() {
  Body body = ParseTable(kTable);
  Row(body, "name").check = Length(1, 32);
  Row(body, "name_prefix").check = Length(1, 6);
  Row(body, "protocol").same = IsSameWord;
  Row(body, "health_check.protocol").same = IsSameWord;
  return body;
}

}  // namespace

Resource LbTargetGroup() {
  return {
      .type = "aws_lb_target_group",
      .title = "ELBv2 Target Group",
      .schema = {.body = Table()},
      .tags = kElbTags,
      .create = Create,
      .read = Read,
      .update = Update,
      .destroy = Destroy,
  };
}

}  // namespace terrarium::provider
