#include "cli/problem.h"

#include <array>

namespace terrarium::cli {
namespace {

bool IsCredentialError(std::string_view code) {
  constexpr std::array kCodes = {"SignatureDoesNotMatch", "InvalidClientTokenId", "UnrecognizedClientException", "AuthFailure", "InvalidSignatureException",
                                 "MissingAuthenticationToken", "ExpiredToken", "ExpiredTokenException", "IncompleteSignature"};
  for (const std::string_view one : kCodes)
    if (code == one) return true;
  return false;
}

}  // namespace

Problem::Problem(const Error& error) : Problem(error, {}) {}

Problem::Problem(const Error& error, std::string what_, std::string state_) : what(std::move(what_)), state(std::move(state_)), aws_code(error.code) {
  why = error.code.empty() ? error.message : error.code + ": " + error.message;
  if (error.code.empty() && (error.kind == ErrorKind::kUnavailable || error.kind == ErrorKind::kUnknown)) {
    code = error.kind == ErrorKind::kUnknown ? "NO-ANSWER" : "NO-ENGINE";
    if (what.empty()) what = error.kind == ErrorKind::kUnknown ? "the engine took the call and did not answer" : "no engine answers";
    fix = "terrarium up";
    exit = ExitCode::kNoEngine;
  } else if (IsCredentialError(error.code) || (error.code.empty() && error.kind == ErrorKind::kInvalid && error.message.contains("credentials"))) {
    code = "CREDENTIALS";
    why = why.substr(0, why.find('\n'));  // what should have been signed helps whoever writes a client, not its user
    if (what.empty()) what = "the call was not accepted as anybody's";
    fix = "eval \"$(terrarium env)\"";
    exit = ExitCode::kNotAllowed;
  } else if (error.kind == ErrorKind::kDenied || error.code.contains("AccessDenied") || error.code == "UnauthorizedOperation") {
    code = "DENIED";
    if (what.empty()) what = "the caller may not do this";
    fix = "give that permission to the caller, or call as another one";
    exit = ExitCode::kNotAllowed;
  } else {
    code = "API";
    if (what.empty()) what = "the API refused a call";
    exit = ExitCode::kFailed;
  }
}

std::unexpected<Problem> Usage(std::string what, std::string fix) {
  return std::unexpected(Problem("USAGE", std::move(what), "", "", std::move(fix), ExitCode::kUsage));
}

}  // namespace terrarium::cli
