#include "drivers/network/rtnetlink.h"

#include <arpa/inet.h>
#include <linux/fib_rules.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

namespace terrarium::network {
namespace {

// Walks the attributes behind a message's fixed part.
template <class Each>
void EachAttribute(const char* data, std::size_t size, const Each& each) {
  while (size >= sizeof(rtattr)) {
    rtattr head;
    std::memcpy(&head, data, sizeof head);
    if (head.rta_len < sizeof head || head.rta_len > size) return;
    each(head.rta_type & NLA_TYPE_MASK, std::string_view(data + sizeof head, head.rta_len - sizeof head));
    const std::size_t step = std::min<std::size_t>(RTA_ALIGN(head.rta_len), size);
    data += step;
    size -= step;
  }
}

std::uint32_t Word(std::string_view bytes) {
  std::uint32_t out = 0;
  if (bytes.size() >= sizeof out) std::memcpy(&out, bytes.data(), sizeof out);
  return out;
}

std::string Text(std::string_view bytes) { return std::string(bytes.substr(0, bytes.find('\0'))); }

}  // namespace

Result<Rtnetlink> Rtnetlink::Open() {
  UniqueFd fd(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE));
  if (!fd) return SystemFail("routing socket", errno);
  const int one = 1;
  ::setsockopt(fd.get(), SOL_NETLINK, NETLINK_CAP_ACK, &one, sizeof one);
  // Dumps honour the filter in their header, and stop at the first inconsistency instead of giving half a list.
  ::setsockopt(fd.get(), SOL_NETLINK, NETLINK_GET_STRICT_CHK, &one, sizeof one);
  return Rtnetlink(std::move(fd));
}

template <class T>
void Rtnetlink::Put(const T& value) {
  const std::size_t at = buffer_.size();
  buffer_.resize(at + NLMSG_ALIGN(sizeof value));
  std::memcpy(&buffer_[at], &value, sizeof value);
}

void Rtnetlink::Begin(std::string what, int type, int flags) {
  header_ = buffer_.size();
  nlmsghdr head{};
  head.nlmsg_type = static_cast<std::uint16_t>(type);
  head.nlmsg_flags = static_cast<std::uint16_t>(NLM_F_REQUEST | NLM_F_ACK | flags);
  head.nlmsg_seq = sequence_++;
  Put(head);
  pending_.push_back(std::move(what));
}

void Rtnetlink::End() {
  const auto size = static_cast<std::uint32_t>(buffer_.size() - header_);
  std::memcpy(&buffer_[header_ + offsetof(nlmsghdr, nlmsg_len)], &size, sizeof size);
}

void Rtnetlink::Attribute(int type, const void* data, std::size_t size) {
  const std::size_t at = buffer_.size();
  buffer_.resize(at + RTA_ALIGN(RTA_LENGTH(size)));
  const rtattr head{static_cast<std::uint16_t>(RTA_LENGTH(size)), static_cast<std::uint16_t>(type)};
  std::memcpy(&buffer_[at], &head, sizeof head);
  if (size > 0) std::memcpy(&buffer_[at + RTA_LENGTH(0)], data, size);
}

void Rtnetlink::AddressOf(int type, Ipv4 address) { Number(type, htonl(address.value)); }

void Rtnetlink::Open(int type) {
  nested_.push_back(buffer_.size());
  Attribute(type, nullptr, 0);
}

void Rtnetlink::Close() {
  const std::size_t at = nested_.back();
  nested_.pop_back();
  const auto size = static_cast<std::uint16_t>(buffer_.size() - at);
  std::memcpy(&buffer_[at + offsetof(rtattr, rta_len)], &size, sizeof size);
}

