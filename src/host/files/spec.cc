#include "host/files/spec.h"

#include <algorithm>

#include "base/text.h"

namespace terrarium::host {

bool IsFileSystemId(std::string_view s) {
  return s.size() == 20 && s.starts_with("fs-") && std::all_of(s.begin() + 3, s.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

bool IsFileSystemPath(std::string_view s) {
  if (s == "/") return true;
  if (s.size() < 2 || s.size() > 100 || s.front() != '/') return false;
  for (std::string_view part : Split(s.substr(1), '/')) {
    if (part.empty() || part == "." || part == ".." || std::any_of(part.begin(), part.end(), [](unsigned char c) { return c < 32 || c == 127; })) return false;
  }
  return true;
}

}  // namespace terrarium::host
