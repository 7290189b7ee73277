#include "crypto/secret.h"

#include <openssl/crypto.h>

namespace terrarium::crypto {

Secret& Secret::operator=(Secret&& other) noexcept {
  if (this == &other) return *this;
  Wipe();
  bytes_ = std::move(other.bytes_);
  other.Wipe();  // short strings are copied by a move
  return *this;
}

void Secret::Wipe() { crypto::Wipe(bytes_); }

void Wipe(std::string& bytes) {
  bytes.resize(bytes.capacity());
  OPENSSL_cleanse(bytes.data(), bytes.size());
  bytes.clear();
}

}  // namespace terrarium::crypto
