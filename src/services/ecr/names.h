#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace terrarium::ecr {

// 2 to 256 characters, [a-z0-9]+((.|_|__|-+)[a-z0-9]+)* parts separated by '/'.
bool IsRepositoryName(std::string_view name);
// What OCI allows: [A-Za-z0-9_][A-Za-z0-9._-]{0,127}.
bool IsImageTag(std::string_view tag);

}  // namespace terrarium::ecr
