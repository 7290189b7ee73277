#include "prove/net/stations.h"

#include <sys/stat.h>

#include <algorithm>
#include <thread>

#include "prove/waiting.h"

namespace terrarium::prove {
namespace {

constexpr Ipv4 kInternetAddress{0xC6120001};  // 198.18.0.1: where visitors come from on this machine

Json Filter(std::string_view name, const std::string& value) { return Json(Json::Array{Object({{"Name", name}, {"Values", Strings({value})}})}); }

bool Exists(const std::string& netns) {
  struct stat s{};
  return ::stat(("/run/netns/" + netns).c_str(), &s) == 0;
}

}  // namespace

Result<OtherStation> OtherStation::Create(Context& context) {
  Stack& stack = context.stack;
  TRY_ASSIGN(const ServiceState service, stack.Service());
  if (service.subnets.empty()) return Fail(ErrorKind::kConflict, "the service names no subnet");
  TRY_ASSIGN(const Json subnets, stack.Call("ec2", "DescribeSubnets", Object({{"SubnetIds", Strings({service.subnets[0]})}})));
  const std::string vpc = subnets["Subnets"].array().empty() ? std::string() : subnets["Subnets"].array()[0]["VpcId"].string();
  OtherStation out(context);
  TRY_ASSIGN(const Json group, stack.Call("ec2", "CreateSecurityGroup", Object({{"GroupName", stack.name() + "-prove-" + std::to_string(context.clock.Now())}, {"Description", "prove: an outsider"}, {"VpcId", vpc}})));
  out.group_ = group["GroupId"].string();
  TRY_ASSIGN(const Json made, stack.Call("ec2", "CreateNetworkInterface", Object({{"SubnetId", service.subnets[0]}, {"Groups", Strings({out.group_})}, {"Description", "prove: an outsider"}})));
  out.interface_ = made["NetworkInterface"]["NetworkInterfaceId"].string();
  const std::string netns = "trm-" + stack.options().instance + "-" + out.interface_;
  TRY_ASSIGN([[maybe_unused]] const double took, Await(context, "the outsider's interface", Millis{30'000}, [&]() -> Result<bool> { return Exists(netns); }));
  return out;
}

OtherStation::~OtherStation() {
  if (context_ == nullptr) return;
  Stack& stack = context_->stack;
  if (!interface_.empty()) (void)stack.Call("ec2", "DeleteNetworkInterface", Object({{"NetworkInterfaceId", interface_}}));
  // A group can go once the host has let go of the interface that has it.
  for (int tries = 0; !group_.empty() && tries < 100; ++tries) {
    const auto gone = stack.Call("ec2", "DeleteSecurityGroup", Object({{"GroupId", group_}}));
    if (gone || gone.error().code != "DependencyViolation") return;
    std::this_thread::sleep_for(Millis{100});
  }
}

Result<Network> LookAtNetwork(Context& context, const std::string& other) {
  Stack& stack = context.stack;
  const std::string prefix = "trm-" + stack.options().instance + "-";
  TRY_ASSIGN(const ServiceState service, stack.Service());
  if (service.subnets.empty()) return Fail(ErrorKind::kConflict, "the service names no subnet");
  TRY_ASSIGN(const Json subnets, stack.Call("ec2", "DescribeSubnets", Object({{"SubnetIds", Strings({service.subnets[0]})}})));
  if (subnets["Subnets"].array().empty()) return Fail(ErrorKind::kNotFound, "the service's subnet is not there");
  const std::string vpc = subnets["Subnets"].array()[0]["VpcId"].string();
  TRY_ASSIGN(const Json groups, stack.Call("ec2", "DescribeSecurityGroups", Object({{"Filters", Filter("vpc-id", vpc)}})));
  const auto group_named = [&](const std::string& name) {
    for (const Json& one : groups["SecurityGroups"].array())
      if (one["GroupName"].string() == name) return one["GroupId"].string();
    return std::string();
  };
  const std::string alb = group_named(stack.name() + "-alb"), task = group_named(stack.name() + "-task"), database = group_named(stack.name() + "-database");
  if (alb.empty() || task.empty()) return Fail(ErrorKind::kNotFound, "the security groups " + stack.name() + "-alb and " + stack.name() + "-task are not there");

  Network out;
  Station internet{.part = Part::kInternet, .name = "internet", .netns = prefix + "inet", .address = kInternetAddress};
  if (!Exists(internet.netns)) return Fail(ErrorKind::kNotFound, "there is no namespace " + internet.netns + " on this machine");
  out.stations.push_back(std::move(internet));
  TRY_ASSIGN(const Json interfaces, stack.Call("ec2", "DescribeNetworkInterfaces", Object({{"Filters", Filter("vpc-id", vpc)}})));
  for (const Json& one : interfaces["NetworkInterfaces"].array()) {
    Station station{.interface_id = one["NetworkInterfaceId"].string()};
    station.netns = prefix + station.interface_id;
    const auto address = Ipv4::Parse(one["PrivateIpAddress"].string());
    if (!address || !Exists(station.netns)) continue;
    station.address = *address;
    if (const auto open = Ipv4::Parse(one["Association"]["PublicIp"].string())) station.public_address = *open;
    for (const Json& group : one["Groups"].array()) station.groups.push_back(group["GroupId"].string());
    const auto in = [&](const std::string& group) { return !group.empty() && std::ranges::find(station.groups, group) != station.groups.end(); };
    station.part = station.interface_id == other ? Part::kOther : in(alb) ? Part::kBalancer : in(task) ? Part::kTask : in(database) ? Part::kDatabase : Part::kOther;
    if (station.part == Part::kOther && station.interface_id != other) continue;  // of somebody else
    station.name = std::string(NameOf(station.part)) + " " + address->ToString();
    out.stations.push_back(std::move(station));
  }
  TRY_ASSIGN(const Json rules, stack.Call("ec2", "DescribeSecurityGroupRules"));
  out.rules = RulesOf(rules);

  TRY_ASSIGN(const Json balancers, stack.Call("elbv2", "DescribeLoadBalancers", Object({{"Names", Strings({stack.name()})}})));
  if (balancers["LoadBalancers"].array().empty()) return Fail(ErrorKind::kNotFound, "there is no load balancer " + stack.name());
  TRY_ASSIGN(const Json listeners, stack.Call("elbv2", "DescribeListeners", Object({{"LoadBalancerArn", balancers["LoadBalancers"].array()[0]["LoadBalancerArn"]}})));
  for (const Json& one : listeners["Listeners"].array()) out.ports.listeners.push_back(static_cast<int>(one["Port"].integer()));
  TRY_ASSIGN(const Json definition, stack.Call("ecs", "DescribeTaskDefinition", Object({{"taskDefinition", service.task_definition}})));
  for (const Json& container : definition["taskDefinition"]["containerDefinitions"].array())
    for (const Json& port : container["portMappings"].array()) out.ports.container = static_cast<int>(port["containerPort"].integer());
  if (const auto databases = stack.Call("rds", "DescribeDBInstances", Object({{"DBInstanceIdentifier", stack.name()}})); databases && !(*databases)["DBInstances"].array().empty())
    if (const auto port = (*databases)["DBInstances"].array()[0]["Endpoint"]["Port"].integer(); port > 0) out.ports.database = static_cast<int>(port);
  return out;
}

}  // namespace terrarium::prove
