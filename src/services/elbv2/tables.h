#pragma once

#include <string>
#include <string_view>

#include "gen/elbv2_rows/types.h"
#include "store/table.h"

namespace terrarium::elbv2 {

namespace rows = gen::elbv2_rows;

inline const store::Table<rows::LoadBalancer> kLoadBalancers{"elbv2_load_balancer"};
inline const store::Table<rows::TargetGroup> kTargetGroups{"elbv2_target_group"};
inline const store::Table<rows::Listener> kListeners{"elbv2_listener"};
inline const store::Table<rows::Target> kTargets{"elbv2_target"};

inline std::string LoadBalancerWork(std::string_view row_key) { return "elbv2/lb/" + std::string(row_key); }

}  // namespace terrarium::elbv2
