#include "base/text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <ctime>

namespace terrarium {
namespace {

constexpr char kHexLower[] = "0123456789abcdef";
constexpr char kHexUpper[] = "0123456789ABCDEF";
constexpr char kBase64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }

int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool IsUnreserved(unsigned char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_' || c == '.' || c == '~';
}

tm ToTm(UnixMillis t) {
  std::int64_t seconds = t / 1000;
  if (t % 1000 < 0) --seconds;
  const time_t clock = static_cast<time_t>(seconds);
  tm out{};
  gmtime_r(&clock, &out);
  return out;
}

// Exactly `width` digits at `at`, which moves past them.
std::optional<int> Digits(std::string_view s, std::size_t& at, std::size_t width) {
  if (at + width > s.size()) return std::nullopt;
  int value = 0;
  for (std::size_t i = 0; i < width; ++i, ++at) {
    if (s[at] < '0' || s[at] > '9') return std::nullopt;
    value = value * 10 + (s[at] - '0');
  }
  return value;
}

}  // namespace

std::string ToLower(std::string_view s) {
  std::string out(s);
  for (char& c : out) c = Lower(c);
  return out;
}

bool EqualsIgnoreCase(std::string_view a, std::string_view b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) { return Lower(x) == Lower(y); });
}

std::string_view Trim(std::string_view s) {
  while (!s.empty() && (s.front() == ' ' || s.front() == '\t')) s.remove_prefix(1);
  while (!s.empty() && (s.back() == ' ' || s.back() == '\t')) s.remove_suffix(1);
  return s;
}

std::vector<std::string_view> Split(std::string_view s, char separator) {
  std::vector<std::string_view> out;
  for (;;) {
    const std::size_t at = s.find(separator);
    out.push_back(s.substr(0, at));
    if (at == std::string_view::npos) return out;
    s.remove_prefix(at + 1);
  }
}

std::string Join(const std::vector<std::string>& parts, std::string_view separator) {
  std::string out;
  for (const auto& part : parts) {
    if (&part != &parts.front()) out += separator;
    out += part;
  }
  return out;
}

std::string ReplaceAll(std::string_view s, std::string_view from, std::string_view to) {
  std::string out;
  for (std::size_t at = 0;;) {
    const std::size_t hit = s.find(from, at);
    out += s.substr(at, hit - at);
    if (hit == std::string_view::npos) return out;
    out += to;
    at = hit + from.size();
  }
}

std::optional<std::int64_t> ParseInt(std::string_view s) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(s.data(), s.data() + s.size(), value);
  if (error != std::errc() || end != s.data() + s.size() || s.empty()) return std::nullopt;
  return value;
}

std::string HexEncode(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size() * 2);
  for (unsigned char c : bytes) {
    out += kHexLower[c >> 4];
    out += kHexLower[c & 15];
  }
  return out;
}

