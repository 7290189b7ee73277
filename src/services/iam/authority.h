#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "api/call.h"
#include "crypto/root_key.h"
#include "iam/evaluate.h"
#include "services/iam/session.h"
#include "services/iam/tables.h"

namespace terrarium::iam {

// What a key pair stands for.
struct Credential {
  api::Caller caller;  // without region and source_ip: they are the request's
  crypto::Secret secret;
};

// The policies that hang on resources of one service: roles (their trust), KMS keys, secrets.
class ResourcePolicies {
 public:
  struct Found {
    std::shared_ptr<const ResourcePolicy> policy;  // null: the resource has none
    ResourceRule rule = ResourceRule::kMayGrant;
  };
  virtual ~ResourcePolicies() = default;
  virtual Found Find(store::Tx& tx, std::string_view action, std::string_view resource) const = 0;
};

// The trust policies of roles, for sts:AssumeRole.
class TrustPolicies final : public ResourcePolicies {
 public:
  Found Find(store::Tx& tx, std::string_view action, std::string_view resource) const override;
};

// Decides every request by the rows of IAM. Compiled policies are kept per principal and used as long as the account's stamp, read in
// the request's own transaction, is the one they were compiled under: a change bites the very next call, also of sessions already open.
class Authority final : public api::Authorizer {
 public:
  Authority(const Clock& clock, const crypto::RootKey& root) : clock_(clock), root_(root) { UsePolicies("sts", trust_); }

  Status Check(const api::Caller& caller, store::Tx& tx, std::string_view action, std::string_view resource, const std::vector<api::Fact>& facts) const override;

  // The owner of a key pair. kDenied: "InvalidClientTokenId" for an unknown or inactive key, a token that is missing, foreign or not this
  // key's, and a role that is gone; "ExpiredToken" after its time.
  Result<Credential> FindCredential(store::Tx& tx, std::string_view access_key_id, std::string_view session_token) const;

  // At start, before the first Check. `policies` outlives this.
  void UsePolicies(std::string_view service, const ResourcePolicies& policies) { resource_policies_.emplace_back(service, &policies); }

 private:
  struct Compiled;
  std::shared_ptr<const Compiled> Compile(store::Tx& tx, const api::Caller& caller) const;
  std::shared_ptr<const Compiled> PoliciesOf(store::Tx& tx, const api::Caller& caller) const;
  ResourcePolicies::Found FindResourcePolicy(store::Tx& tx, std::string_view action, std::string_view resource) const;

  const Clock& clock_;
  const crypto::RootKey& root_;
  TrustPolicies trust_;
  std::vector<std::pair<std::string, const ResourcePolicies*>> resource_policies_;
  mutable std::unordered_map<std::string, std::shared_ptr<const Compiled>> cache_;  // by principal_key; bounded
};

// How a caller is found again: what stands in Caller::principal_key.
std::string PrincipalKey(const SessionClaims& claims);
std::string PrincipalKey(std::string_view account, std::string_view user_name);  // user_name empty: the root user

// The caller that a session is, without region, source address and key.
api::Caller CallerOf(const SessionClaims& claims, const rows::Entity* user);

}  // namespace terrarium::iam
