#include "services/iam/access_keys.h"

#include "crypto/seal.h"
#include "services/iam/names.h"

namespace terrarium::iam {

std::string AccessKeyOwner(std::string_view account, std::string_view user_name) { return NameKey(account, user_name); }

NewAccessKey MakeAccessKey(store::Tx& tx, Random& random, const crypto::RootKey& root, std::string_view account, const rows::Entity* user, UnixMillis now) {
  NewAccessKey made{NewAccessKeyId(random, "AKIA", account), NewSecretKey(random)};
  const std::string sealed = crypto::Seal(root.For("iam access keys"), made.id, made.secret, random);
  rows::AccessKey row;
  row.id = made.id;
  row.account = account;
  row.user_name = user == nullptr ? Str("") : user->name;
  row.user_id = user == nullptr ? Str(account) : user->id;
  row.sealed_secret = sealed;
  row.active = true;
  row.created = now / 1000 * 1000;
  kAccessKeys.Put(tx, made.id, row, AccessKeyOwner(account, row.user_name));
  StampAccount(tx, random, account);
  return made;
}

Result<crypto::Secret> OpenAccessKey(const rows::AccessKey& key, const crypto::RootKey& root) {
  return crypto::Open(root.For("iam access keys"), key.id, key.sealed_secret);
}

std::optional<NewAccessKey> MakeRootAccessKey(store::Tx& tx, Random& random, const crypto::RootKey& root, std::string_view account, UnixMillis now) {
  Arena arena;
  if (!kAccessKeys.ListOwner(tx, AccessKeyOwner(account, ""), arena).empty()) return std::nullopt;
  return MakeAccessKey(tx, random, root, account, nullptr, now);
}

}  // namespace terrarium::iam
