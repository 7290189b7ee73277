#include "host/proxy/spec.h"

#include <algorithm>
#include <set>

#include "base/text.h"

namespace terrarium::proxy {
namespace {

std::unexpected<Error> Wrong(std::string what) { return Fail(ErrorKind::kInvalid, std::move(what)); }

bool AllOf(std::string_view text, std::string_view extra, bool upper) {
  return std::ranges::all_of(text, [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (upper && c >= 'A' && c <= 'Z') || extra.contains(c);
  });
}
bool Visible(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c > ' ' && c < 127; });
}
bool IsPort(int port) { return port >= 1 && port <= 65535; }
bool Within(int value, int low, int high) { return value >= low && value <= high; }

Result<TargetGroup> ParseGroup(const gen::host_proxy::ProxyTargetGroup& in) {
  TargetGroup group;
  group.id = in.id.str();
  if (group.id.empty() || group.id.size() > 64 || !AllOf(group.id, "-", true)) return Wrong("the id of a target group does not fit");
  if (in.health_check != nullptr) {
    const auto& check = *in.health_check;
    group.check.path = check.path.value_or("/");
    group.check.port = check.port.value_or(0);
    group.check.interval = check.interval_seconds.value_or(30);
    group.check.timeout = check.timeout_seconds.value_or(5);
    group.check.healthy = check.healthy_threshold.value_or(5);
    group.check.unhealthy = check.unhealthy_threshold.value_or(2);
    group.check.matcher = check.matcher.value_or("200");
  } else {
    group.check.path = "/";
  }
  const HealthCheck& check = group.check;
  if (!check.path.starts_with('/') || check.path.size() > 1024 || !Visible(check.path)) return Wrong("the health check path does not fit");
  if (check.port != 0 && !IsPort(check.port)) return Wrong("the health check port does not fit");
  if (!Within(check.interval, 5, 300)) return Wrong("the health check interval must be 5 to 300 seconds");
  if (!Within(check.timeout, 2, 120) || check.timeout >= check.interval) return Wrong("the health check timeout must be 2 to 120 seconds and below the interval");
  if (!Within(check.healthy, 2, 10) || !Within(check.unhealthy, 2, 10)) return Wrong("health check thresholds must be 2 to 10");
  if (!IsMatcher(check.matcher)) return Wrong("the health check matcher does not fit");
  std::set<std::string> names;
  for (const auto& target : in.targets) {
    const auto address = Ipv4::Parse(target.address);
    if (!address) return Wrong("not an IPv4 address: " + Printable(target.address));
    const int port = target.port.value_or(0);
    if (!IsPort(port)) return Wrong("the port of a target does not fit");
    group.targets.push_back({*address, static_cast<std::uint16_t>(port), target.draining.value_or(false)});
    if (!names.insert(group.targets.back().Name()).second) return Wrong("a target is named twice");
  }
  return group;
}

