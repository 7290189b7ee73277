#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace terrarium {

// The world's randomness. Ids and secrets come from here, so that a simulation repeats from its seed.
class Random {
 public:
  virtual ~Random() = default;
  virtual void Fill(void* bytes, std::size_t size) = 0;
  std::uint64_t Next();
};

// getrandom(2): fit for keys, tokens and passwords.
class SystemRandom final : public Random {
 public:
  void Fill(void* bytes, std::size_t size) override;
};

// Repeats from a seed; for simulation and tests only.
class SeededRandom final : public Random {
 public:
  explicit SeededRandom(std::uint64_t seed) : state_(seed) {}
  void Fill(void* bytes, std::size_t size) override;

 private:
  std::uint64_t state_;
};

// `length` lower-case hexadecimal digits.
std::string RandomHex(Random& random, std::size_t length);
// `length` characters drawn evenly from `alphabet`.
std::string RandomFrom(Random& random, std::string_view alphabet, std::size_t length);
// A version 4 UUID, as AWS request ids are.
std::string RandomUuid(Random& random);

}  // namespace terrarium
