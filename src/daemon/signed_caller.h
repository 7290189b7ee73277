#pragma once

#include "api/dispatcher.h"
#include "base/clock.h"
#include "services/iam/authority.h"
#include "sigv4/verifier.h"

namespace terrarium::daemon {

// A request's signature, checked in the order in which AWS checks; the key pair and who it stands for come from IAM's rows.
class SignedCaller final : public api::Authenticator {
 public:
  SignedCaller(const iam::Authority& authority, const Clock& clock) : authority_(authority), clock_(clock) {}
  Result<api::Caller> Authenticate(const api::HttpRequest& request, const codec::Service& service, store::Tx& tx) override;

 private:
  const iam::Authority& authority_;
  const Clock& clock_;
  sigv4::Verifier verifier_;
};

}  // namespace terrarium::daemon
