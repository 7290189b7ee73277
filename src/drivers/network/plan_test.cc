#include <gtest/gtest.h>

#include "base/text.h"
#include "drivers/network/nft_plan.h"
#include "drivers/network/routing.h"
#include "drivers/network/test_network.h"

namespace terrarium::network {
namespace {

using namespace test;  // NOLINT

TEST(RuleTextTest, OneKernelRuleForEachApiRule) {
  const auto text = [](RuleSpec rule, Direction direction = Direction::kIngress) {
    const std::string full = RuleText(rule, direction);
    return full.substr(0, full.find(" comment "));
  };
  EXPECT_EQ(text(AllTraffic(1)), "counter accept");
  EXPECT_EQ(text(Rule(1, kTcp, 80, 80, Block("0.0.0.0/0"))), "tcp dport 80 counter accept");
  EXPECT_EQ(text(Rule(1, kTcp, 80, 90, Block("10.0.0.0/16"))), "ip saddr 10.0.0.0/16 tcp dport 80-90 counter accept");
  EXPECT_EQ(text(Rule(1, kUdp, 0, 65535, Group(7)), Direction::kEgress), "ip daddr @m_00000000700000000 meta l4proto udp counter accept");
  EXPECT_EQ(text(Rule(1, kIcmp, -1, -1, Block("10.0.0.0/8"))), "ip saddr 10.0.0.0/8 meta l4proto icmp counter accept");
  EXPECT_EQ(text(Rule(1, kIcmp, 8, -1, Block("0.0.0.0/0"))), "icmp type 8 counter accept");
  EXPECT_EQ(text(Rule(1, kIcmp, 3, 4, Block("0.0.0.0/0"))), "icmp type 3 icmp code 4 counter accept");
  EXPECT_EQ(text(Rule(1, 47, -1, -1, Block("0.0.0.0/0"))), "meta l4proto 47 counter accept");
}

TEST(PolicyTest, AListOfGroupsHasOneNameInAnyOrder) {
  EXPECT_EQ(PolicyName({Group(1), Group(2)}), PolicyName({Group(2), Group(1)}));
  EXPECT_NE(PolicyName({Group(1)}), PolicyName({Group(2)}));
  EXPECT_NE(PolicyName({Group(1)}), PolicyName({Group(1), Group(2)}));
}

TEST(BaseTest, TheMarkerNamesTheText) {
  const std::string a = BaseText(Block("10.0.0.0/16")), b = BaseText(Block("10.1.0.0/16"));
  EXPECT_NE(BaseMarker(a), BaseMarker(b));
  EXPECT_NE(a.find("add chain inet vpc " + BaseMarker(a) + '\n'), std::string::npos);
  EXPECT_NE(FabricText().find("add chain inet fabric " + BaseMarker(FabricText()) + '\n'), std::string::npos);
  EXPECT_EQ(a.find('@' + std::string("CIDR")), std::string::npos);
}

TEST(GroupsPlanTest, OnlyWhatDiffersIsTouched) {
  const VpcSpec spec = TwoTier(1);
  Table table{.present = true};
  table.chains[BaseMarker(BaseText(spec.cidr))];
  for (const GroupSpec& group : spec.groups) {
    table.elements[MemberSet(group.id)];
    for (const RuleSpec& rule : group.ingress) table.chains[GroupChain(group.id, Direction::kIngress)].push_back({.comment = RuleLine(rule)});
    table.chains[GroupChain(group.id, Direction::kEgress)];
    for (const RuleSpec& rule : group.egress) table.chains[GroupChain(group.id, Direction::kEgress)].push_back({.comment = RuleLine(rule)});
  }
  EXPECT_EQ(PlanGroups(table, spec, {}).text, "");
  VpcSpec changed = spec;
  changed.groups[1].ingress[0].from = 3307;
  changed.groups[1].ingress[0].to = 3307;
  const std::string text = PlanGroups(table, changed, {}).text;
  EXPECT_NE(text.find("flush chain inet vpc " + GroupChain(Group(2), Direction::kIngress)), std::string::npos);
  EXPECT_EQ(text.find(GroupChain(Group(1), Direction::kIngress)), std::string::npos);
  EXPECT_EQ(text.find("base_"), std::string::npos) << "counters of the fixed chains stay";
}

TEST(GroupsPlanTest, AGroupInUseIsKept) {
  VpcSpec spec = TwoTier(1);
  Table table{.present = true};
  for (const GroupSpec& group : spec.groups) table.chains[GroupChain(group.id, Direction::kIngress)];
  spec.groups.pop_back();
  const auto kept = PlanGroups(table, spec, {{.name = "e0010", .address = Ip("10.0.1.4"), .groups = {Group(2)}}});
  ASSERT_EQ(kept.kept.size(), 1u);
  EXPECT_EQ(kept.text.find("delete chain inet vpc sg_"), std::string::npos);
  EXPECT_NE(PlanGroups(table, spec, {}).text.find("delete chain inet vpc " + GroupChain(Group(2), Direction::kIngress)), std::string::npos);
}

TEST(InterfacesPlanTest, APlanThatIsDoneLeavesNothingToDo) {
  // A table as the plan itself makes it, read back through the same structures.
  const std::vector<terrarium::network::Interface> two = {{.name = "e0010", .address = Ip("10.0.1.4"), .groups = {Group(1)}, .public_address = Ip("203.0.113.4"), .task_endpoints = true},
                                     {.name = "e0011", .address = Ip("10.0.1.5"), .groups = {Group(1), Group(2)}}};
  Table table{.present = true};
  for (const unsigned g : {1u, 2u}) table.elements[MemberSet(Group(g))];
  const std::string plan = PlanInterfaces(table, two);
  for (const auto& line : Split(plan, '\n')) {
    const auto words = Split(line, ' ');
    if (line.starts_with("add chain")) table.chains[std::string(words[4])];
    if (line.starts_with("add rule") && words[5] == "jump") table.chains[std::string(words[4])].push_back({.jump = std::string(words[6])});
    if (line.starts_with("add element")) {
      const std::string body(line.substr(line.find('{') + 2, line.rfind('}') - line.find('{') - 3));
      const auto colon = body.find(" : ");
      table.elements[std::string(words[4])][body.substr(0, colon)] = colon == std::string::npos ? "" : body.substr(colon + 3);
    }
  }
  EXPECT_EQ(InterfacesOf(table), two);
  EXPECT_EQ(PlanInterfaces(table, two), "");
  // Taking one away deletes each of its elements and its policy, and touches nothing of the other.
  const std::string gone = PlanInterfaces(table, {two[0]});
  EXPECT_NE(gone.find("delete element inet vpc eni_src { \"e0011\" . 10.0.1.5 }"), std::string::npos);
  EXPECT_NE(gone.find("delete chain inet vpc " + PolicyName(two[1].groups) + "_i"), std::string::npos);
  EXPECT_EQ(gone.find("e0010"), std::string::npos);
  EXPECT_EQ(gone.find("add "), std::string::npos);
}

TEST(RoutingPlanTest, IsDoneWhenDoneAndReplacesInPlace) {
  VpcSpec spec = TwoTier(1);
  const Ipv4 gateway = Ip("100.64.0.32");
  const RoutingPlan first = PlanRouting({}, spec, gateway);
  const Routing have{first.new_addresses, first.new_routes, first.new_rules};
  const auto empty = [](const RoutingPlan& p) {
    return p.new_addresses.empty() && p.new_routes.empty() && p.new_rules.empty() && p.old_rules.empty() && p.old_routes.empty() && p.old_addresses.empty();
  };
  EXPECT_TRUE(empty(PlanRouting(have, spec, gateway)));
  EXPECT_EQ(VpcBlock(have.rules), spec.cidr);
  ASSERT_EQ(SubnetsOf(have).size(), 2u);
  EXPECT_EQ(SubnetsOf(have)[0].routes, spec.subnets[0].routes);

  spec.subnets[0].routes[0].target = RouteTarget::kBlackhole;
  RoutingPlan next = PlanRouting(have, spec, gateway);
  EXPECT_EQ(next.new_routes.size(), 1u);
  EXPECT_TRUE(next.old_routes.empty()) << "replaced, not removed: there is no moment without a route";

  spec.subnets.erase(spec.subnets.begin());
  next = PlanRouting(have, spec, gateway);
  EXPECT_EQ(next.old_rules.size(), 1u);
  EXPECT_EQ(next.old_routes.size(), 2u);
  EXPECT_EQ(next.old_addresses.size(), 1u);
  EXPECT_TRUE(next.new_rules.empty()) << "the other subnet keeps its table";
}

}  // namespace
}  // namespace terrarium::network
