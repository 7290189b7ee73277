// name and name_prefix, as the official provider makes and recognises them.
#pragma once

#include <string>
#include <string_view>

#include "provider/resource/call.h"

namespace terrarium::provider {

// The configured name, or prefix + 26 digits; `otherwise` is the prefix when none is given.
std::string ChooseName(const Call& call, const Object& planned, std::string_view otherwise = "terraform-",
                       std::string_view name = "name", std::string_view prefix = "name_prefix");
// The prefix of a name that ChooseName made; "" otherwise.
std::string PrefixOfName(std::string_view name);

}  // namespace terrarium::provider
