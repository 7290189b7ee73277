#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/ip.h"
#include "base/result.h"
#include "gen/host_proxy/types.h"

// A load balancer as a driver may render it: every number in range, every name of a closed alphabet. Texts that a user may choose freely
// (paths, bodies, parts of a redirect) are checked for length and control bytes here and escaped where they are rendered.
namespace terrarium::proxy {

struct Target {
  Ipv4 address{};
  std::uint16_t port = 0;
  bool draining = false;
  std::string Name() const { return address.ToString() + ":" + std::to_string(port); }
};
struct HealthCheck {
  std::string path;
  int port = 0;  // 0: the target's own
  int interval = 30, timeout = 5, healthy = 5, unhealthy = 2;
  std::string matcher = "200";
};
struct TargetGroup {
  std::string id;
  HealthCheck check;
  std::vector<Target> targets;
};
enum class ActionType : unsigned char { kForward, kRedirect, kFixedResponse };
struct Action {
  ActionType type = ActionType::kForward;
  std::string target_group{};
  int status = 0;
  std::string protocol{}, host{}, port{}, path{}, query{};
  std::string content_type{}, body{};
};
struct Listener {
  std::uint16_t port = 0;
  Action action;
};
struct Spec {
  std::string id, interface, network_namespace;
  int idle_timeout = 60;
  std::vector<Listener> listeners;
  std::vector<TargetGroup> groups;
};

bool IsProxyId(std::string_view id);
// "200", "200,202", "200-399": codes from 200 to 499.
bool IsMatcher(std::string_view matcher);

// kInvalid with what does not fit, as an ALB's own limits have it; defaults of target groups are filled in.
Result<Spec> ParseSpec(const gen::host_proxy::ProxySpec* message);

}  // namespace terrarium::proxy
