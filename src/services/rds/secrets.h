#pragma once

#include <string>
#include <string_view>

#include "services/kms/public.h"

namespace terrarium::rds {

inline constexpr std::string_view kOwnKey = "alias/aws/rds";

// What an instance's ciphertexts are bound to.
inline kms::EncryptionContext ContextOf(std::string_view resource_id) { return {{"aws:rds:db-id", std::string(resource_id)}}; }

// What a managed secret holds.
std::string SecretText(std::string_view user, std::string_view password);

}  // namespace terrarium::rds
