#pragma once

#include <string>
#include <string_view>

#include "base/random.h"
#include "base/result.h"
#include "crypto/secret.h"

namespace terrarium::crypto {

// The key above all keys of one engine. It lives in a file of its own (0400) that no backup holds: whoever loses it loses every secret,
// and a state restored without it must not start.
class RootKey {
 public:
  // Reads `path`, or makes it where `may_create`: the caller knows whether sealed rows exist already. kInvalid for a file that others
  // can read, of another size, or absent while it may not be made.
  static Result<RootKey> Load(const std::string& path, Random& random, bool may_create);
  // For simulation and tests: nothing on disk.
  static RootKey InMemory(Random& random);

  Secret For(std::string_view purpose) const;
  // Says whether two root keys are the same without giving either away: stored beside the sealed rows, compared at start.
  std::string Fingerprint() const;

 private:
  explicit RootKey(Secret key) : key_(std::move(key)) {}
  Secret key_;
};

}  // namespace terrarium::crypto
