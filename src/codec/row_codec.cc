#include "codec/row_codec.h"

#include <cstring>

#include "base/check.h"

namespace terrarium::codec {
namespace {

constexpr int kMaxDepth = 32;

enum class Wire : std::uint8_t { kVarint = 0, kFixed64 = 1, kBytes = 2 };

template <class T>
const T& At(const void* p) {
  return *static_cast<const T*>(p);
}

void PutVarint(std::string& out, std::uint64_t v) {
  for (; v >= 0x80; v >>= 7) out += static_cast<char>(v | 0x80);
  out += static_cast<char>(v);
}

std::uint64_t ZigZag(std::int64_t v) { return (static_cast<std::uint64_t>(v) << 1) ^ static_cast<std::uint64_t>(v >> 63); }
std::int64_t UnZigZag(std::uint64_t v) { return static_cast<std::int64_t>(v >> 1) ^ -static_cast<std::int64_t>(v & 1); }

Wire WireOf(Kind kind) {
  switch (kind) {
    case Kind::kBoolean:
    case Kind::kInteger:
    case Kind::kLong:
    case Kind::kTimestamp: return Wire::kVarint;
    case Kind::kDouble: return Wire::kFixed64;
    default: return Wire::kBytes;
  }
}

void PutValue(const Tables& t, std::uint16_t index, const void* p, std::string& out);

// Length-prefixed, the length written after the content is known.
template <class F>
void PutBlock(std::string& out, F&& content) {
  std::string inner;
  content(inner);
  PutVarint(out, inner.size());
  out += inner;
}

void PutValue(const Tables& t, std::uint16_t index, const void* p, std::string& out) {
  const Shape& s = t.shapes[index];
  switch (s.kind) {
    case Kind::kBoolean: return PutVarint(out, At<bool>(p) ? 1 : 0);
    case Kind::kInteger: return PutVarint(out, ZigZag(At<std::int32_t>(p)));
    case Kind::kLong:
    case Kind::kTimestamp: return PutVarint(out, ZigZag(At<std::int64_t>(p)));
    case Kind::kDouble: {
      std::uint64_t bits = 0;
      std::memcpy(&bits, p, sizeof bits);
      for (int i = 0; i < 8; ++i) out += static_cast<char>(bits >> (8 * i));
      return;
    }
    case Kind::kString:
    case Kind::kBlob: {
      const std::string_view v = At<Str>(p).view();
      PutVarint(out, v.size());
      out += v;
      return;
    }
    case Kind::kStructure: return PutBlock(out, [&](std::string& inner) { EncodeRow(t, index, p, inner); });
    case Kind::kList:
    case Kind::kMap:
      return PutBlock(out, [&](std::string& inner) {
        const auto& list = At<RawList>(p);
        for (std::uint32_t i = 0; i < list.count; ++i) {
          const char* item = list.items + std::size_t{i} * s.size;
          if (s.kind == Kind::kMap) {
            const std::string_view key = At<Str>(item).view();
            PutVarint(inner, key.size());
            inner += key;
            item += kMapValueOffset;
          }
          PutValue(t, s.element, item, inner);
        }
      });
  }
}

class Reader {
 public:
  Reader(const Tables& tables, Arena& arena) : t_(tables), arena_(arena) {}

  bool Structure(std::uint16_t index, void* p, std::string_view bytes, int depth) {
    if (depth > kMaxDepth) return false;
    const Shape& s = t_.shapes[index];
    const Member* const begin = t_.members + s.first;
    const Member* const end = begin + s.count;
    const Member* hint = begin;
    while (!bytes.empty()) {
      std::uint64_t tag = 0;
      if (!Varint(bytes, tag)) return false;
      const Member* m = Find(begin, end, hint, tag >> 2);
      const auto wire = static_cast<Wire>(tag & 3);
      if (m == nullptr) {
        if (!Skip(bytes, wire)) return false;
        continue;
      }
      if (wire != WireOf(t_.shapes[m->shape].kind)) return false;
      hint = m + 1;
      if (!Value(m->shape, Emplace(t_, *m, p, arena_), bytes, depth)) return false;
    }
    return true;
  }

 private:
  static const Member* Find(const Member* begin, const Member* end, const Member* hint, std::uint64_t number) {
    if (hint < end && hint->number == number) return hint;
    for (const Member* m = begin; m < end; ++m)
      if (m->number == number) return m;
    return nullptr;
  }

