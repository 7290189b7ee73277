// What the IAM types share.
#pragma once

#include "provider/value/value.h"

namespace terrarium::provider {

// IAM answers policy documents percent-encoded.
Value DecodedPolicy(const Value& document);

}  // namespace terrarium::provider
