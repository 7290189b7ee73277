#include "aws/signature.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <map>

#include "base/text.h"

namespace terrarium::aws {
namespace {

std::string Sha256(std::string_view bytes) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  EVP_Digest(bytes.data(), bytes.size(), digest, &size, EVP_sha256(), nullptr);
  return {reinterpret_cast<char*>(digest), size};
}

std::string Hmac(std::string_view key, std::string_view bytes) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), reinterpret_cast<const unsigned char*>(bytes.data()),
       bytes.size(), digest, &size);
  return {reinterpret_cast<char*>(digest), size};
}

// Pairs sorted by name, then value; the target's own encoding is the canonical one, because we made it.
std::string CanonicalQuery(std::string_view query) {
  auto pairs = Split(query, '&');
  std::ranges::sort(pairs);
  std::string out;
  for (const auto pair : pairs) {
    if (pair.empty()) continue;
    if (!out.empty()) out += '&';
    out += pair;
    if (!pair.contains('=')) out += '=';
  }
  return out;
}

}  // namespace

void Sign(runtime::HttpCall& call, std::string_view host, const Credentials& credentials, std::string_view region,
          std::string_view service, UnixMillis now) {
  const std::string stamp = FormatBasicIso8601(now);
  const std::string day = stamp.substr(0, 8);
  call.headers.emplace_back("X-Amz-Date", stamp);
  if (!credentials.token.empty()) call.headers.emplace_back("X-Amz-Security-Token", credentials.token);

  std::map<std::string, std::string> headers{{"host", std::string(host)}};
  for (const auto& [name, value] : call.headers) headers.insert_or_assign(ToLower(name), std::string(Trim(value)));
  std::string canonical_headers, signed_headers;
  for (const auto& [name, value] : headers) {
    canonical_headers += name + ":" + value + "\n";
    signed_headers += (signed_headers.empty() ? "" : ";") + name;
  }
  const std::string_view target = call.target;
  const auto question = target.find('?');
  const std::string path = UriEncode(target.substr(0, question), true);  // encoded once more, as all but S3 have it
  const std::string query = question == target.npos ? "" : CanonicalQuery(target.substr(question + 1));
  const std::string canonical = call.method + "\n" + path + "\n" + query + "\n" + canonical_headers + "\n" +
                                signed_headers + "\n" + HexEncode(Sha256(call.body));

  const std::string scope = day + "/" + std::string(region) + "/" + std::string(service) + "/aws4_request";
  const std::string to_sign = "AWS4-HMAC-SHA256\n" + stamp + "\n" + scope + "\n" + HexEncode(Sha256(canonical));
  std::string key = Hmac("AWS4" + credentials.secret_key, day);
  for (const std::string_view part : {region, service, std::string_view("aws4_request")}) key = Hmac(key, part);
  call.headers.emplace_back("Authorization", "AWS4-HMAC-SHA256 Credential=" + credentials.access_key + "/" + scope +
                                                 ", SignedHeaders=" + signed_headers +
                                                 ", Signature=" + HexEncode(Hmac(key, to_sign)));
}

}  // namespace terrarium::aws
