#include "codec/json_codec.h"

#include <charconv>
#include <cmath>

#include "base/json.h"
#include "base/text.h"

namespace terrarium::codec {
namespace {

template <class T>
const T& At(const void* p) {
  return *static_cast<const T*>(p);
}

// Seconds with as many decimals as the milliseconds need.
void AppendSeconds(std::string& out, std::int64_t millis) {
  std::int64_t seconds = millis / 1000;
  std::int64_t rest = millis % 1000;
  if (rest < 0) {
    out += '-';
    seconds = -seconds;
    rest = -rest;
  }
  out += std::to_string(seconds);
  if (rest == 0) return;
  char digits[8];
  digits[0] = '.';
  digits[1] = static_cast<char>('0' + rest / 100);
  digits[2] = static_cast<char>('0' + rest / 10 % 10);
  digits[3] = static_cast<char>('0' + rest % 10);
  std::size_t n = 4;
  while (digits[n - 1] == '0') --n;
  out.append(digits, n);
}

void EncodeTime(std::string& out, std::int64_t millis, TimeFormat format, JsonForm form) {
  if (form == JsonForm::kCanonical || format == TimeFormat::kIso8601) {
    AppendJsonString(out, FormatIso8601(millis, millis % 1000 != 0));
  } else if (format == TimeFormat::kHttpDate) {
    AppendJsonString(out, FormatHttpDate(millis));
  } else {
    AppendSeconds(out, millis);
  }
}

void Encode(const Tables& t, std::uint16_t index, const void* p, TimeFormat time, JsonForm form, std::string& out) {
  const Shape& s = t.shapes[index];
  switch (s.kind) {
    case Kind::kString: return AppendJsonString(out, At<Str>(p).view());
    case Kind::kBlob: return AppendJsonString(out, Base64Encode(At<Str>(p).view()));
    case Kind::kBoolean: out += At<bool>(p) ? "true" : "false"; return;
    case Kind::kInteger: out += std::to_string(At<std::int32_t>(p)); return;
    case Kind::kLong: out += std::to_string(At<std::int64_t>(p)); return;
    case Kind::kDouble: return AppendJsonNumber(out, At<double>(p));
    case Kind::kTimestamp: return EncodeTime(out, At<std::int64_t>(p), time, form);
    case Kind::kList: {
      const auto& list = At<RawList>(p);
      out += '[';
      for (std::uint32_t i = 0; i < list.count; ++i) {
        if (i > 0) out += ',';
        Encode(t, s.element, list.items + std::size_t{i} * s.size, TimeFormat::kDefault, form, out);
      }
      out += ']';
      return;
    }
    case Kind::kMap: {
      const auto& map = At<RawList>(p);
      out += '{';
      for (std::uint32_t i = 0; i < map.count; ++i) {
        const char* entry = map.items + std::size_t{i} * s.size;
        if (i > 0) out += ',';
        AppendJsonString(out, At<Str>(entry).view());
        out += ':';
        Encode(t, s.element, entry + kMapValueOffset, TimeFormat::kDefault, form, out);
      }
      out += '}';
      return;
    }
    case Kind::kStructure: break;
  }
  out += '{';
  bool first = true;
  for (const Member *m = t.members + s.first, *end = m + s.count; m < end; ++m) {
    if (form == JsonForm::kRestJson && (m->location != Location::kBody || (m->flags & kPayload) != 0)) continue;
    const void* value = Present(t, *m, p);
    if (value == nullptr) continue;
    if (!first) out += ',';
    first = false;
    AppendJsonString(out, t[form == JsonForm::kRestJson ? m->wire : m->name]);
    out += ':';
    Encode(t, m->shape, value, m->time, form, out);
  }
  out += '}';
}

class Decoder {
 public:
  Decoder(const Tables& tables, JsonReader& in, JsonForm form, Arena& arena) : t_(tables), in_(in), form_(form), arena_(arena) {}

  bool Value(std::uint16_t index, void* p, TimeFormat time) {
    const Shape& s = t_.shapes[index];
    switch (s.kind) {
      case Kind::kString: {
        std::string_view text;
        if (in_.Peek() != JsonReader::Type::kString) return Wrong("a string");
        if (!in_.String(text)) return false;
        *static_cast<Str*>(p) = text;
        return true;
      }
      case Kind::kBlob: {
        std::string_view text;
        if (in_.Peek() != JsonReader::Type::kString) return Wrong("a base64 string");
        if (!in_.String(text)) return false;
        const auto bytes = Base64Decode(text);
        if (!bytes) return Wrong("base64");
        *static_cast<Str*>(p) = arena_.Copy(*bytes);
        return true;
      }
      case Kind::kBoolean: return in_.Peek() == JsonReader::Type::kBool ? in_.Bool(*static_cast<bool*>(p)) : Wrong("true or false");
      case Kind::kInteger: {
        std::int64_t v = 0;
        if (in_.Peek() != JsonReader::Type::kNumber || !in_.Integer(v) || v < INT32_MIN || v > INT32_MAX) return Wrong("a 32-bit whole number");
        *static_cast<std::int32_t*>(p) = static_cast<std::int32_t>(v);
        return true;
      }
      case Kind::kLong: return (in_.Peek() == JsonReader::Type::kNumber && in_.Integer(*static_cast<std::int64_t*>(p))) || Wrong("a whole number");
      case Kind::kDouble: return Double(*static_cast<double*>(p));
      case Kind::kTimestamp: return Time(*static_cast<std::int64_t*>(p), time);
      case Kind::kList: {
        auto& list = *static_cast<RawList*>(p);
        if (in_.Peek() != JsonReader::Type::kArray) return Wrong("an array");
        if (!in_.EnterArray()) return false;
        MakePresent(arena_, list);
        while (in_.NextItem()) {
          if (in_.Null()) continue;  // sparse lists are not part of the services served
          if (!Value(s.element, AddItem(arena_, list, s.size), TimeFormat::kDefault)) return false;
        }
        return in_.ok();
      }
      case Kind::kMap: {
        auto& map = *static_cast<RawList*>(p);
        if (in_.Peek() != JsonReader::Type::kObject) return Wrong("an object");
        if (!in_.EnterObject()) return false;
        MakePresent(arena_, map);
        std::string_view key;
        while (in_.NextKey(key)) {
          if (in_.Null()) continue;
          auto* entry = static_cast<char*>(AddItem(arena_, map, s.size));
          *reinterpret_cast<Str*>(entry) = key;
          if (!Value(s.element, entry + kMapValueOffset, TimeFormat::kDefault)) return false;
        }
        return in_.ok();
      }
      case Kind::kStructure: return Structure(s, p);
    }
    return false;
  }

