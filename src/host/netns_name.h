#pragma once

#include <algorithm>
#include <string>
#include <string_view>

namespace terrarium::host {

// Whether a name below /run/netns is that of an interface of this instance, as the driver of networks makes it. Nothing that an instance starts
// has business in a router, in the public fabric, in the machine's own namespace or in another instance's.
inline bool IsInterfaceNetns(std::string_view instance, std::string_view name) {
  const std::string prefix = "trm-" + std::string(instance) + "-eni-";
  return name.size() > prefix.size() && name.size() <= 200 && name.starts_with(prefix) &&
         std::ranges::all_of(name, [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; });
}

}  // namespace terrarium::host
