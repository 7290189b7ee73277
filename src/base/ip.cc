#include "base/ip.h"

#include "base/text.h"

namespace terrarium {
namespace {

std::optional<std::uint32_t> SmallNumber(std::string_view text, std::uint32_t limit) {
  if (text.empty() || text.size() > 3 || (text.size() > 1 && text[0] == '0')) return std::nullopt;
  std::uint32_t n = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    n = n * 10 + static_cast<std::uint32_t>(c - '0');
  }
  if (n > limit) return std::nullopt;
  return n;
}

}  // namespace

std::optional<Ipv4> Ipv4::Parse(std::string_view text) {
  const auto parts = Split(text, '.');
  if (parts.size() != 4) return std::nullopt;
  Ipv4 out;
  for (const auto part : parts) {
    const auto n = SmallNumber(part, 255);
    if (!n) return std::nullopt;
    out.value = out.value << 8 | *n;
  }
  return out;
}

std::string Ipv4::ToString() const {
  return std::to_string(value >> 24) + '.' + std::to_string(value >> 16 & 255) + '.' + std::to_string(value >> 8 & 255) + '.' +
         std::to_string(value & 255);
}

std::optional<Cidr> Cidr::Parse(std::string_view text) {
  const auto slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const auto address = Ipv4::Parse(text.substr(0, slash));
  const auto prefix = SmallNumber(text.substr(slash + 1), 32);
  if (!address || !prefix) return std::nullopt;
  return Cidr{*address, static_cast<std::uint8_t>(*prefix)};
}

std::string Cidr::ToString() const { return address.ToString() + '/' + std::to_string(prefix); }

std::optional<Mac> Mac::Parse(std::string_view text) {
  const auto parts = Split(text, ':');
  if (parts.size() != 6) return std::nullopt;
  Mac out;
  for (std::size_t i = 0; i < 6; ++i) {
    const auto byte = parts[i].size() == 2 ? HexDecode(parts[i]) : std::nullopt;
    if (!byte) return std::nullopt;
    out.bytes[i] = static_cast<std::uint8_t>((*byte)[0]);
  }
  return out;
}

std::string Mac::ToString() const {
  std::string out;
  for (const auto byte : bytes) {
    if (!out.empty()) out += ':';
    const char c = static_cast<char>(byte);
    out += HexEncode({&c, 1});
  }
  return out;
}

}  // namespace terrarium
