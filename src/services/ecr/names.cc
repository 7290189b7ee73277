#include "services/ecr/names.h"

#include "base/text.h"

namespace terrarium::ecr {
namespace {

bool IsPart(std::string_view part) {
  const auto alnum = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  if (part.empty() || !alnum(part.front()) || !alnum(part.back())) return false;
  for (std::size_t i = 0; i < part.size();) {
    if (alnum(part[i])) {
      ++i;
      continue;
    }
    std::size_t end = i;
    while (!alnum(part[end])) ++end;  // the last is alphanumeric
    const std::string_view separator = part.substr(i, end - i);
    if (separator != "." && separator != "_" && separator != "__" && separator.find_first_not_of('-') != std::string_view::npos) return false;
    i = end;
  }
  return true;
}

}  // namespace

bool IsRepositoryName(std::string_view name) {
  if (name.size() < 2 || name.size() > 256) return false;
  for (const std::string_view part : Split(name, '/'))
    if (!IsPart(part)) return false;
  return true;
}

bool IsImageTag(std::string_view tag) {
  if (tag.empty() || tag.size() > 128 || tag.front() == '.' || tag.front() == '-') return false;
  for (const char c : tag)
    if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '-')) return false;
  return true;
}

}  // namespace terrarium::ecr
