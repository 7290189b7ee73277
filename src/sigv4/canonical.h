#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

// The canonical form of a request: what both sides hash.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
namespace terrarium::sigv4 {

using HeaderView = std::pair<std::string_view, std::string_view>;

// A request as it is on the wire.
struct Request {
  std::string_view method{};
  std::string_view path{};   // encoded as sent, without the query
  std::string_view query{};  // encoded as sent, without '?'
  std::span<const HeaderView> headers{};
  // Nothing where the body is still to come (S3 uploads): then x-amz-content-sha256 alone speaks for it, and the caller checks it at the end.
  std::optional<std::string_view> body = std::string_view();
};

// S3 (and its relatives) sign the path as it is, decoded and encoded once. All others remove dot segments and empty segments and encode
// the path as sent once more.
enum class PathRule : unsigned char { kNormalized, kVerbatim };
PathRule PathRuleOf(std::string_view signing_name);

std::string CanonicalPath(std::string_view path, PathRule rule);
// Sorted by encoded name, then value; X-Amz-Signature is left out.
std::string CanonicalQuery(std::string_view query);
// All values of a header (its name in lower case), trimmed, blanks folded, joined by commas in the order sent. Nothing if it is absent.
std::optional<std::string> CanonicalHeader(std::span<const HeaderView> headers, std::string_view lower_case_name);

// `signed_headers` as in "host;x-amz-date"; `payload` is the hash of the body or its stand-in.
std::string CanonicalRequest(const Request& request, PathRule rule, std::string_view signed_headers, std::string_view payload);

// "AWS4-HMAC-SHA256\n<timestamp>\n<date/region/service/aws4_request>\n<hash of the canonical request>"
std::string StringToSign(std::string_view timestamp, std::string_view scope_without_key, std::string_view canonical_hash_hex);

inline constexpr std::string_view kAlgorithm = "AWS4-HMAC-SHA256";
inline constexpr std::string_view kTerminator = "aws4_request";
inline constexpr std::string_view kUnsignedPayload = "UNSIGNED-PAYLOAD";

}  // namespace terrarium::sigv4
