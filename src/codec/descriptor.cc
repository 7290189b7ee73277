#include "codec/descriptor.h"

#include <algorithm>
#include <optional>

namespace terrarium::codec {
namespace {

template <class T>
const void* PresentScalar(const void* at) {
  const auto* value = static_cast<const std::optional<T>*>(at);
  return value->has_value() ? &**value : nullptr;
}

template <class T>
void* EmplaceScalar(void* at) {
  return &static_cast<std::optional<T>*>(at)->emplace();
}

}  // namespace

const Operation* Service::Find(std::string_view operation) const {
  for (const Operation* o = operations; o < operations + operation_count; ++o)
    if ((*tables)[o->name] == operation) return o;
  return nullptr;
}

bool Service::IsUnserved(std::string_view operation) const {
  return std::any_of(unserved, unserved + unserved_count, [&](Text t) { return (*tables)[t] == operation; });
}

const ErrorShape* Service::FindError(std::string_view code) const {
  for (const ErrorShape* e = errors; e < errors + error_count; ++e)
    if ((*tables)[e->code] == code || (*tables)[e->name] == code) return e;
  return nullptr;
}

const void* Present(const Tables& tables, const Member& member, const void* structure) {
  const char* at = static_cast<const char*>(structure) + member.offset;
  switch (tables.shapes[member.shape].kind) {
    case Kind::kString:
    case Kind::kBlob: return reinterpret_cast<const Str*>(at)->has_value() ? at : nullptr;
    case Kind::kBoolean: return PresentScalar<bool>(at);
    case Kind::kInteger: return PresentScalar<std::int32_t>(at);
    case Kind::kLong:
    case Kind::kTimestamp: return PresentScalar<std::int64_t>(at);
    case Kind::kDouble: return PresentScalar<double>(at);
    case Kind::kStructure: return *reinterpret_cast<const void* const*>(at);
    case Kind::kList:
    case Kind::kMap: return reinterpret_cast<const RawList*>(at)->items != nullptr ? at : nullptr;
  }
  return nullptr;
}

void* Emplace(const Tables& tables, const Member& member, void* structure, Arena& arena) {
  char* at = static_cast<char*>(structure) + member.offset;
  const Shape& shape = tables.shapes[member.shape];
  switch (shape.kind) {
    case Kind::kBoolean: return EmplaceScalar<bool>(at);
    case Kind::kInteger: return EmplaceScalar<std::int32_t>(at);
    case Kind::kLong:
    case Kind::kTimestamp: return EmplaceScalar<std::int64_t>(at);
    case Kind::kDouble: return EmplaceScalar<double>(at);
    case Kind::kStructure: {
      void*& to = *reinterpret_cast<void**>(at);
      if (to == nullptr) to = arena.Zero(shape.size);
      return to;
    }
    case Kind::kString:
    case Kind::kBlob:
    case Kind::kList:
    case Kind::kMap: return at;
  }
  return at;
}

void* AddItem(Arena& arena, RawList& list, std::size_t size) {
  if (list.count == list.capacity) {
    const std::uint32_t to = list.capacity == 0 ? 4 : list.capacity * 2;
    auto* grown = static_cast<char*>(arena.Zero(size * to));
    if (list.count > 0) std::memcpy(grown, list.items, size * list.count);
    list.items = grown;
    list.capacity = to;
  }
  return list.items + size * list.count++;
}

void MakePresent(Arena& arena, RawList& list) {
  if (list.items == nullptr) list.items = static_cast<char*>(arena.Zero(1));
}

}  // namespace terrarium::codec