  Status Verdict(bool good) const {
    if (good && in_.ok()) return {};
    if (!problem_.empty()) return Fail(ErrorKind::kInvalid, problem_);
    return Fail(ErrorKind::kInvalid, "not valid JSON at offset " + std::to_string(in_.offset()));
  }

 private:
  bool Structure(const Shape& s, void* p) {
    if (in_.Peek() != JsonReader::Type::kObject) return Wrong("an object");
    if (!in_.EnterObject()) return false;
    const Member* const begin = t_.members + s.first;
    const Member* const end = begin + s.count;
    const Member* hint = begin;  // clients mostly send in the model's order
    std::string_view key;
    while (in_.NextKey(key)) {
      const Member* m = Find(begin, end, hint, key);
      if (m == nullptr) {
        if (form_ == JsonForm::kCanonical) return Unknown(s, key);
        if (!in_.Skip()) return false;
        continue;
      }
      hint = m + 1;
      if (in_.Null()) continue;
      const Member* outer = std::exchange(member_, m);
      if (!Value(m->shape, Emplace(t_, *m, p, arena_), m->time)) return false;
      member_ = outer;
    }
    return in_.ok();
  }

  const Member* Find(const Member* begin, const Member* end, const Member* hint, std::string_view key) const {
    const auto fits = [&](const Member& m) {
      if (form_ != JsonForm::kRestJson) return t_[m.name] == key;
      return m.location == Location::kBody && t_[m.wire] == key;
    };
    if (hint < end && fits(*hint)) return hint;
    for (const Member* m = begin; m < end; ++m)
      if (fits(*m)) return m;
    return nullptr;
  }

  bool Double(double& out) {
    if (in_.Peek() != JsonReader::Type::kString) return (in_.Peek() == JsonReader::Type::kNumber && in_.Double(out)) || Wrong("a number");
    std::string_view text;
    if (!in_.String(text)) return false;
    if (text == "NaN") return (out = NAN, true);
    if (text == "Infinity") return (out = INFINITY, true);
    if (text == "-Infinity") return (out = -INFINITY, true);
    return Wrong("a number");
  }

  // The one form that the model says; our own is text always.
  bool Time(std::int64_t& out, TimeFormat format) {
    const bool text_wanted = form_ == JsonForm::kCanonical || format == TimeFormat::kIso8601 || format == TimeFormat::kHttpDate;
    if (text_wanted != (in_.Peek() == JsonReader::Type::kString)) return Wrong("a time");
    if (text_wanted) {
      std::string_view text;
      if (!in_.String(text)) return false;
      const auto t = format == TimeFormat::kHttpDate ? ParseHttpDate(text) : ParseIso8601(text);
      if (!t) return Wrong("a time");
      out = *t;
      return true;
    }
    double seconds = 0;
    if (in_.Peek() != JsonReader::Type::kNumber || !in_.Double(seconds) || std::fabs(seconds) > 1e14) return Wrong("a time");
    out = std::llround(seconds * 1000);
    return true;
  }

  bool Wrong(std::string_view wanted) {
    if (problem_.empty()) {
      if (member_ != nullptr) problem_ = std::string(t_[member_->name]) + " must be ";
      else problem_ = "the document must be ";
      problem_ += wanted;
    }
    return in_.Fail();
  }

  bool Unknown(const Shape& s, std::string_view key) {
    problem_ = std::string(t_[s.name]) + " has no member " + std::string(key);
    return in_.Fail();
  }

  const Tables& t_;
  JsonReader& in_;
  JsonForm form_;
  Arena& arena_;
  const Member* member_ = nullptr;
  std::string problem_;
};

}  // namespace

void EncodeJson(const Tables& tables, std::uint16_t shape, const void* value, JsonForm form, std::string& out) {
  Encode(tables, shape, value, TimeFormat::kDefault, form, out);
}

Status DecodeJson(const Tables& tables, std::uint16_t shape, void* value, JsonReader& in, JsonForm form, Arena& arena) {
  Decoder decoder(tables, in, form, arena);
  return decoder.Verdict(decoder.Value(shape, value, TimeFormat::kDefault));
}

Status DecodeJson(const Tables& tables, std::uint16_t shape, void* value, std::string_view text, JsonForm form, Arena& arena) {
  JsonReader in(text, arena);
  Decoder decoder(tables, in, form, arena);
  return decoder.Verdict(decoder.Value(shape, value, TimeFormat::kDefault) && in.Finish());
}

}  // namespace terrarium::codec
