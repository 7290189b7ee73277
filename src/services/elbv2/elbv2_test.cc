#include "gen/elbv2/types.h"
#include "host/proxy/fake_proxy_host.h"
#include "services/ec2/ec2_fixture.h"
#include "services/elbv2/operations.h"
#include "services/elbv2/public.h"
#include "services/elbv2/reconcile/load_balancer_reconciler.h"
#include "services/elbv2/reconcile/proxy_sweep.h"

namespace terrarium::elbv2 {
namespace {

namespace api_wire = gen::elbv2;
namespace ops = gen::elbv2::ops;

class Elbv2Test : public ec2::Ec2Test {
 protected:
  Elbv2Test() {
    RegisterElbv2(registry_);
    runner_->Add("elbv2/lb/", balancers_);
    sweep_.AddTo(*runner_);
    vpc_ = MakeVpc();
    one_ = MakeSubnet(vpc_, "10.0.0.0/24", "eu-west-1a");
    two_ = MakeSubnet(vpc_, "10.0.1.0/24", "eu-west-1b");
    AttachGateway(vpc_);
  }
  ~Elbv2Test() override { runner_.reset(); }

  void Look(int seconds = 5) { scheduler_.RunFor(Millis{seconds * 1000}); }
  api_wire::CreateLoadBalancerInput Balancer(const char* name = "web") {
    api_wire::CreateLoadBalancerInput r;
    r.name = name;
    r.subnets.Add(arena_) = Str(one_);
    r.subnets.Add(arena_) = Str(two_);
    return r;
  }
  std::string MakeBalancer(const char* name = "web") {
    const auto made = Run<ops::CreateLoadBalancer>(Balancer(name));
    EXPECT_TRUE(made) << made.error().message;
    return made ? (*made)->load_balancers[0].load_balancer_arn.str() : "";
  }
  api_wire::CreateTargetGroupInput Group(const char* name = "site") {
    api_wire::CreateTargetGroupInput r;
    r.name = name;
    r.protocol = "HTTP";
    r.port = 80;
    r.vpc_id = Str(vpc_);
    r.target_type = "ip";
    return r;
  }
  std::string MakeGroup(const char* name = "site") {
    const auto made = Run<ops::CreateTargetGroup>(Group(name));
    EXPECT_TRUE(made) << made.error().message;
    return made ? (*made)->target_groups[0].target_group_arn.str() : "";
  }
  api_wire::CreateListenerInput Listener(const std::string& balancer, const std::string& group, int port = 80) {
    api_wire::CreateListenerInput r;
    r.load_balancer_arn = arena_.Copy(balancer);
    r.protocol = "HTTP";
    r.port = port;
    auto& action = r.default_actions.Add(arena_);
    action.type = "forward";
    action.target_group_arn = arena_.Copy(group);
    return r;
  }
  std::string MakeListener(const std::string& balancer, const std::string& group, int port = 80) {
    const auto made = Run<ops::CreateListener>(Listener(balancer, group, port));
    EXPECT_TRUE(made) << made.error().message;
    return made ? (*made)->listeners[0].listener_arn.str() : "";
  }
  std::string State(const std::string& balancer) {
    api_wire::DescribeLoadBalancersInput r;
    r.load_balancer_arns.Add(arena_) = arena_.Copy(balancer);
    const auto found = Run<ops::DescribeLoadBalancers>(r);
    return found ? (*found)->load_balancers[0].state->code.str() : found.error().code;
  }
  std::string Health(const std::string& group, const char* address = "10.0.0.50") {
    const auto found = With([&](const ec2::Scope& scope) { return FindTarget(scope.tx, group, address, 80); });
    return found ? found->state + (found->reason.empty() ? "" : " " + found->reason) : "gone";
  }
  void Register(const std::string& group, const char* address = "10.0.0.50") {
    EXPECT_TRUE(With([&](const ec2::Scope& scope) { return RegisterTarget(scope.tx, group, address, 80, "test/notify").has_value(); }));
  }
  std::size_t Proxies() {
    Arena arena;
    return (*proxy_.ListProxies({}, arena))->proxies.size();
  }

