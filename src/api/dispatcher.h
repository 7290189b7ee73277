#pragma once

#include <optional>
#include <string>

#include "api/protocol.h"
#include "api/registry.h"

namespace terrarium::api {

// Who a request claims to be, once its signature is verified. Errors carry AWS's codes: MissingAuthenticationToken, IncompleteSignature,
// InvalidClientTokenId (UnrecognizedClientException in JSON services), SignatureDoesNotMatch, ExpiredToken.
class Authenticator {
 public:
  virtual ~Authenticator() = default;
  virtual Result<Caller> Authenticate(const HttpRequest& request, const codec::Service& service, store::Tx& tx) = 0;
};

// From a parsed request to an answer: service and operation, signature, model, IAM, handler, in one savepoint of the turn's transaction.
// The answer must not leave before Database::EndTurn has returned true.
class Dispatcher {
 public:
  Dispatcher(const Registry& registry, store::Database& database, Authenticator& authenticator, const Authorizer& authorizer, const Clock& clock, Random& random)
      : registry_(registry), database_(database), authenticator_(authenticator), authorizer_(authorizer), clock_(clock), random_(random) {}

  HttpResponse Handle(const HttpRequest& request);

 private:
  const codec::Service* FindService(const HttpRequest& request) const;
  Result<HttpResponse> Run(const HttpRequest& request, const codec::Service& service, const std::string& request_id);

  const Registry& registry_;
  store::Database& database_;
  Authenticator& authenticator_;
  const Authorizer& authorizer_;
  const Clock& clock_;
  Random& random_;
};

// The credential scope of a signed request, header or presigned: key id, date, region, service. Nothing if it is not signed so.
struct CredentialScope {
  std::string access_key_id;
  std::string date;
  std::string region;
  std::string service;
};
std::optional<CredentialScope> FindCredentialScope(const HttpRequest& request);

}  // namespace terrarium::api
