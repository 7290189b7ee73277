#include "provider/value/msgpack.h"

#include <bit>
#include <limits>

namespace terrarium::provider {
namespace {

constexpr int kMaxDepth = 128;

class Writer {
 public:
  std::string out;

  void Write(const Value& value) {
    if (value.IsNull()) return Byte(0xc0);
    if (value.IsUnknown()) return out.append("\xd4\x00\x00", 3), void();
    if (const auto* b = value.If<bool>()) return Byte(*b ? 0xc3 : 0xc2);
    if (const auto* n = value.If<std::int64_t>()) return Integer(*n);
    if (const auto* d = value.If<double>()) return Byte(0xcb), BigEndian(std::bit_cast<std::uint64_t>(*d), 8);
    if (const auto* d = value.If<Decimal>()) return String(d->text);
    if (const auto* s = value.If<std::string>()) return String(*s);
    if (const auto* list = value.If<List>()) {
      Header(list->size(), 0x90, 16, 0xdc);
      for (const auto& item : *list) Write(item);
      return;
    }
    Header(value.Fields().size(), 0x80, 16, 0xde);
    for (const auto& [name, field] : value.Fields()) String(name), Write(field);
  }

 private:
  void Byte(unsigned b) { out += static_cast<char>(b); }
  void BigEndian(std::uint64_t n, int bytes) {
    for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) Byte(static_cast<unsigned>(n >> shift) & 0xff);
  }
  void Integer(std::int64_t n) {
    const auto bits = static_cast<std::uint64_t>(n);
    if (n >= -32 && n < 128) return Byte(bits & 0xff);
    if (n >= 0 && n <= 0xffff) return Byte(0xcd), BigEndian(bits, 2);
    if (n >= 0 && n <= 0xffffffff) return Byte(0xce), BigEndian(bits, 4);
    Byte(0xd3), BigEndian(bits, 8);
  }
  // Arrays and maps: a fix form, then 16 and 32 bit forms at consecutive codes.
  void Header(std::size_t size, unsigned fix, std::size_t fix_limit, unsigned code16) {
    if (size < fix_limit) return Byte(fix | static_cast<unsigned>(size));
    if (size <= 0xffff) return Byte(code16), BigEndian(size, 2);
    Byte(code16 + 1), BigEndian(size, 4);
  }
  void String(std::string_view s) {
    if (s.size() < 32) Byte(0xa0 | static_cast<unsigned>(s.size()));
    else if (s.size() <= 0xff) Byte(0xd9), BigEndian(s.size(), 1);
    else if (s.size() <= 0xffff) Byte(0xda), BigEndian(s.size(), 2);
    else Byte(0xdb), BigEndian(s.size(), 4);
    out += s;
  }
};

class Reader {
 public:
  explicit Reader(std::string_view in) : in_(in) {}

  Result<Value> Document() {
    Value value;
    if (!Read(value, 0) || !in_.empty()) return Fail(ErrorKind::kInvalid, "malformed MessagePack value");
    return value;
  }

 private:
  bool Read(Value& out, int depth) {
    std::uint64_t code = 0;
    if (depth > kMaxDepth || !Number(code, 1)) return false;
    if (code < 0x80) return out = Value(static_cast<std::int64_t>(code)), true;
    if (code >= 0xe0) return out = Value(static_cast<std::int64_t>(static_cast<std::int8_t>(code))), true;
    if (code < 0x90) return ReadObject(out, code & 0xf, depth);
    if (code < 0xa0) return ReadList(out, code & 0xf, depth);
    if (code < 0xc0) return ReadString(out, code & 0x1f);
    std::uint64_t n = 0;
    switch (code) {
      case 0xc0: return out = Value(), true;
      case 0xc2: case 0xc3: return out = Value(code == 0xc3), true;
      case 0xc4: case 0xc5: case 0xc6: return Number(n, 1 << (code - 0xc4)) && ReadString(out, n);
      case 0xc7: case 0xc8: case 0xc9: return Number(n, 1 << (code - 0xc7)) && ReadUnknown(out, n);
      case 0xca: return Number(n, 4) && (out = Value(Float(n)), true);
      case 0xcb: return Number(n, 8) && (out = Value(std::bit_cast<double>(n)), true);
      case 0xcc: case 0xcd: case 0xce: case 0xcf: return Number(n, 1 << (code - 0xcc)) && (out = Unsigned(n), true);
      case 0xd0: return Number(n, 1) && (out = Value(std::int64_t{static_cast<std::int8_t>(n)}), true);
      case 0xd1: return Number(n, 2) && (out = Value(std::int64_t{static_cast<std::int16_t>(n)}), true);
      case 0xd2: return Number(n, 4) && (out = Value(std::int64_t{static_cast<std::int32_t>(n)}), true);
      case 0xd3: return Number(n, 8) && (out = Value(static_cast<std::int64_t>(n)), true);
      case 0xd4: case 0xd5: case 0xd6: case 0xd7: case 0xd8: return ReadUnknown(out, std::uint64_t{1} << (code - 0xd4));
      case 0xd9: case 0xda: case 0xdb: return Number(n, 1 << (code - 0xd9)) && ReadString(out, n);
      case 0xdc: case 0xdd: return Number(n, 2 << (code - 0xdc)) && ReadList(out, n, depth);
      case 0xde: case 0xdf: return Number(n, 2 << (code - 0xde)) && ReadObject(out, n, depth);
      default: return false;
    }
  }

  bool Number(std::uint64_t& out, int bytes) {
    if (in_.size() < static_cast<std::size_t>(bytes)) return false;
    out = 0;
    for (int i = 0; i < bytes; ++i) out = out << 8 | static_cast<unsigned char>(in_[i]);
    in_.remove_prefix(bytes);
    return true;
  }
  static double Float(std::uint64_t bits) { return std::bit_cast<float>(static_cast<std::uint32_t>(bits)); }
  static Value Unsigned(std::uint64_t n) {
    if (n > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) return Decimal{std::to_string(n)};
    return static_cast<std::int64_t>(n);
  }
  bool Take(std::string_view& out, std::uint64_t size) {
    if (in_.size() < size) return false;
    out = in_.substr(0, size);
    in_.remove_prefix(size);
    return true;
  }
  bool ReadString(Value& out, std::uint64_t size) {
    std::string_view text;
    return Take(text, size) && (out = Value(text), true);
  }
  // Any extension type is an unknown; refinements (type 12) are ignored.
  bool ReadUnknown(Value& out, std::uint64_t size) {
    std::string_view payload;
    return Take(payload, size + 1) && (out = Value(Unknown{}), true);
  }
  // Nothing is reserved from a claimed length: a short input must not cost memory.
  bool ReadList(Value& out, std::uint64_t size, int depth) {
    List list;
    for (; size > 0; --size)
      if (!Read(list.emplace_back(), depth + 1)) return false;
    return out = Value(std::move(list)), true;
  }
  bool ReadObject(Value& out, std::uint64_t size, int depth) {
    Object object;
    for (; size > 0; --size) {
      Value name, field;
      if (!Read(name, depth + 1) || !name.If<std::string>() || !Read(field, depth + 1)) return false;
      object.insert_or_assign(name.Text(), std::move(field));
    }
    return out = Value(std::move(object)), true;
  }

  std::string_view in_;
};

}  // namespace

std::string EncodeMsgpack(const Value& value) {
  Writer writer;
  writer.Write(value);
  return std::move(writer.out);
}

Result<Value> DecodeMsgpack(std::string_view bytes) {
  if (bytes.empty()) return Value();
  return Reader(bytes).Document();
}

}  // namespace terrarium::provider
