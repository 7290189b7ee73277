#include "services/ecr/token.h"

#include "base/json.h"
#include "base/text.h"
#include "crypto/seal.h"

namespace terrarium::ecr {
namespace {

constexpr std::string_view kPurpose = "ecr-token";

}  // namespace

std::string IssueToken(const api::Caller& caller, UnixMillis expires, const crypto::RootKey& root, Random& random) {
  Json claims;
  claims.Set("account", caller.account);
  claims.Set("region", caller.region);
  claims.Set("arn", caller.arn);
  claims.Set("user_id", caller.user_id);
  claims.Set("key", caller.access_key_id);
  claims.Set("principal", caller.principal_key);
  claims.Set("expires", expires);
  return Base64Encode(crypto::Seal(root.For(kPurpose), kPurpose, claims.Write(), random));
}

Result<api::Caller> OpenToken(std::string_view token, UnixMillis now, const crypto::RootKey& root) {
  const auto sealed = Base64Decode(token);
  if (!sealed) return Fail(ErrorKind::kDenied, "Not Authorized");
  const auto opened = crypto::Open(root.For(kPurpose), kPurpose, *sealed);
  if (!opened) return Fail(ErrorKind::kDenied, "Not Authorized");
  const auto claims = Json::Parse(opened->view());
  if (!claims) return Fail(ErrorKind::kDenied, "Not Authorized");
  if ((*claims)["expires"].integer() <= now) return Fail(ErrorKind::kDenied, "Your authorization token has expired. Reauthenticate and try again.");
  api::Caller caller;
  caller.account = (*claims)["account"].string();
  caller.region = (*claims)["region"].string();
  caller.arn = (*claims)["arn"].string();
  caller.user_id = (*claims)["user_id"].string();
  caller.access_key_id = (*claims)["key"].string();
  caller.principal_key = (*claims)["principal"].string();
  return caller;
}

}  // namespace terrarium::ecr
