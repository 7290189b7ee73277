#pragma once

#include <string>

#include "base/result.h"

// libnftables, in the network namespace of the calling thread. The library keeps process-wide state: callers hold the driver's mutex.
namespace terrarium::network {

// One transaction: all of it or nothing. Empty text is success.
Status RunNft(const std::string& text);

// `list ruleset` as JSON.
Result<std::string> ListNft();

}  // namespace terrarium::network
