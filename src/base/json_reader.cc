#include "base/json_reader.h"

#include <charconv>
#include <cmath>
#include <cstring>

#include "base/text.h"

namespace terrarium {
namespace {

constexpr int kMaxDepth = 64;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

void AppendUtf8(std::string& out, unsigned u) {
  if (u < 0x80) {
    out += static_cast<char>(u);
  } else if (u < 0x800) {
    out += static_cast<char>(0xC0 | u >> 6);
    out += static_cast<char>(0x80 | (u & 63));
  } else if (u < 0x10000) {
    out += static_cast<char>(0xE0 | u >> 12);
    out += static_cast<char>(0x80 | (u >> 6 & 63));
    out += static_cast<char>(0x80 | (u & 63));
  } else {
    out += static_cast<char>(0xF0 | u >> 18);
    out += static_cast<char>(0x80 | (u >> 12 & 63));
    out += static_cast<char>(0x80 | (u >> 6 & 63));
    out += static_cast<char>(0x80 | (u & 63));
  }
}

}  // namespace

bool JsonReader::Fail() {
  ok_ = false;
  return false;
}

void JsonReader::Blanks() {
  while (p_ < end_ && (*p_ == ' ' || *p_ == '\n' || *p_ == '\t' || *p_ == '\r')) ++p_;
}

JsonReader::Type JsonReader::Peek() {
  Blanks();
  if (p_ >= end_) return Type::kEnd;
  switch (*p_) {
    case '{': return Type::kObject;
    case '[': return Type::kArray;
    case '"': return Type::kString;
    case 't':
    case 'f': return Type::kBool;
    case 'n': return Type::kNull;
    default: return Type::kNumber;
  }
}

bool JsonReader::Enter(char open) {
  Blanks();
  if (!ok_ || p_ >= end_ || *p_ != open || depth_ == kMaxDepth) return Fail();
  ++p_;
  ++depth_;
  fresh_ = true;
  return true;
}

bool JsonReader::EnterObject() { return Enter('{'); }
bool JsonReader::EnterArray() { return Enter('['); }

bool JsonReader::Next(char close) {
  Blanks();
  if (!ok_ || p_ >= end_) return Fail();
  if (*p_ == close) {
    ++p_;
    --depth_;
    fresh_ = false;
    return false;
  }
  if (!fresh_) {
    if (*p_ != ',') return Fail();
    ++p_;
    Blanks();
    if (p_ < end_ && *p_ == close) return Fail();
  }
  fresh_ = false;
  return true;
}

bool JsonReader::NextKey(std::string_view& key) {
  if (!Next('}') || !String(key)) return false;
  Blanks();
  if (p_ >= end_ || *p_ != ':') return Fail();
  ++p_;
  return true;
}

bool JsonReader::NextItem() { return Next(']'); }

bool JsonReader::String(std::string_view& out) {
  Blanks();
  if (!ok_ || p_ >= end_ || *p_ != '"') return Fail();
  const char* start = ++p_;
  while (p_ < end_ && *p_ != '"' && *p_ != '\\' && static_cast<unsigned char>(*p_) >= 0x20) ++p_;
  if (p_ >= end_) return Fail();
  if (*p_ == '"') {
    out = {start, static_cast<std::size_t>(p_ - start)};
    ++p_;
    return IsValidUtf8(out) || Fail();
  }
  std::string text(start, p_);
  while (p_ < end_ && *p_ != '"') {
    if (static_cast<unsigned char>(*p_) < 0x20) return Fail();
    if (*p_ != '\\') {
      text += *p_++;
    } else if (!Escape(text)) {
      return Fail();
    }
  }
  if (p_ >= end_) return Fail();
  ++p_;
  if (!IsValidUtf8(text)) return Fail();
  out = arena_.Copy(text);
  return true;
}

bool JsonReader::Escape(std::string& out) {
  if (end_ - p_ < 2) return false;
  ++p_;
  switch (*p_++) {
    case '"': out += '"'; return true;
    case '\\': out += '\\'; return true;
    case '/': out += '/'; return true;
    case 'b': out += '\b'; return true;
    case 'f': out += '\f'; return true;
    case 'n': out += '\n'; return true;
    case 'r': out += '\r'; return true;
    case 't': out += '\t'; return true;
    case 'u': break;
    default: return false;
  }
  auto hex = [&](unsigned& u) {
    if (end_ - p_ < 4) return false;
    const auto [end, error] = std::from_chars(p_, p_ + 4, u, 16);
    if (error != std::errc() || end != p_ + 4) return false;
    p_ += 4;
    return true;
  };
  unsigned u = 0;
  if (!hex(u)) return false;
  if (u >= 0xDC00 && u < 0xE000) return false;
  if (u >= 0xD800 && u < 0xDC00) {
    unsigned low = 0;
    if (end_ - p_ < 6 || p_[0] != '\\' || p_[1] != 'u') return false;
    p_ += 2;
    if (!hex(low) || low < 0xDC00 || low > 0xDFFF) return false;
    u = 0x10000 + ((u - 0xD800) << 10) + (low - 0xDC00);
  }
  AppendUtf8(out, u);
  return true;
}

bool JsonReader::Null() {
  Blanks();
  if (!ok_ || end_ - p_ < 4 || std::memcmp(p_, "null", 4) != 0) return false;
  p_ += 4;
  return true;
}

bool JsonReader::Bool(bool& out) {
  Blanks();
  if (ok_ && end_ - p_ >= 4 && std::memcmp(p_, "true", 4) == 0) {
    p_ += 4;
    out = true;
    return true;
  }
  if (ok_ && end_ - p_ >= 5 && std::memcmp(p_, "false", 5) == 0) {
    p_ += 5;
    out = false;
    return true;
  }
  return Fail();
}

bool JsonReader::Number(std::string_view& out) {
  Blanks();
  const char* s = p_;
  if (s < end_ && *s == '-') ++s;
  if (s >= end_ || !IsDigit(*s)) return Fail();
  if (*s == '0' && s + 1 < end_ && IsDigit(s[1])) return Fail();
  while (s < end_ && IsDigit(*s)) ++s;
  if (s < end_ && *s == '.') {
    ++s;
    if (s >= end_ || !IsDigit(*s)) return Fail();
    while (s < end_ && IsDigit(*s)) ++s;
  }
  if (s < end_ && (*s == 'e' || *s == 'E')) {
    ++s;
    if (s < end_ && (*s == '+' || *s == '-')) ++s;
    if (s >= end_ || !IsDigit(*s)) return Fail();
    while (s < end_ && IsDigit(*s)) ++s;
  }
  out = {p_, static_cast<std::size_t>(s - p_)};
  p_ = s;
  return ok_;
}

bool JsonReader::Integer(std::int64_t& out) {
  std::string_view text;
  if (!Number(text)) return false;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (error == std::errc() && end == text.data() + text.size()) return true;
  double d = 0;
  if (std::from_chars(text.data(), text.data() + text.size(), d).ec != std::errc() || d != std::floor(d) || std::fabs(d) > 9.0e15) return Fail();
  out = static_cast<std::int64_t>(d);
  return true;
}

bool JsonReader::Double(double& out) {
  std::string_view text;
  if (!Number(text)) return false;
  return std::from_chars(text.data(), text.data() + text.size(), out).ec == std::errc() || Fail();
}

bool JsonReader::Skip() {
  std::string_view text;
  bool flag = false;
  switch (Peek()) {
    case Type::kObject:
      if (!EnterObject()) return false;
      while (NextKey(text))
        if (!Skip()) return false;
      return ok_;
    case Type::kArray:
      if (!EnterArray()) return false;
      while (NextItem())
        if (!Skip()) return false;
      return ok_;
    case Type::kString: return String(text);
    case Type::kBool: return Bool(flag);
    case Type::kNull: return Null() || Fail();
    case Type::kNumber: return Number(text);
    case Type::kEnd: return Fail();
  }
  return Fail();
}

bool JsonReader::Finish() {
  Blanks();
  return (ok_ && p_ == end_) || Fail();
}

}  // namespace terrarium
