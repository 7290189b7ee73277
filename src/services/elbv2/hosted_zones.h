#pragma once

#include <string_view>

namespace terrarium::elbv2 {

// The id of the Route 53 zone in which the names of a region's application load balancers lie ("Elastic Load Balancing endpoints and quotas" of the
// AWS general reference). Empty for a region that is not in the list.
std::string_view HostedZoneOf(std::string_view region);

}  // namespace terrarium::elbv2
