#include "base/ip.h"
#include "services/ec2/public.h"
#include "services/elbv2/common.h"
#include "services/elbv2/public.h"

// Targets by the API's hand; public.h is how other services do the same.
namespace terrarium::elbv2 {
namespace {

Result<int> PortOf(const rows::TargetGroup& group, const wire::TargetDescription& target) {
  const int port = target.port.value_or(*group.port);
  if (port < 1 || port > 65535) return Invalid("Port " + std::to_string(port) + " of target '" + std::string(target.id.value_or("")) + "' is not valid");
  return port;
}

Result<wire::RegisterTargetsOutput*> Register(api::Call& call, const wire::RegisterTargetsInput& request) {
  TRY_ASSIGN(const rows::TargetGroup* group, GetTargetGroup(call, request.target_group_arn));
  TRY_ASSIGN(const auto vpc, ec2::GetVpc({call.tx, call.random, call.caller.account, call.caller.region}, group->vpc.view()));
  const auto block = Cidr::Parse(vpc.cidr);
  for (const auto& target : request.targets) {
    TRY(Only(target, {"Id", "Port"}));
    const auto address = Ipv4::Parse(target.id.value_or(""));
    if (!address) return Invalid("The IP address '" + std::string(target.id.value_or("")) + "' is not a valid IPv4 address");
    if (!block || !block->Contains(*address)) return ApiError("InvalidTarget", "The IP address '" + target.id.str() + "' is outside the target group's VPC");
    TRY_ASSIGN(const int port, PortOf(*group, target));
    TRY(RegisterTarget(call.tx, group->arn.view(), address->ToString(), port, {}));
  }
  return call.arena.New<wire::RegisterTargetsOutput>();
}

Result<wire::DeregisterTargetsOutput*> Deregister(api::Call& call, const wire::DeregisterTargetsInput& request) {
  TRY_ASSIGN(const rows::TargetGroup* group, GetTargetGroup(call, request.target_group_arn));
  for (const auto& target : request.targets) {
    TRY(Only(target, {"Id", "Port"}));
    TRY_ASSIGN(const int port, PortOf(*group, target));
    TRY(DeregisterTarget(call.tx, group->arn.view(), target.id.value_or(""), port));
  }
  return call.arena.New<wire::DeregisterTargetsOutput>();
}

Result<wire::DescribeTargetHealthOutput*> DescribeHealth(api::Call& call, const wire::DescribeTargetHealthInput& request) {
  TRY(Only(request, {"TargetGroupArn", "Targets"}));
  TRY_ASSIGN(const rows::TargetGroup* group, GetTargetGroup(call, request.target_group_arn));
  auto* out = call.arena.New<wire::DescribeTargetHealthOutput>();
  out->target_health_descriptions.Present(call.arena);
  const auto show = [&](Str address, int port, Str state, Str reason, Str description) {
    auto& one = out->target_health_descriptions.Add(call.arena);
    one.target = call.arena.New<wire::TargetDescription>();
    one.target->id = address;
    one.target->port = port;
    one.health_check_port = group->check_port == "traffic-port" ? Str(call.arena.Copy(std::to_string(port))) : group->check_port;
    one.target_health = call.arena.New<wire::TargetHealth>();
    one.target_health->state = state;
    one.target_health->reason = reason;
    one.target_health->description = description;
  };
  const auto all = kTargets.ListOwner(call.tx, call.Key(group->id.view()), call.arena);
  if (request.targets.empty())
    for (const rows::Target* one : all) show(one->address, *one->port, one->state, one->reason, one->description);
  for (const auto& target : request.targets) {
    TRY_ASSIGN(const int port, PortOf(*group, target));
    const rows::Target* found = nullptr;
    for (const rows::Target* one : all)
      if (one->address == target.id && one->port == port) found = one;
    if (found != nullptr) show(found->address, port, found->state, found->reason, found->description);
    else show(target.id, port, "unused", "Target.NotRegistered", "Target is not registered to the target group");
  }
  return out;
}

}  // namespace

void RegisterTargets(api::Registry& registry) {
  registry.Add<wire::ops::RegisterTargets>(Register, On(&wire::RegisterTargetsInput::target_group_arn));
  registry.Add<wire::ops::DeregisterTargets>(Deregister, On(&wire::DeregisterTargetsInput::target_group_arn));
  registry.Add<wire::ops::DescribeTargetHealth>(DescribeHealth);
}

}  // namespace terrarium::elbv2