void Rtnetlink::AddVeth(const Link& near, const Link& far, int peer_netns) {
  Begin("create link " + near.name, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL);
  ifinfomsg head{};
  head.ifi_index = near.index;
  head.ifi_flags = head.ifi_change = IFF_UP;
  Put(head);
  Attribute(IFLA_IFNAME, near.name.c_str(), near.name.size() + 1);
  Attribute(IFLA_ADDRESS, near.mac.bytes, 6);
  Open(IFLA_LINKINFO);
  Attribute(IFLA_INFO_KIND, "veth", 5);
  Open(IFLA_INFO_DATA);
  Open(VETH_INFO_PEER);
  ifinfomsg peer{};
  peer.ifi_index = far.index;
  Put(peer);
  Attribute(IFLA_IFNAME, far.name.c_str(), far.name.size() + 1);
  Attribute(IFLA_ADDRESS, far.mac.bytes, 6);
  Number(IFLA_NET_NS_FD, static_cast<std::uint32_t>(peer_netns));
  Close();
  Close();
  Close();
  End();
  // An alias cannot be given at creation. It is in the same system call, so that a kill leaves both or none.
  Begin("name link " + near.name, RTM_SETLINK, 0);
  ifinfomsg again{};
  again.ifi_index = near.index;
  Put(again);
  Attribute(IFLA_IFALIAS, near.alias.data(), near.alias.size());
  End();
}

void Rtnetlink::DeleteLink(int index) {
  Begin("delete link", RTM_DELLINK, 0);
  ifinfomsg head{};
  head.ifi_index = index;
  Put(head);
  End();
}

void Rtnetlink::SetUp(int index) {
  Begin("bring link up", RTM_NEWLINK, 0);
  ifinfomsg head{};
  head.ifi_index = index;
  head.ifi_flags = head.ifi_change = IFF_UP;
  Put(head);
  End();
}

void Rtnetlink::AddressMessage(std::string what, const Address& address, int type, int flags, std::uint32_t address_flags) {
  Begin(std::move(what), type, flags);
  ifaddrmsg head{};
  head.ifa_family = AF_INET;
  head.ifa_prefixlen = address.address.prefix;
  head.ifa_index = static_cast<std::uint32_t>(address.link);
  Put(head);
  AddressOf(IFA_LOCAL, address.address.address);
  AddressOf(IFA_ADDRESS, address.address.address);
  if (address_flags != 0) Number(IFA_FLAGS, address_flags);
  End();
}

void Rtnetlink::AddAddress(const Address& address, bool prefix_route) {
  AddressMessage("add address " + address.address.ToString(), address, RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE, prefix_route ? 0 : IFA_F_NOPREFIXROUTE);
}

void Rtnetlink::DeleteAddress(const Address& address) {
  AddressMessage("delete address " + address.address.ToString(), address, RTM_DELADDR, 0, 0);
}

void Rtnetlink::RouteMessage(std::string what, const Route& route, int type, int flags) {
  Begin(std::move(what), type, flags);
  rtmsg head{};
  head.rtm_family = AF_INET;
  head.rtm_dst_len = route.destination.prefix;
  head.rtm_table = static_cast<unsigned char>(route.table < 256 ? route.table : 0);
  head.rtm_protocol = RTPROT_STATIC;
  head.rtm_type = route.kind == RouteKind::kBlackhole ? RTN_BLACKHOLE : RTN_UNICAST;
  head.rtm_scope = route.kind == RouteKind::kUnicast && route.gateway.value == 0 ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE;
  Put(head);
  if (route.destination.prefix > 0) AddressOf(RTA_DST, route.destination.First());
  if (route.kind == RouteKind::kUnicast) Number(RTA_OIF, static_cast<std::uint32_t>(route.link));
  if (route.gateway.value != 0) AddressOf(RTA_GATEWAY, route.gateway);
  if (route.source.value != 0) AddressOf(RTA_PREFSRC, route.source);
  if (route.metric != 0) Number(RTA_PRIORITY, route.metric);
  Number(RTA_TABLE, static_cast<std::uint32_t>(route.table));
  End();
}

void Rtnetlink::ReplaceRoute(const Route& route) {
  RouteMessage("route to " + route.destination.ToString(), route, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE);
}

void Rtnetlink::DeleteRoute(const Route& route) { RouteMessage("delete route to " + route.destination.ToString(), route, RTM_DELROUTE, 0); }

void Rtnetlink::ReplaceNeighbour(int link, Ipv4 address, const Mac& mac) {
  Begin("neighbour " + address.ToString(), RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE);
  ndmsg head{};
  head.ndm_family = AF_INET;
  head.ndm_ifindex = link;
  head.ndm_state = NUD_PERMANENT;
  Put(head);
  AddressOf(NDA_DST, address);
  Attribute(NDA_LLADDR, mac.bytes, 6);
  End();
}

