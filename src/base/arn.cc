#include "base/arn.h"

namespace terrarium {

std::optional<Arn> Arn::Parse(std::string_view text) {
  std::string_view parts[6];
  for (int i = 0; i < 5; ++i) {
    const std::size_t colon = text.find(':');
    if (colon == std::string_view::npos) return std::nullopt;
    parts[i] = text.substr(0, colon);
    text.remove_prefix(colon + 1);
  }
  if (parts[0] != "arn" || parts[1].empty() || parts[2].empty() || text.empty()) return std::nullopt;
  return Arn{std::string(parts[1]), std::string(parts[2]), std::string(parts[3]), std::string(parts[4]), std::string(text)};
}

std::string Arn::str() const { return "arn:" + partition + ":" + service + ":" + region + ":" + account + ":" + resource; }

std::string MakeArn(std::string_view service, std::string_view region, std::string_view account, std::string_view resource) {
  return Arn{"aws", std::string(service), std::string(region), std::string(account), std::string(resource)}.str();
}

}  // namespace terrarium
