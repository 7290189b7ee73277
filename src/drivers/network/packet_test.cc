#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <signal.h>
#include <sys/wait.h>

#include <atomic>
#include <functional>
#include <memory>
#include <thread>

#include "base/random.h"
#include "drivers/network/netns.h"
#include "drivers/network/nft.h"
#include "drivers/network/packets.h"

// What the machine does with real packets. Each test has its own instance id and leaves nothing behind, whatever happens in it.
namespace terrarium::network {
namespace {

using namespace test;  // NOLINT
using testing::IsEmpty;

class PacketTest : public testing::Test {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "real network namespaces need root";
    SystemRandom random;
    instance_ = "np" + RandomFrom(random, "abcdefghijklmnopqrstuvwxyz0123456789", 6);
    network_ = *NetworkDriver::Create(instance_);
    const Status probe = network_->Probe();
    ASSERT_TRUE(probe) << probe.error().message << ' ' << probe.error().cause;
  }
  void TearDown() override {
    if (!network_) return;
    EXPECT_TRUE(network_->RemoveAll());
    EXPECT_THAT(*ListNetns("trm-" + instance_), IsEmpty());
  }
  void Must(const Status& status) { ASSERT_TRUE(status) << status.error().message << ' ' << status.error().cause; }
  void MustEni(const EniSpec& spec) {
    const auto place = network_->EnsureEni(spec);
    ASSERT_TRUE(place) << place.error().message << ' ' << place.error().cause;
  }
  bool Reaches(const Place& from, const char* to, std::uint16_t port, bool wait) { return Stands(Dial(*network_, from, Ip(to), port), wait); }

  std::string instance_;
  std::unique_ptr<NetworkDriver> network_;
  OneProcessor one_processor_;
};

// ---- every pair -------------------------------------------------------------------------------------------------------------------------

constexpr std::uint16_t kPorts[] = {22, 80, 443, 3306};

struct Member {
  unsigned vpc, eni;
  const char* subnet;
  const char* address;
  const char* public_address;  // "" = none
  std::vector<unsigned> groups;
};

// The answer by expansion: every rule is written out as the triples (source, destination, port) that it lets pass; the packet is not looked at.
class Oracle {
 public:
  using Triple = std::tuple<std::uint32_t, std::uint32_t, std::uint16_t>;
  Oracle(const VpcSpec& vpc, const std::vector<Member>& members, const std::set<std::uint32_t>& world) : vpc_(vpc) {
    for (const Member& member : members) {
      if (Vpc(member.vpc) != vpc.id) continue;
      members_.push_back(member);
      for (const unsigned group : member.groups) owners_[Group(group)].insert(Ip(member.address).value);
      if (*member.public_address != '\0') public_of_[Ip(member.address).value] = Ip(member.public_address).value;
    }
    for (const GroupSpec& group : vpc.groups) {
      for (const RuleSpec& rule : group.egress)
        for (const auto own : owners_[group.id]) Expand(rule, world, [&](std::uint32_t peer, std::uint16_t port) { out_.insert({own, peer, port}); });
      for (const RuleSpec& rule : group.ingress)
        for (const auto own : owners_[group.id]) Expand(rule, world, [&](std::uint32_t peer, std::uint16_t port) { in_.insert({peer, own, port}); });
    }
  }
  bool Leaves(std::uint32_t from, std::uint32_t to, std::uint16_t port) const { return out_.contains({from, to, port}); }
  bool Enters(std::uint32_t from, std::uint32_t to, std::uint16_t port) const { return in_.contains({from, to, port}); }
  // In this world the subnet 10.0.1.0/24 has the way to the internet, 10.0.2.0/24 has none.
  std::optional<std::uint32_t> OnTheInternet(std::uint32_t from) const {
    const auto at = public_of_.find(from);
    if (at == public_of_.end() || (from >> 8 & 255) != 1) return std::nullopt;
    return at->second;
  }
  std::optional<std::uint32_t> Behind(std::uint32_t address) const {
    for (const auto& [inside, outside] : public_of_)
      if (outside == address) return inside;
    return std::nullopt;
  }
  bool Has(std::uint32_t address) const {
    return std::any_of(members_.begin(), members_.end(), [&](const Member& m) { return Ip(m.address).value == address; });
  }