void Rtnetlink::RuleMessage(std::string what, const PolicyRule& rule, int type, int flags) {
  Begin(std::move(what), type, flags);
  fib_rule_hdr head{};
  head.family = AF_INET;
  head.src_len = rule.from.prefix;
  head.dst_len = rule.to.prefix;
  head.table = RT_TABLE_UNSPEC;
  head.action = FR_ACT_TO_TBL;
  Put(head);
  if (rule.from.prefix > 0) AddressOf(FRA_SRC, rule.from.First());
  if (rule.to.prefix > 0) AddressOf(FRA_DST, rule.to.First());
  Number(FRA_PRIORITY, rule.priority);
  Number(FRA_TABLE, static_cast<std::uint32_t>(rule.table));
  End();
}

void Rtnetlink::AddRule(const PolicyRule& rule) { RuleMessage("add routing rule", rule, RTM_NEWRULE, NLM_F_CREATE | NLM_F_EXCL); }
void Rtnetlink::DeleteRule(const PolicyRule& rule) { RuleMessage("delete routing rule", rule, RTM_DELRULE, 0); }

Status Rtnetlink::Flush() {
  if (pending_.empty()) return {};
  const std::string bytes = std::exchange(buffer_, {});
  const std::vector<std::string> what = std::exchange(pending_, {});
  const std::uint32_t first = sequence_ - static_cast<std::uint32_t>(what.size());
  if (::send(fd_.get(), bytes.data(), bytes.size(), 0) < 0) return SystemFail("routing request", errno);
  Status out;
  char answer[16384];
  for (std::size_t got = 0; got < what.size();) {
    const ssize_t n = ::recv(fd_.get(), answer, sizeof answer, 0);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return SystemFail("routing answer", errno);
    for (std::size_t at = 0; at + sizeof(nlmsghdr) + sizeof(int) <= static_cast<std::size_t>(n);) {
      nlmsghdr head;
      std::memcpy(&head, answer + at, sizeof head);
      if (head.nlmsg_len < sizeof head) break;
      if (head.nlmsg_type == NLMSG_ERROR && head.nlmsg_seq - first < what.size()) {
        int error = 0;
        std::memcpy(&error, answer + at + sizeof head, sizeof error);
        ++got;
        if (error != 0 && out) out = SystemFail(what[head.nlmsg_seq - first], -error);
      }
      at += NLMSG_ALIGN(head.nlmsg_len);
    }
  }
  return out;
}

Status Rtnetlink::Dump(int type, std::size_t header, const std::function<void(const void*, std::size_t)>& each) {
  std::string request(NLMSG_LENGTH(header), '\0');
  nlmsghdr head{};
  head.nlmsg_len = static_cast<std::uint32_t>(request.size());
  head.nlmsg_type = static_cast<std::uint16_t>(type);
  head.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
  head.nlmsg_seq = sequence_++;
  std::memcpy(request.data(), &head, sizeof head);
  request[sizeof head] = static_cast<char>(type == RTM_GETLINK ? AF_UNSPEC : AF_INET);
  if (::send(fd_.get(), request.data(), request.size(), 0) < 0) return SystemFail("routing dump", errno);
  std::string answer(65536, '\0');
  for (;;) {
    const ssize_t n = ::recv(fd_.get(), answer.data(), answer.size(), 0);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return SystemFail("routing dump", errno);
    for (std::size_t at = 0; at + sizeof(nlmsghdr) <= static_cast<std::size_t>(n);) {
      nlmsghdr part;
      std::memcpy(&part, answer.data() + at, sizeof part);
      if (part.nlmsg_len < sizeof part || at + part.nlmsg_len > static_cast<std::size_t>(n)) return Fail(ErrorKind::kUnavailable, "routing dump is cut off");
      if (part.nlmsg_type == NLMSG_DONE) return {};
      if (part.nlmsg_type == NLMSG_ERROR) {
        int error = 0;
        std::memcpy(&error, answer.data() + at + sizeof part, sizeof error);
        return SystemFail("routing dump", -error);
      }
      if (part.nlmsg_len >= NLMSG_LENGTH(header)) each(answer.data() + at + NLMSG_HDRLEN, part.nlmsg_len - NLMSG_HDRLEN);
      at += NLMSG_ALIGN(part.nlmsg_len);
    }
  }
}

