#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <memory>

#include "base/random.h"
#include "drivers/network/driver.h"
#include "drivers/network/netns.h"
#include "drivers/network/test_network.h"
#include "host/network/fake_network.h"

// What every implementation of the network port does. It runs on the fake, which simulations trust, and on the real host.
namespace terrarium::network {
namespace {

using namespace test;  // NOLINT
using testing::ElementsAre;
using testing::IsEmpty;

enum class Kind : unsigned char { kFake, kReal };

class NetworkContract : public testing::TestWithParam<Kind> {
 protected:
  void SetUp() override {
    if (GetParam() == Kind::kFake) {
      network_ = std::make_unique<FakeNetwork>();
      return;
    }
    if (::geteuid() != 0) GTEST_SKIP() << "real network namespaces need root";
    SystemRandom random;
    instance_ = "nc" + RandomFrom(random, "abcdefghijklmnopqrstuvwxyz0123456789", 6);
    network_ = *NetworkDriver::Create(instance_);
  }
  void TearDown() override {
    if (!network_) return;
    EXPECT_TRUE(network_->RemoveAll());
    EXPECT_THAT(network_->List()->enis, IsEmpty());
    EXPECT_THAT(network_->List()->vpcs, IsEmpty());
    if (!instance_.empty()) {
      EXPECT_THAT(*ListNetns("trm-" + instance_), IsEmpty());
    }
  }
  static ErrorKind KindOf(const auto& result) { return result ? ErrorKind::kUnknown : result.error().kind; }
  bool Allowed(const char* from, const char* to, int port, int protocol = kTcp) {
    const auto verdict = network_->Explain({.vpc = Vpc(1), .from = Ip(from), .to = Ip(to), .protocol = protocol, .port = port});
    EXPECT_TRUE(verdict) << verdict.error().message;
    return verdict && verdict->allowed;
  }

