#include "services/secretsmanager/secrets.h"

#include <algorithm>

#include "base/json.h"
#include "base/text.h"
#include "crypto/seal.h"
#include "iam/policy.h"

namespace terrarium::secretsmanager {
namespace {

constexpr std::string_view kSuffixAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
constexpr std::size_t kSuffix = 7;  // "-" and six characters
constexpr std::size_t kDeprecatedKept = 20;

std::string RowKey(const Scope& scope, std::string_view name) { return scope.account + "/" + scope.region + "/" + std::string(name); }
std::string ArnOf(const Scope& scope, std::string_view rest) { return "arn:aws:secretsmanager:" + scope.region + ":" + scope.account + ":secret:" + std::string(rest); }
std::string ValueKey(std::string_view arn, std::string_view version) { return std::string(arn) + "#" + std::string(version); }

kms::EncryptionContext ContextOf(const rows::Secret& secret, std::string_view version) { return {{"SecretARN", secret.arn.str()}, {"SecretVersionId", std::string(version)}}; }

// Versions without labels are kept for a while and not for ever.
void Prune(const Scope& scope, rows::Secret& secret) {
  std::size_t deprecated = 0;
  for (std::size_t i = secret.versions.size(); i-- > 0;) {
    if (!secret.versions[i].stages.empty() || ++deprecated <= kDeprecatedKept) continue;
    kValues.Delete(scope.tx, ValueKey(secret.arn, secret.versions[i].id));
    for (std::size_t k = i + 1; k < secret.versions.size(); ++k) secret.versions[k - 1] = secret.versions[k];
    --secret.versions.count;
  }
}

}  // namespace

std::unexpected<Error> InvalidRequest(std::string message) { return ApiError("InvalidRequestException", std::move(message)); }
std::unexpected<Error> InvalidParameter(std::string message) { return ApiError("InvalidParameterException", std::move(message)); }

rows::Secret* FindSecret(const Scope& scope, std::string_view id, Arena& arena) {
  rows::Secret* found = nullptr;
  if (!id.starts_with("arn:")) {
    found = kSecrets.Find(scope.tx, RowKey(scope, id), arena);
  } else if (const std::string prefix = ArnOf(scope, ""); id.starts_with(prefix)) {
    const std::string_view rest = id.substr(prefix.size());
    found = kSecrets.Find(scope.tx, RowKey(scope, rest), arena);  // without suffix, which may itself end like one
    if (found == nullptr && rest.size() > kSuffix) {
      found = kSecrets.Find(scope.tx, RowKey(scope, rest.substr(0, rest.size() - kSuffix)), arena);
      if (found != nullptr && found->arn != id) found = nullptr;
    }
  }
  if (found != nullptr && found->deletion_date && *found->deletion_date <= scope.now) {
    RemoveSecret(scope, *found);
    return nullptr;
  }
  return found;
}

Result<rows::Secret*> GetSecretMarkedOrNot(const Scope& scope, std::string_view id, Arena& arena) {
  rows::Secret* secret = FindSecret(scope, id, arena);
  if (secret == nullptr) return ApiError("ResourceNotFoundException", "Secrets Manager can't find the specified secret.", ErrorKind::kNotFound);
  return secret;
}

Result<rows::Secret*> GetSecret(const Scope& scope, std::string_view id, Arena& arena) {
  TRY_ASSIGN(rows::Secret* secret, GetSecretMarkedOrNot(scope, id, arena));
  if (secret->deletion_date) return InvalidRequest("You can't perform this operation on the secret because it was marked for deletion.");
  return secret;
}

void SaveSecret(const Scope& scope, const rows::Secret& secret) { kSecrets.Put(scope.tx, RowKey(scope, secret.name), secret); }

void RemoveSecret(const Scope& scope, const rows::Secret& secret) {
  for (const rows::Version& version : secret.versions) kValues.Delete(scope.tx, ValueKey(secret.arn, version.id));
  kSecrets.Delete(scope.tx, RowKey(scope, secret.name));
}

std::string SecretResource(const Scope& scope, std::string_view id, Arena& arena) {
  if (const rows::Secret* secret = FindSecret(scope, id, arena)) return secret->arn.str();
  return id.starts_with("arn:") ? std::string(id) : ArnOf(scope, id) + "-??????";
}

rows::Secret* MakeSecret(const Scope& scope, std::string_view name, Arena& arena) {
  auto* secret = arena.New<rows::Secret>();
  secret->name = arena.Copy(name);
  secret->arn = arena.Copy(ArnOf(scope, name) + "-" + RandomFrom(scope.random, kSuffixAlphabet, kSuffix - 1));
  secret->created = secret->changed = scope.now;
  return secret;
}

rows::Version* FindVersion(rows::Secret& secret, std::string_view id) {
  for (rows::Version& version : secret.versions)
    if (version.id == id) return &version;
  return nullptr;
}

bool HasStage(const rows::Version& version, std::string_view stage) {
  return std::any_of(version.stages.begin(), version.stages.end(), [&](Str s) { return s == stage; });
}

rows::Version* FindStage(rows::Secret& secret, std::string_view stage) {
  for (rows::Version& version : secret.versions)
    if (HasStage(version, stage)) return &version;
  return nullptr;
}

void DropStage(rows::Version& version, std::string_view stage) {
  const auto end = std::remove_if(version.stages.begin(), version.stages.end(), [&](Str s) { return s == stage; });
  version.stages.count = static_cast<std::uint32_t>(end - version.stages.begin());
}

void MoveStage(rows::Secret& secret, std::string_view stage, rows::Version& to, Arena& arena) {
  rows::Version* from = FindStage(secret, stage);
  if (from == &to) return;
  if (from != nullptr) {
    DropStage(*from, stage);
    if (stage == kCurrent) MoveStage(secret, kPrevious, *from, arena);
  }
  to.stages.Add(arena, arena.Copy(stage));
  if (stage == kCurrent) DropStage(to, kPrevious);
}

Result<rows::Version*> AddVersion(const Scope& scope, rows::Secret& secret, std::string_view version_id, std::string_view value, bool binary, Arena& arena) {
  TRY_ASSIGN(const std::string key_arn, kms::ResolveKey(scope, secret.kms_key_id.value_or("alias/aws/secretsmanager")));
  std::string bytes(crypto::kKeySize, '\0');
  scope.random.Fill(bytes.data(), bytes.size());
  const crypto::Secret data_key(std::move(bytes));
  TRY_ASSIGN(const std::string sealed_key, kms::Encrypt(scope, key_arn, ContextOf(secret, version_id), data_key.view()));
  const std::string sealed = crypto::Seal(data_key, ValueKey(secret.arn, version_id), value, scope.random);
  rows::Value row;
  row.data_key = sealed_key;
  row.sealed = sealed;
  row.binary = binary;
  kValues.Put(scope.tx, ValueKey(secret.arn, version_id), row);
  Prune(scope, secret);
  rows::Version& version = secret.versions.Add(arena);
  version.id = arena.Copy(version_id);
  version.created = scope.now;
  version.key_arn = arena.Copy(key_arn);
  secret.changed = scope.now;
  return &version;
}

Result<Opened> OpenValue(const Scope& scope, const rows::Secret& secret, const rows::Version& version) {
  Arena arena;
  const rows::Value* row = kValues.Find(scope.tx, ValueKey(secret.arn, version.id), arena);
  if (row == nullptr) return ApiError("ResourceNotFoundException", "Secrets Manager can't find the specified secret value for VersionId: " + version.id.str(), ErrorKind::kNotFound);
  auto data_key = kms::Decrypt(scope, ContextOf(secret, version.id), row->data_key);
  if (!data_key) {
    if (data_key.error().code == "InvalidCiphertextException") return ApiError("DecryptionFailure", "Secrets Manager can't decrypt the protected secret text using the provided KMS key.");
    return std::unexpected(std::move(data_key).error());
  }
  auto value = crypto::Open(*data_key, ValueKey(secret.arn, version.id), row->sealed);
  if (!value) return ApiError("DecryptionFailure", "Secrets Manager can't decrypt the protected secret text using the provided KMS key.");
  return Opened{*std::move(value), row->binary.value_or(false)};
}

Result<rows::Version*> ChooseVersion(const Scope&, rows::Secret& secret, const Which& which) {
  const auto not_found = [](std::string what) { return ApiError("ResourceNotFoundException", "Secrets Manager can't find the specified secret value for " + std::move(what), ErrorKind::kNotFound); };
  if (!which.version_id.empty()) {
    rows::Version* version = FindVersion(secret, which.version_id);
    if (version == nullptr) return not_found("VersionId: " + which.version_id);
    if (!which.stage.empty() && !HasStage(*version, which.stage)) return InvalidRequest("You provided a VersionStage that is not associated to the provided VersionId.");
    return version;
  }
  const std::string stage = which.stage.empty() ? kCurrent : which.stage;
  rows::Version* version = FindStage(secret, stage);
  if (version == nullptr) return not_found("staging label: " + stage);
  return version;
}

Result<crypto::Secret> ReadSecret(const Scope& scope, const api::Authorizer& authorizer, const api::Caller& caller, std::string_view secret_id, const Which& which) {
  Arena arena;
  TRY(authorizer.Check(caller, scope.tx, "secretsmanager:GetSecretValue", SecretResource(scope, secret_id, arena), {}));
  TRY_ASSIGN(rows::Secret* secret, GetSecret(scope, secret_id, arena));
  TRY_ASSIGN(const rows::Version* version, ChooseVersion(scope, *secret, which));
  if (!kms::IsManagedKey(scope, version->key_arn))
    TRY(authorizer.Check(caller, scope.tx, "kms:Decrypt", version->key_arn, {{"kms:ViaService", "secretsmanager." + scope.region + ".amazonaws.com"}, {"kms:CallerAccount", caller.account}}));
  TRY_ASSIGN(Opened opened, OpenValue(scope, *secret, *version));
  return std::move(opened.value);
}

Result<crypto::Secret> ReadValueFrom(const Scope& scope, const api::Authorizer& authorizer, const api::Caller& caller, std::string_view value_from) {
  const auto part = Split(value_from, ':');
  if (part.size() < 6 || part[0] != "arn") return ReadSecret(scope, authorizer, caller, value_from, {});
  if (part[2] != "secretsmanager") return ApiError("ClientException", "Terrarium injects secrets of Secrets Manager only, not " + std::string(value_from), ErrorKind::kUnsupported);
  if (part.size() != 7 && part.size() != 10) return ApiError("ClientException", "The secret reference " + std::string(value_from) + " must be an ARN, or ARN:json-key:version-stage:version-id");
  std::size_t length = 6;  // the colons
  for (std::size_t i = 0; i < 7; ++i) length += part[i].size();
  Which which;
  if (part.size() == 10) which = {std::string(part[8]), std::string(part[9])};
  TRY_ASSIGN(crypto::Secret value, ReadSecret(scope, authorizer, caller, value_from.substr(0, length), which));
  if (part.size() == 7 || part[7].empty()) return value;
  const auto json = Json::Parse(value.view());
  if (!json || !json->is_object()) return ApiError("ResourceInitializationError", "the secret " + std::string(value_from.substr(0, length)) + " does not hold a JSON object");
  const Json* member = json->Find(part[7]);
  if (member == nullptr) return ApiError("ResourceInitializationError", "retrieved secret from Secrets Manager did not contain json key " + std::string(part[7]));
  return crypto::Secret(member->is_string() ? member->string() : member->Write());
}

Result<ManagedSecret> CreateManagedSecret(const Scope& scope, std::string_view owning_service, std::string_view name, std::string_view description,
                                          const std::vector<std::pair<std::string, std::string>>& tags, std::string_view kms_key, std::string_view value) {
  Arena arena;
  if (FindSecret(scope, name, arena) != nullptr) return ApiError("ResourceExistsException", "The operation failed because the secret " + std::string(name) + " already exists.", ErrorKind::kConflict);
  rows::Secret* secret = MakeSecret(scope, name, arena);
  secret->description = arena.Copy(description);
  secret->owning_service = arena.Copy(owning_service);
  if (!kms_key.empty()) secret->kms_key_id = arena.Copy(kms_key);
  for (const auto& [key, tag] : tags) secret->tags.Add(arena, rows::Tag{.key = arena.Copy(key), .value = arena.Copy(tag)});
  TRY_ASSIGN(rows::Version* version, AddVersion(scope, *secret, RandomUuid(scope.random), value, false, arena));
  MoveStage(*secret, kCurrent, *version, arena);
  SaveSecret(scope, *secret);
  return ManagedSecret{secret->arn.str(), version->key_arn.str()};
}

Status PutManagedValue(const Scope& scope, std::string_view arn, std::string_view value) {
  Arena arena;
  TRY_ASSIGN(rows::Secret* secret, GetSecret(scope, arn, arena));
  TRY_ASSIGN(rows::Version* version, AddVersion(scope, *secret, RandomUuid(scope.random), value, false, arena));
  MoveStage(*secret, kCurrent, *version, arena);
  SaveSecret(scope, *secret);
  return {};
}

Result<crypto::Secret> ReadManagedValue(const Scope& scope, std::string_view arn) {
  Arena arena;
  TRY_ASSIGN(rows::Secret* secret, GetSecret(scope, arn, arena));
  TRY_ASSIGN(const rows::Version* version, ChooseVersion(scope, *secret, {}));
  TRY_ASSIGN(Opened opened, OpenValue(scope, *secret, *version));
  return std::move(opened.value);
}

Status DeleteManagedSecret(const Scope& scope, std::string_view arn) {
  Arena arena;
  if (const rows::Secret* secret = FindSecret(scope, arn, arena)) RemoveSecret(scope, *secret);
  return {};
}

iam::ResourcePolicies::Found SecretPolicies::Find(store::Tx& tx, std::string_view, std::string_view resource) const {
  const auto part = Split(resource, ':');
  if (part.size() != 7 || part[6].size() <= kSuffix) return {};
  Arena arena;
  const std::string_view name = part[6].substr(0, part[6].size() - kSuffix);
  const rows::Secret* secret = kSecrets.Find(tx, std::string(part[4]) + "/" + std::string(part[3]) + "/" + std::string(name), arena);
  if (secret == nullptr || secret->arn != resource || !secret->policy.has_value()) return {};
  const auto policy = iam::ParsePolicy(secret->policy, iam::PolicyKind::kResource);
  if (!policy) return {.policy = nullptr, .rule = iam::ResourceRule::kMustGrant};  // unreadable: it may hold a Deny
  return {.policy = std::make_shared<const iam::ResourcePolicy>(*policy), .rule = iam::ResourceRule::kMayGrant};
}

}  // namespace terrarium::secretsmanager