Result<std::vector<Link>> Rtnetlink::Links() {
  std::vector<Link> out;
  TRY(Dump(RTM_GETLINK, sizeof(ifinfomsg), [&](const void* message, std::size_t size) {
    ifinfomsg head;
    std::memcpy(&head, message, sizeof head);
    Link link{.index = head.ifi_index, .name = {}, .alias = {}, .mac = {}, .up = (head.ifi_flags & IFF_UP) != 0};
    EachAttribute(static_cast<const char*>(message) + NLMSG_ALIGN(sizeof head), size - NLMSG_ALIGN(sizeof head), [&](int type, std::string_view value) {
      if (type == IFLA_IFNAME) link.name = Text(value);
      if (type == IFLA_IFALIAS) link.alias = Text(value);
      if (type == IFLA_ADDRESS && value.size() == 6) std::memcpy(link.mac.bytes, value.data(), 6);
    });
    out.push_back(std::move(link));
  }));
  return out;
}

Result<std::vector<Address>> Rtnetlink::Addresses() {
  std::vector<Address> out;
  TRY(Dump(RTM_GETADDR, sizeof(ifaddrmsg), [&](const void* message, std::size_t size) {
    ifaddrmsg head;
    std::memcpy(&head, message, sizeof head);
    Address address{.link = static_cast<int>(head.ifa_index), .address = {{}, head.ifa_prefixlen}};
    EachAttribute(static_cast<const char*>(message) + NLMSG_ALIGN(sizeof head), size - NLMSG_ALIGN(sizeof head), [&](int type, std::string_view value) {
      if (type == IFA_LOCAL) address.address.address.value = ntohl(Word(value));
    });
    out.push_back(address);
  }));
  return out;
}

Result<std::vector<Route>> Rtnetlink::Routes() {
  std::vector<Route> out;
  TRY(Dump(RTM_GETROUTE, sizeof(rtmsg), [&](const void* message, std::size_t size) {
    rtmsg head;
    std::memcpy(&head, message, sizeof head);
    if (head.rtm_type != RTN_UNICAST && head.rtm_type != RTN_BLACKHOLE) return;
    Route route;
    route.table = head.rtm_table;
    route.destination.prefix = head.rtm_dst_len;
    route.destination.address.value = 0;
    route.kind = head.rtm_type == RTN_BLACKHOLE ? RouteKind::kBlackhole : RouteKind::kUnicast;
    EachAttribute(static_cast<const char*>(message) + NLMSG_ALIGN(sizeof head), size - NLMSG_ALIGN(sizeof head), [&](int type, std::string_view value) {
      if (type == RTA_DST) route.destination.address.value = ntohl(Word(value));
      if (type == RTA_OIF) route.link = static_cast<int>(Word(value));
      if (type == RTA_GATEWAY) route.gateway.value = ntohl(Word(value));
      if (type == RTA_PREFSRC) route.source.value = ntohl(Word(value));
      if (type == RTA_PRIORITY) route.metric = Word(value);
      if (type == RTA_TABLE) route.table = static_cast<int>(Word(value));
    });
    out.push_back(route);
  }));
  return out;
}

Result<std::vector<PolicyRule>> Rtnetlink::Rules() {
  std::vector<PolicyRule> out;
  TRY(Dump(RTM_GETRULE, sizeof(fib_rule_hdr), [&](const void* message, std::size_t size) {
    fib_rule_hdr head;
    std::memcpy(&head, message, sizeof head);
    PolicyRule rule;
    rule.from.prefix = head.src_len;
    rule.to.prefix = head.dst_len;
    rule.table = head.table;
    EachAttribute(static_cast<const char*>(message) + NLMSG_ALIGN(sizeof head), size - NLMSG_ALIGN(sizeof head), [&](int type, std::string_view value) {
      if (type == FRA_SRC) rule.from.address.value = ntohl(Word(value));
      if (type == FRA_DST) rule.to.address.value = ntohl(Word(value));
      if (type == FRA_PRIORITY) rule.priority = Word(value);
      if (type == FRA_TABLE) rule.table = static_cast<int>(Word(value));
    });
    out.push_back(rule);
  }));
  return out;
}

}  // namespace terrarium::network
