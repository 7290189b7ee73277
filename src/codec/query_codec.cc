#include "codec/query_codec.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "base/json.h"
#include "base/text.h"

namespace terrarium::codec {
namespace {

constexpr std::size_t kMaxKeys = 10'000;
constexpr std::ptrdiff_t kMaxDots = 128;  // in a key: how deep a request may make the stack

template <class T>
const T& At(const void* p) {
  return *static_cast<const T*>(p);
}

template <class F>
Status EachPair(std::string_view body, F&& each) {
  std::size_t keys = 0;
  while (!body.empty()) {
    const std::size_t cut = body.find('&');
    const std::string_view pair = body.substr(0, cut);
    body.remove_prefix(cut == std::string_view::npos ? body.size() : cut + 1);
    if (pair.empty()) continue;
    if (++keys > kMaxKeys) return Fail(ErrorKind::kInvalid, "too many parameters");
    const std::size_t equals = pair.find('=');
    auto key = UriDecode(pair.substr(0, equals), true);
    auto value = UriDecode(equals == std::string_view::npos ? std::string_view() : pair.substr(equals + 1), true);
    if (!key || !value || !IsValidUtf8(*key) || !IsValidUtf8(*value)) return Fail(ErrorKind::kInvalid, "malformed query string");
    TRY(each(*key, *value));
  }
  return {};
}

class Decoder {
 public:
  Decoder(const Tables& tables, Arena& arena) : t_(tables), arena_(arena) {}

  // `key` is a path from the structure `index`.
  Status Root(std::uint16_t index, void* p, std::string_view key, std::string_view value) {
    if (std::ranges::count(key, '.') > kMaxDots) return Wrong(key, "nested too deeply");
    return Set(index, p, TimeFormat::kDefault, key, key, value);
  }

 private:
  Status Set(std::uint16_t index, void* p, TimeFormat time, std::string_view path, std::string_view key, std::string_view value) {
    const Shape& s = t_.shapes[index];
    switch (s.kind) {
      case Kind::kStructure: return Structure(s, p, path, key, value);
      case Kind::kList: return ListItem(s, *static_cast<RawList*>(p), path, key, value);
      case Kind::kMap: return MapEntry(s, *static_cast<RawList*>(p), path, key, value);
      default: break;
    }
    if (!path.empty()) return Wrong(key, "no such parameter");
    return Scalar(s, p, time, key, value);
  }

  static Status Wrong(std::string_view key, std::string_view what) {
    return Fail(ErrorKind::kInvalid, "Invalid value for parameter " + std::string(key.substr(0, 200)) + ": " + std::string(what));
  }

  static std::string_view Cut(std::string_view& path) {
    const std::size_t dot = path.find('.');
    const std::string_view head = path.substr(0, dot);
    path.remove_prefix(dot == std::string_view::npos ? path.size() : dot + 1);
    return head;
  }

  Status Structure(const Shape& s, void* p, std::string_view path, std::string_view key, std::string_view value) {
    if (path.empty()) return {};  // "Tags=" for a structure: nothing is in it
    const std::string_view head = Cut(path);
    for (const Member *m = t_.members + s.first, *end = m + s.count; m < end; ++m)
      if (t_[m->query] == head) return Set(m->shape, Emplace(t_, *m, p, arena_), m->time, path, key, value);
    return {};
  }

  static bool ParseIndex(std::string_view text, std::size_t& out) {
    const auto v = ParseInt(text);
    if (!v || *v < 1 || *v > static_cast<std::int64_t>(kMaxKeys)) return false;
    out = static_cast<std::size_t>(*v);
    return true;
  }

  // A few bytes of query must not become gigabytes of items: the whole request shares one budget.
  Status Grow(RawList& list, std::size_t to, std::size_t size, std::string_view key) {
    for (; list.count < to; AddItem(arena_, list, size))
      if (++items_ > 2 * kMaxKeys) return Wrong(key, "too many items");
    return {};
  }

