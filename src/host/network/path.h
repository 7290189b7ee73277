#pragma once

#include <functional>
#include <vector>

#include "host/network/network.h"

// Pure: what a VPC does with the first packet of a connection. The driver asks with what it reads from the kernel, the fake with its memory.
namespace terrarium::host {

struct PathInterface {
  std::string name{};
  Ipv4 address{};
  std::vector<GroupId> groups{};
  std::optional<Ipv4> public_address{};
};

struct PathRule {
  RuleSpec rule;
  std::uint64_t packets = 0;
};

struct PathView {
  Cidr cidr{};
  bool internet = false;
  std::vector<SubnetSpec> subnets{};
  std::vector<PathInterface> interfaces{};
  std::function<std::vector<PathRule>(const GroupId&, bool ingress)> rules{};
};

PathVerdict ExplainPath(const PathView& view, const PathQuery& query);

}  // namespace terrarium::host
