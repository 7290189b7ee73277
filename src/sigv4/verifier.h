#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "sigv4/canonical.h"
#include "sigv4/digest.h"
#include "sigv4/failure.h"

namespace terrarium::sigv4 {

// What a signed request says of itself. Nothing of it is proven until Verify has passed.
struct Claim {
  std::string key_id;
  std::string date;    // of the scope, YYYYMMDD
  std::string region;
  std::string service;
  std::string scope;           // key_id/date/region/service/aws4_request
  std::string signed_headers;  // "host;x-amz-date"
  std::string signature;       // 64 lower-case hex digits
  std::string timestamp;       // 20150830T123600Z
  UnixMillis signed_at = 0;
  bool presigned = false;
  std::int64_t expires = 0;          // seconds, if presigned
  std::string token;                 // X-Amz-Security-Token; empty if there is none
  std::string payload;               // x-amz-content-sha256 as sent; empty if absent

  std::string_view scope_without_key() const { return std::string_view(scope).substr(key_id.size() + 1); }
};

template <class T>
using Outcome = std::expected<T, Failure>;

// The server's side, in the order in which AWS checks:
//
//   ReadClaim      is there a signature, and are its parts whole
//   CheckTime      15 minutes each way; a presigned URL until X-Amz-Expires
//   CheckScope     date and terminator of the scope, the service that the request goes to
//   (the caller)   does the key exist and is it active; the session token; the role behind it
//   Verify         the signature
Outcome<Claim> ReadClaim(const Request& request);
Outcome<void> CheckTime(const Claim& claim, UnixMillis now);
// `service`: signing name that the request was routed to. `region` empty: any region.
Outcome<void> CheckScope(const Claim& claim, std::string_view service, std::string_view region = {});

class Verifier {
 public:
  explicit Verifier(std::size_t most_cached = 4096) : digester_(most_cached) {}
  // `secret` is the secret access key of claim.key_id. The payload rule follows the path rule: S3's header speaks for the body (and must equal
  // its hash if it is one and the body is here); for all others the body that arrived is hashed, whatever a header says.
  Outcome<void> Verify(const Request& request, const Claim& claim, std::string_view secret);
  void Forget(std::string_view key_id) { digester_.Forget(key_id); }
  std::size_t cached() const { return digester_.cached(); }

 private:
  Outcome<std::string> Payload(const Request& request, const Claim& claim, PathRule rule);

  Digester digester_;
};

}  // namespace terrarium::sigv4
