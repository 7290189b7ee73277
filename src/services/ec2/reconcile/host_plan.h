#pragma once

#include <string_view>

#include "gen/host_network/types.h"
#include "services/ec2/tables.h"

// Pure but for reading rows: what the host should have of a VPC or an interface.
namespace terrarium::ec2 {

// Null where the VPC is gone.
gen::host_network::EnsureVpcRequest* PlanVpc(store::Tx& tx, std::string_view row_key, Arena& arena);
gen::host_network::EnsureEniRequest* PlanEni(const rows::Eni& eni, Arena& arena);

}  // namespace terrarium::ec2
