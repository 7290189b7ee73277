#include "wire/origin.h"

#include <algorithm>

#include "base/text.h"

namespace terrarium::wire {
namespace {

// The host without its port; empty if the port is not a number.
std::string_view HostName(std::string_view host) {
  const std::size_t bracket = host.find(']');
  const std::size_t colon = host.find(':', host.starts_with('[') && bracket != std::string_view::npos ? bracket : 0);
  if (colon == std::string_view::npos) return host;
  const std::string_view port = host.substr(colon + 1);
  if (port.size() > 5 || !std::ranges::all_of(port, [](char c) { return c >= '0' && c <= '9'; })) return {};
  return host.substr(0, colon);
}

bool HostMatches(std::string_view name, std::string_view allowed) {
  if (!allowed.starts_with('.')) return EqualsIgnoreCase(name, allowed);
  return name.size() > allowed.size() && EqualsIgnoreCase(name.substr(name.size() - allowed.size()), allowed);
}

}  // namespace

ParseError CheckOrigin(const RequestHead& head, const ServerOptions& options) {
  const std::string_view name = HostName(head.host);
  const bool ours = !name.empty() && std::ranges::any_of(options.hosts, [&](const std::string& allowed) { return HostMatches(name, allowed); });
  if (!ours) return {403, "this Host is not served here"};
  bool known_origin = false;
  for (const auto& [key, value] : head.headers) {
    if (!EqualsIgnoreCase(key, "origin")) continue;
    known_origin = std::ranges::any_of(options.origins, [&](const std::string& allowed) { return value == allowed; });
    if (!known_origin) return {403, "requests from this Origin are not served"};
  }
  // Browsers send no Origin with a plain GET for another site's image or script, but they do say this.
  if (!known_origin && EqualsIgnoreCase(head.Header("sec-fetch-site"), "cross-site")) return {403, "requests from other sites' pages are not served"};
  return {0, {}};
}

}  // namespace terrarium::wire
