#include "sigv4/signer.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace terrarium::sigv4 {
namespace {

// Headers that something on the way may change, or that say nothing about the request.
constexpr std::array<std::string_view, 11> kNeverSigned = {"authorization", "connection", "expect",  "keep-alive", "proxy-authenticate", "proxy-authorization",
                                                           "te",            "trailer",    "transfer-encoding", "upgrade", "user-agent"};

std::string SignedHeaders(std::span<const HeaderView> headers) {
  std::vector<std::string> names;
  for (const auto& [name, value] : headers) {
    std::string lower = ToLower(name);
    if (std::ranges::find(kNeverSigned, lower) == kNeverSigned.end() && lower != "x-amzn-trace-id") names.push_back(std::move(lower));
  }
  std::ranges::sort(names);
  const auto repeated = std::ranges::unique(names);
  names.erase(repeated.begin(), repeated.end());
  return Join(names, ";");
}

}  // namespace

std::string Signer::Scope(UnixMillis now) const {
  return credentials_.key_id + "/" + FormatBasicIso8601(now).substr(0, 8) + "/" + region_ + "/" + service_ + "/" + std::string(kTerminator);
}

std::string Signer::Signature(const Request& request, UnixMillis now, std::string_view signed_headers, std::string_view payload) {
  const std::string canonical = CanonicalRequest(request, PathRuleOf(service_), signed_headers, payload);
  const std::string scope = Scope(now);
  const std::string to_sign = StringToSign(FormatBasicIso8601(now), std::string_view(scope).substr(credentials_.key_id.size() + 1), Hex(digester_.Sha256(canonical)));
  return Hex(digester_.Sign(scope, credentials_.secret, to_sign));
}

std::vector<std::pair<std::string, std::string>> Signer::Sign(const Request& request, UnixMillis now) {
  std::vector<std::pair<std::string, std::string>> added;
  const std::string payload = request.body ? Hex(digester_.Sha256(*request.body)) : std::string(kUnsignedPayload);
  added.emplace_back("X-Amz-Date", FormatBasicIso8601(now));
  if (!credentials_.token.empty()) added.emplace_back("X-Amz-Security-Token", credentials_.token);
  if (PathRuleOf(service_) == PathRule::kVerbatim) added.emplace_back("X-Amz-Content-Sha256", payload);
  std::vector<HeaderView> all(request.headers.begin(), request.headers.end());
  all.insert(all.end(), added.begin(), added.end());
  Request whole = request;
  whole.headers = all;
  const std::string names = SignedHeaders(all);
  std::string signature = Signature(whole, now, names, payload);
  added.emplace_back("Authorization", std::string(kAlgorithm) + " Credential=" + Scope(now) + ", SignedHeaders=" + names + ", Signature=" + signature);
  return added;
}

std::string Signer::Presign(const Request& request, UnixMillis now, std::int64_t seconds) {
  const std::string names = SignedHeaders(request.headers);
  std::string query(request.query);
  const auto add = [&](std::string_view name, std::string_view value) {
    if (!query.empty()) query += '&';
    query += name;
    query += '=';
    query += UriEncode(value);
  };
  add("X-Amz-Algorithm", kAlgorithm);
  add("X-Amz-Credential", Scope(now));
  add("X-Amz-Date", FormatBasicIso8601(now));
  add("X-Amz-Expires", std::to_string(seconds));
  if (!credentials_.token.empty()) add("X-Amz-Security-Token", credentials_.token);
  add("X-Amz-SignedHeaders", names);
  Request whole = request;
  whole.query = query;
  const std::string payload = PathRuleOf(service_) == PathRule::kVerbatim ? std::string(kUnsignedPayload) : Hex(digester_.Sha256(request.body.value_or(std::string_view())));
  const std::string signature = Signature(whole, now, names, payload);
  add("X-Amz-Signature", signature);
  return query;
}

}  // namespace terrarium::sigv4
