#include "services/iam/session.h"

#include "base/text.h"
#include "crypto/seal.h"
#include "services/iam/names.h"

namespace terrarium::iam {
namespace {

constexpr std::string_view kVersion = "T1";
constexpr std::size_t kTokenLimit = 4096;

Json Strings(const std::vector<std::string>& list) {
  Json out{Json::Array{}};
  for (const std::string& item : list) out.Append(Json(item));
  return out;
}
std::vector<std::string> Strings(const Json& list) {
  std::vector<std::string> out;
  for (const Json& item : list.array()) out.push_back(item.string());
  return out;
}

// 40 characters, as a secret key has.
crypto::Secret SecretOf(const crypto::RootKey& root, std::string_view access_key_id, std::string_view nonce) {
  const std::string mac = crypto::HmacSha256(root.For("session secrets").view(), std::string(access_key_id) + std::string(nonce));
  return crypto::Secret(Base64Encode(mac.substr(0, 30)));
}

}  // namespace

std::string SessionClaims::Write() const {
  Json out{Json::Object{}};
  const auto set = [&](const char* key, const std::string& value) {
    if (!value.empty()) out.Set(key, Json(value));
  };
  set("a", account);
  set("r", role_name);
  set("ri", role_id);
  set("u", user_name);
  set("ui", user_id);
  set("k", parent_key);
  set("s", session_name);
  set("si", source_identity);
  out.Set("i", Json(static_cast<std::int64_t>(issued)));
  out.Set("e", Json(static_cast<std::int64_t>(expires)));
  if (!policies.empty()) out.Set("p", Strings(policies));
  if (!policy_arns.empty()) out.Set("pa", Strings(policy_arns));
  if (!tags.empty()) {
    Json list{Json::Array{}};
    for (const auto& [key, value] : tags) list.Append(Strings({key, value}));
    out.Set("t", list);
  }
  return out.Write();
}

Result<SessionClaims> SessionClaims::Read(std::string_view text) {
  TRY_ASSIGN(const Json json, Json::Parse(text));
  SessionClaims out;
  out.account = json["a"].string();
  out.role_name = json["r"].string();
  out.role_id = json["ri"].string();
  out.user_name = json["u"].string();
  out.user_id = json["ui"].string();
  out.parent_key = json["k"].string();
  out.session_name = json["s"].string();
  out.source_identity = json["si"].string();
  out.issued = json["i"].integer();
  out.expires = json["e"].integer();
  out.policies = Strings(json["p"]);
  out.policy_arns = Strings(json["pa"]);
  for (const Json& tag : json["t"].array())
    if (tag.array().size() == 2) out.tags.emplace_back(tag.array()[0].string(), tag.array()[1].string());
  return out;
}

TemporaryCredentials IssueSession(const SessionClaims& claims, const crypto::RootKey& root, Random& random) {
  TemporaryCredentials out;
  out.access_key_id = NewAccessKeyId(random, "ASIA", claims.account);
  const std::string sealed = crypto::Seal(root.For("session tokens"), out.access_key_id, claims.Write(), random);
  out.token = Base64Encode(std::string(kVersion) + sealed);
  out.secret = std::string(SecretOf(root, out.access_key_id, std::string_view(sealed).substr(0, 12)).view());
  out.expires = claims.expires;
  return out;
}

Result<OpenedSession> OpenSession(std::string_view access_key_id, std::string_view token, const crypto::RootKey& root) {
  const auto refuse = [] { return Fail(ErrorKind::kInvalid, "no session token of this engine"); };
  if (token.size() > kTokenLimit * 2) return refuse();
  const auto bytes = Base64Decode(token);
  if (!bytes || !bytes->starts_with(kVersion)) return refuse();
  const std::string_view sealed = std::string_view(*bytes).substr(kVersion.size());
  TRY_ASSIGN(const crypto::Secret text, crypto::Open(root.For("session tokens"), access_key_id, sealed));
  TRY_ASSIGN(SessionClaims claims, SessionClaims::Read(text.view()));
  return OpenedSession{std::move(claims), SecretOf(root, access_key_id, sealed.substr(0, 12))};
}

}  // namespace terrarium::iam
