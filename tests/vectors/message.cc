#include "message.h"

#include <cmath>
#include <map>

namespace terrarium::vectors {
namespace {

using codec::Kind;
using codec::RawList;

double Number(const Json& value) {
  if (value.string() == "NaN") return NAN;
  if (value.string() == "Infinity") return INFINITY;
  if (value.string() == "-Infinity") return -INFINITY;
  return value.number();
}

Status FillValue(const codec::Tables& t, std::uint16_t index, void* at, const Json& value, Arena& arena) {
  const codec::Shape& shape = t.shapes[index];
  switch (shape.kind) {
    case Kind::kString:
    case Kind::kBlob: *static_cast<Str*>(at) = arena.Copy(value.string()); return {};
    case Kind::kBoolean: *static_cast<bool*>(at) = value.boolean(); return {};
    case Kind::kInteger: *static_cast<std::int32_t*>(at) = static_cast<std::int32_t>(value.integer()); return {};
    case Kind::kLong: *static_cast<std::int64_t*>(at) = value.integer(); return {};
    case Kind::kDouble: *static_cast<double*>(at) = Number(value); return {};
    case Kind::kTimestamp: *static_cast<std::int64_t*>(at) = std::llround(value.number() * 1000); return {};
    case Kind::kList:
      codec::MakePresent(arena, *static_cast<RawList*>(at));
      for (const Json& item : value.array()) {
        if (item.is_null()) return Fail(ErrorKind::kUnsupported, "a list with a null in it");
        TRY(FillValue(t, shape.element, codec::AddItem(arena, *static_cast<RawList*>(at), shape.size), item, arena));
      }
      return {};
    case Kind::kMap:
      codec::MakePresent(arena, *static_cast<RawList*>(at));
      for (const auto& [key, item] : value.object()) {
        if (item.is_null()) return Fail(ErrorKind::kUnsupported, "a map with a null in it");
        auto* entry = static_cast<char*>(codec::AddItem(arena, *static_cast<RawList*>(at), shape.size));
        *reinterpret_cast<Str*>(entry) = arena.Copy(key);
        TRY(FillValue(t, shape.element, entry + codec::kMapValueOffset, item, arena));
      }
      return {};
    case Kind::kStructure: break;
  }
  if (!value.is_object()) return Fail(ErrorKind::kUnsupported, "a document");
  for (const auto& [name, item] : value.object()) {
    if (item.is_null()) continue;
    const codec::Member* member = nullptr;
    for (const codec::Member *m = t.members + shape.first, *end = m + shape.count; m < end; ++m)
      if (t[m->name] == name) member = m;
    if (member == nullptr) return Fail(ErrorKind::kUnsupported, "a document with " + name);
    TRY(FillValue(t, member->shape, codec::Emplace(t, *member, at, arena), item, arena));
  }
  return {};
}

Json ShowValue(const codec::Tables& t, std::uint16_t index, const void* at) {
  const codec::Shape& shape = t.shapes[index];
  switch (shape.kind) {
    case Kind::kString:
    case Kind::kBlob: return static_cast<const Str*>(at)->view();
    case Kind::kBoolean: return *static_cast<const bool*>(at);
    case Kind::kInteger: return static_cast<std::int64_t>(*static_cast<const std::int32_t*>(at));
    case Kind::kLong:
    case Kind::kTimestamp: return *static_cast<const std::int64_t*>(at);
    case Kind::kDouble: {
      const double v = *static_cast<const double*>(at);
      if (std::isnan(v)) return "NaN";
      if (std::isinf(v)) return v > 0 ? "Infinity" : "-Infinity";
      return v;
    }
    case Kind::kList: {
      const auto& list = *static_cast<const RawList*>(at);
      Json::Array out;
      for (std::uint32_t i = 0; i < list.count; ++i) out.push_back(ShowValue(t, shape.element, list.items + std::size_t{i} * shape.size));
      return out;
    }
    case Kind::kMap: {
      const auto& map = *static_cast<const RawList*>(at);
      std::map<std::string, Json> sorted;
      for (std::uint32_t i = 0; i < map.count; ++i) {
        const char* entry = map.items + std::size_t{i} * shape.size;
        sorted[reinterpret_cast<const Str*>(entry)->str()] = ShowValue(t, shape.element, entry + codec::kMapValueOffset);
      }
      return Json::Object(sorted.begin(), sorted.end());
    }
    case Kind::kStructure: break;
  }
  Json::Object out;
  for (const codec::Member *m = t.members + shape.first, *end = m + shape.count; m < end; ++m)
    if (const void* value = codec::Present(t, *m, at)) out.emplace_back(t[m->name], ShowValue(t, m->shape, value));
  return out;
}

}  // namespace

Result<void*> Fill(const codec::Tables& tables, std::uint16_t shape, const Json& values, Arena& arena) {
  if (shape == codec::kNoShape) return nullptr;
  void* message = arena.Zero(tables.shapes[shape].size);
  TRY(FillValue(tables, shape, message, values, arena));
  return message;
}

Json Show(const codec::Tables& tables, std::uint16_t shape, const void* message) {
  return shape == codec::kNoShape ? Json(Json::Object{}) : ShowValue(tables, shape, message);
}

}  // namespace terrarium::vectors
