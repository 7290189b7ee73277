#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "codec/descriptor.h"

namespace terrarium::codec {

// Checks what the model says of a message: required members, lengths, ranges, enumerated values. Patterns are not checked here; operations check the
// meaning of what they use. Each problem in the words that AWS uses: "Value '…' at 'clusterName' failed to satisfy constraint: Member must not be null".
std::vector<std::string> Validate(const Tables& tables, std::uint16_t shape, const void* structure);

// "2 validation errors detected: …; …"
std::string ValidationMessage(const std::vector<std::string>& problems);

}  // namespace terrarium::codec
