#pragma once

#include <string>
#include <vector>

#include "host/network/network.h"

// Short ways to say a network in tests: Id<host::VpcId>("vpc", 1), Rule(1, kTcp, 80, 80, "10.0.0.0/16").
namespace terrarium::network::test {

using namespace host;  // NOLINT: tests only

inline std::string IdText(const std::string& kind, unsigned n) {
  std::string hex;
  for (int shift = 28; shift >= 0; shift -= 4) hex += "0123456789abcdef"[n >> shift & 15];
  return kind + "-0" + hex + "00000000";
}
inline VpcId Vpc(unsigned n) { return *VpcId::Parse(IdText("vpc", n)); }
inline GroupId Group(unsigned n) { return *GroupId::Parse(IdText("sg", n)); }
inline EniId Eni(unsigned n) { return *EniId::Parse(IdText("eni", n)); }
inline Ipv4 Ip(const char* text) { return *Ipv4::Parse(text); }
inline Cidr Block(const char* text) { return *Cidr::Parse(text); }

inline RuleSpec Rule(unsigned n, int protocol, int from, int to, std::variant<Cidr, GroupId> peer) {
  return {.id = *RuleId::Parse(IdText("sgr", n)), .protocol = protocol, .from = from, .to = to, .peer = std::move(peer)};
}
inline RuleSpec AllTraffic(unsigned n, const char* cidr = "0.0.0.0/0") { return Rule(n, kAllProtocols, -1, -1, Block(cidr)); }

// Two subnets; the first has the way to the internet. Groups 1 (web) and 2 (database, only from 1 on 3306).
inline VpcSpec TwoTier(unsigned vpc) {
  return {.id = Vpc(vpc),
          .cidr = Block("10.0.0.0/16"),
          .internet = true,
          .subnets = {{Block("10.0.1.0/24"), {{Block("0.0.0.0/0"), RouteTarget::kInternet}}}, {Block("10.0.2.0/24"), {}}},
          .groups = {{Group(1), {Rule(1, kTcp, 80, 80, Block("0.0.0.0/0"))}, {AllTraffic(2)}},
                     {Group(2), {Rule(3, kTcp, 3306, 3306, Group(1))}, {}}}};
}

inline EniSpec OneEni(unsigned vpc, unsigned eni, const char* subnet, const char* address, std::vector<GroupId> groups) {
  EniSpec spec{.id = Eni(eni), .vpc = Vpc(vpc), .subnet = Block(subnet), .address = Ip(address), .mac = {}, .groups = std::move(groups), .public_address = {}};
  spec.mac = {{2, 0x0A, 0, 0, static_cast<std::uint8_t>(vpc), static_cast<std::uint8_t>(eni)}};
  return spec;
}

}  // namespace terrarium::network::test
