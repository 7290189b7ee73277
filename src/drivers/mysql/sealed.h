#pragma once

#include <string>
#include <string_view>

#include "base/random.h"
#include "base/result.h"
#include "crypto/secret.h"

namespace terrarium::mysql {

// A keyring as it lies on disk: sealed under a key derived from the data key that KMS gave for the storage. The data key has 32 bytes;
// kInvalid for another length.
Result<std::string> Seal(std::string_view plain, std::string_view data_key, Random& random);
// kDenied if it was sealed under another key or altered.
Result<crypto::Secret> Unseal(std::string_view sealed, std::string_view data_key);

}  // namespace terrarium::mysql
