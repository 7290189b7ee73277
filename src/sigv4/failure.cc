#include "sigv4/failure.h"

namespace terrarium::sigv4 {
namespace {

struct Answer {
  std::string_view code;
  int status;
};

Answer AnswerOf(FailureKind kind, Family family) {
  const int status = family == Family::kJson ? 400 : 403;
  switch (family) {
    case Family::kQuery:
      switch (kind) {
        case FailureKind::kMissing: return {"MissingAuthenticationToken", 403};
        case FailureKind::kIncomplete: return {"IncompleteSignature", 400};
        case FailureKind::kUnknownKey: return {"InvalidClientTokenId", 403};
        case FailureKind::kTokenExpired: return {"ExpiredToken", 403};
        default: return {"SignatureDoesNotMatch", 403};
      }
    case Family::kEc2:
      switch (kind) {
        case FailureKind::kMissing: return {"MissingParameter", 400};
        case FailureKind::kSkewed:
        case FailureKind::kUrlExpired:
        case FailureKind::kTokenExpired: return {"RequestExpired", 400};
        default: return {"AuthFailure", 401};
      }
    case Family::kJson:
    case Family::kRestJson:
      switch (kind) {
        case FailureKind::kMissing: return {"MissingAuthenticationTokenException", status};
        case FailureKind::kIncomplete: return {"IncompleteSignatureException", status};
        case FailureKind::kUnknownKey: return {"UnrecognizedClientException", status};
        case FailureKind::kTokenExpired: return {"ExpiredTokenException", status};
        default: return {"InvalidSignatureException", status};
      }
    case Family::kS3:
      switch (kind) {
        case FailureKind::kMissing:
        case FailureKind::kUrlExpired: return {"AccessDenied", 403};
        case FailureKind::kIncomplete: return {"AuthorizationHeaderMalformed", 400};
        case FailureKind::kUnknownKey: return {"InvalidAccessKeyId", 403};
        case FailureKind::kSkewed: return {"RequestTimeTooSkewed", 403};
        case FailureKind::kTokenExpired: return {"ExpiredToken", 400};
        case FailureKind::kMismatch: return {"SignatureDoesNotMatch", 403};
      }
  }
  return {"AccessDenied", 403};
}

std::string MessageOf(const Failure& failure, Family family) {
  if (family == Family::kEc2) {
    if (failure.kind == FailureKind::kMissing) return "The request must contain the parameter AWSAccessKeyId";
    if (failure.kind == FailureKind::kTokenExpired) return "Request has expired.";
    if (failure.kind == FailureKind::kUnknownKey || failure.kind == FailureKind::kMismatch) return "AWS was not able to validate the provided access credentials";
  }
  if (family == Family::kS3) {
    if (failure.kind == FailureKind::kMissing) return "Access Denied";
    if (failure.kind == FailureKind::kUnknownKey) return "The AWS Access Key Id you provided does not exist in our records.";
    if (failure.kind == FailureKind::kSkewed) return "The difference between the request time and the current time is too large.";
    if (failure.kind == FailureKind::kTokenExpired) return "The provided token has expired.";
    if (failure.kind == FailureKind::kMismatch) return "The request signature we calculated does not match the signature you provided. Check your key and signing method.";
  }
  return failure.message;
}

}  // namespace

Error ToError(const Failure& failure, Family family) {
  const Answer answer = AnswerOf(failure.kind, family);
  return Error{answer.status == 400 ? ErrorKind::kInvalid : ErrorKind::kDenied, std::string(answer.code), MessageOf(failure, family), {}};
}

int StatusOf(FailureKind kind, Family family) { return AnswerOf(kind, family).status; }

Failure UnknownKey() { return {FailureKind::kUnknownKey, "The security token included in the request is invalid."}; }
Failure TokenExpired() { return {FailureKind::kTokenExpired, "The security token included in the request is expired"}; }

}  // namespace terrarium::sigv4