  proxy::FakeProxyHost proxy_;
  LoadBalancerReconciler balancers_{*database_, blocking_, proxy_, scheduler_.clock(), random_};
  ProxySweep sweep_{*database_, blocking_, proxy_};
  std::string vpc_, one_, two_;
};

TEST_F(Elbv2Test, AProxyThatNoLoadBalancerHasIsRemoved) {
  MakeBalancer();
  Look();
  Arena arena;
  auto* spec = arena.New<gen::host_proxy::ProxySpec>();
  spec->id = "eni-0000000000000beef";
  spec->interface = "eni-0000000000000beef";
  spec->network_namespace = "/run/netns/none";
  ASSERT_TRUE(proxy_.EnsureProxy({.spec = spec}, arena));
  EXPECT_EQ(Proxies(), 3u);
  Look(61);
  EXPECT_EQ(Proxies(), 2u);
}

TEST_F(Elbv2Test, TheZoneOfItsNameIsThatOfTheRegion) {
  const auto made = Run<ops::CreateLoadBalancer>(Balancer());
  ASSERT_TRUE(made);
  EXPECT_EQ((*made)->load_balancers[0].canonical_hosted_zone_id, "Z32O12XQLNTSW2");
}

TEST_F(Elbv2Test, BecomesActiveWhenItsProxiesRun) {
  const std::string arn = MakeBalancer();
  EXPECT_EQ(State(arn), "provisioning");
  Look();
  EXPECT_EQ(State(arn), "active");
  EXPECT_EQ(Proxies(), 2u);
  const auto names = With([](const ec2::Scope& scope) { return DnsNames(scope.tx); });
  ASSERT_EQ(names.size(), 1u);
  EXPECT_TRUE(names[0].name.starts_with("web-") && names[0].name.ends_with(".eu-west-1.elb.amazonaws.com")) << names[0].name;
  EXPECT_EQ(names[0].addresses.size(), 2u);
  EXPECT_TRUE(With([](const ec2::Scope& scope) { return Doors(scope.tx); }).empty());
  MakeListener(arn, MakeGroup(), 8080);
  const auto doors = With([](const ec2::Scope& scope) { return Doors(scope.tx); });
  ASSERT_EQ(doors.size(), 1u);
  EXPECT_EQ(doors[0].ports, std::vector<int>{8080});
  ASSERT_EQ(doors[0].addresses.size(), 2u) << "one a zone";
  for (const std::string& address : doors[0].addresses) EXPECT_TRUE(address.starts_with("203.0.113.")) << address;
}

TEST_F(Elbv2Test, DoorsComeInTheOrderOfTheirMakingWithTheirPortsAscending) {
  for (const char* name : {"m", "z", "a"}) {
    const std::string arn = MakeBalancer(name), group = MakeGroup(name);
    Look();
    MakeListener(arn, group, 8080);
    MakeListener(arn, group, 80);
  }
  Look();
  std::string order;
  for (const auto& door : With([](const ec2::Scope& scope) { return Doors(scope.tx); })) {
    order += door.load_balancer;
    EXPECT_EQ(door.ports, (std::vector{80, 8080}));
  }
  EXPECT_EQ(order, "mza");
}

TEST_F(Elbv2Test, VisitorsAreSentToZonesWithAHealthyTargetWhereThereIsOne) {
  const std::string arn = MakeBalancer(), group = MakeGroup();
  Register(group);
  MakeListener(arn, group);
  Look();
  const auto addresses = [&] { return With([](const ec2::Scope& scope) { return Doors(scope.tx)[0].addresses; }); };
  const std::vector<std::string> both = addresses();
  ASSERT_EQ(both.size(), 2u) << "no zone has one: all are as good";
  Arena arena;
  const auto proxies = *proxy_.ListProxies({}, arena);
  const std::string one = proxies->proxies[0].id.str() + "/10.0.0.50:80", other = proxies->proxies[1].id.str() + "/10.0.0.50:80";
  proxy_.SetHealth(one, true);
  Look();
  const std::vector<std::string> first = addresses();
  ASSERT_EQ(first.size(), 1u);
  EXPECT_EQ(With([](const ec2::Scope& scope) { return DnsNames(scope.tx)[0].addresses; }), first);
  proxy_.SetHealth(other, true);
  Look();
  EXPECT_EQ(addresses(), both);
  proxy_.SetHealth(one, false);
  Look();
  ASSERT_EQ(addresses().size(), 1u);
  EXPECT_NE(addresses(), first);
  proxy_.SetHealth(other, false);
  Look();
  EXPECT_EQ(addresses(), both);
}

TEST_F(Elbv2Test, TargetsFollowTheirHealthChecksAndDrain) {
  const std::string arn = MakeBalancer(), group = MakeGroup();
  Register(group);
  EXPECT_EQ(Health(group), "unused Target.NotInUse");
  const std::string listener = MakeListener(arn, group);
  EXPECT_EQ(Health(group), "initial Elb.InitialHealthChecking");
  Look();
  EXPECT_EQ(Health(group), "initial Elb.InitialHealthChecking");
  proxy_.SetHealth("10.0.0.50:80", true);
  Look();
  EXPECT_EQ(Health(group), "healthy");
  proxy_.SetHealth("10.0.0.50:80", false);
  Look();
  EXPECT_EQ(Health(group), "unhealthy Target.FailedHealthChecks");

  api_wire::ModifyTargetGroupAttributesInput delay;
  delay.target_group_arn = arena_.Copy(group);
  delay.attributes.Add(arena_, {.key = "deregistration_delay.timeout_seconds", .value = "30"});
  EXPECT_EQ(Code<ops::ModifyTargetGroupAttributes>(delay), "");
  EXPECT_TRUE(With([&](const ec2::Scope& scope) { return DeregisterTarget(scope.tx, group, "10.0.0.50", 80).has_value(); }));
  Look(20);
  EXPECT_EQ(Health(group), "draining Target.DeregistrationInProgress");
  Look(15);
  EXPECT_EQ(Health(group), "gone");

  Register(group, "10.0.0.51");
  api_wire::DeleteListenerInput gone;
  gone.listener_arn = arena_.Copy(listener);
  EXPECT_EQ(Code<ops::DeleteListener>(gone), "");
  EXPECT_EQ(Health(group, "10.0.0.51"), "unused Target.NotInUse");
  EXPECT_EQ(Code<ops::DeleteListener>(gone), "ListenerNotFound");
}

TEST_F(Elbv2Test, ADeletedOneLeavesNothingBehind) {
  const std::string arn = MakeBalancer(), group = MakeGroup();
  MakeListener(arn, group);
  Look();
  api_wire::DeleteTargetGroupInput in_use;
  in_use.target_group_arn = arena_.Copy(group);
  EXPECT_EQ(Code<ops::DeleteTargetGroup>(in_use), "ResourceInUse");
  api_wire::DeleteLoadBalancerInput gone;
  gone.load_balancer_arn = arena_.Copy(arn);
  EXPECT_EQ(Code<ops::DeleteLoadBalancer>(gone), "");
  EXPECT_EQ(State(arn), "LoadBalancerNotFound");
  EXPECT_EQ(Code<ops::DeleteLoadBalancer>(gone), "");
  Look();
  EXPECT_EQ(Proxies(), 0u);
  EXPECT_TRUE(With([](const ec2::Scope& scope) { return ec2::ListAllEnis(scope.tx); }).empty());
  EXPECT_EQ(Code<ops::DeleteTargetGroup>(in_use), "");
  EXPECT_FALSE(With([&](const ec2::Scope& scope) { return FindTargetGroup(scope.tx, group); }));
}

TEST_F(Elbv2Test, RefusesAsAmazonDoes) {
  const std::string arn = MakeBalancer(), group = MakeGroup();
  auto other = Balancer();
  EXPECT_EQ(Code<ops::CreateLoadBalancer>(other), "");  // the same settings: the same load balancer
  other.scheme = "internal";
  EXPECT_EQ(Code<ops::CreateLoadBalancer>(other), "DuplicateLoadBalancerName");
  other.name = "third";
  other.subnets.count = 1;
  EXPECT_EQ(Code<ops::CreateLoadBalancer>(other), "ValidationError");
  other.type = "network";
  EXPECT_EQ(Code<ops::CreateLoadBalancer>(other), "ValidationError");
  EXPECT_EQ(Code<ops::CreateTargetGroup>(Group()), "DuplicateTargetGroupName");
  auto instances = Group("instances");
  instances.target_type = "instance";
  EXPECT_EQ(Code<ops::CreateTargetGroup>(instances), "ValidationError");
  MakeListener(arn, group);
  EXPECT_EQ(Code<ops::CreateListener>(Listener(arn, group)), "DuplicateListener");
  EXPECT_EQ(Code<ops::CreateListener>(Listener(arn + "0", group, 81)), "LoadBalancerNotFound");
  EXPECT_EQ(Code<ops::CreateListener>(Listener(arn, group + "0", 81)), "TargetGroupNotFound");
  EXPECT_EQ(Code<ops::CreateListener>(Listener(MakeBalancer("second"), group, 81)), "TargetGroupAssociationLimit");
  auto secure = Listener(arn, group, 443);
  secure.protocol = "HTTPS";
  EXPECT_EQ(Code<ops::CreateListener>(secure), "ValidationError");
  api_wire::ModifyLoadBalancerAttributesInput attributes;
  attributes.load_balancer_arn = arena_.Copy(arn);
  attributes.attributes.Add(arena_, {.key = "access_logs.s3.enabled", .value = "false"});
  attributes.attributes.Add(arena_, {.key = "deletion_protection.enabled", .value = "true"});
  EXPECT_EQ(Code<ops::ModifyLoadBalancerAttributes>(attributes), "");
  api_wire::DeleteLoadBalancerInput gone;
  gone.load_balancer_arn = arena_.Copy(arn);
  EXPECT_EQ(Code<ops::DeleteLoadBalancer>(gone), "OperationNotPermitted");
  attributes.attributes[0].value = "true";
  EXPECT_EQ(Code<ops::ModifyLoadBalancerAttributes>(attributes), "ValidationError");
}

}  // namespace
}  // namespace terrarium::elbv2