  // Indexes may come in any order and with gaps; gaps are squeezed only by the clients that we know, none of which leaves any.
  Status ListItem(const Shape& s, RawList& list, std::string_view path, std::string_view key, std::string_view value) {
    MakePresent(arena_, list);
    if (path.empty()) return value.empty() ? Status() : Wrong(key, "expected a list");
    std::string_view rest = path;
    std::string_view head = Cut(rest);
    std::size_t index = 0;
    if (!ParseIndex(head, index)) {  // "member.1" or the list's own item name
      path = rest;
      head = Cut(rest);
      if (!ParseIndex(head, index)) return Wrong(key, "expected an index from 1");
    }
    TRY(Grow(list, index, s.size, key));
    return Set(s.element, list.items + (index - 1) * s.size, TimeFormat::kDefault, rest, key, value);
  }

  Status MapEntry(const Shape& s, RawList& map, std::string_view path, std::string_view key, std::string_view value) {
    MakePresent(arena_, map);
    std::string_view head = Cut(path);
    std::size_t index = 0;
    if (!ParseIndex(head, index)) {  // "entry.1.key"
      head = Cut(path);
      if (!ParseIndex(head, index)) return Wrong(key, "expected an index from 1");
    }
    TRY(Grow(map, index, s.size, key));
    char* entry = map.items + (index - 1) * s.size;
    const std::string_view part = Cut(path);
    if (part == t_[s.item]) {
      *reinterpret_cast<Str*>(entry) = arena_.Copy(value);
      return {};
    }
    if (part == t_[s.value]) return Set(s.element, entry + kMapValueOffset, TimeFormat::kDefault, path, key, value);
    return Wrong(key, "expected a key or a value");
  }

  Status Scalar(const Shape& s, void* p, TimeFormat time, std::string_view key, std::string_view value) {
    switch (s.kind) {
      case Kind::kString: *static_cast<Str*>(p) = arena_.Copy(value); return {};
      case Kind::kBlob: {
        const auto bytes = Base64Decode(value);
        if (!bytes) return Wrong(key, "expected base64");
        *static_cast<Str*>(p) = arena_.Copy(*bytes);
        return {};
      }
      case Kind::kBoolean:
        if (!EqualsIgnoreCase(value, "true") && !EqualsIgnoreCase(value, "false")) return Wrong(key, "expected true or false");
        *static_cast<bool*>(p) = EqualsIgnoreCase(value, "true");
        return {};
      case Kind::kInteger: {
        const auto v = ParseInt(value);
        if (!v || *v < INT32_MIN || *v > INT32_MAX) return Wrong(key, "expected a whole number");
        *static_cast<std::int32_t*>(p) = static_cast<std::int32_t>(*v);
        return {};
      }
      case Kind::kLong: {
        const auto v = ParseInt(value);
        if (!v) return Wrong(key, "expected a whole number");
        *static_cast<std::int64_t*>(p) = *v;
        return {};
      }
      case Kind::kDouble: {
        double& out = *static_cast<double*>(p);
        if (value == "NaN") out = NAN;
        else if (value == "Infinity") out = INFINITY;
        else if (value == "-Infinity") out = -INFINITY;
        else if (const auto r = std::from_chars(value.data(), value.data() + value.size(), out); r.ec != std::errc() || r.ptr != value.data() + value.size() || !std::isfinite(out))
          return Wrong(key, "expected a number");
        return {};
      }
      case Kind::kTimestamp: {
        double seconds = 0;
        const auto parsed = time == TimeFormat::kHttpDate ? ParseHttpDate(value) : ParseIso8601(value);
        if (parsed) {
          *static_cast<std::int64_t*>(p) = *parsed;
        } else if (std::from_chars(value.data(), value.data() + value.size(), seconds).ptr == value.data() + value.size() && !value.empty() && std::fabs(seconds) <= 1e14) {
          *static_cast<std::int64_t*>(p) = std::llround(seconds * 1000);
        } else {
          return Wrong(key, "expected a time");
        }
        return {};
      }
      default: return {};
    }
  }

  const Tables& t_;
  Arena& arena_;
  std::size_t items_ = 0;
};

class Encoder {
 public:
  Encoder(const Tables& tables, Protocol protocol, std::string& out) : t_(tables), ec2_(protocol == Protocol::kEc2Query), out_(out) {}

