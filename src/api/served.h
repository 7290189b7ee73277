#pragma once

#include <initializer_list>
#include <string_view>

#include "codec/descriptor.h"

namespace terrarium::api {

struct ServedRules {
  std::string_view also{};      // one more that is served: what every request of a service may have
  bool zero_is_absent = false;  // 0 of an integer
};

// The name of a member of the structure that is present and not among those that are served; empty if there is none. A service refuses it by that name, so that
// nothing is accepted and ignored. False and an empty list count as absent.
std::string_view FirstUnserved(codec::Type type, const void* structure, std::initializer_list<std::string_view> served, const ServedRules& rules = {});

}  // namespace terrarium::api
