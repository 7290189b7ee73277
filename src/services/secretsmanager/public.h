#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/call.h"
#include "crypto/secret.h"
#include "services/kms/public.h"

// What other services may ask of Secrets Manager.
namespace terrarium::secretsmanager {

using kms::Scope;

// Which value of a secret: both empty means AWSCURRENT.
struct Which {
  std::string stage;
  std::string version_id;
};

// The value as `caller` may read it: secretsmanager:GetSecretValue on the secret and, for a customer's key, kms:Decrypt on the key.
// What ECS asks with the execution role before a task starts. Errors are those of GetSecretValue, naming the missing permission.
Result<crypto::Secret> ReadSecret(const Scope& scope, const api::Authorizer& authorizer, const api::Caller& caller, std::string_view secret_id, const Which& which);

// The same for what a container definition calls valueFrom: a secret's ARN, or ARN:json-key:version-stage:version-id, where each of the
// three may be empty. With a json-key the value is that member of the JSON object which the secret holds.
Result<crypto::Secret> ReadValueFrom(const Scope& scope, const api::Authorizer& authorizer, const api::Caller& caller, std::string_view value_from);

// Secrets that a service keeps for its customer, such as RDS's master passwords: users may read them and not change them.
struct ManagedSecret {
  std::string arn;
  std::string key_arn;
};
// `kms_key` empty: alias/aws/secretsmanager. The name is the service's: "rds!db-…".
Result<ManagedSecret> CreateManagedSecret(const Scope& scope, std::string_view owning_service, std::string_view name, std::string_view description,
                                          const std::vector<std::pair<std::string, std::string>>& tags, std::string_view kms_key, std::string_view value);
// Adds a value that holds AWSCURRENT from now on; the one before holds AWSPREVIOUS.
Status PutManagedValue(const Scope& scope, std::string_view arn, std::string_view value);
// The current value, for the service itself.
Result<crypto::Secret> ReadManagedValue(const Scope& scope, std::string_view arn);
// At once and without recovery; absent is success.
Status DeleteManagedSecret(const Scope& scope, std::string_view arn);

}  // namespace terrarium::secretsmanager
