#pragma once

#include <set>

#include "base/ip.h"
#include "base/result.h"

namespace terrarium::network {

// Forgets every tracked connection of these addresses, in the network namespace of the calling thread, so that the next owner of an address
// inherits none.
Status ForgetConnections(const std::set<Ipv4>& addresses);

}  // namespace terrarium::network
