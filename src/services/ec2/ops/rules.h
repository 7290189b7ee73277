#pragma once

#include <optional>
#include <string>
#include <vector>

#include "services/ec2/common.h"

// The rules of security groups: from the API's permissions to one row a peer, and back.
namespace terrarium::ec2 {

// Permissions spread out to rules without ids. What the engine does not make real is refused by name.
Result<std::vector<rows::Rule>> ReadPermissions(const api::Call& call, const rows::Group& group, const List<wire::IpPermission>& permissions, bool egress);
// The same traffic and peer.
bool SameTraffic(const rows::Rule& a, const rows::Rule& b);
// "peer: 0.0.0.0/0, TCP, from port: 80, to port: 80, ALLOW"
std::string DescribeRule(const rows::Rule& rule);
// A protocol as AWS shows it: "tcp", "udp", "icmp", "-1" or a number. Nothing if it is none, or one of IPv6.
std::optional<std::string> NormalProtocol(std::string_view text);
// Rules with equal protocol and ports become one permission.
List<wire::IpPermission> WirePermissions(const api::Call& call, const rows::Group& group, bool egress);
wire::SecurityGroupRule WireRule(const api::Call& call, const rows::Group& group, const rows::Rule& rule);
void SaveGroup(const api::Call& call, const rows::Group& group);

}  // namespace terrarium::ec2
