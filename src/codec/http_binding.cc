#include "codec/http_binding.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "base/json.h"
#include "base/text.h"
#include "codec/json_codec.h"

namespace terrarium::codec {
namespace {

template <class T>
const T& At(const void* p) {
  return *static_cast<const T*>(p);
}

// Times in headers are HTTP dates unless the model says otherwise, elsewhere ISO 8601.
TimeFormat FormatOf(const Member& m) {
  if (m.time != TimeFormat::kDefault) return m.time;
  return m.location == Location::kHeader || m.location == Location::kHeaders ? TimeFormat::kHttpDate : TimeFormat::kIso8601;
}

// from_chars knows other spellings of what is no number.
bool ReadDouble(std::string_view text, double& out) {
  if (text == "NaN") return (out = NAN, true);
  if (text == "Infinity") return (out = INFINITY, true);
  if (text == "-Infinity") return (out = -INFINITY, true);
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc() && end == text.data() + text.size() && std::isfinite(out);
}

bool ReadScalar(const Shape& s, TimeFormat format, std::string_view text, void* at, Arena& arena) {
  switch (s.kind) {
    case Kind::kString: *static_cast<Str*>(at) = arena.Copy(text); return IsValidUtf8(text);
    case Kind::kBlob: {
      const auto bytes = Base64Decode(text);
      if (bytes) *static_cast<Str*>(at) = arena.Copy(*bytes);
      return bytes.has_value();
    }
    case Kind::kBoolean: *static_cast<bool*>(at) = text == "true"; return text == "true" || text == "false";
    case Kind::kInteger: {
      const auto v = ParseInt(text);
      if (!v || *v < INT32_MIN || *v > INT32_MAX) return false;
      *static_cast<std::int32_t*>(at) = static_cast<std::int32_t>(*v);
      return true;
    }
    case Kind::kLong: {
      const auto v = ParseInt(text);
      if (v) *static_cast<std::int64_t*>(at) = *v;
      return v.has_value();
    }
    case Kind::kDouble: return ReadDouble(text, *static_cast<double*>(at));
    case Kind::kTimestamp: {
      double seconds = 0;
      if (format == TimeFormat::kUnix) {
        if (!ReadDouble(text, seconds) || !(std::fabs(seconds) <= 1e14)) return false;
        *static_cast<std::int64_t*>(at) = std::llround(seconds * 1000);
        return true;
      }
      const auto v = format == TimeFormat::kHttpDate ? ParseHttpDate(text) : ParseIso8601(text);
      if (v) *static_cast<std::int64_t*>(at) = *v;
      return v.has_value();
    }
    default: return false;
  }
}

std::string ScalarText(const Shape& s, TimeFormat format, const void* p) {
  switch (s.kind) {
    case Kind::kString: return At<Str>(p).str();
    case Kind::kBlob: return Base64Encode(At<Str>(p).view());
    case Kind::kBoolean: return At<bool>(p) ? "true" : "false";
    case Kind::kInteger: return std::to_string(At<std::int32_t>(p));
    case Kind::kLong: return std::to_string(At<std::int64_t>(p));
    case Kind::kDouble: {
      const double v = At<double>(p);
      if (std::isnan(v)) return "NaN";
      if (std::isinf(v)) return v > 0 ? "Infinity" : "-Infinity";
      std::string out;
      AppendJsonNumber(out, v);
      return out;
    }
    case Kind::kTimestamp: {
      const std::int64_t v = At<std::int64_t>(p);
      if (format == TimeFormat::kHttpDate) return FormatHttpDate(v);
      if (format == TimeFormat::kIso8601) return FormatIso8601(v, v % 1000 != 0);
      std::string out;
      AppendJsonNumber(out, static_cast<double>(v) / 1000);
      return out;
    }
    default: return {};
  }
}

// A header's list: values that hold a comma or a quote are quoted.
std::string Quoted(std::string value) {
  if (value.find_first_of(",\"") == value.npos) return value;
  return "\"" + ReplaceAll(ReplaceAll(value, "\\", "\\\\"), "\"", "\\\"") + "\"";
}

// The opposite. An HTTP date has a comma of its own.
std::vector<std::string> HeaderItems(std::string_view text, bool dates) {
  std::vector<std::string> out;
  if (Trim(text).empty()) return out;
  std::string item;
  bool quoted = false, was_quoted = false;
  int commas = 0;
  const auto end = [&] {
    out.emplace_back(was_quoted ? item : std::string(Trim(item)));
    item.clear();
    was_quoted = false;
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted && c == '\\' && i + 1 < text.size()) item += text[++i];
    else if (quoted && c == '"') quoted = false;
    else if (!quoted && c == '"' && Trim(item).empty()) quoted = was_quoted = true, item.clear();
    else if (!quoted && c == ',' && !(dates && ++commas % 2 == 1)) end();
    else if (!was_quoted || quoted) item += c;
  }
  end();
  return out;
}

class Reader {
 public:
  Reader(const Tables& tables, const HttpParts& parts, void* message, Arena& arena) : t_(tables), parts_(parts), message_(message), arena_(arena) {}

