#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "store/database.h"

// What other services ask of Elastic Load Balancing, inside their own transactions. A target is an address and a port (target type ip).
namespace terrarium::elbv2 {

struct TargetGroupView {
  std::string arn, vpc, target_type;
  bool has_load_balancer = false;  // some listener forwards to it
};
// Nothing if there is none of that ARN.
std::optional<TargetGroupView> FindTargetGroup(store::Tx& tx, std::string_view arn);

// Idempotent. `notify` is a work key that is touched whenever the target's state changes, until it is gone.
Status RegisterTarget(store::Tx& tx, std::string_view target_group, std::string_view address, int port, std::string_view notify);
// The target drains for the group's deregistration delay, then it is gone. Absent is success.
Status DeregisterTarget(store::Tx& tx, std::string_view target_group, std::string_view address, int port);

struct TargetHealth {
  std::string state;        // initial, healthy, unhealthy, unused, draining
  std::string reason;       // Target.FailedHealthChecks …
  std::string description;  // "Health checks failed with these codes: [502]"
};
// Nothing once it is gone.
std::optional<TargetHealth> FindTarget(store::Tx& tx, std::string_view target_group, std::string_view address, int port);

// What a load balancer's name means: public addresses where it faces the internet, else those in its VPC. Only interfaces that are there.
struct DnsName {
  std::string vpc, name;
  std::vector<std::string> addresses;
};
std::vector<DnsName> DnsNames(store::Tx& tx);

// Where the internet comes in: an internet-facing load balancer with its public addresses, one a zone, and the ports of its listeners, ascending.
struct PublicDoor {
  std::string load_balancer, dns_name;
  std::vector<std::string> addresses;
  std::vector<int> ports;
};
// The oldest first. Those without an address or a listener are left out.
std::vector<PublicDoor> Doors(store::Tx& tx);

}  // namespace terrarium::elbv2