Result<Action> ParseAction(const gen::host_proxy::ProxyAction* in, const Spec& spec) {
  if (in == nullptr) return Wrong("a listener needs a default action");
  Action action;
  if (in->type == "forward") {
    action.target_group = in->target_group.str();
    if (std::ranges::none_of(spec.groups, [&](const TargetGroup& group) { return group.id == action.target_group; }))
      return Wrong("a listener forwards to a target group that is not there");
    return action;
  }
  action.status = in->status_code.value_or(0);
  if (in->type == "redirect") {
    action.type = ActionType::kRedirect;
    action.protocol = in->protocol.value_or("#{protocol}");
    action.host = in->host.value_or("#{host}");
    action.port = in->port.value_or("#{port}");
    action.path = in->path.value_or("/#{path}");
    action.query = in->query.value_or("#{query}");
    if (action.status != 301 && action.status != 302) return Wrong("a redirect must be 301 or 302");
    const std::string protocol = ToLower(action.protocol);
    if (protocol != "http" && protocol != "https" && protocol != "#{protocol}") return Wrong("the protocol of a redirect does not fit");
    const auto port = ParseInt(action.port);
    if (action.port != "#{port}" && (!port || *port < 1 || *port > 65535)) return Wrong("the port of a redirect does not fit");
    if (action.host.empty() || action.host.size() > 128 || !Visible(action.host)) return Wrong("the host of a redirect does not fit");
    if (!action.path.starts_with('/') || action.path.size() > 128 || !Visible(action.path)) return Wrong("the path of a redirect does not fit");
    if (action.query.size() > 128 || !Visible(action.query)) return Wrong("the query of a redirect does not fit");
    return action;
  }
  if (in->type == "fixed-response") {
    action.type = ActionType::kFixedResponse;
    action.content_type = in->content_type.value_or("text/plain");
    action.body = in->body.str();
    constexpr std::string_view kTypes[] = {"text/plain", "text/css", "text/html", "application/javascript", "application/json"};
    if (std::ranges::find(kTypes, action.content_type) == std::end(kTypes)) return Wrong("the content type of a fixed response does not fit");
    if (!Within(action.status, 200, 299) && !Within(action.status, 400, 599)) return Wrong("a fixed response must be 2xx, 4xx or 5xx");
    if (action.body.size() > 1024 || action.body.contains('\0')) return Wrong("the body of a fixed response does not fit");
    return action;
  }
  return Fail(ErrorKind::kUnsupported, "Terrarium does not support listener actions of type " + Printable(in->type));
}

}  // namespace

bool IsProxyId(std::string_view id) {
  return !id.empty() && id.size() <= 64 && id[0] != '-' && AllOf(id, "-", false);
}

bool IsMatcher(std::string_view matcher) {
  if (matcher.empty() || matcher.size() > 256) return false;
  return std::ranges::all_of(Split(matcher, ','), [](std::string_view part) {
    const auto ends = Split(part, '-');
    if (ends.size() > 2) return false;
    int last = 200;
    for (const std::string_view end : ends) {
      const auto code = ParseInt(end);
      if (end.size() != 3 || !code || *code < last || *code > 499) return false;
      last = static_cast<int>(*code);
    }
    return true;
  });
}

Result<Spec> ParseSpec(const gen::host_proxy::ProxySpec* message) {
  if (message == nullptr) return Wrong("a load balancer needs a specification");
  Spec spec;
  spec.id = message->id.str();
  spec.interface = message->interface.str();
  spec.network_namespace = message->network_namespace.str();
  spec.idle_timeout = message->idle_timeout_seconds.value_or(60);
  if (!IsProxyId(spec.id)) return Wrong("the id of a load balancer does not fit");
  if (!spec.interface.starts_with("eni-") || !AllOf(spec.interface, "-", false)) return Wrong("the interface of a load balancer does not fit");
  if (!spec.network_namespace.starts_with('/')) return Wrong("the network namespace of a load balancer must be a path");
  if (!Within(spec.idle_timeout, 1, 4000)) return Wrong("the idle timeout must be 1 to 4000 seconds");
  if (message->listeners.size() > 50 || message->target_groups.size() > 100) return Fail(ErrorKind::kLimit, "a load balancer has at most 50 listeners and 100 target groups");
  std::set<std::string> groups;
  std::size_t targets = 0;
  for (const auto& in : message->target_groups) {
    TRY_ASSIGN(TargetGroup group, ParseGroup(in));
    if (!groups.insert(group.id).second) return Wrong("a target group is named twice");
    targets += group.targets.size();
    spec.groups.push_back(std::move(group));
  }
  if (targets > 1000) return Fail(ErrorKind::kLimit, "a load balancer has at most 1000 targets");
  std::set<int> ports;
  for (const auto& in : message->listeners) {
    const int port = in.port.value_or(0);
    if (!IsPort(port) || !ports.insert(port).second) return Wrong("the port of a listener does not fit or is taken");
    TRY_ASSIGN(Action action, ParseAction(in.default_action, spec));
    spec.listeners.push_back({static_cast<std::uint16_t>(port), std::move(action)});
  }
  std::ranges::sort(spec.listeners, {}, &Listener::port);
  return spec;
}

}  // namespace terrarium::proxy
