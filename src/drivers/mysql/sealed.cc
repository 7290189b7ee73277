#include "drivers/mysql/sealed.h"

#include "crypto/seal.h"

namespace terrarium::mysql {
namespace {

constexpr std::string_view kPurpose = "terrarium mysql keyring 1";

Result<crypto::Secret> Derive(std::string_view data_key) {
  if (data_key.size() != crypto::kKeySize) return Fail(ErrorKind::kInvalid, "the storage key must have 32 bytes");
  return crypto::DeriveKey(crypto::Secret(std::string(data_key)), kPurpose);
}

}  // namespace

Result<std::string> Seal(std::string_view plain, std::string_view data_key, Random& random) {
  TRY_ASSIGN(const crypto::Secret key, Derive(data_key));
  return crypto::Seal(key, kPurpose, plain, random);
}

Result<crypto::Secret> Unseal(std::string_view sealed, std::string_view data_key) {
  TRY_ASSIGN(const crypto::Secret key, Derive(data_key));
  auto plain = crypto::Open(key, kPurpose, sealed);
  if (!plain) return Fail(ErrorKind::kDenied, "the storage key does not fit the storage");
  return plain;
}

}  // namespace terrarium::mysql
