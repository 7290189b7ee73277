#include <algorithm>

#include "base/text.h"
#include "sigv4/verifier.h"

namespace terrarium::sigv4 {
namespace {

constexpr std::int64_t kSkew = 15 * 60 * 1000;
constexpr std::int64_t kLongestUrl = 604'800;

std::unexpected<Failure> Incomplete(std::string message) { return std::unexpected(Failure{FailureKind::kIncomplete, std::move(message)}); }
std::unexpected<Failure> Mismatch(std::string message) { return std::unexpected(Failure{FailureKind::kMismatch, std::move(message)}); }

std::string Shown(std::string_view s) { return Printable(s.substr(0, 1024)); }

std::optional<UnixMillis> ParseTimestamp(std::string_view s) {
  if (s.size() != 16 || s[8] != 'T' || s[15] != 'Z') return std::nullopt;
  for (std::size_t i = 0; i < 15; ++i) {
    if (i != 8 && (s[i] < '0' || s[i] > '9')) return std::nullopt;
  }
  return ParseIso8601(s);
}

bool IsHex64(std::string_view s) {
  return s.size() == 64 && std::ranges::all_of(s, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

// The one value of a query parameter. Given twice it is not trusted.
struct Parameter {
  std::optional<std::string> value;
  bool repeated = false;
};
Parameter QueryParameter(std::string_view query, std::string_view name) {
  Parameter found;
  for (std::string_view pair : Split(query, '&')) {
    const std::size_t equals = pair.find('=');
    if (pair.substr(0, equals) != name) continue;
    found.repeated = found.value.has_value();
    found.value = UriDecode(equals == std::string_view::npos ? std::string_view() : pair.substr(equals + 1), false).value_or(std::string());
    if (found.repeated) break;
  }
  return found;
}

Outcome<void> TakeCredential(std::string_view credential, Claim& claim) {
  const auto parts = Split(credential, '/');
  if (parts.size() != 5 || std::ranges::any_of(parts, [](std::string_view p) { return p.empty(); })) {
    return Incomplete("Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '" + Shown(credential) + "'");
  }
  claim.key_id = parts[0];
  claim.date = parts[1];
  claim.region = parts[2];
  claim.service = parts[3];
  claim.scope = credential;
  return {};
}

Outcome<void> CheckSignedHeaders(const Claim& claim) {
  const auto names = Split(claim.signed_headers, ';');
  const bool lower = std::ranges::none_of(claim.signed_headers, [](char c) { return c >= 'A' && c <= 'Z'; });
  if (!lower || !std::ranges::is_sorted(names) || std::ranges::adjacent_find(names) != names.end()) {
    return Incomplete("SignedHeaders must be in lower case, sorted and without repetition, got '" + Shown(claim.signed_headers) + "'");
  }
  if (!std::ranges::binary_search(names, std::string_view("host"))) return Incomplete("'Host' must be a 'SignedHeader' in the AWS Authorization.");
  return {};
}

Outcome<Claim> ReadHeaderClaim(const Request& request, std::string_view authorization) {
  std::string_view algorithm = authorization.substr(0, authorization.find(' '));
  if (algorithm != kAlgorithm) return Incomplete("Unsupported AWS 'algorithm': '" + Shown(algorithm) + "' (only AWS4-HMAC-SHA256 for now). ");
  Claim claim;
  std::string_view credential;
  std::string_view signature;
  std::string_view signed_headers;
  bool repeated = false;
  for (std::string_view part : Split(authorization.substr(algorithm.size()), ',')) {
    part = Trim(part);
    const std::size_t equals = part.find('=');
    const std::string_view key = part.substr(0, equals);
    const std::string_view value = equals == std::string_view::npos ? std::string_view() : part.substr(equals + 1);
    std::string_view* into = key == "Credential" ? &credential : key == "Signature" ? &signature : key == "SignedHeaders" ? &signed_headers : nullptr;
    if (into == nullptr) continue;
    repeated = repeated || !into->empty();
    *into = value;
  }
  const auto amz_date = CanonicalHeader(request.headers, "x-amz-date");
  const auto http_date = CanonicalHeader(request.headers, "date");
  std::string missing;
  if (credential.empty()) missing += "Authorization header requires 'Credential' parameter. ";
  if (signature.empty()) missing += "Authorization header requires 'Signature' parameter. ";
  if (signed_headers.empty()) missing += "Authorization header requires 'SignedHeaders' parameter. ";
  if (!amz_date && !http_date) missing += "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. ";
  if (repeated) missing += "Authorization header has a parameter twice. ";
  if (!missing.empty()) return Incomplete(missing + "Authorization=" + Shown(authorization));

  if (amz_date) {
    claim.timestamp = *amz_date;
  } else if (const auto t = ParseHttpDate(*http_date)) {
    claim.timestamp = FormatBasicIso8601(*t);
  } else {
    claim.timestamp = *http_date;
  }
  const auto signed_at = ParseTimestamp(claim.timestamp);
  if (!signed_at) return Incomplete("Date must be in ISO-8601 'basic format'. Got '" + Shown(claim.timestamp) + "'. See http://en.wikipedia.org/wiki/ISO_8601");
  claim.signed_at = *signed_at;
  claim.signed_headers = signed_headers;
  claim.signature = signature;
  claim.token = CanonicalHeader(request.headers, "x-amz-security-token").value_or(std::string());
  if (auto ok = TakeCredential(credential, claim); !ok) return std::unexpected(ok.error());
  return claim;
}

Outcome<Claim> ReadQueryClaim(const Request& request) {
  Claim claim;
  claim.presigned = true;
  std::string values[6];
  static constexpr std::string_view kNames[6] = {"X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Signature", "X-Amz-Date", "X-Amz-SignedHeaders", "X-Amz-Expires"};
  for (std::size_t i = 0; i < 6; ++i) {
    Parameter p = QueryParameter(request.query, kNames[i]);
    // Signers other than S3's may leave Expires out; AWS then takes 15 minutes.
    if (!p.value && kNames[i] == "X-Amz-Expires") p.value = "900";
    if (!p.value || p.value->empty() || p.repeated) {
      return Incomplete(
          "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters.");
    }
    values[i] = *std::move(p.value);
  }
  if (values[0] != kAlgorithm) return Incomplete("Unsupported AWS 'algorithm': '" + Shown(values[0]) + "' (only AWS4-HMAC-SHA256 for now). ");
  claim.signature = values[2];
  claim.timestamp = values[3];
  claim.signed_headers = values[4];
  const auto signed_at = ParseTimestamp(claim.timestamp);
  if (!signed_at) return Incomplete("Date must be in ISO-8601 'basic format'. Got '" + Shown(claim.timestamp) + "'. See http://en.wikipedia.org/wiki/ISO_8601");
  claim.signed_at = *signed_at;
  const auto expires = ParseInt(values[5]);
  if (!expires || *expires < 1 || *expires > kLongestUrl) {
    return Incomplete("X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than 604800 seconds");
  }
  claim.expires = *expires;
  Parameter token = QueryParameter(request.query, "X-Amz-Security-Token");
  if (token.repeated) return Incomplete("X-Amz-Security-Token is given twice.");
  claim.token = std::move(token.value).value_or(std::string());
  if (auto ok = TakeCredential(values[1], claim); !ok) return std::unexpected(ok.error());
  return claim;
}

}  // namespace

Outcome<Claim> ReadClaim(const Request& request) {
  std::string_view authorization;
  std::size_t count = 0;
  for (const auto& [name, value] : request.headers) {
    if (!EqualsIgnoreCase(name, "authorization")) continue;
    authorization = Trim(value);
    ++count;
  }
  const bool in_query = QueryParameter(request.query, "X-Amz-Algorithm").value.has_value() || QueryParameter(request.query, "X-Amz-Signature").value.has_value();
  if (count > 1 || (count == 1 && in_query)) {
    return Incomplete("Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string parameter or the Authorization header should be specified");
  }
  if (count == 0 && !in_query) return std::unexpected(Failure{FailureKind::kMissing, "Request is missing Authentication Token"});
  Outcome<Claim> claim = count == 1 ? ReadHeaderClaim(request, authorization) : ReadQueryClaim(request);
  if (!claim) return claim;
  claim->payload = CanonicalHeader(request.headers, "x-amz-content-sha256").value_or(std::string());
  if (!IsHex64(claim->signature)) return Mismatch("The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.");
  if (auto ok = CheckSignedHeaders(*claim); !ok) return std::unexpected(ok.error());
  return claim;
}

Outcome<void> CheckTime(const Claim& claim, UnixMillis now) {
  const std::string now_text = FormatBasicIso8601(now);
  if (claim.presigned) {
    if (claim.signed_at > now + kSkew) return std::unexpected(Failure{FailureKind::kUrlExpired, "Request is not valid yet"});
    if (now > claim.signed_at + claim.expires * 1000) return std::unexpected(Failure{FailureKind::kUrlExpired, "Request has expired"});
    return {};
  }
  if (claim.signed_at + kSkew < now) {
    return std::unexpected(Failure{FailureKind::kSkewed, "Signature expired: " + claim.timestamp + " is now earlier than " + FormatBasicIso8601(now - kSkew) + " (" + now_text + " - 15 min.)"});
  }
  if (claim.signed_at > now + kSkew) {
    return std::unexpected(
        Failure{FailureKind::kSkewed, "Signature not yet current: " + claim.timestamp + " is still later than " + FormatBasicIso8601(now + kSkew) + " (" + now_text + " + 15 min.)"});
  }
  return {};
}

Outcome<void> CheckScope(const Claim& claim, std::string_view service, std::string_view region) {
  std::string wrong;
  if (!region.empty() && claim.region != region) wrong += "Credential should be scoped to a valid region. ";
  if (claim.service != service) wrong += "Credential should be scoped to correct service: '" + std::string(service) + "'. ";
  const std::string_view terminator = std::string_view(claim.scope).substr(claim.scope.rfind('/') + 1);
  if (terminator != kTerminator) wrong += "Credential should be scoped with a valid terminator: 'aws4_request', not '" + Shown(terminator) + "'. ";
  const std::string_view day = std::string_view(claim.timestamp).substr(0, 8);
  if (claim.date != day) {
    wrong += "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '" + Shown(claim.date) + "' != '" + std::string(day) + "', from '" + claim.timestamp + "'.";
  }
  if (wrong.empty()) return {};
  return Mismatch(std::move(wrong));
}

}  // namespace terrarium::sigv4
