#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "base/result.h"
#include "store/database.h"

// What other services ask of EC2, inside their own transactions: network interfaces, and what subnets and groups are.
// Errors carry EC2's codes (InvalidSubnetID.NotFound, InvalidGroup.NotFound, InsufficientFreeAddressesInSubnet); a service that answers with its own says so.
namespace terrarium::ec2 {

struct Scope {
  store::Tx& tx;
  Random& random;
  std::string account;
  std::string region;
};

struct SubnetView {
  std::string id, arn, vpc, cidr, zone;
  bool map_public = false;
  int free_addresses = 0;
};
// InvalidSubnetID.NotFound.
Result<SubnetView> GetSubnet(const Scope& scope, std::string_view subnet);

struct VpcView {
  std::string id, cidr, default_group;
  bool dns_hostnames = false;
  bool internet = false;  // an internet gateway is attached
};
Result<VpcView> GetVpc(const Scope& scope, std::string_view vpc);

// InvalidGroup.NotFound for a group that is not there or is of another VPC.
Status CheckGroups(const Scope& scope, std::string_view vpc, const std::vector<std::string>& groups);

struct EniRequest {
  std::string subnet;
  std::vector<std::string> groups{};  // empty: the VPC's default group; at most five
  std::string address{};              // empty: any free one
  bool public_address = false;        // mapped by the internet gateway while the interface lives
  bool task_endpoints = false;        // 169.254.170.2 answers: for ECS tasks
  std::string type = "interface";     // what DescribeNetworkInterfaces shows: "load_balancer", "interface" …
  std::string requester{};            // the service that asks ("ecs", "rds", "elasticloadbalancing"): users cannot delete its interfaces
  std::string description{};
  std::string notify{};               // work key that is touched when the interface becomes ready and when it is gone
};

struct EniView {
  std::string id, vpc, subnet, subnet_cidr, zone, address, mac, public_address, private_name, public_name;
  std::vector<std::string> groups;
  std::string netns;      // path of its network namespace; the device in it is eth0
  bool ready = false;     // the host has it: packets pass
  bool releasing = false;
};

// A new interface. It is made on the host after the commit; `notify` hears when.
Result<EniView> AllocateEni(const Scope& scope, const EniRequest& request);
// Gives it back; absent is success. Its addresses are not used again before the host has let go of them, connections included.
Status ReleaseEni(const Scope& scope, std::string_view eni);
Status SetEniGroups(const Scope& scope, std::string_view eni, const std::vector<std::string>& groups);
std::optional<EniView> FindEni(const Scope& scope, std::string_view eni);
// Why the first packet of a TCP connection between two interfaces of one VPC would not pass: the security group rule that is missing. Nothing: it passes.
std::optional<std::string> WhyUnreachable(const Scope& scope, std::string_view from_eni, std::string_view to_eni, int port);
// "us-east-1a" -> "use1-az1".
std::string ZoneIdOf(std::string_view zone);
// Every interface of every account: for the snapshot that terrarium-node answers DNS and credentials from.
std::vector<EniView> ListAllEnis(store::Tx& tx);
// The block of a VPC of any account.
std::optional<std::string> FindVpcCidr(store::Tx& tx, std::string_view vpc);

}  // namespace terrarium::ec2
