#pragma once

#include <cstdint>
#include <string>

namespace terrarium::prove {

// "2,660"
inline std::string Grouped(std::uint64_t n) {
  std::string text = std::to_string(n);
  for (std::size_t at = text.size(); at > 3; at -= 3) text.insert(at - 3, ",");
  return text;
}

// "0.42 s"
std::string Seconds(double seconds);

}  // namespace terrarium::prove
