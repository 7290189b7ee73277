#pragma once

#include <string_view>

#include "aws/config.h"
#include "base/clock.h"
#include "runtime/http_client.h"

namespace terrarium::aws {

// Adds the headers of AWS Signature Version 4 to a call whose target, headers and body are final: X-Amz-Date,
// X-Amz-Security-Token if there is a token, and Authorization. Every header of the call is signed.
void Sign(runtime::HttpCall& call, std::string_view host, const Credentials& credentials, std::string_view region,
          std::string_view service, UnixMillis now);

}  // namespace terrarium::aws
