#include <gmock/gmock.h>

#include "services/ec2/ec2_fixture.h"

namespace terrarium::ec2 {
namespace {

using testing::IsEmpty;
using testing::SizeIs;
namespace ops = wire::ops;

class ReconcileTest : public Ec2Test {
 protected:
  explicit ReconcileTest(std::uint64_t seed = 1, runtime::SimBlocking::Decide decide = {}) : Ec2Test(seed, std::move(decide)) {}
  struct Stack {
    std::string vpc, front, back, web, db;
    EniView one, two;
  };
  // The stack's own network: a public subnet with the way out, a private one, web -> db on 3306.
  Stack Build() {
    Stack s;
    s.vpc = MakeVpc();
    s.front = MakeSubnet(s.vpc, "10.0.1.0/24");
    s.back = MakeSubnet(s.vpc, "10.0.2.0/24", "eu-west-1b");
    s.web = MakeGroup(s.vpc, "web");
    s.db = MakeGroup(s.vpc, "db");
    EXPECT_EQ(Allow(s.web, Tcp(80, "0.0.0.0/0")), "");
    EXPECT_EQ(Allow(s.db, Tcp(3306, s.web)), "");
    const std::string gateway = AttachGateway(s.vpc);
    wire::CreateRouteTableRequest table;
    table.vpc_id = Str(s.vpc);
    const Str id = (*Run<ops::CreateRouteTable>(table))->route_table->route_table_id;
    wire::CreateRouteRequest route;
    route.route_table_id = id;
    route.destination_cidr_block = "0.0.0.0/0";
    route.gateway_id = Str(gateway);
    EXPECT_EQ(Code<ops::CreateRoute>(route), "");
    wire::AssociateRouteTableRequest associate;
    associate.route_table_id = id;
    associate.subnet_id = Str(s.front);
    EXPECT_EQ(Code<ops::AssociateRouteTable>(associate), "");
    // At once, before the host has anything of it.
    s.one = *With([&](const Scope& scope) { return AllocateEni(scope, {.subnet = s.front, .groups = {s.web}, .public_address = true, .requester = "ecs", .notify = "test/one"}); });
    s.two = *With([&](const Scope& scope) { return AllocateEni(scope, {.subnet = s.back, .groups = {s.db}, .requester = "rds"}); });
    return s;
  }
  std::optional<EniView> Find(const std::string& id) {
    return With([&](const Scope& scope) { return FindEni(scope, id); });
  }
  std::vector<control::Progress> Unsettled() {
    auto out = runner_->Unsettled();
    database_->EndTurn();
    std::erase_if(out, [](const control::Progress& p) { return p.key.starts_with("test/"); });
    return out;
  }
  void ExpectWorks(const Stack& s) {
    EXPECT_TRUE(Find(s.one.id)->ready && Find(s.two.id)->ready);
    EXPECT_TRUE(Reaches(s.vpc, s.one.address, s.two.address, 3306));
    EXPECT_FALSE(Reaches(s.vpc, s.one.address, s.two.address, 22));
    EXPECT_TRUE(Reaches(s.vpc, "198.18.0.1", s.one.public_address, 80));
    EXPECT_FALSE(Reaches(s.vpc, "198.18.0.1", s.one.public_address, 22));
    EXPECT_TRUE(Reaches(s.vpc, s.one.address, "198.18.0.2", 443));
    EXPECT_FALSE(Reaches(s.vpc, s.two.address, "198.18.0.2", 443)) << "no route";
  }
};

TEST_F(ReconcileTest, WhatWasAskedForBecomesTrue) {
  const Stack s = Build();
  EXPECT_FALSE(Find(s.one.id)->ready);
  Settle();
  ExpectWorks(s);
  EXPECT_THAT(Unsettled(), IsEmpty());
  EXPECT_FALSE(Find(s.one.id)->netns.empty());
}

TEST_F(ReconcileTest, RuleChangesReachTheHost) {
  const Stack s = Build();
  Settle();
  EXPECT_EQ(Allow(s.db, Tcp(22, s.web)), "");
  Settle();
  EXPECT_TRUE(Reaches(s.vpc, s.one.address, s.two.address, 22));
  EXPECT_TRUE(With([&](const Scope& scope) { return SetEniGroups(scope, s.one.id, {s.db}); }));
  Settle();
  EXPECT_FALSE(Reaches(s.vpc, s.one.address, s.two.address, 22)) << "it is no member of web any more";
}

TEST_F(ReconcileTest, AReleasedInterfaceIsGoneBeforeItsAddressesAreFree) {
  const Stack s = Build();
  Settle();
  EXPECT_TRUE(With([&](const Scope& scope) { return ReleaseEni(scope, s.one.id); }));
  EXPECT_TRUE(Find(s.one.id)->releasing);
  const auto next = With([&](const Scope& scope) { return AllocateEni(scope, {.subnet = s.front, .public_address = true}); });
  EXPECT_NE(next->address, s.one.address);
  EXPECT_NE(next->public_address, s.one.public_address);
  Settle();
  EXPECT_FALSE(Find(s.one.id));
  const auto later = With([&](const Scope& scope) { return AllocateEni(scope, {.subnet = s.front, .public_address = true}); });
  EXPECT_EQ(later->address, s.one.address);
  EXPECT_EQ(later->public_address, s.one.public_address);
}

TEST_F(ReconcileTest, ARestartAdoptsAndRemovesOrphans) {
  const Stack s = Build();
  Settle();
  // Foreign hands: an interface cut off, another and a whole VPC that nobody asked for.
  network_.Disconnect(*host::EniId::Parse(s.two.id));
  host::VpcSpec stray{.id = *host::VpcId::Parse("vpc-0000000000000dead"), .cidr = *Cidr::Parse("10.9.0.0/16"), .subnets = {{*Cidr::Parse("10.9.1.0/24")}}, .groups = {{*host::GroupId::Parse("sg-00000001")}}};
  ASSERT_TRUE(network_.EnsureVpc(stray));
  host::EniSpec lost{.id = *host::EniId::Parse("eni-0000000000000dead"), .vpc = stray.id, .subnet = *Cidr::Parse("10.9.1.0/24"), .address = *Ipv4::Parse("10.9.1.9"), .mac = {{2, 0, 0, 0, 0, 9}}, .groups = {stray.groups[0].id}};
  ASSERT_TRUE(network_.EnsureEni(lost));
  Start();
  Settle();
  ExpectWorks(s);
  EXPECT_THAT(network_.List()->vpcs, SizeIs(1));
  EXPECT_THAT(network_.List()->enis, SizeIs(2));
}

// Answers lost, calls refused, delays, restarts between any two of them: the same end.
class FaultyNetworkTest : public ReconcileTest, public testing::WithParamInterface<std::uint64_t> {
 protected:
  FaultyNetworkTest()
      : ReconcileTest(GetParam(), [this](std::string_view) {
          runtime::SimBlocking::Fate fate;
          fate.before = Millis{faults_.Next() % 40};
          fate.after = Millis{faults_.Next() % 40};
          if (!faulty_) return fate;
          const auto dice = faults_.Next() % 6;
          if (dice == 0) fate.refused = Error{ErrorKind::kUnavailable, {}, "refused", {}};
          if (dice == 1) fate.answer_lost = Error{ErrorKind::kUnknown, {}, "lost", {}};
          return fate;
        }) {}
  SeededRandom faults_{GetParam() * 7919 + 3};
  bool faulty_ = true;
};

TEST_P(FaultyNetworkTest, ConvergesAndLeavesNothing) {
  const Stack s = Build();
  for (int i = 0; i < 4; ++i) {
    scheduler_.RunFor(Millis{static_cast<std::int64_t>(faults_.Next() % 300)});
    Start();
  }
  faulty_ = false;
  Settle();
  ExpectWorks(s);
  EXPECT_THAT(Unsettled(), IsEmpty());
  faulty_ = true;
  EXPECT_TRUE(With([&](const Scope& scope) { return ReleaseEni(scope, s.one.id); }));
  EXPECT_TRUE(With([&](const Scope& scope) { return ReleaseEni(scope, s.two.id); }));
  scheduler_.RunFor(Millis{static_cast<std::int64_t>(faults_.Next() % 200)});
  Start();
  faulty_ = false;
  Settle();
  EXPECT_THAT(network_.List()->enis, IsEmpty());
  EXPECT_THAT(network_.List()->vpcs, SizeIs(1));
  EXPECT_FALSE(Find(s.one.id));
}

INSTANTIATE_TEST_SUITE_P(Seeds, FaultyNetworkTest, testing::Range<std::uint64_t>(1, 41));

}  // namespace
}  // namespace terrarium::ec2
