#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "gen/secretsmanager_rows/types.h"
#include "services/iam/public.h"
#include "services/secretsmanager/public.h"
#include "store/table.h"

namespace terrarium::secretsmanager {

namespace rows = gen::secretsmanager_rows;

inline constexpr store::Table<rows::Secret> kSecrets{"sm_secrets"};  // account/region/name
inline constexpr store::Table<rows::Value> kValues{"sm_values"};     // secret ARN # version id

inline constexpr char kCurrent[] = "AWSCURRENT";
inline constexpr char kPrevious[] = "AWSPREVIOUS";

std::unexpected<Error> InvalidRequest(std::string message);
std::unexpected<Error> InvalidParameter(std::string message);

// By name, ARN, or ARN without its six characters; null if there is none. One whose recovery window is over is removed here.
rows::Secret* FindSecret(const Scope& scope, std::string_view id, Arena& arena);
// ResourceNotFoundException; InvalidRequestException while marked for deletion.
Result<rows::Secret*> GetSecret(const Scope& scope, std::string_view id, Arena& arena);
Result<rows::Secret*> GetSecretMarkedOrNot(const Scope& scope, std::string_view id, Arena& arena);
void SaveSecret(const Scope& scope, const rows::Secret& secret);
void RemoveSecret(const Scope& scope, const rows::Secret& secret);

// The ARN that an operation is authorised on; of a name that does not exist, the one with an unknown suffix.
std::string SecretResource(const Scope& scope, std::string_view id, Arena& arena);

// A secret row with a fresh ARN, not put.
rows::Secret* MakeSecret(const Scope& scope, std::string_view name, Arena& arena);

rows::Version* FindVersion(rows::Secret& secret, std::string_view id);
rows::Version* FindStage(rows::Secret& secret, std::string_view stage);
bool HasStage(const rows::Version& version, std::string_view stage);
// Moves a label; AWSPREVIOUS follows AWSCURRENT.
void MoveStage(rows::Secret& secret, std::string_view stage, rows::Version& to, Arena& arena);
void DropStage(rows::Version& version, std::string_view stage);

// Adds a version and seals its value under the secret's key. The key's use has been authorised.
Result<rows::Version*> AddVersion(const Scope& scope, rows::Secret& secret, std::string_view version_id, std::string_view value, bool binary, Arena& arena);

struct Opened {
  crypto::Secret value;
  bool binary = false;
};
Result<Opened> OpenValue(const Scope& scope, const rows::Secret& secret, const rows::Version& version);
// The version that a request means.
Result<rows::Version*> ChooseVersion(const Scope& scope, rows::Secret& secret, const Which& which);

// The resource policies of secrets.
class SecretPolicies final : public iam::ResourcePolicies {
 public:
  Found Find(store::Tx& tx, std::string_view action, std::string_view resource) const override;
};

}  // namespace terrarium::secretsmanager