  Status Read(const Member& m) {
    const std::string_view name = t_[m.wire];
    switch (m.location) {
      case Location::kUri:
        if (const auto found = parts_.labels.find(std::string(name)); found != parts_.labels.end()) return Scalar(m, found->second);
        return {};
      case Location::kStatusCode: return parts_.status == 0 ? Status() : Scalar(m, std::to_string(parts_.status));
      case Location::kHeader:
        for (const auto& [key, value] : parts_.headers)
          if (EqualsIgnoreCase(key, name)) return Header(m, value);
        return {};
      case Location::kHeaders:
        for (const auto& [key, value] : parts_.headers)
          if (key.size() >= name.size() && EqualsIgnoreCase(std::string_view(key).substr(0, name.size()), name)) TRY(Entry(m, std::string_view(key).substr(name.size()), value));
        return {};
      case Location::kQueryString:
        for (const auto& [key, value] : parts_.query) {
          if (t_.shapes[m.shape].kind == Kind::kMap) {
            TRY(Entry(m, key, value));
          } else if (key == name) {
            TRY(Scalar(m, value));
          }
        }
        return {};
      case Location::kBody: return {};
    }
    return {};
  }

 private:
  // A value, or one more item of a list.
  Status Scalar(const Member& m, std::string_view text) {
    void* at = Emplace(t_, m, message_, arena_);
    const Shape* s = &t_.shapes[m.shape];
    if (s->kind == Kind::kList) {
      at = AddItem(arena_, *static_cast<RawList*>(at), s->size);
      s = &t_.shapes[s->element];
    }
    return ReadScalar(*s, FormatOf(m), text, at, arena_) ? Status() : Fail(ErrorKind::kInvalid, "Invalid value for " + std::string(t_[m.wire]));
  }

  Status Header(const Member& m, std::string_view text) {
    const Shape& s = t_.shapes[m.shape];
    if (s.kind != Kind::kList) return Scalar(m, Trim(text));
    MakePresent(arena_, *static_cast<RawList*>(Emplace(t_, m, message_, arena_)));
    const bool dates = t_.shapes[s.element].kind == Kind::kTimestamp && FormatOf(m) == TimeFormat::kHttpDate;
    for (const std::string& item : HeaderItems(text, dates)) TRY(Scalar(m, item));
    return {};
  }

  // Of a map of texts, or of lists of texts.
  Status Entry(const Member& m, std::string_view key, std::string_view value) {
    const Shape& s = t_.shapes[m.shape];
    auto& map = *static_cast<RawList*>(Emplace(t_, m, message_, arena_));
    char* entry = nullptr;
    for (std::uint32_t i = 0; i < map.count && entry == nullptr; ++i)
      if (char* at = map.items + std::size_t{i} * s.size; *reinterpret_cast<Str*>(at) == key) entry = at;
    if (entry == nullptr) entry = static_cast<char*>(AddItem(arena_, map, s.size));
    *reinterpret_cast<Str*>(entry) = arena_.Copy(key);
    void* at = entry + kMapValueOffset;
    const Shape& values = t_.shapes[s.element];
    if (values.kind == Kind::kList) at = AddItem(arena_, *static_cast<RawList*>(at), values.size);
    *static_cast<Str*>(at) = arena_.Copy(value);
    return {};
  }

  const Tables& t_;
  const HttpParts& parts_;
  void* message_;
  Arena& arena_;
};

class Writer {
 public:
  Writer(const Tables& tables, HttpParts& parts) : t_(tables), parts_(parts) {}

  void Write(const Member& m, const void* value) {
    const Shape& s = t_.shapes[m.shape];
    const std::string name(t_[m.wire]);
    switch (m.location) {
      case Location::kUri: parts_.labels[name] = ScalarText(s, FormatOf(m), value); return;
      case Location::kStatusCode: parts_.status = At<std::int32_t>(value); return;
      case Location::kHeader: {
        std::vector<std::string> items;
        if (s.kind == Kind::kList) Items(m, value, [&](std::string text) { items.push_back(t_.shapes[s.element].kind == Kind::kTimestamp ? text : Quoted(std::move(text))); });
        parts_.headers.emplace_back(name, s.kind == Kind::kList ? Join(items, ", ") : ScalarText(s, FormatOf(m), value));
        return;
      }
      case Location::kHeaders: maps_.emplace_back(&m, value); return;
      case Location::kQueryString:
        if (s.kind == Kind::kMap) maps_.emplace_back(&m, value);
        else if (s.kind == Kind::kList) Items(m, value, [&](const std::string& text) { parts_.query.emplace_back(name, text); });
        else parts_.query.emplace_back(name, ScalarText(s, FormatOf(m), value));
        return;
      case Location::kBody: return;
    }
  }

