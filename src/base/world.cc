#include <sys/random.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "base/clock.h"
#include "base/random.h"

namespace terrarium {

UnixMillis SystemClock::Now() const {
  return std::chrono::duration_cast<Millis>(std::chrono::system_clock::now().time_since_epoch()).count();
}

std::uint64_t Random::Next() {
  std::uint64_t value = 0;
  Fill(&value, sizeof value);
  return value;
}

void SystemRandom::Fill(void* bytes, std::size_t size) {
  auto* out = static_cast<char*>(bytes);
  while (size > 0) {
    const ssize_t got = ::getrandom(out, size, 0);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) std::abort();  // without randomness no key or id may be made
    out += got;
    size -= static_cast<std::size_t>(got);
  }
}

void SeededRandom::Fill(void* bytes, std::size_t size) {
  auto* out = static_cast<char*>(bytes);
  while (size > 0) {
    // splitmix64
    std::uint64_t z = (state_ += 0x9E3779B97F4A7C15ull);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
    z ^= z >> 31;
    const std::size_t n = size < sizeof z ? size : sizeof z;
    std::memcpy(out, &z, n);
    out += n;
    size -= n;
  }
}

std::string RandomHex(Random& random, std::size_t length) { return RandomFrom(random, "0123456789abcdef", length); }

std::string RandomFrom(Random& random, std::string_view alphabet, std::size_t length) {
  std::string out;
  out.reserve(length);
  const unsigned limit = 256 - 256 % static_cast<unsigned>(alphabet.size());
  while (out.size() < length) {
    unsigned char bytes[64];
    random.Fill(bytes, sizeof bytes);
    for (unsigned char byte : bytes) {
      if (byte >= limit) continue;  // a remainder would favour the first characters
      out += alphabet[byte % alphabet.size()];
      if (out.size() == length) break;
    }
  }
  return out;
}

std::string RandomUuid(Random& random) {
  std::string hex = RandomHex(random, 32);
  hex[12] = '4';
  hex[16] = "89ab"[static_cast<unsigned char>(hex[16]) & 3];
  for (std::size_t at : {8u, 13u, 18u, 23u}) hex.insert(at, 1, '-');
  return hex;
}

}  // namespace terrarium