  void Structure(std::uint16_t index, const void* p, const std::string& prefix) {
    const Shape& s = t_.shapes[index];
    for (const Member *m = t_.members + s.first, *end = m + s.count; m < end; ++m)
      if (const void* value = Present(t_, *m, p)) Value(m->shape, value, m->time, prefix + std::string(t_[m->query]), (m->flags & kFlattened) != 0);
  }

 private:
  void Value(std::uint16_t index, const void* p, TimeFormat time, const std::string& key, bool flattened) {
    const Shape& s = t_.shapes[index];
    switch (s.kind) {
      case Kind::kStructure: return Structure(index, p, key + ".");
      case Kind::kList: {
        const auto& list = At<RawList>(p);
        if (list.count == 0 && !ec2_) return Put(key, "");
        const std::string base = ec2_ || flattened ? key + "." : key + "." + std::string(t_[s.item]) + ".";
        for (std::uint32_t i = 0; i < list.count; ++i) Value(s.element, list.items + std::size_t{i} * s.size, TimeFormat::kDefault, base + std::to_string(i + 1), false);
        return;
      }
      case Kind::kMap: {
        const auto& map = At<RawList>(p);
        const std::string base = flattened ? key + "." : key + ".entry.";
        for (std::uint32_t i = 0; i < map.count; ++i) {
          const char* entry = map.items + std::size_t{i} * s.size;
          const std::string numbered = base + std::to_string(i + 1) + ".";
          Put(numbered + std::string(t_[s.item]), At<Str>(entry).view());
          Value(s.element, entry + kMapValueOffset, TimeFormat::kDefault, numbered + std::string(t_[s.value]), false);
        }
        return;
      }
      case Kind::kString: return Put(key, At<Str>(p).view());
      case Kind::kBlob: return Put(key, Base64Encode(At<Str>(p).view()));
      case Kind::kBoolean: return Put(key, At<bool>(p) ? "true" : "false");
      case Kind::kInteger: return Put(key, std::to_string(At<std::int32_t>(p)));
      case Kind::kLong: return Put(key, std::to_string(At<std::int64_t>(p)));
      case Kind::kDouble: {
        std::string text;
        const double v = At<double>(p);
        if (std::isnan(v)) text = "NaN";
        else if (std::isinf(v)) text = v > 0 ? "Infinity" : "-Infinity";
        else AppendJsonNumber(text, v);
        return Put(key, text);
      }
      case Kind::kTimestamp: {
        const std::int64_t v = At<std::int64_t>(p);
        std::string text;
        if (time == TimeFormat::kUnix) AppendJsonNumber(text, static_cast<double>(v) / 1000);
        else text = time == TimeFormat::kHttpDate ? FormatHttpDate(v) : FormatIso8601(v, v % 1000 != 0);
        return Put(key, text);
      }
    }
  }

  void Put(const std::string& key, std::string_view value) {
    if (!out_.empty()) out_ += '&';
    out_ += UriEncode(key);
    out_ += '=';
    out_ += UriEncode(value);
  }

  const Tables& t_;
  const bool ec2_;
  std::string& out_;
};

}  // namespace

Result<QueryHead> DecodeQueryHead(std::string_view body) {
  QueryHead head;
  TRY(EachPair(body, [&](const std::string& key, const std::string& value) -> Status {
    if (key == "Action") head.action = value;
    if (key == "Version") head.version = value;
    return {};
  }));
  return head;
}

Status DecodeQuery(const Tables& tables, std::uint16_t shape, void* structure, std::string_view body, Arena& arena) {
  Decoder decoder(tables, arena);
  return EachPair(body, [&](const std::string& key, const std::string& value) -> Status {
    if (key == "Action" || key == "Version") return {};
    return decoder.Root(shape, structure, key, value);
  });
}

void EncodeQuery(const Tables& tables, std::uint16_t shape, const void* structure, Protocol protocol, std::string& out) {
  Encoder(tables, protocol, out).Structure(shape, structure, "");
}

}  // namespace terrarium::codec