 private:
  template <class Each>
  void Expand(const RuleSpec& rule, const std::set<std::uint32_t>& world, const Each& each) {
    for (const auto port : kPorts) {
      const bool covered = rule.protocol == kAllProtocols || (rule.protocol == kTcp && port >= rule.from && port <= rule.to);
      if (!covered) continue;
      if (const auto* group = std::get_if<GroupId>(&rule.peer)) {
        for (const auto peer : owners_[*group]) each(peer, port);
      } else {
        const Cidr& cidr = std::get<Cidr>(rule.peer);
        for (const auto peer : world)
          if (peer >= cidr.First().value && peer <= cidr.Last().value) each(peer, port);
      }
    }
  }
  VpcSpec vpc_;
  std::vector<Member> members_;
  std::map<GroupId, std::set<std::uint32_t>> owners_;
  std::map<std::uint32_t, std::uint32_t> public_of_;
  std::set<Triple> out_, in_;
};

std::vector<GroupSpec> RandomGroups(Random& random) {
  std::vector<GroupSpec> out;
  unsigned id = 1;
  const char* blocks[] = {"0.0.0.0/0", "10.0.0.0/16", "10.0.1.0/24", "10.0.2.0/24", "10.0.2.30/32", "203.0.113.0/24", "198.18.0.0/15", "128.0.0.0/1"};
  for (unsigned g = 1; g <= 4; ++g) {
    GroupSpec group{.id = Group(g)};
    for (auto* rules : {&group.ingress, &group.egress}) {
      for (auto n = random.Next() % 5; n > 0; --n) {
        std::variant<Cidr, GroupId> peer = Block(blocks[random.Next() % std::size(blocks)]);
        if (random.Next() % 2 == 0) peer = Group(1 + random.Next() % 4);
        switch (random.Next() % 4) {
          case 0: rules->push_back(Rule(id++, kAllProtocols, -1, -1, peer)); break;
          case 1: rules->push_back(Rule(id++, kUdp, 0, 65535, peer)); break;
          case 2: rules->push_back(Rule(id++, kTcp, 80, 443, peer)); break;
          default: {
            const int port = kPorts[random.Next() % std::size(kPorts)];
            rules->push_back(Rule(id++, kTcp, port, port, peer));
          }
        }
      }
    }
    out.push_back(std::move(group));
  }
  return out;
}

TEST_F(PacketTest, EveryPairAgreesWithTheOracle) {
  const std::vector<Member> members = {
      {1, 1, "10.0.1.0/24", "10.0.1.10", "203.0.113.10", {1}}, {1, 2, "10.0.1.0/24", "10.0.1.20", "203.0.113.20", {2}},
      {1, 3, "10.0.1.0/24", "10.0.1.21", "", {2}},             {1, 4, "10.0.2.0/24", "10.0.2.20", "", {2, 4}},
      {1, 5, "10.0.2.0/24", "10.0.2.30", "", {3}},             {1, 6, "10.0.2.0/24", "10.0.2.40", "203.0.113.40", {4}},
      {2, 7, "10.0.1.0/24", "10.0.1.10", "203.0.113.70", {1}}, {2, 8, "10.0.2.0/24", "10.0.2.30", "", {2, 3}}};
  const Ipv4 internet = Ip("198.18.0.77");  // a stranger in the fabric, which has an address of its own for this test
  std::set<std::uint32_t> world{internet.value};
  for (const Member& member : members) {
    world.insert(Ip(member.address).value);
    if (*member.public_address != '\0') world.insert(Ip(member.public_address).value);
  }
  SeededRandom random(20261125);
  std::map<unsigned, std::map<std::uint16_t, UniqueFd>> listeners;
  int passed = 0, dropped = 0;
  for (int round = 0; round < 3; ++round) {
    std::map<unsigned, std::unique_ptr<Oracle>> oracles;
    for (const unsigned v : {1u, 2u}) {
      VpcSpec vpc = TwoTier(v);
      vpc.groups = RandomGroups(random);
      if (round == 0) {  // the stack's own rules: 1 load balancer, 2 task, 3 database
        vpc.groups = {{Group(1), {Rule(1, kTcp, 80, 80, Block("0.0.0.0/0"))}, {Rule(2, kTcp, 80, 80, Group(2))}},
                      {Group(2), {Rule(3, kTcp, 80, 80, Group(1))}, {Rule(4, kTcp, 3306, 3306, Group(3)), Rule(5, kTcp, 443, 443, Block("0.0.0.0/0"))}},
                      {Group(3), {Rule(6, kTcp, 3306, 3306, Group(2))}, {}},
                      {Group(4), {}, {AllTraffic(7)}}};
      }
      Must(network_->EnsureVpc(vpc));
      oracles[v] = std::make_unique<Oracle>(vpc, members, world);
    }
    if (round == 0) {
      ASSERT_TRUE(network_->OpenSocket({.place = InternetPlace{}}));
      const auto fabric = NetnsScope::Enter(network_->NetnsOf("inet"));
      auto netlink = Rtnetlink::Open();
      netlink->AddAddress({kLoopback, {internet, 32}}, true);
      Must(netlink->Flush());
    }
    for (const Member& member : members) {
      std::vector<GroupId> groups;
      for (const unsigned g : member.groups) groups.push_back(Group(g));
      EniSpec spec = OneEni(member.vpc, member.eni, member.subnet, member.address, groups);
      if (*member.public_address != '\0') spec.public_address = Ip(member.public_address);
      MustEni(spec);
      for (const auto port : kPorts)
        if (!listeners[member.eni][port]) listeners[member.eni][port] = Listen(*network_, Eni(member.eni), port);
    }

    struct Probe {
      std::string name;
      UniqueFd fd;
      std::uint16_t port;
      const Member* target;    // who must have got it; null: nobody may
      std::uint32_t seen_as;   // the source address that it must see
    };
    std::vector<Probe> probes;
    std::vector<std::function<UniqueFd()>> redial;
    const auto probe = [&](const Member* from, std::uint32_t to, std::uint16_t port) {
      // Who gets it, by the oracle.
      const Member* target = nullptr;
      std::uint32_t seen_as = from != nullptr ? Ip(from->address).value : internet.value;
      bool allowed = true;
      std::optional<std::uint32_t> inside = to;
      unsigned target_vpc = from != nullptr ? from->vpc : 0;
      if (from == nullptr || (to >> 24) != 10) {  // by the internet
        inside.reset();
        if (from != nullptr) {
          const auto outside = oracles[from->vpc]->OnTheInternet(seen_as);
          allowed = outside.has_value() && oracles[from->vpc]->Leaves(seen_as, to, port);
          if (outside) seen_as = *outside;
        }
        for (const auto& [v, oracle] : oracles)
          if (const auto behind = oracle->Behind(to)) {
            inside = behind;
            target_vpc = v;
            allowed = allowed && oracle->OnTheInternet(*behind).has_value();  // or the answer does not find out
          }
        allowed = allowed && inside.has_value();
      } else {
        allowed = oracles[from->vpc]->Has(to) && oracles[from->vpc]->Leaves(seen_as, to, port);
      }
      allowed = allowed && oracles[target_vpc]->Enters(seen_as, *inside, port);
      if (allowed)
        for (const Member& member : members)
          if (member.vpc == target_vpc && Ip(member.address).value == *inside) target = &member;
      const Place place = from != nullptr ? Place(Eni(from->eni)) : Place(InternetPlace{});
      const std::string name = (from != nullptr ? "vpc " + std::to_string(from->vpc) + ' ' + from->address : std::string("internet")) + " -> " + Ipv4{to}.ToString() + ':' + std::to_string(port);
      redial.push_back([=, this] { return Dial(*network_, place, Ipv4{to}, port, from != nullptr ? std::nullopt : std::optional(internet)); });
      probes.push_back({name, redial.back()(), port, target, seen_as});
      // The driver's own explanation, from what it reads in the kernel. Flows that leave a VPC are explained on each side; the first is asked.
      if (from != nullptr && (to >> 24) == 10 && probes.size() % 5 == 0) {
        const auto verdict = network_->Explain({.vpc = Vpc(from->vpc), .from = Ip(from->address), .to = Ipv4{to}, .port = port});
        EXPECT_TRUE(verdict && verdict->allowed == allowed) << "why disagrees about " << name << " in round " << round;
      }
    };
    const std::size_t before = probes.size();
    const auto all = [&](const std::vector<std::uint32_t>& targets) {
      for (const auto to : targets)
        for (const auto port : kPorts) {
          for (const Member& from : members)
            if (Ip(from.address).value != to) probe(&from, to, port);
          probe(nullptr, to, port);
        }
    };
    std::vector<std::uint32_t> targets;
    for (const auto address : world)
      if (address != internet.value && (address >> 24) != 10) targets.push_back(address);
    for (const Member& member : members)
      if (std::find(targets.begin(), targets.end(), Ip(member.address).value) == targets.end()) targets.push_back(Ip(member.address).value);
    targets.push_back(Ip("10.0.2.99").value);
    targets.push_back(Ip("169.254.169.254").value);
    all(targets);
    ASSERT_GT(probes.size(), before);
    // When those that must pass stand, the others have been worked through: a second wave behind the first makes sure of the last ones.
    const std::size_t first_wave = probes.size();
    for (std::size_t i = 0; i < first_wave; ++i)
      if (probes[i].target != nullptr) probes.push_back({probes[i].name, redial[i](), probes[i].port, probes[i].target, probes[i].seen_as});
    for (const Probe& p : probes)
      if (p.target != nullptr && !Stands(p.fd, true)) {
        ADD_FAILURE() << "round " << round << ": must pass: " << p.name;
        break;  // each one that does not costs ten seconds
      }
    std::map<unsigned, std::map<std::uint16_t, std::map<EndPoint, UniqueFd>>> arrived;
    for (auto& [eni, by_port] : listeners)
      for (auto& [port, listener] : by_port) arrived[eni][port] = AcceptAll(listener);
    for (const Probe& p : probes) {
      if (p.target == nullptr) {
        ++dropped;
        EXPECT_FALSE(Stands(p.fd, false)) << "round " << round << ": must be dropped: " << p.name;
        continue;
      }
      ++passed;
      // It arrived at the right one of two machines with the same address, from the right source.
      auto& connections = arrived[p.target->eni][p.port];
      const auto own = std::find_if(connections.begin(), connections.end(), [&](const auto& c) {
        return c.first.address.value == p.seen_as && (c.first.port == LocalEnd(p.fd).port || p.seen_as != LocalEnd(p.fd).address.value);
      });
      EXPECT_NE(own, connections.end()) << "round " << round << ": " << p.name << " did not arrive at " << p.target->address << " of vpc " << p.target->vpc;
      if (own != connections.end()) connections.erase(own);
    }
    for (auto& [eni, by_port] : arrived)
      for (auto& [port, connections] : by_port)
        for (auto& [peer, fd] : connections) ADD_FAILURE() << "round " << round << ": interface " << eni << " got an unexpected connection to " << port << " from " << peer.address.ToString();
    if (HasFailure()) break;
  }
  EXPECT_GT(passed, 100);
  EXPECT_GT(dropped, 500);
  RecordProperty("passed", passed);
  RecordProperty("dropped", dropped);
}

// ---- what no rule can open --------------------------------------------------------------------------------------------------------------

VpcSpec OpenVpc(unsigned vpc) {
  VpcSpec spec = TwoTier(vpc);
  spec.groups = {{Group(1), {AllTraffic(1)}, {AllTraffic(2)}}};
  return spec;
}

// A UDP packet with a source of our choice.
void SendForged(const NetworkDriver& driver, const EniId& from, Ipv4 source, Ipv4 to, std::uint16_t port, std::string_view payload) {
  const auto scope = NetnsScope::Enter(driver.NetnsOf(from.str()));
  ASSERT_TRUE(scope);
  const UniqueFd raw(::socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW));
  std::string packet(sizeof(iphdr) + sizeof(udphdr) + payload.size(), '\0');
  iphdr ip{};
  ip.version = 4;
  ip.ihl = 5;
  ip.ttl = 9;
  ip.protocol = IPPROTO_UDP;
  ip.tot_len = htons(static_cast<std::uint16_t>(packet.size()));
  ip.saddr = htonl(source.value);
  ip.daddr = htonl(to.value);
  udphdr udp{};
  udp.source = htons(4000);
  udp.dest = htons(port);
  udp.len = htons(static_cast<std::uint16_t>(sizeof udp + payload.size()));
  std::memcpy(packet.data(), &ip, sizeof ip);
  std::memcpy(packet.data() + sizeof ip, &udp, sizeof udp);
  std::memcpy(packet.data() + sizeof ip + sizeof udp, payload.data(), payload.size());
  sockaddr_in a{};
  a.sin_family = AF_INET;
  a.sin_addr.s_addr = htonl(to.value);
  ASSERT_EQ(::sendto(raw.get(), packet.data(), packet.size(), 0, reinterpret_cast<sockaddr*>(&a), sizeof a), static_cast<ssize_t>(packet.size()));
}

