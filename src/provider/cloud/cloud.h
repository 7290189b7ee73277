// The cloud as resources see it: one call of the AWS API.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "provider/value/value.h"

namespace terrarium::provider {

// Members carry the names of the API model, in requests and answers, whatever the protocol of the service.
// Timestamps are RFC 3339 text, blobs are base64. Called from several threads at once.
class Cloud {
 public:
  virtual ~Cloud() = default;
  // Where objects are whose configuration names no region.
  virtual std::string HomeRegion() const = 0;
  // A failure of the service has its error code ("NoSuchEntity") in Error::code.
  virtual Result<Object> Call(std::string_view region, std::string_view service, std::string_view operation,
                              const Object& request) = 0;
};

}  // namespace terrarium::provider
