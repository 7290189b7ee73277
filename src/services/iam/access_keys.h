#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/random.h"
#include "crypto/root_key.h"
#include "services/iam/tables.h"

namespace terrarium::iam {

struct NewAccessKey {
  std::string id;
  std::string secret;  // shown once
};

// Makes a key pair of a user, or of the account's root user where `user` is null. The secret is kept sealed.
NewAccessKey MakeAccessKey(store::Tx& tx, Random& random, const crypto::RootKey& root, std::string_view account, const rows::Entity* user, UnixMillis now);
Result<crypto::Secret> OpenAccessKey(const rows::AccessKey& key, const crypto::RootKey& root);

std::string AccessKeyOwner(std::string_view account, std::string_view user_name);  // user_name empty: the root user

// The root user's key pair for an engine's first start; nothing where the account has one already. The daemon keeps the secret in a
// file of mode 0600, because it can be read only now.
std::optional<NewAccessKey> MakeRootAccessKey(store::Tx& tx, Random& random, const crypto::RootKey& root, std::string_view account, UnixMillis now);

}  // namespace terrarium::iam
