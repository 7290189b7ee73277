#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace terrarium {

// An IPv4 address in host byte order.
struct Ipv4 {
  std::uint32_t value = 0;

  // Four decimal numbers without leading zeros; nothing else.
  static std::optional<Ipv4> Parse(std::string_view text);
  std::string ToString() const;
  Ipv4 operator+(std::uint32_t offset) const { return {value + offset}; }
  auto operator<=>(const Ipv4&) const = default;
};

// "10.0.0.0/16". The address may have host bits; Canonical() says whether it has none.
struct Cidr {
  Ipv4 address{};
  std::uint8_t prefix = 32;

  static std::optional<Cidr> Parse(std::string_view text);
  std::string ToString() const;
  std::uint32_t Mask() const { return prefix == 0 ? 0 : ~std::uint32_t{0} << (32 - prefix); }
  Ipv4 First() const { return {address.value & Mask()}; }
  Ipv4 Last() const { return {address.value | ~Mask()}; }
  bool Canonical() const { return address == First(); }
  bool Contains(Ipv4 a) const { return (a.value & Mask()) == First().value; }
  bool Contains(const Cidr& c) const { return c.prefix >= prefix && Contains(c.address); }
  bool Overlaps(const Cidr& c) const { return Contains(c) || c.Contains(*this); }
  auto operator<=>(const Cidr&) const = default;
};

// An Ethernet address, "02:0a:00:00:00:01".
struct Mac {
  std::uint8_t bytes[6] = {};

  static std::optional<Mac> Parse(std::string_view text);
  std::string ToString() const;
  auto operator<=>(const Mac&) const = default;
};

}  // namespace terrarium
