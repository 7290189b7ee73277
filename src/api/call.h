#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/arena.h"
#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "store/database.h"

namespace terrarium::api {

// Who signed the request, and where it is to act.
struct Caller {
  std::string account;       // 12 digits
  std::string region;        // of the credential scope
  std::string arn;           // arn:aws:iam::…:user/x, …:root, arn:aws:sts::…:assumed-role/r/s
  std::string user_id;       // AIDA…, AROA…:session, or the account id for root
  std::string access_key_id;
  std::string principal_key; // how the authorizer finds the principal's policies; its own business
  std::string source_ip;
};

// A value that policy conditions may ask for: "iam:PassedToService" = "ecs-tasks.amazonaws.com".
struct Fact {
  std::string key;
  std::string value;
};

// Decides by IAM. Always on.
class Authorizer {
 public:
  virtual ~Authorizer() = default;
  // kDenied with AWS's words, which name principal, action and resource, unless the caller may do `action` on `resource`.
  virtual Status Check(const Caller& caller, store::Tx& tx, std::string_view action, std::string_view resource, const std::vector<Fact>& facts) const = 0;
};

// All that a handler gets. It touches rows and keys, nothing else: no host, no socket, no clock but this one.
struct Call {
  const Caller& caller;
  store::Tx& tx;
  Arena& arena;
  const Clock& clock;
  Random& random;
  const Authorizer& authorizer;
  std::string_view request_id;

  UnixMillis Now() const { return clock.Now(); }
  // "account/region/" + rest: the usual beginning of a row's key.
  std::string Key(std::string_view rest) const { return caller.account + "/" + caller.region + "/" + std::string(rest); }
};

}  // namespace terrarium::api
