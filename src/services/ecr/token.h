#pragma once

#include <string>
#include <string_view>

#include "api/call.h"
#include "crypto/root_key.h"

namespace terrarium::ecr {

inline constexpr Millis kTokenLife{12 * 60 * 60 * 1000};

// The password of `aws ecr get-login-password`: who asked and until when, sealed. What that principal may do is read at each registry call.
std::string IssueToken(const api::Caller& caller, UnixMillis expires, const crypto::RootKey& root, Random& random);

// kDenied for anything that is not a token of this engine, or after its time.
Result<api::Caller> OpenToken(std::string_view token, UnixMillis now, const crypto::RootKey& root);

}  // namespace terrarium::ecr
