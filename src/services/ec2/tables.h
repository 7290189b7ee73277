#pragma once

#include <string>
#include <string_view>

#include "gen/ec2_rows/types.h"
#include "store/table.h"

namespace terrarium::ec2 {

namespace rows = gen::ec2_rows;

inline const store::Table<rows::Vpc> kVpcs{"ec2_vpc"};
inline const store::Table<rows::Subnet> kSubnets{"ec2_subnet"};
inline const store::Table<rows::Gateway> kGateways{"ec2_gateway"};
inline const store::Table<rows::RouteTable> kRouteTables{"ec2_route_table"};
inline const store::Table<rows::Group> kGroups{"ec2_group"};
inline const store::Table<rows::Eni> kEnis{"ec2_eni"};
inline const store::Table<rows::PublicAddress> kPublicAddresses{"ec2_public_address"};  // key: the address; one fabric for all accounts

inline std::string RowKey(std::string_view account, std::string_view region, std::string_view id) {
  return std::string(account) + '/' + std::string(region) + '/' + std::string(id);
}
// What reconcilers are touched with.
inline std::string VpcWork(std::string_view row_key) { return "ec2/vpc/" + std::string(row_key); }
inline std::string EniWork(std::string_view row_key) { return "ec2/eni/" + std::string(row_key); }

}  // namespace terrarium::ec2
