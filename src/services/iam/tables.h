#pragma once

#include <string>
#include <string_view>

#include "api/call.h"
#include "gen/iam_rows/types.h"
#include "store/table.h"

// IAM's rows. IAM is global: keys carry the account and no region. Names are found whatever their case, and kept as they were written.
namespace terrarium::iam {

namespace rows = gen::iam_rows;

inline constexpr store::Table<rows::Entity> kRoles{"iam_roles"};          // NameKey
inline constexpr store::Table<rows::Entity> kUsers{"iam_users"};          // NameKey
inline constexpr store::Table<rows::Policy> kPolicies{"iam_policies"};    // NameKey: the name is unique whatever the path
inline constexpr store::Table<rows::AccessKey> kAccessKeys{"iam_access_keys"};  // access key id; owner: NameKey of the user, "account/" for the root user
inline constexpr store::Table<rows::Stamp> kStamps{"iam_stamps"};         // account

std::string NameKey(std::string_view account, std::string_view name);

// Says in this transaction that decisions in the account may differ from now on: compiled policies are made anew. Whoever changes a row
// of the tables above calls it. The value is random, not counted, so that a rolled-back change cannot share its stamp with a later one.
void StampAccount(store::Tx& tx, Random& random, std::string_view account);
std::int64_t AccountStamp(store::Tx& tx, std::string_view account, Arena& arena);

}  // namespace terrarium::iam
