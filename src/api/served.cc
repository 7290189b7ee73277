#include "api/served.h"

#include <algorithm>

namespace terrarium::api {
namespace {

using codec::Kind;

bool SaysNothing(Kind kind, const void* value, const ServedRules& rules) {
  switch (kind) {
    case Kind::kBoolean: return !*static_cast<const bool*>(value);
    case Kind::kInteger: return rules.zero_is_absent && *static_cast<const std::int32_t*>(value) == 0;
    case Kind::kList: return static_cast<const codec::RawList*>(value)->count == 0;
    default: return false;
  }
}

}  // namespace

std::string_view FirstUnserved(codec::Type type, const void* structure, std::initializer_list<std::string_view> served, const ServedRules& rules) {
  const codec::Tables& tables = *type.tables;
  const codec::Shape& shape = tables.shapes[type.shape];
  for (std::uint32_t i = shape.first; i < shape.first + shape.count; ++i) {
    const codec::Member& member = tables.members[i];
    const void* value = codec::Present(tables, member, structure);
    const std::string_view name = tables[member.name];
    if (value == nullptr || name == rules.also || std::find(served.begin(), served.end(), name) != served.end()) continue;
    if (!SaysNothing(tables.shapes[member.shape].kind, value, rules)) return name;
  }
  return {};
}

}  // namespace terrarium::api
