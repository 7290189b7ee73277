#pragma once

#include <map>
#include <string>
#include <string_view>

#include "api/call.h"
#include "crypto/root_key.h"
#include "crypto/secret.h"

// What other services may ask of KMS. None of this authorises: a service that acts for a caller checks kms:GenerateDataKey or
// kms:Decrypt on the key first (CheckKeyUse); keys that AWS manages for a service ask nothing of the service's own callers.
namespace terrarium::kms {

// The rows, the world and the account and region that a call is about.
struct Scope {
  store::Tx& tx;
  UnixMillis now;
  Random& random;
  const crypto::RootKey& root;
  std::string account, region;
};

// Names and values that a ciphertext is bound to; the same ones open it.
using EncryptionContext = std::map<std::string, std::string>;

// The ARN of the key that `reference` means: id, ARN, alias or alias ARN. `alias/aws/<service>` is made at first use.
// NotFoundException where there is none.
Result<std::string> ResolveKey(const Scope& scope, std::string_view reference);
bool IsManagedKey(const Scope& scope, std::string_view key_arn);

// Whether the caller may use a customer's key through a service ("secretsmanager"): kDenied in AWS's words. Managed keys pass.
Status CheckKeyUse(const api::Call& call, const Scope& scope, std::string_view action, std::string_view key_arn, std::string_view through_service);

// DisabledException or KMSInvalidStateException where the key is not enabled.
Result<std::string> Encrypt(const Scope& scope, std::string_view key_arn, const EncryptionContext& context, std::string_view plaintext);
// InvalidCiphertextException, without text, for bytes or a context that are not those that were encrypted.
Result<crypto::Secret> Decrypt(const Scope& scope, const EncryptionContext& context, std::string_view blob);
// The key that a ciphertext was made under.
Result<std::string> KeyOfBlob(const Scope& scope, std::string_view blob);

}  // namespace terrarium::kms
