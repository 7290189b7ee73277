#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "host/network/network.h"

// What a VPC's nftables table holds, read from the kernel's listing. The driver remembers nothing between two calls: this is its memory.
namespace terrarium::network {

using host::GroupId;
using host::GroupSpec;
using host::RuleSpec;

struct TableRule {
  std::string comment{};
  std::string jump{};  // target of a jump or goto
  bool drops = false;
  std::uint64_t packets = 0;
};

struct Table {
  bool present = false;
  std::map<std::string, std::vector<TableRule>> chains{};
  // Elements as nft text: `"e0010" . 10.0.1.4`. A set has empty values.
  std::map<std::string, std::map<std::string, std::string>> elements{};
};

// One interface as the table knows it.
struct Interface {
  std::string name{};
  Ipv4 address{};
  std::vector<GroupId> groups{};
  std::optional<Ipv4> public_address{};
  bool task_endpoints = false;
  bool operator==(const Interface&) const = default;
};

// Reads `nft -j list ruleset`; only the inet table of that name counts.
Result<Table> ParseTable(std::string_view json, std::string_view table_name);

std::vector<Interface> InterfacesOf(const Table& table);
std::vector<GroupId> GroupsOf(const Table& table);

enum class Direction : unsigned char { kIngress, kEgress };
std::string GroupChain(const GroupId& group, Direction direction);
std::string MemberSet(const GroupId& group);
// The name of a list of groups: equal lists share their two chains, whatever their order.
std::string PolicyName(std::vector<GroupId> groups);

}  // namespace terrarium::network
