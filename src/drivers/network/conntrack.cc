#include "drivers/network/conntrack.h"

#include <arpa/inet.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <linux/netlink.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "base/unique_fd.h"

namespace terrarium::network {
namespace {

template <class Each>
void EachAttribute(std::string_view data, const Each& each) {
  while (data.size() >= sizeof(nlattr)) {
    nlattr head;
    std::memcpy(&head, data.data(), sizeof head);
    if (head.nla_len < sizeof head || head.nla_len > data.size()) return;
    each(head.nla_type & NLA_TYPE_MASK, data.substr(0, head.nla_len), data.substr(sizeof head, head.nla_len - sizeof head));
    data.remove_prefix(std::min<std::size_t>(NLA_ALIGN(head.nla_len), data.size()));
  }
}

bool Concerns(std::string_view tuple, const std::set<Ipv4>& addresses) {
  bool out = false;
  EachAttribute(tuple, [&](int type, std::string_view, std::string_view ip) {
    if (type != CTA_TUPLE_IP) return;
    EachAttribute(ip, [&](int field, std::string_view, std::string_view value) {
      std::uint32_t word = 0;
      if (value.size() != sizeof word || (field != CTA_IP_V4_SRC && field != CTA_IP_V4_DST)) return;
      std::memcpy(&word, value.data(), sizeof word);
      out |= addresses.contains(Ipv4{ntohl(word)});
    });
  });
  return out;
}

std::string Request(int type, int flags, std::uint32_t sequence, std::string_view attributes) {
  nlmsghdr head{};
  nfgenmsg family{};
  family.nfgen_family = AF_INET;
  head.nlmsg_len = static_cast<std::uint32_t>(NLMSG_LENGTH(sizeof family) + attributes.size());
  head.nlmsg_type = static_cast<std::uint16_t>(NFNL_SUBSYS_CTNETLINK << 8 | type);
  head.nlmsg_flags = static_cast<std::uint16_t>(NLM_F_REQUEST | flags);
  head.nlmsg_seq = sequence;
  std::string out(NLMSG_LENGTH(sizeof family), '\0');
  std::memcpy(out.data(), &head, sizeof head);
  std::memcpy(out.data() + NLMSG_HDRLEN, &family, sizeof family);
  return out.append(attributes);
}

// Calls each(payload) for every message until the dump or the acknowledgement ends; ENOENT of a deletion is success.
template <class Each>
Status Receive(int fd, const Each& each) {
  std::string answer(65536, '\0');
  for (;;) {
    const ssize_t n = ::recv(fd, answer.data(), answer.size(), 0);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return SystemFail("connection table", errno);
    std::string_view rest(answer.data(), static_cast<std::size_t>(n));
    while (rest.size() >= sizeof(nlmsghdr)) {
      nlmsghdr head;
      std::memcpy(&head, rest.data(), sizeof head);
      if (head.nlmsg_len < sizeof head || head.nlmsg_len > rest.size()) return Fail(ErrorKind::kUnavailable, "connection table is cut off");
      if (head.nlmsg_type == NLMSG_DONE) return {};
      if (head.nlmsg_type == NLMSG_ERROR) {
        int error = 0;
        std::memcpy(&error, rest.data() + sizeof head, sizeof error);
        if (error == 0 || error == -ENOENT) return {};
        return SystemFail("connection table", -error);
      }
      if (head.nlmsg_len > NLMSG_LENGTH(sizeof(nfgenmsg)))
        each(rest.substr(NLMSG_LENGTH(sizeof(nfgenmsg)), head.nlmsg_len - NLMSG_LENGTH(sizeof(nfgenmsg))));
      rest.remove_prefix(std::min<std::size_t>(NLMSG_ALIGN(head.nlmsg_len), rest.size()));
    }
  }
}

}  // namespace

Status ForgetConnections(const std::set<Ipv4>& addresses) {
  if (addresses.empty()) return {};
  const UniqueFd fd(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER));
  if (!fd) return SystemFail("connection table", errno);
  std::uint32_t sequence = 1;
  const std::string dump = Request(IPCTNL_MSG_CT_GET, NLM_F_DUMP, sequence++, {});
  if (::send(fd.get(), dump.data(), dump.size(), 0) < 0) return SystemFail("connection table", errno);
  std::vector<std::string> doomed;
  TRY(Receive(fd.get(), [&](std::string_view entry) {
    std::string key;
    bool concerns = false;
    EachAttribute(entry, [&](int type, std::string_view whole, std::string_view value) {
      if (type == CTA_TUPLE_ORIG || type == CTA_TUPLE_REPLY) concerns |= Concerns(value, addresses);
      if (type == CTA_TUPLE_ORIG || type == CTA_ID) {
        key.append(whole);
        key.resize(NLA_ALIGN(key.size()));
      }
    });
    if (concerns) doomed.push_back(std::move(key));
  }));
  for (const std::string& key : doomed) {
    const std::string request = Request(IPCTNL_MSG_CT_DELETE, NLM_F_ACK, sequence++, key);
    if (::send(fd.get(), request.data(), request.size(), 0) < 0) return SystemFail("connection table", errno);
    TRY(Receive(fd.get(), [](std::string_view) {}));
  }
  return {};
}

}  // namespace terrarium::network
