#include "services/rds/public.h"

#include "services/rds/tables.h"

namespace terrarium::rds {

std::vector<DnsName> DnsNames(store::Tx& tx) {
  Arena arena;
  std::vector<DnsName> out;
  for (const rows::Instance* i : kInstances.ListPrefix(tx, "", arena)) {
    if (!(i->status == "deleting")) out.push_back({i->vpc.str(), i->endpoint.str(), i->address.str()});
  }
  return out;
}

}  // namespace terrarium::rds
