#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "sigv4/canonical.h"
#include "sigv4/digest.h"

namespace terrarium::sigv4 {

struct Credentials {
  std::string key_id;
  std::string secret;
  std::string token{};  // of a session; empty for a user's key
};

// The client's side. One thread at a time.
class Signer {
 public:
  Signer(Credentials credentials, std::string region, std::string service) : credentials_(std::move(credentials)), region_(std::move(region)), service_(std::move(service)) {}

  // The headers to add to `request`, which must hold its Host already: X-Amz-Date, X-Amz-Security-Token with a session, X-Amz-Content-Sha256 for
  // S3, Authorization. Every header of the request is signed except those that proxies change.
  std::vector<std::pair<std::string, std::string>> Sign(const Request& request, UnixMillis now);
  // The whole query of a presigned URL, good for `seconds`.
  std::string Presign(const Request& request, UnixMillis now, std::int64_t seconds);

 private:
  std::string Scope(UnixMillis now) const;  // with the key id
  std::string Signature(const Request& request, UnixMillis now, std::string_view signed_headers, std::string_view payload);

  Credentials credentials_;
  std::string region_;
  std::string service_;
  Digester digester_{16};
};

}  // namespace terrarium::sigv4
