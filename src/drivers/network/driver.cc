#include "drivers/network/driver.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <memory>

#include "drivers/network/conntrack.h"
#include "drivers/network/netns.h"
#include "drivers/network/nft.h"
#include "drivers/network/nft_plan.h"
#include "host/network/path.h"

namespace terrarium::network {
namespace {

using host::EniId;
using host::EniSpec;
using host::VpcId;
using host::VpcSpec;

constexpr int kFirstLink = 16, kEniLink = 2, kMaxLink = 0xFFFFF;
constexpr Mac kRouterMac{{2, 0, 0, 0, 0, 1}}, kGatewayMac{{2, 0, 0, 0, 0, 2}}, kFabricMac{{2, 0, 0, 0, 0, 3}};
constexpr const char* kFabric = "inet";

// ip_forward first: writing it resets others. IPv4 settings are copied from the host's, so each is written. `default` must be set before a
// link exists.
const std::vector<Sysctl> kVpcSysctls = {
    {"ipv4/ip_forward", "1"}, {"ipv4/conf/all/rp_filter", "0"}, {"ipv4/conf/default/rp_filter", "0"}, {"ipv4/conf/all/send_redirects", "0"},
    {"ipv4/conf/default/send_redirects", "0"}, {"ipv4/conf/all/accept_redirects", "0"}, {"ipv4/conf/default/accept_redirects", "0"},
    {"ipv4/conf/all/accept_source_route", "0"}, {"ipv4/conf/default/accept_source_route", "0"},
    {"ipv6/conf/all/disable_ipv6", "1"}, {"ipv6/conf/default/disable_ipv6", "1"}};
// Strict reverse paths: a VPC can send from the public addresses that are routed to it, and from no other.
const std::vector<Sysctl> kFabricSysctls = {
    {"ipv4/ip_forward", "1"}, {"ipv4/conf/all/rp_filter", "1"}, {"ipv4/conf/default/rp_filter", "1"}, {"ipv4/conf/all/send_redirects", "0"},
    {"ipv4/conf/default/send_redirects", "0"}, {"ipv4/conf/all/accept_redirects", "0"}, {"ipv4/conf/default/accept_redirects", "0"},
    {"ipv6/conf/all/disable_ipv6", "1"}, {"ipv6/conf/default/disable_ipv6", "1"}};
const std::vector<Sysctl> kEniSysctls = {
    {"ipv4/ip_forward", "0"}, {"ipv6/conf/all/disable_ipv6", "1"}, {"ipv6/conf/default/disable_ipv6", "1"},
    {"ipv4/ip_unprivileged_port_start", "0"}, {"ipv4/ping_group_range", "0 2147483647"}};

Result<Table> ReadTable(std::string_view name) {
  TRY_ASSIGN(const std::string json, ListNft());
  return ParseTable(json, name);
}

// The interfaces of the table whose links still exist. What belongs to another is a leftover and goes with the next change.
std::vector<Interface> LiveInterfaces(const Table& table, const std::vector<Link>& links) {
  std::vector<Interface> out;
  for (Interface& one : InterfacesOf(table))
    if (std::any_of(links.begin(), links.end(), [&](const Link& link) { return link.name == one.name && !link.alias.empty(); })) out.push_back(std::move(one));
  return out;
}

const Link* FindAlias(const std::vector<Link>& links, std::string_view alias) {
  for (const Link& link : links)
    if (link.alias == alias) return &link;
  return nullptr;
}

std::string LinkName(char kind, int index) {
  std::string hex;
  for (int rest = index; rest > 0; rest >>= 4) hex.insert(hex.begin(), "0123456789abcdef"[rest & 15]);
  while (hex.size() < 4) hex.insert(hex.begin(), '0');
  return kind + hex;
}

Result<int> FreeIndex(const std::vector<Link>& links) {
  std::set<int> taken;
  for (const Link& link : links) taken.insert(link.index);
  int index = kFirstLink;
  while (taken.contains(index)) ++index;
  if (index > kMaxLink) return Fail(ErrorKind::kLimit, "too many interfaces in one network");
  return index;
}

Result<Routing> ReadRouting(Rtnetlink& router) {
  Routing out;
  TRY_ASSIGN(out.addresses, router.Addresses());
  TRY_ASSIGN(out.routes, router.Routes());
  TRY_ASSIGN(out.rules, router.Rules());
  return out;
}

// A VPC's namespace with what every verb needs from it.
struct Router {
  NetnsScope scope;
  Rtnetlink netlink;
  std::vector<Link> links;
  Table table;
  std::vector<Interface> interfaces;
};

Result<Router> EnterRouter(const std::string& name) {
  TRY_ASSIGN(NetnsScope scope, NetnsScope::Enter(name));
  TRY_ASSIGN(Rtnetlink netlink, Rtnetlink::Open());
  TRY_ASSIGN(std::vector<Link> links, netlink.Links());
  TRY_ASSIGN(Table table, ReadTable("vpc"));
  std::vector<Interface> interfaces = LiveInterfaces(table, links);
  return Router{std::move(scope), std::move(netlink), std::move(links), std::move(table), std::move(interfaces)};
}

// Takes out of the table what belongs to none of these interfaces.
Status Sweep(Table& table, const std::vector<Interface>& interfaces) {
  const std::string text = PlanInterfaces(table, interfaces);
  if (text.empty()) return {};
  TRY(RunNft(text));
  TRY_ASSIGN(table, ReadTable("vpc"));
  return {};
}

}  // namespace

Result<std::unique_ptr<NetworkDriver>> NetworkDriver::Create(const std::string& instance) {
  if (instance.empty() || instance.size() > 8 || instance.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789") != std::string::npos)
    return Fail(ErrorKind::kInvalid, "an instance id is one to eight lower-case letters and digits");
  return std::unique_ptr<NetworkDriver>(new NetworkDriver("trm-" + instance + '-'));
}

Status NetworkDriver::Probe() {
  const std::lock_guard lock(mutex_);
  const std::string name = NetnsOf("probe");
  Status out = EnsureNetns(name, kVpcSysctls);
  if (out) {
    const auto scope = NetnsScope::Enter(name);
    out = scope ? RunNft(BaseText({{0x0A000000}, 16})) : Status(std::unexpected(scope.error()));
  }
  const Status removed = RemoveNetns(name);
  return out ? removed : out;
}

Status NetworkDriver::EnsureFabric() {
  const std::string name = NetnsOf(kFabric);
  TRY(EnsureNetns(name, kFabricSysctls));
  TRY_ASSIGN(const NetnsScope scope, NetnsScope::Enter(name));
  TRY_ASSIGN(const Table table, ReadTable("fabric"));
  if (!table.chains.contains(BaseMarker(FabricText()))) TRY(RunNft(FabricText()));
  TRY_ASSIGN(Rtnetlink netlink, Rtnetlink::Open());
  TRY_ASSIGN(const std::vector<Address> have, netlink.Addresses());
  netlink.SetUp(kLoopback);
  for (const Ipv4 address : {host::kDoorAddress, host::kApiAddress}) {
    const Address wanted{kLoopback, {address, 32}};
    if (std::find(have.begin(), have.end(), wanted) == have.end()) netlink.AddAddress(wanted, true);
  }
  return netlink.Flush();
}

// The link between the fabric and a VPC is named by its index in the fabric, from which its two addresses follow.
Result<NetworkDriver::Uplink> NetworkDriver::FindUplink(const std::string& vpc) {
  const auto scope = NetnsScope::Enter(NetnsOf(kFabric));
  if (!scope) {
    if (scope.error().kind == ErrorKind::kNotFound) return Uplink{};
    return std::unexpected(scope.error());
  }
  TRY_ASSIGN(Rtnetlink netlink, Rtnetlink::Open());
  TRY_ASSIGN(const std::vector<Link> links, netlink.Links());
  const Link* link = FindAlias(links, vpc);
  if (link == nullptr) return Uplink{};
  const Ipv4 base{0x64400000u + 2 * static_cast<std::uint32_t>(link->index)};
  return Uplink{.link = link->index, .inner = base + 1, .outer = base};
}

// Called in the VPC's namespace.
Result<NetworkDriver::Uplink> NetworkDriver::EnsureUplink(const std::string& vpc) {
  TRY(EnsureFabric());
  TRY_ASSIGN(Uplink uplink, FindUplink(vpc));
  TRY_ASSIGN(Rtnetlink inside, Rtnetlink::Open());
  TRY_ASSIGN(const std::vector<Link> links, inside.Links());
  const bool gateway = std::any_of(links.begin(), links.end(), [](const Link& link) { return link.index == kGatewayLink; });
  if (gateway && uplink.link == 0) {
    inside.DeleteLink(kGatewayLink);
    TRY(inside.Flush());
  }
  TRY_ASSIGN(const UniqueFd own, OpenNetns(NetnsOf(vpc)));
  TRY_ASSIGN(const NetnsScope scope, NetnsScope::Enter(NetnsOf(kFabric)));
  TRY_ASSIGN(Rtnetlink outside, Rtnetlink::Open());
  if (uplink.link != 0 && !gateway) {  // its other end is in a namespace of that name that is no more
    outside.DeleteLink(uplink.link);
    TRY(outside.Flush());
    uplink = {};
  }
  if (uplink.link == 0) {
    TRY_ASSIGN(const std::vector<Link> taken, outside.Links());
    TRY_ASSIGN(const int index, FreeIndex(taken));
    const Ipv4 base{0x64400000u + 2 * static_cast<std::uint32_t>(index)};
    uplink = {.link = index, .inner = base + 1, .outer = base};
    outside.AddVeth({.index = index, .name = LinkName('v', index), .alias = vpc, .mac = kFabricMac}, {.index = kGatewayLink, .name = "igw", .alias = {}, .mac = kGatewayMac}, own.get());
    TRY(outside.Flush());
  }
  outside.SetUp(uplink.link);
  outside.AddAddress({uplink.link, {uplink.outer, 31}}, true);
  outside.ReplaceNeighbour(uplink.link, uplink.inner, kGatewayMac);
  TRY(outside.Flush());
  inside.SetUp(kGatewayLink);
  inside.AddAddress({kGatewayLink, {uplink.inner, 31}}, true);
  inside.ReplaceNeighbour(kGatewayLink, uplink.outer, kFabricMac);
  TRY(inside.Flush());
  return uplink;
}

Status NetworkDriver::RemoveUplink() {
  TRY_ASSIGN(Rtnetlink inside, Rtnetlink::Open());
  TRY_ASSIGN(const std::vector<Link> links, inside.Links());
  for (const Link& link : links)
    if (link.index == kGatewayLink) inside.DeleteLink(link.index);
  return inside.Flush();
}

Status NetworkDriver::RoutePublic(const Uplink& uplink, const std::vector<Interface>& interfaces) {
  if (uplink.link == 0) return {};
  TRY_ASSIGN(const NetnsScope scope, NetnsScope::Enter(NetnsOf(kFabric)));
  TRY_ASSIGN(Rtnetlink netlink, Rtnetlink::Open());
  for (const Interface& one : interfaces)
    if (one.public_address) netlink.ReplaceRoute({.destination = {*one.public_address, 32}, .link = uplink.link, .gateway = uplink.inner, .source = host::kDoorAddress});
  return netlink.Flush();
}

Status NetworkDriver::UnroutePublic(const Uplink& uplink, const std::set<Ipv4>& addresses) {
  if (uplink.link == 0 || addresses.empty()) return {};
  TRY_ASSIGN(const NetnsScope scope, NetnsScope::Enter(NetnsOf(kFabric)));
  TRY_ASSIGN(Rtnetlink netlink, Rtnetlink::Open());
  TRY_ASSIGN(const std::vector<Route> routes, netlink.Routes());
  for (const Route& route : routes)
    if (route.link == uplink.link && route.destination.prefix == 32 && addresses.contains(route.destination.address)) netlink.DeleteRoute(route);
  return netlink.Flush();
}

Status NetworkDriver::EnsureVpc(const VpcSpec& spec) {
  TRY(CheckSpec(spec));
  const std::lock_guard lock(mutex_);
  const std::string name = NetnsOf(spec.id.str());
  TRY(EnsureNetns(name, kVpcSysctls));
  TRY_ASSIGN(Router router, EnterRouter(name));
  // The filter first: no link exists before the chains that guard it.
  if (router.table.present) TRY(Sweep(router.table, router.interfaces));
  const GroupsPlan groups = PlanGroups(router.table, spec, router.interfaces);
  TRY(RunNft(groups.text));

  Uplink uplink;
  if (spec.internet) {
    TRY_ASSIGN(uplink, EnsureUplink(spec.id.str()));
    TRY(RoutePublic(uplink, router.interfaces));
  } else {
    TRY(RemoveUplink());
  }
  Rtnetlink& netlink = router.netlink;
  TRY_ASSIGN(const Routing have, ReadRouting(netlink));
  const RoutingPlan plan = PlanRouting(have, spec, uplink.outer);
  netlink.SetUp(kLoopback);
  for (const Address& address : plan.new_addresses) netlink.AddAddress(address, true);
  for (const Route& route : plan.new_routes) netlink.ReplaceRoute(route);
  for (const PolicyRule& rule : plan.new_rules) netlink.AddRule(rule);
  for (const PolicyRule& rule : plan.old_rules) netlink.DeleteRule(rule);
  for (const Route& route : plan.old_routes) netlink.DeleteRoute(route);
  for (const Address& address : plan.old_addresses) netlink.DeleteAddress(address);
  TRY(netlink.Flush());
  if (!groups.kept.empty()) return Fail(ErrorKind::kConflict, groups.kept.front().str() + " is still used by an interface");
  return {};
}

Status NetworkDriver::RemoveVpc(const VpcId& vpc) {
  const std::lock_guard lock(mutex_);
  {
    const auto scope = NetnsScope::Enter(NetnsOf(vpc.str()));
    if (!scope && scope.error().kind != ErrorKind::kNotFound) return std::unexpected(scope.error());
    if (scope) {
      TRY_ASSIGN(Rtnetlink netlink, Rtnetlink::Open());
      TRY_ASSIGN(const std::vector<Link> links, netlink.Links());
      for (const Link& link : links)
        if (host::IsResourceId("eni", link.alias)) return Fail(ErrorKind::kConflict, vpc.str() + " still has " + link.alias);
      for (const Link& link : links)
        if (link.index != kLoopback) netlink.DeleteLink(link.index);
      TRY(netlink.Flush());
    }
  }
  return RemoveNetns(NetnsOf(vpc.str()));
}

Result<bool> NetworkDriver::EniSideReady(const EniSpec& spec) {
  TRY_ASSIGN(const NetnsScope scope, NetnsScope::Enter(NetnsOf(spec.id.str())));
  TRY_ASSIGN(Rtnetlink netlink, Rtnetlink::Open());
  TRY_ASSIGN(const std::vector<Link> links, netlink.Links());
  TRY_ASSIGN(const std::vector<Address> addresses, netlink.Addresses());
  TRY_ASSIGN(const std::vector<Route> routes, netlink.Routes());
  const bool link = std::any_of(links.begin(), links.end(), [&](const Link& l) { return l.index == kEniLink && l.up && l.mac == spec.mac; });
  const Address wanted{kEniLink, {spec.address, spec.subnet.prefix}};
  const bool address = std::find(addresses.begin(), addresses.end(), wanted) != addresses.end();
  const bool route = std::any_of(routes.begin(), routes.end(), [&](const Route& r) { return r.destination.prefix == 0 && r.gateway == spec.subnet.First() + 1; });
  return link && address && route;
}

// Called in the VPC's namespace. Until the interface is in the table, every packet of it is dropped.
Status NetworkDriver::ConnectEni(Rtnetlink& router, const EniSpec& spec, const std::vector<Link>& links) {
  for (const Link& link : links)
    if (link.alias == spec.id.str()) router.DeleteLink(link.index);
  TRY(router.Flush());
  TRY_ASSIGN(const int index, FreeIndex(links));
  {
    TRY_ASSIGN(const UniqueFd netns, OpenNetns(NetnsOf(spec.id.str())));
    router.AddVeth({.index = index, .name = LinkName('e', index), .alias = spec.id.str(), .mac = kRouterMac}, {.index = kEniLink, .name = "eth0", .alias = {}, .mac = spec.mac}, netns.get());
    TRY(router.Flush());
  }
  TRY_ASSIGN(const NetnsScope scope, NetnsScope::Enter(NetnsOf(spec.id.str())));
  TRY_ASSIGN(Rtnetlink netlink, Rtnetlink::Open());
  const Ipv4 gateway = spec.subnet.First() + 1;
  netlink.SetUp(kLoopback);
  netlink.SetUp(kEniLink);
  netlink.AddAddress({kEniLink, {spec.address, spec.subnet.prefix}}, false);
  netlink.ReplaceRoute({.destination = {gateway, 32}, .link = kEniLink});
  netlink.ReplaceNeighbour(kEniLink, gateway, kRouterMac);
  netlink.ReplaceRoute({.destination = {{}, 0}, .link = kEniLink, .gateway = gateway, .source = spec.address});
  return netlink.Flush();
}

Result<host::EniPlace> NetworkDriver::EnsureEni(const EniSpec& spec) {
  TRY(CheckSpec(spec));
  const std::lock_guard lock(mutex_);
  TRY_ASSIGN(Router router, EnterRouter(NetnsOf(spec.vpc.str())));
  TRY_ASSIGN(const std::vector<PolicyRule> rules, router.netlink.Rules());
  if (std::none_of(rules.begin(), rules.end(), [&](const PolicyRule& r) { return r.priority == kSubnetPriority && r.from == spec.subnet; }))
    return Fail(ErrorKind::kNotFound, spec.vpc.str() + " has no subnet " + spec.subnet.ToString());
  for (const GroupId& group : spec.groups)
    if (!router.table.chains.contains(GroupChain(group, Direction::kIngress))) return Fail(ErrorKind::kNotFound, spec.vpc.str() + " has no group " + group.str());

  const Link* link = FindAlias(router.links, spec.id.str());
  std::optional<Interface> before;
  std::vector<Interface> others;
  for (Interface& one : router.interfaces) {
    if (link != nullptr && one.name == link->name) {
      before = std::move(one);
      continue;
    }
    if (one.address == spec.address || (spec.public_address && one.public_address == spec.public_address))
      return Fail(ErrorKind::kConflict, "another interface has the address " + (one.address == spec.address ? spec.address : *spec.public_address).ToString());
    others.push_back(std::move(one));
  }
  TRY(EnsureNetns(NetnsOf(spec.id.str()), kEniSysctls));
  TRY_ASSIGN(const bool ready, EniSideReady(spec));
  if (link == nullptr || !ready || (before && before->address != spec.address)) {
    // Leftover elements of the name that the new link gets would open it too early.
    TRY(Sweep(router.table, others));
    TRY(ConnectEni(router.netlink, spec, router.links));
    TRY_ASSIGN(router.links, router.netlink.Links());
    link = FindAlias(router.links, spec.id.str());
    if (link == nullptr) return Fail(ErrorKind::kUnavailable, "the interface's link is gone again");
  }
  router.netlink.ReplaceRoute({.table = kLocalTable, .destination = {spec.address, 32}, .link = link->index});
  router.netlink.ReplaceNeighbour(link->index, spec.address, spec.mac);
  TRY(router.netlink.Flush());

  others.push_back({.name = link->name, .address = spec.address, .groups = spec.groups, .public_address = spec.public_address, .task_endpoints = spec.task_endpoints});
  TRY(RunNft(PlanInterfaces(router.table, others)));
  TRY_ASSIGN(const Uplink uplink, FindUplink(spec.vpc.str()));
  TRY(RoutePublic(uplink, {others.back()}));
  if (before && before->public_address && before->public_address != spec.public_address) {
    TRY(UnroutePublic(uplink, {*before->public_address}));
    TRY(ForgetConnections({*before->public_address}));
  }
  return host::EniPlace{.netns = NetnsPath(NetnsOf(spec.id.str())), .interface = "eth0"};
}

Status NetworkDriver::RemoveEni(const VpcId& vpc, const EniId& eni) {
  const std::lock_guard lock(mutex_);
  {
    auto router = EnterRouter(NetnsOf(vpc.str()));
    if (!router && router.error().kind != ErrorKind::kNotFound) return std::unexpected(router.error());
    if (router) {
      // The link first: a namespace in which something still runs would keep it alive and serving. Then the connections, which cannot come
      // back without the link; then the elements, by which a call that was interrupted finds out what is left to do.
      for (const Link& link : router->links)
        if (link.alias == eni.str()) router->netlink.DeleteLink(link.index);
      TRY(router->netlink.Flush());
      std::erase_if(router->links, [&](const Link& link) { return link.alias == eni.str(); });
      const std::vector<Interface> left = LiveInterfaces(router->table, router->links);
      std::set<Ipv4> addresses, publics;
      for (const Interface& one : InterfacesOf(router->table)) {
        if (std::find(left.begin(), left.end(), one) != left.end()) continue;
        addresses.insert(one.address);
        if (one.public_address) publics.insert(*one.public_address);
      }
      TRY_ASSIGN(const Uplink uplink, FindUplink(vpc.str()));
      TRY(UnroutePublic(uplink, publics));
      addresses.insert(publics.begin(), publics.end());
      TRY(ForgetConnections(addresses));
      if (router->table.present) TRY(RunNft(PlanInterfaces(router->table, left)));
    }
  }
  return RemoveNetns(NetnsOf(eni.str()));
}

Result<host::NetworkListing> NetworkDriver::List() {
  const std::lock_guard lock(mutex_);
  TRY_ASSIGN(const std::vector<std::string> names, ListNetns(prefix_));
  host::NetworkListing out;
  std::set<std::string> linked;
  for (const std::string& name : names) {
    const std::string id = name.substr(prefix_.size());
    if (!host::IsResourceId("vpc", id)) continue;
    out.vpcs.push_back(id);
    const auto scope = NetnsScope::Enter(name);
    if (!scope) continue;
    TRY_ASSIGN(Rtnetlink netlink, Rtnetlink::Open());
    TRY_ASSIGN(const std::vector<Link> links, netlink.Links());
    for (const Link& link : links)
      if (host::IsResourceId("eni", link.alias) && linked.insert(link.alias).second) out.enis.push_back({link.alias, id});
  }
  for (const std::string& name : names) {
    const std::string id = name.substr(prefix_.size());
    if (host::IsResourceId("eni", id) && !linked.contains(id)) out.enis.push_back({id, {}});
  }
  std::sort(out.enis.begin(), out.enis.end());
  return out;
}

Result<host::PathVerdict> NetworkDriver::Explain(const host::PathQuery& query) {
  const std::lock_guard lock(mutex_);
  TRY_ASSIGN(Router router, EnterRouter(NetnsOf(query.vpc.str())));
  TRY_ASSIGN(const Routing routing, ReadRouting(router.netlink));
  const auto block = VpcBlock(routing.rules);
  if (!block) return Fail(ErrorKind::kNotFound, query.vpc.str() + " is not complete yet");
  host::PathView view{.cidr = *block, .internet = false, .subnets = SubnetsOf(routing), .interfaces = {}, .rules = {}};
  for (const Link& link : router.links) {
    view.internet |= link.index == kGatewayLink;
    for (const Interface& one : router.interfaces)
      if (one.name == link.name) view.interfaces.push_back({link.alias, one.address, one.groups, one.public_address});
  }
  view.rules = [&](const GroupId& group, bool ingress) {
    std::vector<host::PathRule> out;
    const auto chain = router.table.chains.find(GroupChain(group, ingress ? Direction::kIngress : Direction::kEgress));
    if (chain == router.table.chains.end()) return out;
    for (const TableRule& rule : chain->second)
      if (auto parsed = host::ParseRuleLine(rule.comment)) out.push_back({*std::move(parsed), rule.packets});
    return out;
  };
  return host::ExplainPath(view, query);
}

Result<UniqueFd> NetworkDriver::OpenSocket(const host::SocketSpec& spec) {
  std::string name = NetnsOf(kFabric);
  if (const auto* vpc = std::get_if<VpcId>(&spec.place)) name = NetnsOf(vpc->str());
  if (const auto* eni = std::get_if<EniId>(&spec.place)) name = NetnsOf(eni->str());
  if (std::holds_alternative<host::InternetPlace>(spec.place) && !OpenNetns(name)) {
    const std::lock_guard lock(mutex_);
    TRY(EnsureFabric());
  }
  TRY_ASSIGN(const NetnsScope scope, NetnsScope::Enter(name));
  const int kind = (spec.datagram ? SOCK_DGRAM : SOCK_STREAM) | SOCK_CLOEXEC | SOCK_NONBLOCK;
  UniqueFd fd(::socket(AF_INET, kind, 0));
  if (!fd) return SystemFail("socket", errno);
  const auto address_of = [](Ipv4 address, std::uint16_t port) {
    sockaddr_in out{};
    out.sin_family = AF_INET;
    out.sin_addr.s_addr = htonl(address.value);
    out.sin_port = htons(port);
    return out;
  };
  const auto as_socket_address = [](const sockaddr_in& a) { return reinterpret_cast<const sockaddr*>(&a); };
  const int one = 1;
  ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  if (spec.address || !spec.connect) {
    const sockaddr_in own = address_of(spec.address.value_or(Ipv4{}), spec.port);
    if (::bind(fd.get(), as_socket_address(own), sizeof own) != 0) return SystemFail("bind to " + spec.address.value_or(Ipv4{}).ToString() + " port " + std::to_string(spec.port), errno);
  }
  if (spec.connect) {
    const sockaddr_in peer = address_of(spec.connect->address, spec.connect->port);
    if (::connect(fd.get(), as_socket_address(peer), sizeof peer) != 0 && errno != EINPROGRESS) return SystemFail("connect to " + spec.connect->address.ToString(), errno);
  } else if (!spec.datagram && ::listen(fd.get(), 4096) != 0) {
    return SystemFail("listen on port " + std::to_string(spec.port), errno);
  }
  return fd;
}

Status NetworkDriver::RemoveAll() {
  const std::lock_guard lock(mutex_);
  TRY_ASSIGN(const std::vector<std::string> names, ListNetns(prefix_));
  Status out;
  // Links first, for sockets and processes may keep a namespace alive after its name is gone.
  for (const std::string& name : names) {
    const auto scope = NetnsScope::Enter(name);
    if (!scope) continue;
    auto netlink = Rtnetlink::Open();
    const auto links = netlink ? netlink->Links() : Result<std::vector<Link>>(std::unexpected(netlink.error()));
    if (!links) {
      out = std::unexpected(links.error());
      continue;
    }
    for (const Link& link : *links)
      if (link.index != kLoopback) netlink->DeleteLink(link.index);
    if (const Status done = netlink->Flush(); !done) out = done;
  }
  for (const std::string& name : names)
    if (const Status done = RemoveNetns(name); !done) out = done;
  return out;
}

}  // namespace terrarium::network
