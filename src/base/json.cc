#include "base/json.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "base/json_reader.h"

namespace terrarium {
namespace {

bool Read(JsonReader& in, Json& out) {
  std::string_view text;
  switch (in.Peek()) {
    case JsonReader::Type::kObject: {
      Json::Object object;
      if (!in.EnterObject()) return false;
      while (in.NextKey(text)) {
        const auto same = [&](const auto& member) { return member.first == text; };
        if (std::any_of(object.begin(), object.end(), same)) return in.Fail();
        object.emplace_back(std::string(text), Json());
        if (!Read(in, object.back().second)) return false;
      }
      out = Json(std::move(object));
      return in.ok();
    }
    case JsonReader::Type::kArray: {
      Json::Array array;
      if (!in.EnterArray()) return false;
      while (in.NextItem()) {
        array.emplace_back();
        if (!Read(in, array.back())) return false;
      }
      out = Json(std::move(array));
      return in.ok();
    }
    case JsonReader::Type::kString:
      if (!in.String(text)) return false;
      out = Json(text);
      return true;
    case JsonReader::Type::kBool: {
      bool b = false;
      if (!in.Bool(b)) return false;
      out = Json(b);
      return true;
    }
    case JsonReader::Type::kNull: return in.Null() || in.Fail();
    case JsonReader::Type::kNumber: {
      if (!in.Number(text)) return false;
      std::int64_t i = 0;
      const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), i);
      if (error == std::errc() && end == text.data() + text.size()) {
        out = Json(i);
        return true;
      }
      double d = 0;
      if (std::from_chars(text.data(), text.data() + text.size(), d).ec != std::errc()) return in.Fail();
      out = Json(d);
      return true;
    }
    case JsonReader::Type::kEnd: return in.Fail();
  }
  return in.Fail();
}

// indent < 0: compact.
void Write(const Json& v, std::string& out, int indent, int depth, bool sorted) {
  const auto line = [&](int level) {
    if (indent < 0) return;
    out += '\n';
    out.append(static_cast<std::size_t>(indent * level), ' ');
  };
  if (v.is_null()) {
    out += "null";
  } else if (v.is_bool()) {
    out += v.boolean() ? "true" : "false";
  } else if (v.is_int()) {
    out += std::to_string(v.integer());
  } else if (v.is_number()) {
    AppendJsonNumber(out, v.number());
  } else if (v.is_string()) {
    AppendJsonString(out, v.string());
  } else if (v.is_array()) {
    out += '[';
    for (const Json& item : v.array()) {
      if (&item != &v.array().front()) out += ',';
      line(depth + 1);
      Write(item, out, indent, depth + 1, sorted);
    }
    if (!v.array().empty()) line(depth);
    out += ']';
  } else {
    std::vector<const std::pair<std::string, Json>*> members;
    for (const auto& member : v.object()) members.push_back(&member);
    if (sorted) std::sort(members.begin(), members.end(), [](auto* a, auto* b) { return a->first < b->first; });
    out += '{';
    for (const auto* member : members) {
      if (member != members.front()) out += ',';
      line(depth + 1);
      AppendJsonString(out, member->first);
      out += indent < 0 ? ":" : ": ";
      Write(member->second, out, indent, depth + 1, sorted);
    }
    if (!members.empty()) line(depth);
    out += '}';
  }
}

}  // namespace

Result<Json> Json::Parse(std::string_view text) {
  Arena arena;
  JsonReader in(text, arena);
  Json out;
  if (!Read(in, out) || !in.Finish()) return Fail(ErrorKind::kInvalid, "not valid JSON at offset " + std::to_string(in.offset()));
  return out;
}

const std::string& Json::string() const {
  static const std::string none;
  return is_string() ? std::get<std::string>(value_) : none;
}
const Json::Array& Json::array() const {
  static const Array none;
  return is_array() ? std::get<Array>(value_) : none;
}
const Json::Object& Json::object() const {
  static const Object none;
  return is_object() ? std::get<Object>(value_) : none;
}
std::int64_t Json::integer() const {
  if (is_int()) return std::get<std::int64_t>(value_);
  return is_number() ? static_cast<std::int64_t>(std::get<double>(value_)) : 0;
}
double Json::number() const {
  if (is_int()) return static_cast<double>(std::get<std::int64_t>(value_));
  return is_number() ? std::get<double>(value_) : 0;
}

const Json* Json::Find(std::string_view key) const {
  for (const auto& [name, value] : object())
    if (name == key) return &value;
  return nullptr;
}

const Json& Json::operator[](std::string_view key) const {
  static const Json none;
  const Json* found = Find(key);
  return found == nullptr ? none : *found;
}

Json& Json::Set(std::string_view key, Json value) {
  if (!is_object()) value_ = Object{};
  for (auto& [name, old] : std::get<Object>(value_))
    if (name == key) return old = std::move(value);
  return std::get<Object>(value_).emplace_back(std::string(key), std::move(value)).second;
}

void Json::Remove(std::string_view key) {
  if (is_object()) std::erase_if(std::get<Object>(value_), [&](const auto& member) { return member.first == key; });
}

Json& Json::Append(Json value) {
  if (!is_array()) value_ = Array{};
  return std::get<Array>(value_).emplace_back(std::move(value));
}

std::string Json::Write() const {
  std::string out;
  terrarium::Write(*this, out, -1, 0, false);
  return out;
}
std::string Json::WriteIndented(int indent) const {
  std::string out;
  terrarium::Write(*this, out, indent, 0, false);
  return out;
}
std::string Json::WriteCanonical() const {
  std::string out;
  terrarium::Write(*this, out, -1, 0, true);
  return out;
}

void AppendJsonString(std::string& out, std::string_view s) {
  static constexpr char kHex[] = "0123456789abcdef";
  out += '"';
  std::size_t plain = 0;
  for (std::size_t i = 0; i < s.size(); ++i) {
    const auto c = static_cast<unsigned char>(s[i]);
    if (c >= 0x20 && c != '"' && c != '\\') continue;
    out += s.substr(plain, i - plain);
    plain = i + 1;
    out += '\\';
    switch (c) {
      case '"':
      case '\\': out += static_cast<char>(c); break;
      case '\n': out += 'n'; break;
      case '\t': out += 't'; break;
      case '\r': out += 'r'; break;
      default:
        out += "u00";
        out += kHex[c >> 4];
        out += kHex[c & 15];
    }
  }
  out += s.substr(plain);
  out += '"';
}

void AppendJsonNumber(std::string& out, double v) {
  char buffer[40];
  if (v == std::floor(v) && std::fabs(v) < 9.0e15) {
    out.append(buffer, std::to_chars(buffer, buffer + sizeof buffer, static_cast<std::int64_t>(v)).ptr);
  } else if (std::isfinite(v)) {
    out.append(buffer, std::to_chars(buffer, buffer + sizeof buffer, v).ptr);
  } else {
    out += std::isnan(v) ? "\"NaN\"" : v > 0 ? "\"Infinity\"" : "\"-Infinity\"";
  }
}

}  // namespace terrarium
