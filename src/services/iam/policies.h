#pragma once

#include <string_view>

#include "api/call.h"
#include "services/iam/tables.h"

namespace terrarium::iam {

// A managed policy of the caller's account or of AWS, by ARN; null if there is none. AWS's are made in the arena from the built-in table.
rows::Policy* FindPolicy(store::Tx& tx, std::string_view arn, Arena& arena);
inline rows::Policy* FindPolicy(const api::Call& call, std::string_view arn) { return FindPolicy(call.tx, arn, call.arena); }

const rows::PolicyVersion* FindVersion(const rows::Policy& policy, std::string_view id);
// The text that counts; every policy has a default version.
std::string_view DefaultDocument(const rows::Policy& policy);

}  // namespace terrarium::iam
