#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "gen/kms_rows/types.h"
#include "services/iam/public.h"
#include "services/kms/public.h"
#include "store/table.h"

namespace terrarium::kms {

namespace rows = gen::kms_rows;

inline constexpr store::Table<rows::Key> kKeys{"kms_keys"};         // account/region/id
inline constexpr store::Table<rows::Alias> kAliases{"kms_aliases"};  // account/region/alias/name; owner: the key's key

std::string RowKey(const Scope& scope, std::string_view rest);
std::unexpected<Error> NotFound(std::string message);

// By id, ARN, alias or alias ARN. A key whose time of deletion has come is deleted here, with its aliases, and not found.
Result<rows::Key*> FindKey(const Scope& scope, std::string_view reference, Arena& arena);
// Without aliases, for the operations that take none: "Invalid keyId 'alias/x'".
Result<rows::Key*> FindKeyById(const Scope& scope, std::string_view reference, Arena& arena);
Status RequireEnabled(const rows::Key& key);
Status RequireNotPending(const rows::Key& key);

// A new enabled key with fresh material, put.
rows::Key* MakeKey(const Scope& scope, Arena& arena);
void SaveKey(const Scope& scope, const rows::Key& key);
std::string DefaultPolicy(std::string_view account);

// The policies of keys, without which nothing may be done with a key.
class KeyPolicies final : public iam::ResourcePolicies {
 public:
  Found Find(store::Tx& tx, std::string_view action, std::string_view resource) const override;
};

}  // namespace terrarium::kms
