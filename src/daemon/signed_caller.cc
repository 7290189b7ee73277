#include "daemon/signed_caller.h"

namespace terrarium::daemon {
namespace {

sigv4::Family FamilyOf(const codec::Service& service) {
  switch (service.protocol) {
    case codec::Protocol::kAwsQuery: return sigv4::Family::kQuery;
    case codec::Protocol::kEc2Query: return sigv4::Family::kEc2;
    case codec::Protocol::kAwsJson: return sigv4::Family::kJson;
    case codec::Protocol::kRestJson: return sigv4::Family::kRestJson;
    case codec::Protocol::kRestXml: return sigv4::Family::kS3;
  }
  return sigv4::Family::kJson;
}

}  // namespace

Result<api::Caller> SignedCaller::Authenticate(const api::HttpRequest& request, const codec::Service& service, store::Tx& tx) {
  const sigv4::Family family = FamilyOf(service);
  const auto refuse = [&](const sigv4::Failure& failure) { return std::unexpected(sigv4::ToError(failure, family)); };
  sigv4::Request signed_request;
  signed_request.method = request.method;
  signed_request.path = request.path;
  signed_request.query = request.query;
  signed_request.headers = request.headers;
  signed_request.body = request.body;
  const auto claim = sigv4::ReadClaim(signed_request);
  if (!claim) return refuse(claim.error());
  if (const auto time = sigv4::CheckTime(*claim, clock_.Now()); !time) return refuse(time.error());
  if (const auto scope = sigv4::CheckScope(*claim, service.signing_name); !scope) return refuse(scope.error());
  auto credential = authority_.FindCredential(tx, claim->key_id, claim->token);
  if (!credential) return refuse(credential.error().code == "ExpiredToken" ? sigv4::TokenExpired() : sigv4::UnknownKey());
  if (const auto verified = verifier_.Verify(signed_request, *claim, credential->secret.view()); !verified) return refuse(verified.error());
  api::Caller caller = std::move(credential->caller);
  caller.region = claim->region;
  caller.source_ip = request.peer;
  return caller;
}

}  // namespace terrarium::daemon
