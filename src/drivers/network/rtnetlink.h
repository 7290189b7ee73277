#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ip.h"
#include "base/result.h"
#include "base/unique_fd.h"

namespace terrarium::network {

struct Link {
  int index = 0;
  std::string name{}, alias{};
  Mac mac{};
  bool up = false;
};
struct Address {
  int link = 0;
  Cidr address{};
  auto operator<=>(const Address&) const = default;
};
enum class RouteKind : unsigned char { kUnicast, kBlackhole };
struct Route {
  int table = 254;
  Cidr destination{};
  RouteKind kind = RouteKind::kUnicast;
  int link = 0;
  Ipv4 gateway{}, source{};  // 0 = none
  std::uint32_t metric = 0;
  auto operator<=>(const Route&) const = default;
};
struct PolicyRule {
  std::uint32_t priority = 0;
  Cidr from{{}, 0}, to{{}, 0};  // /0 = any
  int table = 0;
  auto operator<=>(const PolicyRule&) const = default;
};

// A routing socket of the namespace in which it was opened. Requests are collected and sent with one system call; the kernel works
// through them in order, and goes on after one that fails.
class Rtnetlink {
 public:
  static Result<Rtnetlink> Open();

  // `peer_netns` is a descriptor of the namespace that gets the other end. The near end is created up, the far end is not.
  void AddVeth(const Link& near, const Link& far, int peer_netns);
  void DeleteLink(int index);
  void SetUp(int index);
  void AddAddress(const Address& address, bool prefix_route);
  void DeleteAddress(const Address& address);
  void ReplaceRoute(const Route& route);
  void DeleteRoute(const Route& route);
  void ReplaceNeighbour(int link, Ipv4 address, const Mac& mac);
  void AddRule(const PolicyRule& rule);
  void DeleteRule(const PolicyRule& rule);
  // Sends what was collected. The error names the first request that failed.
  Status Flush();

  Result<std::vector<Link>> Links();
  Result<std::vector<Address>> Addresses();
  Result<std::vector<Route>> Routes();
  Result<std::vector<PolicyRule>> Rules();

 private:
  explicit Rtnetlink(UniqueFd fd) : fd_(std::move(fd)) {}
  void Begin(std::string what, int type, int flags);
  void End();
  template <class T>
  void Put(const T& value);
  void Attribute(int type, const void* data, std::size_t size);
  void Number(int type, std::uint32_t value) { Attribute(type, &value, sizeof value); }
  void AddressOf(int type, Ipv4 address);
  void Open(int type);
  void Close();
  void RouteMessage(std::string what, const Route& route, int type, int flags);
  void RuleMessage(std::string what, const PolicyRule& rule, int type, int flags);
  void AddressMessage(std::string what, const Address& address, int type, int flags, std::uint32_t address_flags);
  Status Dump(int type, std::size_t header, const std::function<void(const void* message, std::size_t size)>& each);

  UniqueFd fd_;
  std::uint32_t sequence_ = 1;
  std::string buffer_;
  std::vector<std::size_t> nested_;
  std::size_t header_ = 0;
  std::vector<std::string> pending_;
};

}  // namespace terrarium::network
