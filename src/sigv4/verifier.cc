#include "sigv4/verifier.h"

#include <algorithm>

#include "base/text.h"

namespace terrarium::sigv4 {
namespace {

constexpr std::string_view kDiffers =
    "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.";

std::unexpected<Failure> Mismatch(std::string message) { return std::unexpected(Failure{FailureKind::kMismatch, std::move(message)}); }

// S3 wants every x-amz-* header that is there to be signed.
std::string UnsignedAmzHeaders(const Request& request, const Claim& claim) {
  const auto names = Split(claim.signed_headers, ';');
  std::string missing;
  for (const auto& [name, value] : request.headers) {
    const std::string lower = ToLower(name);
    if (!lower.starts_with("x-amz-") || std::ranges::binary_search(names, std::string_view(lower))) continue;
    if (!missing.empty()) missing += ", ";
    missing += lower;
  }
  return missing;
}

}  // namespace

Outcome<std::string> Verifier::Payload(const Request& request, const Claim& claim, PathRule rule) {
  const bool s3 = rule == PathRule::kVerbatim;
  if (s3) {
    if (claim.payload.empty()) {
      if (claim.presigned) return std::string(kUnsignedPayload);
      return std::unexpected(Failure{FailureKind::kIncomplete, "Missing required header for this request: x-amz-content-sha256"});
    }
    const bool literal = claim.payload == kUnsignedPayload || claim.payload.starts_with("STREAMING-");
    if (literal || !request.body) return claim.payload;
  }
  if (!request.body) return Mismatch("The body of this request must be signed.");
  std::string hash = Hex(digester_.Sha256(*request.body));
  // A header that lies about the body must not pass, although the signature over the true hash would fail as well for most clients.
  if (!claim.payload.empty() && claim.payload != hash) {
    return Mismatch(s3 ? "The provided 'x-amz-content-sha256' header does not match what was computed." : std::string(kDiffers));
  }
  return hash;
}

Outcome<void> Verifier::Verify(const Request& request, const Claim& claim, std::string_view secret) {
  const PathRule rule = PathRuleOf(claim.service);
  auto payload = Payload(request, claim, rule);
  if (!payload) return std::unexpected(std::move(payload).error());
  if (rule == PathRule::kVerbatim) {
    const std::string unsigned_headers = UnsignedAmzHeaders(request, claim);
    if (!unsigned_headers.empty()) return Mismatch("There were headers present in the request which were not signed: " + unsigned_headers);
  }
  const std::string canonical = CanonicalRequest(request, rule, claim.signed_headers, *payload);
  const std::string to_sign = StringToSign(claim.timestamp, claim.scope_without_key(), Hex(digester_.Sha256(canonical)));
  const std::string expected = Hex(digester_.Sign(claim.scope, secret, to_sign));
  if (EqualInConstantTime(expected, claim.signature)) return {};
  // AWS shows both strings: the best aid there is for whoever writes a signer, and they hold nothing that the client did not send.
  return Mismatch(std::string(kDiffers) + "\n\nThe Canonical String for this request should have been\n'" + canonical + "'\n\nThe String-to-Sign should have been\n'" + to_sign + "'\n");
}

}  // namespace terrarium::sigv4
