#include "services/iam/tables.h"

#include "base/text.h"

namespace terrarium::iam {

std::string NameKey(std::string_view account, std::string_view name) { return std::string(account) + "/" + ToLower(name); }

void StampAccount(store::Tx& tx, Random& random, std::string_view account) {
  rows::Stamp stamp;
  stamp.value = static_cast<std::int64_t>(random.Next() >> 1) + 1;
  kStamps.Put(tx, account, stamp);
}

std::int64_t AccountStamp(store::Tx& tx, std::string_view account, Arena& arena) {
  const rows::Stamp* stamp = kStamps.Find(tx, account, arena);
  return stamp == nullptr ? 0 : stamp->value.value_or(0);
}

}  // namespace terrarium::iam