std::optional<std::string> HexDecode(std::string_view hex) {
  if (hex.size() % 2 != 0) return std::nullopt;
  std::string out;
  for (std::size_t i = 0; i < hex.size(); i += 2) {
    const int high = HexValue(hex[i]);
    const int low = HexValue(hex[i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    out += static_cast<char>(high * 16 + low);
  }
  return out;
}

std::string Base64Encode(std::string_view bytes) {
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    unsigned v = static_cast<unsigned char>(bytes[i]) << 16;
    if (i + 1 < bytes.size()) v |= static_cast<unsigned>(static_cast<unsigned char>(bytes[i + 1])) << 8;
    if (i + 2 < bytes.size()) v |= static_cast<unsigned char>(bytes[i + 2]);
    out += kBase64[v >> 18];
    out += kBase64[v >> 12 & 63];
    out += i + 1 < bytes.size() ? kBase64[v >> 6 & 63] : '=';
    out += i + 2 < bytes.size() ? kBase64[v & 63] : '=';
  }
  return out;
}

std::optional<std::string> Base64Decode(std::string_view text) {
  static constexpr auto kValue = [] {
    std::array<signed char, 256> t{};
    t.fill(-1);
    for (int i = 0; i < 64; ++i) t[static_cast<unsigned char>(kBase64[i])] = static_cast<signed char>(i);
    return t;
  }();
  if (text.size() % 4 != 0) return std::nullopt;
  std::string out;
  out.reserve(text.size() / 4 * 3);
  for (std::size_t i = 0; i < text.size(); i += 4) {
    const bool last = i + 4 == text.size();
    const int pads = !last ? 0 : (text[i + 3] != '=' ? 0 : text[i + 2] != '=' ? 1 : 2);
    unsigned v = 0;
    for (int k = 0; k < 4; ++k) {
      const int digit = k >= 4 - pads ? 0 : kValue[static_cast<unsigned char>(text[i + static_cast<std::size_t>(k)])];
      if (digit < 0) return std::nullopt;
      v = v << 6 | static_cast<unsigned>(digit);
    }
    out += static_cast<char>(v >> 16 & 255);
    if (pads < 2) out += static_cast<char>(v >> 8 & 255);
    if (pads < 1) out += static_cast<char>(v & 255);
  }
  return out;
}

std::string UriEncode(std::string_view s, bool keep_slash) {
  std::string out;
  for (unsigned char c : s) {
    if (IsUnreserved(c) || (keep_slash && c == '/')) {
      out += static_cast<char>(c);
    } else {
      out += '%';
      out += kHexUpper[c >> 4];
      out += kHexUpper[c & 15];
    }
  }
  return out;
}

std::optional<std::string> UriDecode(std::string_view s, bool plus_is_space) {
  std::string out;
  for (std::size_t i = 0; i < s.size(); ++i) {
    if (s[i] == '+' && plus_is_space) {
      out += ' ';
    } else if (s[i] == '%') {
      if (i + 2 >= s.size()) return std::nullopt;
      const int high = HexValue(s[i + 1]);
      const int low = HexValue(s[i + 2]);
      if (high < 0 || low < 0) return std::nullopt;
      out += static_cast<char>(high * 16 + low);
      i += 2;
    } else {
      out += s[i];
    }
  }
  return out;
}

bool IsValidUtf8(std::string_view s) {
  const auto* p = reinterpret_cast<const unsigned char*>(s.data());
  const auto* end = p + s.size();
  while (p < end) {
    if (*p < 0x80) {
      ++p;
      continue;
    }
    const int more = *p >= 0xF0 ? 3 : *p >= 0xE0 ? 2 : 1;
    if (*p < 0xC2 || *p > 0xF4 || end - p <= more) return false;
    for (int i = 1; i <= more; ++i)
      if ((p[i] & 0xC0) != 0x80) return false;
    if ((*p == 0xE0 && p[1] < 0xA0) || (*p == 0xED && p[1] > 0x9F) || (*p == 0xF0 && p[1] < 0x90) || (*p == 0xF4 && p[1] > 0x8F)) return false;
    p += more + 1;
  }
  return true;
}

std::string FormatIso8601(UnixMillis t, bool with_millis) {
  const tm g = ToTm(t);
  char out[40];
  std::size_t n = strftime(out, sizeof out, "%Y-%m-%dT%H:%M:%S", &g);
  if (with_millis) n += static_cast<std::size_t>(std::snprintf(out + n, sizeof out - n, ".%03d", static_cast<int>((t % 1000 + 1000) % 1000)));
  return std::string(out, n) + "Z";
}

std::string FormatHttpDate(UnixMillis t) {
  const tm g = ToTm(t);
  char out[40];
  return std::string(out, strftime(out, sizeof out, "%a, %d %b %Y %H:%M:%S GMT", &g));
}

std::string FormatBasicIso8601(UnixMillis t) {
  const tm g = ToTm(t);
  char out[40];
  return std::string(out, strftime(out, sizeof out, "%Y%m%dT%H%M%SZ", &g));
}

std::optional<UnixMillis> ParseIso8601(std::string_view s) {
  std::size_t at = 0;
  const bool dashed = s.size() > 4 && s[4] == '-';
  auto skip = [&](char c) { return at < s.size() && s[at] == c ? (++at, true) : false; };
  tm g{};
  const auto year = Digits(s, at, 4);
  if (!year || (dashed && !skip('-'))) return std::nullopt;
  const auto month = Digits(s, at, 2);
  if (!month || (dashed && !skip('-'))) return std::nullopt;
  const auto day = Digits(s, at, 2);
  if (!day) return std::nullopt;
  g.tm_year = *year - 1900;
  g.tm_mon = *month - 1;
  g.tm_mday = *day;
  std::int64_t fraction = 0;
  std::int64_t offset = 0;
  if (at < s.size()) {
    if (!skip('T') && !skip('t') && !skip(' ')) return std::nullopt;
    const auto hour = Digits(s, at, 2);
    if (!hour || (dashed && !skip(':'))) return std::nullopt;
    const auto minute = Digits(s, at, 2);
    if (!minute || (dashed && !skip(':'))) return std::nullopt;
    const auto second = Digits(s, at, 2);
    if (!second) return std::nullopt;
    g.tm_hour = *hour;
    g.tm_min = *minute;
    g.tm_sec = *second;
    if (skip('.')) {
      std::int64_t scale = 100;
      const std::size_t start = at;
      for (; at < s.size() && s[at] >= '0' && s[at] <= '9'; ++at, scale /= 10) fraction += scale * (s[at] - '0');
      if (at == start) return std::nullopt;
    }
    if (!skip('Z') && !skip('z') && at < s.size()) {
      const bool minus = s[at] == '-';
      if (!skip('+') && !skip('-')) return std::nullopt;
      const auto oh = Digits(s, at, 2);
      skip(':');
      const auto om = Digits(s, at, 2);
      if (!oh || !om) return std::nullopt;
      offset = (*oh * 60 + *om) * (minus ? -60 : 60);
    }
    if (at != s.size() || *hour > 23 || *minute > 59 || *second > 60) return std::nullopt;
  }
  if (*month < 1 || *month > 12 || *day < 1 || *day > 31) return std::nullopt;
  return (static_cast<std::int64_t>(timegm(&g)) - offset) * 1000 + fraction;
}

std::optional<UnixMillis> ParseHttpDate(std::string_view s) {
  tm g{};
  const std::string text(s);
  const char* end = strptime(text.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &g);
  if (end == nullptr || *end != '\0') return std::nullopt;
  return static_cast<std::int64_t>(timegm(&g)) * 1000;
}

std::string Printable(std::string_view s) {
  std::string out;
  for (unsigned char c : s) {
    if (c >= 0x20 && c != 0x7F) {
      out += static_cast<char>(c);
    } else {
      out += "\\x";
      out += kHexLower[c >> 4];
      out += kHexLower[c & 15];
    }
  }
  return out;
}

}  // namespace terrarium