std::string ReceiveOne(const UniqueFd& fd) {
  pollfd p{fd.get(), POLLIN, 0};
  char buffer[64];
  if (::poll(&p, 1, 10'000) != 1) return "(nothing)";
  const ssize_t n = ::recv(fd.get(), buffer, sizeof buffer, 0);
  return n < 0 ? "(error)" : std::string(buffer, static_cast<std::size_t>(n));
}

TEST_F(PacketTest, AForgedSourceIsDroppedEvenWhereEverythingIsAllowed) {
  Must(network_->EnsureVpc(OpenVpc(1)));
  MustEni(OneEni(1, 1, "10.0.1.0/24", "10.0.1.10", {Group(1)}));
  MustEni(OneEni(1, 2, "10.0.1.0/24", "10.0.1.11", {Group(1)}));
  MustEni(OneEni(1, 3, "10.0.2.0/24", "10.0.2.12", {Group(1)}));
  const UniqueFd listener = Listen(*network_, Eni(3), 9999, {}, true);
  for (const char* forged : {"10.0.1.11", "10.0.2.12", "10.0.1.1", "10.0.0.2", "203.0.113.9", "169.254.169.254", "169.254.170.2", "127.0.0.1", "198.18.0.1"})
    SendForged(*network_, Eni(1), Ip(forged), Ip("10.0.2.12"), 9999, "forged");
  SendForged(*network_, Eni(1), Ip("10.0.1.10"), Ip("10.0.2.12"), 9999, "own");
  EXPECT_EQ(ReceiveOne(listener), "own");
}

TEST_F(PacketTest, TheRouterAnswersOnlyWhatItServes) {
  Must(network_->EnsureVpc(OpenVpc(1)));
  EniSpec task = OneEni(1, 1, "10.0.1.0/24", "10.0.1.10", {Group(1)});
  task.task_endpoints = true;
  task.public_address = Ip("203.0.113.10");
  MustEni(task);
  EniSpec other = OneEni(1, 2, "10.0.1.0/24", "10.0.1.11", {Group(1)});
  other.public_address = Ip("203.0.113.11");
  MustEni(other);
  // Something listens on every one of these.
  std::vector<UniqueFd> open;
  for (const std::uint16_t port : {22, 53, 80, 4566}) open.push_back(Listen(*network_, Vpc(1), port));
  open.push_back(Listen(*network_, InternetPlace{}, 22));
  for (const UniqueFd& fd : open) ASSERT_TRUE(fd);
  for (const char* closed : {"10.0.0.2", "10.0.1.1", "169.254.169.253", "169.254.170.2", "169.254.169.254", "198.18.0.1", "198.18.0.2", "100.64.0.33", "100.64.0.32"})
    EXPECT_FALSE(Reaches(Eni(1), closed, 22, false)) << closed;
  EXPECT_FALSE(Reaches(Eni(2), "169.254.170.2", 80, false)) << "not a task";
  EXPECT_FALSE(Reaches(Eni(1), "169.254.169.254", 80, false)) << "no instance metadata here";
  EXPECT_FALSE(Reaches(InternetPlace{}, "169.254.170.2", 80, false)) << "link-local is not on the internet";
  for (const unsigned eni : {1u, 2u}) {
    EXPECT_TRUE(Reaches(Eni(eni), "10.0.0.2", 53, true));
    EXPECT_TRUE(Reaches(Eni(eni), "169.254.169.253", 53, true));
  }
  EXPECT_TRUE(Reaches(Eni(1), "169.254.170.2", 80, true));
}

TEST_F(PacketTest, TheHostIsOutOfReachAndSeesNothing) {
  auto host = Rtnetlink::Open();
  const std::size_t links_before = host->Links()->size();
  Must(network_->EnsureVpc(OpenVpc(1)));
  EniSpec eni = OneEni(1, 1, "10.0.1.0/24", "10.0.1.10", {Group(1)});
  eni.public_address = Ip("203.0.113.10");
  MustEni(eni);
  EXPECT_EQ(host->Links()->size(), links_before) << "no link of ours in the host's namespace";
  const auto routes = host->Routes();
  for (const Route& route : *routes) EXPECT_FALSE(route.destination.prefix > 0 && route.destination.Contains(Ip("203.0.113.10")));
  // Every address of the host, with something listening there.
  UniqueFd listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  ASSERT_EQ(::listen(listener.get(), 8), 0);
  const std::uint16_t port = LocalEnd(listener).port;
  std::vector<UniqueFd> tries;
  const auto addresses = host->Addresses();
  for (const Address& address : *addresses)
    if (address.address.address.value >> 24 != 127) tries.push_back(Dial(*network_, Eni(1), address.address.address, port));
  tries.push_back(Dial(*network_, Eni(1), Ip("127.0.0.1"), port));
  UniqueFd known = Listen(*network_, InternetPlace{}, 80, kApiAddress);
  EXPECT_TRUE(Reaches(Eni(1), "198.18.0.2", 80, true)) << "the way out is open";
  for (const UniqueFd& fd : tries) EXPECT_FALSE(Stands(fd, false));
  EXPECT_THAT(AcceptAll(listener), IsEmpty());
}

TEST_F(PacketTest, AnInterfaceWithoutItsElementsIsMute) {
  Must(network_->EnsureVpc(OpenVpc(1)));
  const EniSpec a = OneEni(1, 1, "10.0.1.0/24", "10.0.1.10", {Group(1)}), b = OneEni(1, 2, "10.0.1.0/24", "10.0.1.11", {Group(1)});
  MustEni(a);
  MustEni(b);
  const UniqueFd dns = Listen(*network_, Vpc(1), 53), listener = Listen(*network_, Eni(2), 80), back = Listen(*network_, Eni(1), 80);
  EXPECT_TRUE(Reaches(Eni(1), "10.0.1.11", 80, true));
  {
    // As a kill between the link and the transaction leaves it.
    const auto scope = NetnsScope::Enter(network_->NetnsOf(Vpc(1).str()));
    Must(RunNft("flush set inet vpc eni_src\nflush map inet vpc pol_in\nflush map inet vpc pol_out\n"));
    Must(RunNft("add element inet vpc eni_src { \"e0011\" . 10.0.1.11 }\n"));
  }
  const UniqueFd mute = Dial(*network_, Eni(1), Ip("10.0.1.11"), 80), mute_dns = Dial(*network_, Eni(1), Ip("10.0.0.2"), 53);
  const UniqueFd to_mute = Dial(*network_, Eni(2), Ip("10.0.1.10"), 80);
  EXPECT_TRUE(Reaches(Eni(2), "10.0.0.2", 53, true));
  EXPECT_FALSE(Stands(mute, false) || Stands(mute_dns, false) || Stands(to_mute, false));
  MustEni(a);
  MustEni(b);
  EXPECT_TRUE(Reaches(Eni(1), "10.0.1.11", 80, true));
  EXPECT_TRUE(Reaches(Eni(2), "10.0.1.10", 80, true));
}

// ---- change under way -------------------------------------------------------------------------------------------------------------------

TEST_F(PacketTest, AnEstablishedFlowSurvivesItsRuleButNotItsInterface) {
  VpcSpec vpc = TwoTier(1);
  Must(network_->EnsureVpc(vpc));
  MustEni(OneEni(1, 1, "10.0.1.0/24", "10.0.1.10", {Group(1)}));
  MustEni(OneEni(1, 2, "10.0.2.0/24", "10.0.2.10", {Group(2)}));
  UniqueFd listener = Listen(*network_, Eni(2), 3306);
  const UniqueFd flow = Dial(*network_, Eni(1), Ip("10.0.2.10"), 3306);
  ASSERT_TRUE(Stands(flow, true));
  auto accepted = AcceptAll(listener);
  ASSERT_EQ(accepted.size(), 1u);
  const auto rule = vpc.groups[1].ingress;
  vpc.groups[1].ingress.clear();
  Must(network_->EnsureVpc(vpc));
  const UniqueFd late = Dial(*network_, Eni(1), Ip("10.0.2.10"), 3306);
  ASSERT_EQ(::send(flow.get(), "still", 5, 0), 5);
  EXPECT_EQ(ReceiveOne(accepted.begin()->second), "still");
  EXPECT_FALSE(Stands(late, false));

  // The next owner of the address inherits nothing: without a tracked connection the old flow's packets need a rule, which is not there.
  Must(network_->RemoveEni(Vpc(1), Eni(2)));
  MustEni(OneEni(1, 3, "10.0.2.0/24", "10.0.2.10", {Group(2)}));
  ASSERT_EQ(::send(flow.get(), "ghost", 5, 0), 5);
  listener = Listen(*network_, Eni(3), 3306);
  vpc.groups[1].ingress = {Rule(9, kTcp, 3306, 3306, Block("10.0.1.11/32"))};
  Must(network_->EnsureVpc(vpc));
  MustEni(OneEni(1, 4, "10.0.1.0/24", "10.0.1.11", {Group(1)}));
  EXPECT_TRUE(Reaches(Eni(4), "10.0.2.10", 3306, true));
  pollfd reset{flow.get(), POLLIN, 0};
  EXPECT_EQ(::poll(&reset, 1, 0), 0) << "the new machine saw the old flow and answered with a reset";
}

TEST_F(PacketTest, ChangingRulesLosesNoPacketOfThoseWhoMayPass) {
  VpcSpec vpc = TwoTier(1);
  Must(network_->EnsureVpc(vpc));
  EniSpec db = OneEni(1, 2, "10.0.2.0/24", "10.0.2.10", {Group(2)});
  MustEni(OneEni(1, 1, "10.0.1.0/24", "10.0.1.10", {Group(1)}));
  MustEni(db);
  const UniqueFd listener = Listen(*network_, Eni(2), 3306);
  // Connections all the while, from another thread; a packet lost to a change would have to be sent again.
  std::atomic<bool> stop = false;
  std::atomic<int> opened = 0, failed = 0, repeated = 0;
  std::thread client([&] {
    while (!stop) {
      const UniqueFd fd = Dial(*network_, Eni(1), Ip("10.0.2.10"), 3306);
      failed += !Stands(fd, true);
      repeated += static_cast<int>(Retransmits(fd));
      ++opened;
      AcceptAll(listener);
    }
  });
  for (unsigned i = 0; i < 15; ++i) {
    vpc.groups[1].ingress = {Rule(100 + i, kTcp, 3300 + static_cast<int>(i % 7), 3310, Group(1))};
    vpc.groups[0].egress = {AllTraffic(200 + i)};
    EXPECT_TRUE(network_->EnsureVpc(vpc));
    db.groups = i % 2 == 0 ? std::vector{Group(2), Group(1)} : std::vector{Group(2)};
    EXPECT_TRUE(network_->EnsureEni(db));
  }
  stop = true;
  client.join();
  EXPECT_GT(opened, 15);
  EXPECT_EQ(failed, 0);
  EXPECT_EQ(repeated, 0) << "of " << opened;
}

TEST_F(PacketTest, APublicAddressMovesWithItsInterface) {
  Must(network_->EnsureVpc(OpenVpc(1)));
  EniSpec a = OneEni(1, 1, "10.0.1.0/24", "10.0.1.10", {Group(1)}), b = OneEni(1, 2, "10.0.1.0/24", "10.0.1.11", {Group(1)});
  a.public_address = Ip("203.0.113.10");
  MustEni(a);
  MustEni(b);
  const UniqueFd at_a = Listen(*network_, Eni(1), 80), at_b = Listen(*network_, Eni(2), 80);
  EXPECT_TRUE(Reaches(InternetPlace{}, "203.0.113.10", 80, true));
  EXPECT_EQ(AcceptAll(at_a).size(), 1u);
  a.public_address.reset();
  MustEni(a);
  b.public_address = Ip("203.0.113.10");
  MustEni(b);
  EXPECT_TRUE(Reaches(InternetPlace{}, "203.0.113.10", 80, true));
  EXPECT_EQ(AcceptAll(at_b).size(), 1u);
  EXPECT_EQ(AcceptAll(at_a).size(), 0u);
}

// ---- adoption ---------------------------------------------------------------------------------------------------------------------------

TEST_F(PacketTest, AKillAtAnyMomentIsRepairedByAskingAgain) {
  const auto eni = [](unsigned n) { return OneEni(1, n, "10.0.1.0/24", ("10.0.1." + std::to_string(9 + n)).c_str(), {Group(1)}); };
  SeededRandom random(7);
  for (int round = 0; round < 6; ++round) {
    int pipe_ends[2];
    ASSERT_EQ(::pipe(pipe_ends), 0);
    const pid_t child = ::fork();
    if (child == 0) {
      // Makes and unmakes until it is killed.
      const auto own = NetworkDriver::Create(instance_);
      for (unsigned i = 0;; ++i) {
        (void)(*own)->EnsureVpc(i % 3 == 0 ? OpenVpc(1) : TwoTier(1));
        for (unsigned n : {1u, 2u, 3u}) {
          (void)(*own)->EnsureEni(eni(n));
          if (::write(pipe_ends[1], ".", 1) != 1) ::_exit(1);
          if ((i + n) % 2 == 0) (void)(*own)->RemoveEni(Vpc(1), Eni(n));
          if (::write(pipe_ends[1], ".", 1) != 1) ::_exit(1);
        }
      }
    }
    char byte;
    for (auto n = random.Next() % 9; n > 0; --n) ASSERT_EQ(::read(pipe_ends[0], &byte, 1), 1);
    std::atomic<std::uint64_t> spin = random.Next() % 1'000'000;  // somewhere inside the next call
    while (spin > 0 && spin.fetch_sub(1) > 1) {
    }
    ASSERT_EQ(::kill(child, SIGKILL), 0);
    ASSERT_EQ(::waitpid(child, nullptr, 0), child);
    ::close(pipe_ends[0]);
    ::close(pipe_ends[1]);

    const auto adopted = NetworkDriver::Create(instance_);
    // Unknown: removed. Missing or half made: made.
    const auto found_there = (*adopted)->List();
    for (const auto& found : found_there->enis)
      if (found.id == Eni(3).str()) Must((*adopted)->RemoveEni(Vpc(1), Eni(3)));
    Must((*adopted)->EnsureVpc(OpenVpc(1)));
    MustEni(eni(1));
    MustEni(eni(2));
    const auto listing = (*adopted)->List();
    ASSERT_EQ(listing->enis.size(), 2u) << "round " << round;
    const UniqueFd listener = Listen(**adopted, Eni(2), 80), other = Listen(**adopted, Eni(1), 80);
    EXPECT_TRUE(Reaches(Eni(1), "10.0.1.11", 80, true)) << "round " << round;
    EXPECT_TRUE(Reaches(Eni(2), "10.0.1.10", 80, true)) << "round " << round;
  }
}

TEST_F(PacketTest, WhateverIsHalfMadeIsFinished) {
  Must(network_->EnsureVpc(OpenVpc(1)));
  const EniSpec a = OneEni(1, 1, "10.0.1.0/24", "10.0.1.10", {Group(1)}), b = OneEni(1, 2, "10.0.1.0/24", "10.0.1.11", {Group(1)});
  // A name whose namespace was not mounted any more, or not yet.
  { const UniqueFd file(::open(NetnsPath(network_->NetnsOf(Eni(1).str())).c_str(), O_CREAT | O_EXCL | O_RDONLY | O_CLOEXEC, 0)); }
  EXPECT_EQ(network_->List()->enis.size(), 1u) << "it is found, so that it can be removed if nobody wants it";
  MustEni(a);
  MustEni(b);
  const UniqueFd listener = Listen(*network_, Eni(1), 80);
  const auto inside = [&](const std::string& name, auto act) {
    const auto scope = NetnsScope::Enter(network_->NetnsOf(name));
    ASSERT_TRUE(scope);
    auto netlink = Rtnetlink::Open();
    act(*netlink);
    Must(netlink->Flush());
  };
  // An interface that got no address, one that lost its link, a VPC that lost the link to the fabric, routes and rules.
  inside(Eni(1).str(), [](Rtnetlink& netlink) { netlink.DeleteAddress({2, {Ip("10.0.1.10"), 24}}); });
  inside(Eni(2).str(), [](Rtnetlink& netlink) { netlink.DeleteLink(2); });
  inside(Vpc(1).str(), [](Rtnetlink& netlink) {
    netlink.DeleteLink(kGatewayLink);
    netlink.DeleteRule({.priority = kLocalPriority, .to = Block("10.0.0.0/16"), .table = kLocalTable});
  });
  EXPECT_FALSE(Reaches(Eni(2), "10.0.1.10", 80, false));
  Must(network_->EnsureVpc(OpenVpc(1)));
  MustEni(a);
  EniSpec outward = b;
  outward.public_address = Ip("203.0.113.11");
  MustEni(outward);
  EXPECT_TRUE(Reaches(Eni(2), "10.0.1.10", 80, true)) << "the listener is still the same";
  const UniqueFd api = Listen(*network_, InternetPlace{}, 80, kApiAddress);
  EXPECT_TRUE(Reaches(Eni(2), "198.18.0.2", 80, true));
}

TEST_F(PacketTest, AdoptionCutsNoConnection) {
  Must(network_->EnsureVpc(TwoTier(1)));
  MustEni(OneEni(1, 1, "10.0.1.0/24", "10.0.1.10", {Group(1)}));
  MustEni(OneEni(1, 2, "10.0.2.0/24", "10.0.2.10", {Group(2)}));
  const UniqueFd listener = Listen(*network_, Eni(2), 3306);
  const UniqueFd flow = Dial(*network_, Eni(1), Ip("10.0.2.10"), 3306);
  ASSERT_TRUE(Stands(flow, true));
  auto accepted = AcceptAll(listener);
  const auto adopted = NetworkDriver::Create(instance_);
  Must((*adopted)->EnsureVpc(TwoTier(1)));
  ASSERT_TRUE((*adopted)->EnsureEni(OneEni(1, 1, "10.0.1.0/24", "10.0.1.10", {Group(1)})));
  ASSERT_EQ(::send(flow.get(), "on", 2, 0), 2);
  EXPECT_EQ(ReceiveOne(accepted.begin()->second), "on");
  const auto why = (*adopted)->Explain({.vpc = Vpc(1), .from = Ip("10.0.1.10"), .to = Ip("10.0.2.10"), .port = 3306});
  EXPECT_EQ(why->steps.back().packets, 1u) << "the rule's counter was not reset";
}

TEST_F(PacketTest, ALostRouterIsMadeAgainUnderTheSameInterfaces) {
  Must(network_->EnsureVpc(OpenVpc(1)));
  const EniSpec a = OneEni(1, 1, "10.0.1.0/24", "10.0.1.10", {Group(1)}), b = OneEni(1, 2, "10.0.1.0/24", "10.0.1.11", {Group(1)});
  MustEni(a);
  MustEni(b);
  const UniqueFd listener = Listen(*network_, Eni(2), 80);
  Must(RemoveNetns(network_->NetnsOf(Vpc(1).str())));
  Must(RemoveNetns(network_->NetnsOf("inet")));
  EXPECT_EQ(network_->List()->enis.size(), 2u);
  Must(network_->EnsureVpc(OpenVpc(1)));
  MustEni(a);
  MustEni(b);
  EXPECT_TRUE(Reaches(Eni(1), "10.0.1.11", 80, true)) << "the listener in the interface's namespace is still the same";
}

}  // namespace
}  // namespace terrarium::network
