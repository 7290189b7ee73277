#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace terrarium::sigv4 {

// Why a request is not who it says it is. One kind for each way that AWS answers.
enum class FailureKind : unsigned char {
  kMissing,      // nothing signed
  kIncomplete,   // the signature's parts are malformed or absent
  kUnknownKey,   // no such access key, or a token that is not valid
  kMismatch,     // the signature, or what it says of date and scope, differs
  kSkewed,       // header form: too old or from the future
  kTokenExpired, // the session has ended
  kUrlExpired,   // query form: past its X-Amz-Expires, or not valid yet
};

struct Failure {
  FailureKind kind;
  std::string message;  // AWS's words; no secret
};

// The families of services whose codes differ.
enum class Family : unsigned char { kQuery, kEc2, kJson, kRestJson, kS3 };

// AWS's code and words of a failure in that family: "SignatureDoesNotMatch" in IAM is "InvalidSignatureException" in ECS.
Error ToError(const Failure& failure, Family family);
// The HTTP status that AWS answers it with.
int StatusOf(FailureKind kind, Family family);

// The failure for a key that does not exist, is inactive, or whose token is not its own.
Failure UnknownKey();
Failure TokenExpired();

}  // namespace terrarium::sigv4
