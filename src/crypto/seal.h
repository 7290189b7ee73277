#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/random.h"
#include "base/result.h"
#include "crypto/secret.h"

namespace terrarium::crypto {

inline constexpr std::size_t kKeySize = 32;
inline constexpr std::size_t kSealOverhead = 12 + 16;  // nonce before, tag behind

// AES-256-GCM with a fresh nonce: nonce ‖ ciphertext ‖ tag. `bound` is authenticated and not part of the result.
std::string Seal(const Secret& key, std::string_view bound, std::string_view plaintext, Random& random);
// kInvalid, without saying why, if key, bound text or bytes are not those that were sealed.
Result<Secret> Open(const Secret& key, std::string_view bound, std::string_view sealed);

// A key for one purpose out of a uniformly random one: HKDF-Expand with SHA-256 (RFC 5869), one block.
Secret DeriveKey(const Secret& key, std::string_view purpose);

std::string Sha256(std::string_view bytes);
std::string HmacSha256(std::string_view key, std::string_view bytes);
// Takes the same time wherever the first difference is.
bool EqualSecrets(std::string_view a, std::string_view b);

}  // namespace terrarium::crypto
