#include <algorithm>

#include "base/text.h"
#include "services/ec2/public.h"
#include "services/elbv2/common.h"

// Target groups of addresses, with HTTP and HTTP health checks.
namespace terrarium::elbv2 {
namespace {

void Fill(api::Call& call, const rows::TargetGroup& row, wire::TargetGroup& out) {
  out.target_group_arn = row.arn;
  out.target_group_name = row.name;
  out.protocol = "HTTP";
  out.protocol_version = "HTTP1";
  out.port = row.port;
  out.vpc_id = row.vpc;
  out.health_check_protocol = "HTTP";
  out.health_check_port = row.check_port;
  out.health_check_enabled = true;
  out.health_check_interval_seconds = row.interval;
  out.health_check_timeout_seconds = row.timeout;
  out.healthy_threshold_count = row.healthy;
  out.unhealthy_threshold_count = row.unhealthy;
  out.health_check_path = row.check_path;
  out.matcher = call.arena.New<wire::Matcher>();
  out.matcher->http_code = row.matcher;
  out.target_type = "ip";
  out.ip_address_type = "ipv4";
  out.load_balancer_arns.Present(call.arena);
  if (const std::string user = UserOf(call.tx, row.arn.view()); !user.empty())
    if (const rows::LoadBalancer* balancer = kLoadBalancers.Find(call.tx, user, call.arena)) out.load_balancer_arns.Add(call.arena) = balancer->arn;
}

// "200", "200,202", "200-399": codes from 200 to 499.
bool IsMatcher(std::string_view text) {
  for (const std::string_view part : Split(text, ',')) {
    const auto ends = Split(part, '-');
    if (ends.size() > 2) return false;
    std::int64_t before = 200;
    for (const std::string_view end : ends) {
      const auto code = ParseInt(end);
      if (end.size() != 3 || !code || *code < before || *code > 499) return false;
      before = *code;
    }
  }
  return true;
}

Status Within(const char* what, std::int32_t value, int least, int most) {
  if (value >= least && value <= most) return {};
  return Invalid(std::string(what) + " must be between " + std::to_string(least) + " and " + std::to_string(most));
}

// The health check's members, the same in both requests.
template <class Request>
Status SetCheck(api::Call& call, const Request& request, rows::TargetGroup& row) {
  if (request.health_check_protocol.value_or("HTTP") != "HTTP") return NotSupported("health checks by " + request.health_check_protocol.str());
  if (!request.health_check_enabled.value_or(true)) return Invalid("Health check enabled must be true for target groups with target type 'ip'");
  if (request.matcher != nullptr && request.matcher->grpc_code) return NotSupported("gRPC codes in a matcher");
  if (request.health_check_port) row.check_port = request.health_check_port;
  if (request.health_check_path) row.check_path = request.health_check_path;
  if (request.health_check_interval_seconds) row.interval = request.health_check_interval_seconds;
  if (request.health_check_timeout_seconds) row.timeout = request.health_check_timeout_seconds;
  if (request.healthy_threshold_count) row.healthy = request.healthy_threshold_count;
  if (request.unhealthy_threshold_count) row.unhealthy = request.unhealthy_threshold_count;
  if (request.matcher != nullptr && request.matcher->http_code) row.matcher = request.matcher->http_code;
  (void)call;
  if (row.check_port != "traffic-port") {
    const auto port = ParseInt(row.check_port.view());
    if (!port || *port < 1 || *port > 65535) return Invalid("Health check port '" + row.check_port.str() + "' must be 'traffic-port' or between 1 and 65535");
  }
  const std::string_view path = row.check_path.view();
  if (!path.starts_with('/') || path.size() > 1024) return Invalid("Health check path '" + row.check_path.str() + "' must begin with a '/' character and have at most 1024 characters");
  TRY(Within("Health check interval", *row.interval, 5, 300));
  TRY(Within("Health check timeout", *row.timeout, 2, 120));
  TRY(Within("Healthy threshold count", *row.healthy, 2, 10));
  TRY(Within("Unhealthy threshold count", *row.unhealthy, 2, 10));
  if (*row.timeout >= *row.interval) return Invalid("Health check timeout '" + std::to_string(*row.timeout) + "' must be smaller than the interval '" + std::to_string(*row.interval) + "'");
  if (!IsMatcher(row.matcher.view())) return Invalid("Health check matcher HTTP code '" + row.matcher.str() + "' must be within '200-499'");
  return {};
}

Result<wire::CreateTargetGroupOutput*> Create(api::Call& call, const wire::CreateTargetGroupInput& request) {
  TRY(Only(request, {"Name", "Protocol", "ProtocolVersion", "Port", "VpcId", "HealthCheckProtocol", "HealthCheckPort", "HealthCheckEnabled", "HealthCheckPath", "HealthCheckIntervalSeconds",
                     "HealthCheckTimeoutSeconds", "HealthyThresholdCount", "UnhealthyThresholdCount", "Matcher", "TargetType", "Tags", "IpAddressType"}));
  if (request.target_type.value_or("instance") != "ip") return NotSupported("target groups of type " + std::string(request.target_type.value_or("instance")));
  if (request.protocol.value_or("") != "HTTP") return NotSupported("target groups of protocol '" + std::string(request.protocol.value_or("")) + "'");
  if (request.protocol_version.value_or("HTTP1") != "HTTP1") return NotSupported("the protocol version " + request.protocol_version.str());
  if (request.ip_address_type.value_or("ipv4") != "ipv4") return NotSupported("the IP address type " + request.ip_address_type.str());
  const std::string name(request.name.value_or(""));
  if (name.empty() || name.size() > 32 || name.front() == '-' || name.back() == '-' ||
      !std::all_of(name.begin(), name.end(), [](unsigned char c) { return std::isalnum(c) || c == '-'; }))
    return Invalid("The target group name '" + name + "' must have 1 to 32 letters, digits and hyphens, and must not begin or end with a hyphen");
  if (!request.port || !request.vpc_id) return Invalid("A port and a VPC ID must be specified");
  TRY(Within("Port", *request.port, 1, 65535));
  const ec2::Scope scope{call.tx, call.random, call.caller.account, call.caller.region};
  if (!ec2::GetVpc(scope, request.vpc_id.view())) return Invalid("The VPC ID '" + request.vpc_id.str() + "' is not found");
  for (const rows::TargetGroup* other : kTargetGroups.ListPrefix(call.tx, call.Key(""), call.arena))
    if (other->name == name) return ApiError("DuplicateTargetGroupName", "A target group with the same name '" + name + "' exists, but with different settings", ErrorKind::kConflict);
  rows::TargetGroup row;
  row.id = call.arena.Copy(RandomHex(call.random, 16));
  row.name = request.name;
  row.arn = call.arena.Copy(MakeArn("elasticloadbalancing", call.caller.region, call.caller.account, "targetgroup/" + name + "/" + row.id.str()));
  row.vpc = request.vpc_id;
  row.port = request.port;
  row.check_port = "traffic-port";
  row.check_path = "/";
  row.interval = 30;
  row.timeout = 5;
  row.healthy = 5;
  row.unhealthy = 2;
  row.matcher = "200";
  TRY(SetCheck(call, request, row));
  TRY(CheckTagging(call, request.tags, row.arn.view()));
  TRY_ASSIGN(row.tags, ReadTags(call, request.tags, {}));
  Save(call.tx, row);
  auto* out = call.arena.New<wire::CreateTargetGroupOutput>();
  Fill(call, row, out->target_groups.Add(call.arena));
  return out;
}

Result<wire::DescribeTargetGroupsOutput*> Describe(api::Call& call, const wire::DescribeTargetGroupsInput& request) {
  std::vector<rows::TargetGroup*> found;
  const auto all = kTargetGroups.ListPrefix(call.tx, call.Key(""), call.arena);
  for (const Str arn : request.target_group_arns) {
    TRY_ASSIGN(rows::TargetGroup * row, GetTargetGroup(call, arn));
    found.push_back(row);
  }
  for (const Str name : request.names) {
    const auto at = std::find_if(all.begin(), all.end(), [&](const rows::TargetGroup* one) { return one->name == name; });
    if (at == all.end()) return ApiError("TargetGroupNotFound", "One or more target groups not found", ErrorKind::kNotFound);
    found.push_back(*at);
  }
  if (request.load_balancer_arn) {
    TRY_ASSIGN(const rows::LoadBalancer* balancer, GetLoadBalancer(call, request.load_balancer_arn));
    for (rows::TargetGroup* one : all)
      if (UserOf(call.tx, one->arn.view()) == call.Key(balancer->id.view())) found.push_back(one);
  } else if (request.target_group_arns.empty() && request.names.empty()) {
    for (rows::TargetGroup* one : all) found.push_back(one);
  }
  auto* out = call.arena.New<wire::DescribeTargetGroupsOutput>();
  TRY(Paginate(found, request.page_size, request.marker, out->next_marker));
  out->target_groups.Present(call.arena);
  for (const rows::TargetGroup* one : found) Fill(call, *one, out->target_groups.Add(call.arena));
  return out;
}

Result<wire::ModifyTargetGroupOutput*> Modify(api::Call& call, const wire::ModifyTargetGroupInput& request) {
  TRY_ASSIGN(rows::TargetGroup * row, GetTargetGroup(call, request.target_group_arn));
  TRY(SetCheck(call, request, *row));
  Save(call.tx, *row);
  auto* out = call.arena.New<wire::ModifyTargetGroupOutput>();
  Fill(call, *row, out->target_groups.Add(call.arena));
  return out;
}

Result<wire::DeleteTargetGroupOutput*> Delete(api::Call& call, const wire::DeleteTargetGroupInput& request) {
  auto* out = call.arena.New<wire::DeleteTargetGroupOutput>();
  const auto found = GetTargetGroup(call, request.target_group_arn);
  if (!found && found.error().code == "TargetGroupNotFound") return out;  // absent is success, as on AWS
  if (!found) return std::unexpected(found.error());
  const rows::TargetGroup& row = **found;
  if (!UserOf(call.tx, row.arn.view()).empty())
    return ApiError("ResourceInUse", "Target group '" + row.arn.str() + "' is currently in use by a listener or a rule", ErrorKind::kConflict);
  const std::string key = call.Key(row.id.view());
  for (const rows::Target* target : kTargets.ListOwner(call.tx, key, call.arena)) {
    kTargets.Delete(call.tx, key + "/" + target->address.str() + ":" + std::to_string(*target->port));
    if (target->notify) call.tx.Touch(target->notify.view());
  }
  kTargetGroups.Delete(call.tx, key);
  return out;
}

Result<wire::DescribeTargetGroupAttributesOutput*> DescribeAttributes(api::Call& call, const wire::DescribeTargetGroupAttributesInput& request) {
  TRY_ASSIGN(const rows::TargetGroup* row, GetTargetGroup(call, request.target_group_arn));
  auto* out = call.arena.New<wire::DescribeTargetGroupAttributesOutput>();
  ShowAttributes(call.arena, row->attributes, kTargetGroupAttributes, *out);
  return out;
}
Result<wire::ModifyTargetGroupAttributesOutput*> ModifyAttributes(api::Call& call, const wire::ModifyTargetGroupAttributesInput& request) {
  TRY_ASSIGN(rows::TargetGroup * row, GetTargetGroup(call, request.target_group_arn));
  for (const auto& one : request.attributes) TRY(SetAttribute(call.arena, row->attributes, kTargetGroupAttributes, one.key, one.value));
  Save(call.tx, *row);
  auto* out = call.arena.New<wire::ModifyTargetGroupAttributesOutput>();
  ShowAttributes(call.arena, row->attributes, kTargetGroupAttributes, *out);
  return out;
}

}  // namespace

void RegisterTargetGroups(api::Registry& registry) {
  registry.Add<wire::ops::CreateTargetGroup>(Create, [](api::Call& call, const wire::CreateTargetGroupInput& request) -> Result<api::Access> {
    return api::Access{.resources = {MakeArn("elasticloadbalancing", call.caller.region, call.caller.account, "targetgroup/" + std::string(request.name.value_or("*")) + "/*")}, .facts = {}};
  });
  registry.Add<wire::ops::DescribeTargetGroups>(Describe);
  registry.Add<wire::ops::ModifyTargetGroup>(Modify, On(&wire::ModifyTargetGroupInput::target_group_arn));
  registry.Add<wire::ops::DeleteTargetGroup>(Delete, On(&wire::DeleteTargetGroupInput::target_group_arn));
  registry.Add<wire::ops::DescribeTargetGroupAttributes>(DescribeAttributes);
  registry.Add<wire::ops::ModifyTargetGroupAttributes>(ModifyAttributes, On(&wire::ModifyTargetGroupAttributesInput::target_group_arn));
}

}  // namespace terrarium::elbv2
