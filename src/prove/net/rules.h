#pragma once

#include <string>
#include <optional>
#include <vector>

#include "base/ip.h"
#include "base/json.h"
#include "base/result.h"

// What security groups say, worked out from the answers of DescribeSecurityGroupRules and DescribeNetworkInterfaces alone: the oracle of the
// packet matrix, which knows nothing of how the engine does it.
namespace terrarium::prove {

struct Rule {
  std::string group{};
  bool egress = false;
  std::string protocol{};  // "tcp", "-1"
  int from = -1, to = -1;  // ports; -1 is all
  std::string peer_group{};
  Cidr peer{};             // where peer_group is empty
};

enum class Part : unsigned char { kInternet, kHost, kBalancer, kTask, kDatabase, kOther };

struct Station {
  Part part = Part::kOther;
  std::string name{};   // for people: "task 10.0.1.7"
  std::string netns{};  // below /run/netns
  std::string interface_id{};
  Ipv4 address{};                  // inside its VPC; of the internet: where it sends from
  std::optional<Ipv4> public_address{};
  std::vector<std::string> groups{};
};

// Rules of one answer of DescribeSecurityGroupRules, IPv4 only.
std::vector<Rule> RulesOf(const Json& answer);
// TCP from one station of a VPC to another, or from the internet to a public address.
bool Allows(const std::vector<Rule>& rules, const Station& from, const Station& to, int port);

std::string_view NameOf(Part part);

}  // namespace terrarium::prove
