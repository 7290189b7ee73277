#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/json.h"
#include "base/random.h"
#include "base/result.h"
#include "crypto/root_key.h"

// Temporary credentials. Nothing is stored: the token carries the session, sealed under the root key and bound to its access key id, and
// the secret key is derived from both. What the session may do is read from the current policies at each request.
namespace terrarium::iam {

struct SessionClaims {
  std::string account;
  std::string role_name, role_id;  // a session of a role …
  std::string user_name, user_id;  // … or, for GetSessionToken, of a user; of the root user where user_name is empty
  std::string parent_key;          // the key that asked; deleting it ends a user's session
  std::string session_name;
  UnixMillis issued = 0;
  UnixMillis expires = 0;
  std::vector<std::string> policies;     // documents passed to AssumeRole
  std::vector<std::string> policy_arns;
  std::vector<std::pair<std::string, std::string>> tags;
  std::string source_identity;

  bool is_role() const { return !role_id.empty(); }
  bool has_policies() const { return !policies.empty() || !policy_arns.empty(); }
  std::string Write() const;
  static Result<SessionClaims> Read(std::string_view json);
};

struct TemporaryCredentials {
  std::string access_key_id;  // ASIA…
  std::string secret;
  std::string token;
  UnixMillis expires = 0;
};
TemporaryCredentials IssueSession(const SessionClaims& claims, const crypto::RootKey& root, Random& random);

struct OpenedSession {
  SessionClaims claims;
  crypto::Secret secret;
};
// kInvalid for a token that was not issued under this root key for this access key id. Expiry is the caller's to check.
Result<OpenedSession> OpenSession(std::string_view access_key_id, std::string_view token, const crypto::RootKey& root);

}  // namespace terrarium::iam