  // A name that the model gives a member of its own is not taken from a map.
  void WriteMaps() {
    const auto query = parts_.query, headers = parts_.headers;
    for (const auto& [m, value] : maps_) {
      const bool in_query = m->location == Location::kQueryString;
      Entries(*m, value, [&, member = m](std::string_view key, std::string_view text) {
        const std::string name = in_query ? std::string(key) : std::string(t_[member->wire]) + std::string(key);
        const auto is_it = [&](const auto& pair) { return in_query ? pair.first == name : EqualsIgnoreCase(pair.first, name); };
        if (std::ranges::none_of(in_query ? query : headers, is_it)) (in_query ? parts_.query : parts_.headers).emplace_back(name, text);
      });
    }
  }

 private:
  template <class F>
  void Items(const Member& m, const void* value, F each) {
    const Shape& s = t_.shapes[m.shape];
    const auto& list = At<RawList>(value);
    for (std::uint32_t i = 0; i < list.count; ++i) each(ScalarText(t_.shapes[s.element], FormatOf(m), list.items + std::size_t{i} * s.size));
  }

  template <class F>
  void Entries(const Member& m, const void* value, F each) {
    const Shape& s = t_.shapes[m.shape];
    const auto& map = At<RawList>(value);
    for (std::uint32_t i = 0; i < map.count; ++i) {
      const char* entry = map.items + std::size_t{i} * s.size;
      const std::string_view key = reinterpret_cast<const Str*>(entry)->view();
      const char* at = entry + kMapValueOffset;
      if (t_.shapes[s.element].kind != Kind::kList) {
        each(key, reinterpret_cast<const Str*>(at)->view());
        continue;
      }
      const auto& list = At<RawList>(at);
      for (std::uint32_t j = 0; j < list.count; ++j) each(key, reinterpret_cast<const Str*>(list.items + std::size_t{j} * t_.shapes[s.element].size)->view());
    }
  }

  const Tables& t_;
  HttpParts& parts_;
  std::vector<std::pair<const Member*, const void*>> maps_;
};

void WriteBody(const Tables& t, std::uint16_t shape, const void* message, bool request, HttpParts& parts) {
  const Shape& s = t.shapes[shape];
  bool members = !request;
  for (const Member *m = t.members + s.first, *end = m + s.count; m < end; ++m) {
    if ((m->flags & kPayload) == 0) {
      members |= m->location == Location::kBody;
      continue;
    }
    const Shape& target = t.shapes[m->shape];
    const void* value = Present(t, *m, message);
    if (target.kind == Kind::kString || target.kind == Kind::kBlob) {
      parts.media = target.kind == Kind::kString ? "text/plain" : "application/octet-stream";
      if (value != nullptr) parts.body = At<Str>(value).view();
    } else if (value != nullptr || (request && (target.flags & kUnion) == 0)) {
      parts.media = "application/json";
      if (value == nullptr) parts.body = "{}";
      else EncodeJson(t, m->shape, value, JsonForm::kRestJson, parts.body);
    }
    return;
  }
  if (!members) return;
  parts.media = "application/json";
  EncodeJson(t, shape, message, JsonForm::kRestJson, parts.body);
}

}  // namespace

Status ReadParts(const Tables& t, std::uint16_t shape, const HttpParts& parts, std::string_view body, void* message, Arena& arena) {
  const Shape& s = t.shapes[shape];
  Reader reader(t, parts, message, arena);
  const Member* payload = nullptr;
  for (const Member *m = t.members + s.first, *end = m + s.count; m < end; ++m) {
    if ((m->flags & kPayload) != 0) payload = m;
    TRY(reader.Read(*m));
  }
  if (body.empty()) return {};
  if (payload == nullptr) return DecodeJson(t, shape, message, body, JsonForm::kRestJson, arena);
  void* at = Emplace(t, *payload, message, arena);
  const Kind kind = t.shapes[payload->shape].kind;
  if (kind != Kind::kString && kind != Kind::kBlob) return DecodeJson(t, payload->shape, at, body, JsonForm::kRestJson, arena);
  if (kind == Kind::kString && !IsValidUtf8(body)) return Fail(ErrorKind::kInvalid, "the body is not UTF-8");
  *static_cast<Str*>(at) = body;
  return {};
}

HttpParts WriteParts(const Tables& t, std::uint16_t shape, const void* message, bool request) {
  HttpParts parts;
  if (shape == kNoShape) return parts;
  const Shape& s = t.shapes[shape];
  Writer writer(t, parts);
  for (const Member *m = t.members + s.first, *end = m + s.count; m < end; ++m)
    if (const void* value = Present(t, *m, message)) writer.Write(*m, value);
  writer.WriteMaps();
  WriteBody(t, shape, message, request, parts);
  // A member bound to this header knows better.
  for (const auto& [name, value] : parts.headers)
    if (EqualsIgnoreCase(name, "content-type")) parts.media.clear();
  return parts;
}

}  // namespace terrarium::codec