  std::string instance_;
  std::unique_ptr<Network> network_;
};

TEST_P(NetworkContract, EnsureTwiceIsEnsureOnce) {
  for (int i = 0; i < 2; ++i) {
    const Status vpc = network_->EnsureVpc(TwoTier(1));
    ASSERT_TRUE(vpc) << vpc.error().message << ' ' << vpc.error().cause;
    const auto web = network_->EnsureEni(OneEni(1, 1, "10.0.1.0/24", "10.0.1.10", {Group(1)}));
    ASSERT_TRUE(web) << web.error().message << ' ' << web.error().cause;
    EXPECT_EQ(web->interface, "eth0");
    ASSERT_TRUE(network_->EnsureEni(OneEni(1, 2, "10.0.2.0/24", "10.0.2.10", {Group(2)})));
    EXPECT_THAT(network_->List()->vpcs, ElementsAre(Vpc(1).str()));
    EXPECT_THAT(network_->List()->enis, ElementsAre(NetworkListing::Eni{Eni(1).str(), Vpc(1).str()}, NetworkListing::Eni{Eni(2).str(), Vpc(1).str()}));
  }
}

TEST_P(NetworkContract, RemoveOfTheAbsentIsSuccess) {
  EXPECT_TRUE(network_->RemoveEni(Vpc(1), Eni(1)));
  EXPECT_TRUE(network_->RemoveVpc(Vpc(1)));
  ASSERT_TRUE(network_->EnsureVpc(TwoTier(1)));
  EXPECT_TRUE(network_->RemoveEni(Vpc(1), Eni(1)));
  EXPECT_TRUE(network_->RemoveVpc(Vpc(1)));
  EXPECT_TRUE(network_->RemoveVpc(Vpc(1)));
}

TEST_P(NetworkContract, RefusesWhatIsNotThere) {
  const auto eni = OneEni(1, 1, "10.0.1.0/24", "10.0.1.10", {Group(1)});
  EXPECT_EQ(KindOf(network_->EnsureEni(eni)), ErrorKind::kNotFound);
  EXPECT_EQ(KindOf(network_->Explain({.vpc = Vpc(1), .from = {}, .to = {}})), ErrorKind::kNotFound);
  EXPECT_EQ(KindOf(network_->OpenSocket({.place = Vpc(1), .address = {}, .connect = {}})), ErrorKind::kNotFound);
  ASSERT_TRUE(network_->EnsureVpc(TwoTier(1)));
  EXPECT_EQ(KindOf(network_->EnsureEni(OneEni(1, 1, "10.0.3.0/24", "10.0.3.10", {Group(1)}))), ErrorKind::kNotFound);
  EXPECT_EQ(KindOf(network_->EnsureEni(OneEni(1, 1, "10.0.1.0/24", "10.0.1.10", {Group(9)}))), ErrorKind::kNotFound);
  EXPECT_THAT(network_->List()->enis, IsEmpty()) << "a refused call leaves nothing half made";
}

TEST_P(NetworkContract, RefusesWhatMakesNoSense) {
  auto vpc = TwoTier(1);
  vpc.subnets.push_back({Block("10.0.1.128/25"), {}});
  EXPECT_EQ(KindOf(network_->EnsureVpc(vpc)), ErrorKind::kInvalid);
  vpc = TwoTier(1);
  vpc.internet = false;
  EXPECT_EQ(KindOf(network_->EnsureVpc(vpc)), ErrorKind::kInvalid) << "a route to a gateway that is not attached";
  vpc = TwoTier(1);
  vpc.groups[1].ingress[0].peer = Group(7);
  EXPECT_EQ(KindOf(network_->EnsureVpc(vpc)), ErrorKind::kInvalid);
  ASSERT_TRUE(network_->EnsureVpc(TwoTier(1)));
  for (const char* address : {"10.0.1.0", "10.0.1.1", "10.0.1.3", "10.0.1.255", "10.0.2.9"})
    EXPECT_EQ(KindOf(network_->EnsureEni(OneEni(1, 1, "10.0.1.0/24", address, {Group(1)}))), ErrorKind::kInvalid) << address;
  EXPECT_EQ(KindOf(network_->EnsureEni(OneEni(1, 1, "10.0.1.0/24", "10.0.1.10", {}))), ErrorKind::kInvalid);
  EXPECT_THAT(network_->List()->enis, IsEmpty());
}

TEST_P(NetworkContract, AnAddressHasOneOwner) {
  ASSERT_TRUE(network_->EnsureVpc(TwoTier(1)));
  ASSERT_TRUE(network_->EnsureEni(OneEni(1, 1, "10.0.1.0/24", "10.0.1.10", {Group(1)})));
  EXPECT_EQ(KindOf(network_->EnsureEni(OneEni(1, 2, "10.0.1.0/24", "10.0.1.10", {Group(1)}))), ErrorKind::kConflict);
  ASSERT_TRUE(network_->RemoveEni(Vpc(1), Eni(1)));
  EXPECT_TRUE(network_->EnsureEni(OneEni(1, 2, "10.0.1.0/24", "10.0.1.10", {Group(1)})));
}

TEST_P(NetworkContract, TwoNetworksMayHaveTheSameBlock) {
  ASSERT_TRUE(network_->EnsureVpc(TwoTier(1)));
  ASSERT_TRUE(network_->EnsureVpc(TwoTier(2)));
  ASSERT_TRUE(network_->EnsureEni(OneEni(1, 1, "10.0.1.0/24", "10.0.1.10", {Group(1)})));
  EXPECT_TRUE(network_->EnsureEni(OneEni(2, 2, "10.0.1.0/24", "10.0.1.10", {Group(1)})));
}

TEST_P(NetworkContract, ANetworkGoesAfterItsInterfaces) {
  ASSERT_TRUE(network_->EnsureVpc(TwoTier(1)));
  ASSERT_TRUE(network_->EnsureEni(OneEni(1, 1, "10.0.1.0/24", "10.0.1.10", {Group(1)})));
  EXPECT_EQ(KindOf(network_->RemoveVpc(Vpc(1))), ErrorKind::kConflict);
  ASSERT_TRUE(network_->RemoveEni(Vpc(1), Eni(1)));
  EXPECT_TRUE(network_->RemoveVpc(Vpc(1)));
}

TEST_P(NetworkContract, AGroupInUseStaysUntilItsInterfaceGoes) {
  ASSERT_TRUE(network_->EnsureVpc(TwoTier(1)));
  ASSERT_TRUE(network_->EnsureEni(OneEni(1, 2, "10.0.2.0/24", "10.0.2.10", {Group(2)})));
  auto vpc = TwoTier(1);
  vpc.groups.pop_back();
  EXPECT_EQ(KindOf(network_->EnsureVpc(vpc)), ErrorKind::kConflict);
  ASSERT_TRUE(network_->RemoveEni(Vpc(1), Eni(2)));
  const Status settled = network_->EnsureVpc(vpc);
  EXPECT_TRUE(settled) << settled.error().message << settled.error().cause;
  EXPECT_EQ(KindOf(network_->EnsureEni(OneEni(1, 2, "10.0.2.0/24", "10.0.2.10", {Group(2)}))), ErrorKind::kNotFound);
}

TEST_P(NetworkContract, ExplainsWhichRuleDecides) {
  ASSERT_TRUE(network_->EnsureVpc(TwoTier(1)));
  auto web = OneEni(1, 1, "10.0.1.0/24", "10.0.1.10", {Group(1)});
  web.public_address = Ip("203.0.113.10");
  ASSERT_TRUE(network_->EnsureEni(web));
  ASSERT_TRUE(network_->EnsureEni(OneEni(1, 2, "10.0.2.0/24", "10.0.2.10", {Group(2)})));
  EXPECT_TRUE(Allowed("10.0.1.10", "10.0.2.10", 3306));
  EXPECT_FALSE(Allowed("10.0.1.10", "10.0.2.10", 3307));
  EXPECT_FALSE(Allowed("10.0.2.10", "10.0.1.10", 80)) << "group 2 has no egress";
  EXPECT_FALSE(Allowed("10.0.1.11", "10.0.2.10", 3306)) << "no such interface";
  EXPECT_TRUE(Allowed("198.51.100.7", "203.0.113.10", 80));
  EXPECT_FALSE(Allowed("198.51.100.7", "203.0.113.10", 22));
  EXPECT_FALSE(Allowed("198.51.100.7", "10.0.1.10", 80)) << "a private address is not on the internet";
  EXPECT_TRUE(Allowed("10.0.1.10", "198.51.100.7", 443));
  EXPECT_FALSE(Allowed("10.0.1.10", "169.254.169.254", 80));
  const auto verdict = network_->Explain({.vpc = Vpc(1), .from = Ip("10.0.1.10"), .to = Ip("10.0.2.10"), .port = 3306});
  ASSERT_EQ(verdict->steps.size(), 3u);
  EXPECT_EQ(verdict->steps[2].stage, "ingress");
  EXPECT_EQ(verdict->steps[2].subject, Group(2).str());
  EXPECT_EQ(verdict->steps[2].rule, RuleLine(TwoTier(1).groups[1].ingress[0]));
}

TEST_P(NetworkContract, RulesFollowTheirSpec) {
  ASSERT_TRUE(network_->EnsureVpc(TwoTier(1)));
  ASSERT_TRUE(network_->EnsureEni(OneEni(1, 1, "10.0.1.0/24", "10.0.1.10", {Group(1)})));
  ASSERT_TRUE(network_->EnsureEni(OneEni(1, 2, "10.0.2.0/24", "10.0.2.10", {Group(2)})));
  auto vpc = TwoTier(1);
  vpc.groups[1].ingress = {Rule(4, kUdp, 53, 53, Block("10.0.1.0/24")), Rule(5, kIcmp, 8, 0, Block("10.0.0.0/16")), Rule(6, 47, -1, -1, Group(1)),
                           Rule(7, kTcp, 0, 65535, Block("10.0.1.8/29"))};
  ASSERT_TRUE(network_->EnsureVpc(vpc));
  EXPECT_TRUE(Allowed("10.0.1.10", "10.0.2.10", 53, kUdp));
  EXPECT_TRUE(Allowed("10.0.1.10", "10.0.2.10", 8, kIcmp));
  EXPECT_FALSE(Allowed("10.0.1.10", "10.0.2.10", 13, kIcmp));
  EXPECT_TRUE(Allowed("10.0.1.10", "10.0.2.10", 0, 47));
  EXPECT_FALSE(Allowed("10.0.1.10", "10.0.2.10", 0, 50));
  EXPECT_TRUE(Allowed("10.0.1.10", "10.0.2.10", 65535));
  vpc.groups[1].ingress.clear();
  ASSERT_TRUE(network_->EnsureVpc(vpc));
  EXPECT_FALSE(Allowed("10.0.1.10", "10.0.2.10", 65535));
  auto db = OneEni(1, 2, "10.0.2.0/24", "10.0.2.10", {Group(2), Group(1)});
  ASSERT_TRUE(network_->EnsureEni(db));
  EXPECT_TRUE(Allowed("10.0.1.10", "10.0.2.10", 80)) << "the interface's second group lets it in";
  vpc.subnets[0].routes[0].target = RouteTarget::kBlackhole;
  ASSERT_TRUE(network_->EnsureVpc(vpc));
  EXPECT_FALSE(Allowed("10.0.1.10", "198.51.100.7", 443));
}

TEST_P(NetworkContract, RemoveAllLeavesNothing) {
  for (unsigned v : {1u, 2u}) {
    ASSERT_TRUE(network_->EnsureVpc(TwoTier(v)));
    ASSERT_TRUE(network_->EnsureEni(OneEni(v, v, "10.0.1.0/24", "10.0.1.10", {Group(1)})));
  }
  ASSERT_TRUE(network_->OpenSocket({.place = InternetPlace{}, .address = {}, .connect = {}}));
  ASSERT_TRUE(network_->RemoveAll());
  EXPECT_THAT(network_->List()->vpcs, IsEmpty());
  EXPECT_THAT(network_->List()->enis, IsEmpty());
  EXPECT_TRUE(network_->EnsureVpc(TwoTier(1)));
}

INSTANTIATE_TEST_SUITE_P(, NetworkContract, testing::Values(Kind::kFake, Kind::kReal),
                         [](const auto& test) { return test.param == Kind::kFake ? "Fake" : "Real"; });

}  // namespace
}  // namespace terrarium::network
