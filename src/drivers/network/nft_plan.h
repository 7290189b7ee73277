#pragma once

#include <string>
#include <vector>

#include "drivers/network/nft_table.h"

// Pure: what the kernel has and what is wanted, to one nft transaction. Empty text: nothing to do.
namespace terrarium::network {

// The fixed chains of a VPC's table. Everything that concerns one interface is an element of a set or map.
std::string BaseText(const Cidr& vpc);
// The fixed table of the fabric.
std::string FabricText();
// The name of the empty chain that tells which version of the fixed text is loaded.
std::string BaseMarker(std::string_view base_text);

struct GroupsPlan {
  std::string text;
  std::vector<GroupId> kept;  // asked to go, still in use by an interface
};

// Base text and groups with their rules, for exactly the groups of `spec`.
GroupsPlan PlanGroups(const Table& table, const host::VpcSpec& spec, const std::vector<Interface>& interfaces);

// Elements and policy chains for exactly these interfaces.
std::string PlanInterfaces(const Table& table, const std::vector<Interface>& interfaces);

std::string RuleText(const RuleSpec& rule, Direction direction);

}  // namespace terrarium::network