  static bool Varint(std::string_view& in, std::uint64_t& out) {
    out = 0;
    for (unsigned shift = 0; shift < 64 && !in.empty(); shift += 7) {
      const auto byte = static_cast<unsigned char>(in.front());
      in.remove_prefix(1);
      out |= static_cast<std::uint64_t>(byte & 0x7F) << shift;
      if (byte < 0x80) return true;
    }
    return false;
  }

  static bool Bytes(std::string_view& in, std::string_view& out) {
    std::uint64_t size = 0;
    if (!Varint(in, size) || size > in.size()) return false;
    out = in.substr(0, size);
    in.remove_prefix(size);
    return true;
  }

  static bool Skip(std::string_view& in, Wire wire) {
    std::uint64_t ignored = 0;
    std::string_view bytes;
    if (wire == Wire::kVarint) return Varint(in, ignored);
    if (wire == Wire::kBytes) return Bytes(in, bytes);
    if (wire != Wire::kFixed64 || in.size() < 8) return false;
    in.remove_prefix(8);
    return true;
  }

  bool Value(std::uint16_t index, void* p, std::string_view& in, int depth) {
    const Shape& s = t_.shapes[index];
    std::uint64_t number = 0;
    std::string_view bytes;
    switch (s.kind) {
      case Kind::kBoolean:
        if (!Varint(in, number) || number > 1) return false;
        *static_cast<bool*>(p) = number == 1;
        return true;
      case Kind::kInteger: {
        if (!Varint(in, number)) return false;
        const std::int64_t v = UnZigZag(number);
        if (v < INT32_MIN || v > INT32_MAX) return false;
        *static_cast<std::int32_t*>(p) = static_cast<std::int32_t>(v);
        return true;
      }
      case Kind::kLong:
      case Kind::kTimestamp:
        if (!Varint(in, number)) return false;
        *static_cast<std::int64_t*>(p) = UnZigZag(number);
        return true;
      case Kind::kDouble:
        if (in.size() < 8) return false;
        for (int i = 0; i < 8; ++i) number |= static_cast<std::uint64_t>(static_cast<unsigned char>(in[static_cast<std::size_t>(i)])) << (8 * i);
        std::memcpy(p, &number, sizeof number);
        in.remove_prefix(8);
        return true;
      case Kind::kString:
      case Kind::kBlob:
        if (!Bytes(in, bytes)) return false;
        *static_cast<Str*>(p) = bytes;
        return true;
      case Kind::kStructure: return Bytes(in, bytes) && Structure(index, p, bytes, depth + 1);
      case Kind::kList:
      case Kind::kMap: return Bytes(in, bytes) && Items(s, *static_cast<RawList*>(p), bytes, depth + 1);
    }
    return false;
  }

  bool Items(const Shape& s, RawList& list, std::string_view bytes, int depth) {
    if (depth > kMaxDepth) return false;
    MakePresent(arena_, list);
    while (!bytes.empty()) {
      auto* item = static_cast<char*>(AddItem(arena_, list, s.size));
      if (s.kind == Kind::kMap) {
        std::string_view key;
        if (!Bytes(bytes, key)) return false;
        *reinterpret_cast<Str*>(item) = key;
        item += kMapValueOffset;
      }
      if (!Value(s.element, item, bytes, depth)) return false;
    }
    return true;
  }

  const Tables& t_;
  Arena& arena_;
};

}  // namespace

void EncodeRow(const Tables& t, std::uint16_t index, const void* structure, std::string& out) {
  const Shape& s = t.shapes[index];
  for (const Member *m = t.members + s.first, *end = m + s.count; m < end; ++m) {
    const void* value = Present(t, *m, structure);
    if (value == nullptr) continue;
    TERRARIUM_CHECK(m->number != 0);  // an API message is not a row: its members have no stable numbers
    PutVarint(out, std::uint64_t{m->number} << 2 | static_cast<std::uint64_t>(WireOf(t.shapes[m->shape].kind)));
    PutValue(t, m->shape, value, out);
  }
}

Status DecodeRow(const Tables& tables, std::uint16_t shape, void* structure, std::string_view bytes, Arena& arena) {
  if (!Reader(tables, arena).Structure(shape, structure, bytes, 0)) return Fail(ErrorKind::kInvalid, "not a " + std::string(tables[tables.shapes[shape].name]));
  return {};
}

}  // namespace terrarium::codec
