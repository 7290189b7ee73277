#pragma once

#include <string>
#include <vector>

#include "store/database.h"

namespace terrarium::rds {

struct DnsName {
  std::string vpc, name, address;
};
// The endpoint names of all instances of all accounts: for the snapshot that terrarium-node answers DNS from.
std::vector<DnsName> DnsNames(store::Tx& tx);

}  // namespace terrarium::rds
