#pragma once

#include <string>
#include <string_view>

#include "api/call.h"
#include "crypto/root_key.h"
#include "services/ecr/blob_store.h"
#include "store/database.h"
#include "wire/http_handler.h"

namespace terrarium::registry {

// The OCI distribution API at /v2/, as podman, skopeo and docker speak it with Amazon ECR: Basic authentication with a token of GetAuthorizationToken,
// IAM on every call, bytes streamed both ways in constant memory, digests verified on the way in and on the way out.
// Follows the OCI distribution specification 1.1 and "Private registry authentication" of the ECR user guide.
class RegistryHandler final : public wire::HttpHandler {
 public:
  RegistryHandler(store::Database& database, ecr::BlobStore& blobs, const api::Authorizer& authorizer, const crypto::RootKey& root, const Clock& clock, Random& random)
      : database_(database), blobs_(blobs), authorizer_(authorizer), root_(root), clock_(clock), random_(random) {}

  wire::BodyPlan Begin(const wire::RequestHead& head) override;
  void Handle(const wire::Request& request, wire::Responder responder) override;

 private:
  friend class UploadSink;
  struct Route;  // what a method and path ask for

  Result<api::Caller> Authenticate(const wire::RequestHead& head) const;
  // One action on the repository, in a transaction of its own.
  Status Check(const api::Caller& caller, std::string_view repository, std::string_view action);

  wire::Response Answer(const wire::Request& request);
  wire::Response GetManifest(const api::Caller& caller, const Route& route, const wire::RequestHead& head);
  wire::Response PutManifest(const api::Caller& caller, const Route& route, const wire::Request& request);
  wire::Response GetBlob(const api::Caller& caller, const Route& route, const wire::RequestHead& head);
  wire::Response BeginUpload(const api::Caller& caller, const Route& route);
  wire::Response UploadStatus(const Route& route);
  wire::Response FinishUpload(const api::Caller& caller, const std::string& repository, const std::string& upload, const std::string& digest);
  wire::Response ListTags(const api::Caller& caller, const Route& route, const wire::RequestHead& head);

  store::Database& database_;
  ecr::BlobStore& blobs_;
  const api::Authorizer& authorizer_;
  const crypto::RootKey& root_;
  const Clock& clock_;
  Random& random_;
};

}  // namespace terrarium::registry
