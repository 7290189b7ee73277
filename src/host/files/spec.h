#pragma once

#include <string_view>

namespace terrarium::host {

inline constexpr std::size_t kFileSystemKeySize = 64;

bool IsFileSystemId(std::string_view s);  // fs- and 17 lower case hexadecimal digits
// An absolute path in a file system: "/" or parts without ".", "..", empty ones, control characters; at most 100 characters.
bool IsFileSystemPath(std::string_view s);

}  // namespace terrarium::host
