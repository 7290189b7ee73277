#include "services/kms/keys.h"

#include "base/check.h"
#include "base/text.h"
#include "crypto/seal.h"
#include "iam/policy.h"

namespace terrarium::kms {
namespace {

constexpr char kVersion = '\x01';
constexpr std::size_t kIdBytes = 16;
constexpr std::string_view kManagedPrefix = "alias/aws/";

std::string KeyArn(const Scope& scope, std::string_view rest) { return "arn:aws:kms:" + scope.region + ":" + scope.account + ":" + std::string(rest); }

std::string ManagedPolicy(const Scope& scope, std::string_view service) {
  return R"({"Version":"2012-10-17","Id":"auto-)" + std::string(service) + R"(-2","Statement":[{"Sid":"Allow access through )" + std::string(service) +
         R"( for all principals in the account that are authorized to use it","Effect":"Allow","Principal":{"AWS":["*"]},"Action":["kms:Encrypt","kms:Decrypt","kms:ReEncrypt*","kms:GenerateDataKey*","kms:CreateGrant","kms:DescribeKey"],"Resource":["*"],"Condition":{"StringEquals":{"kms:CallerAccount":")" +
         scope.account + R"(","kms:ViaService":")" + std::string(service) + "." + scope.region +
         R"(.amazonaws.com"}}},{"Sid":"Allow direct access to key metadata to the account","Effect":"Allow","Principal":{"AWS":["arn:aws:iam::)" + scope.account +
         R"(:root"]},"Action":["kms:Describe*","kms:Get*","kms:List*","kms:RevokeGrant"],"Resource":["*"]}]})";
}

bool HasManagedKey(std::string_view service) {
  for (const char* known : {"secretsmanager", "rds", "ssm", "elasticfilesystem", "backup", "sns", "ebs", "s3", "ecr"})
    if (service == known) return true;
  return false;
}

// What a ciphertext is bound to beside its key: header, account and the context, each part with its length so that none can be moved.
std::string Bound(const Scope& scope, std::string_view header, const EncryptionContext& context) {
  std::string out(header);
  const auto add = [&](std::string_view part) { out += std::to_string(part.size()) + ":" + std::string(part); };
  add(scope.account);
  for (const auto& [key, value] : context) {
    add(key);
    add(value);
  }
  return out;
}

crypto::Secret Material(const Scope& scope, const rows::Key& key) {
  auto material = crypto::Open(scope.root.For("kms key material"), key.arn, key.sealed_material);
  TERRARIUM_CHECK(material.has_value());  // the root key was compared at start: anything else is damage
  return *std::move(material);
}

}  // namespace

std::string RowKey(const Scope& scope, std::string_view rest) { return scope.account + "/" + scope.region + "/" + std::string(rest); }
std::unexpected<Error> NotFound(std::string message) { return ApiError("NotFoundException", std::move(message), ErrorKind::kNotFound); }

std::string DefaultPolicy(std::string_view account) {
  return R"({"Version":"2012-10-17","Id":"key-default-1","Statement":[{"Sid":"Enable IAM User Permissions","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::)" + std::string(account) +
         R"(:root"},"Action":"kms:*","Resource":"*"}]})";
}

Result<rows::Key*> FindKeyById(const Scope& scope, std::string_view reference, Arena& arena) {
  std::string_view id = reference;
  if (id.starts_with("arn:")) {
    const std::string prefix = KeyArn(scope, "key/");
    const auto part = Split(id, ':');
    if (part.size() == 6 && part[3] != scope.region) return NotFound("Invalid arn " + std::string(part[3]));
    if (!id.starts_with(prefix)) return NotFound("Key '" + std::string(reference) + "' does not exist");
    id.remove_prefix(prefix.size());
  }
  if (id.starts_with("alias/")) return NotFound("Invalid keyId '" + std::string(id) + "'");
  rows::Key* key = kKeys.Find(scope.tx, RowKey(scope, id), arena);
  if (key != nullptr && key->state == "PendingDeletion" && key->deletion_date.value_or(0) <= scope.now) {
    for (const rows::Alias* alias : kAliases.ListOwner(scope.tx, RowKey(scope, id), arena)) kAliases.Delete(scope.tx, RowKey(scope, alias->name));
    kKeys.Delete(scope.tx, RowKey(scope, id));
    key = nullptr;
  }
  if (key == nullptr) return NotFound("Key '" + KeyArn(scope, "key/") + std::string(id) + "' does not exist");
  return key;
}

Result<rows::Key*> FindKey(const Scope& scope, std::string_view reference, Arena& arena) {
  std::string_view name = reference;
  const std::string prefix = KeyArn(scope, "");
  if (name.starts_with(prefix + "alias/")) name.remove_prefix(prefix.size());
  if (!name.starts_with("alias/")) return FindKeyById(scope, reference, arena);
  const rows::Alias* alias = kAliases.Find(scope.tx, RowKey(scope, name), arena);
  if (alias != nullptr) return FindKeyById(scope, alias->key_id, arena);
  const std::string_view service = name.starts_with(kManagedPrefix) ? name.substr(kManagedPrefix.size()) : std::string_view();
  if (!HasManagedKey(service)) return NotFound("Alias " + KeyArn(scope, name) + " is not found.");
  rows::Key* key = MakeKey(scope, arena);
  key->managed_by = arena.Copy(service);
  key->description = arena.Copy("Default key that protects my data when no other key is defined, for " + std::string(service));
  key->policy = arena.Copy(ManagedPolicy(scope, service));
  SaveKey(scope, *key);
  rows::Alias made;
  const std::string arn = KeyArn(scope, name);
  made.name = name;
  made.arn = arn;
  made.key_id = key->id;
  made.created = made.updated = scope.now;
  kAliases.Put(scope.tx, RowKey(scope, name), made, RowKey(scope, key->id));
  return key;
}

Status RequireEnabled(const rows::Key& key) {
  if (key.state == "Enabled") return {};
  if (key.state == "Disabled") return ApiError("DisabledException", key.arn.str() + " is disabled.", ErrorKind::kConflict);
  return ApiError("KMSInvalidStateException", key.arn.str() + " is pending deletion.", ErrorKind::kConflict);
}
Status RequireNotPending(const rows::Key& key) {
  if (key.state != "PendingDeletion") return {};
  return ApiError("KMSInvalidStateException", key.arn.str() + " is pending deletion.", ErrorKind::kConflict);
}

rows::Key* MakeKey(const Scope& scope, Arena& arena) {
  auto* key = arena.New<rows::Key>();
  key->id = arena.Copy(RandomUuid(scope.random));
  key->arn = arena.Copy(KeyArn(scope, "key/" + key->id.str()));
  key->created = scope.now;
  key->state = "Enabled";
  key->policy = arena.Copy(DefaultPolicy(scope.account));
  std::string material(crypto::kKeySize, '\0');
  scope.random.Fill(material.data(), material.size());
  key->sealed_material = arena.Copy(crypto::Seal(scope.root.For("kms key material"), key->arn, material, scope.random));
  crypto::Wipe(material);
  SaveKey(scope, *key);
  return key;
}

void SaveKey(const Scope& scope, const rows::Key& key) { kKeys.Put(scope.tx, RowKey(scope, key.id), key); }

Result<std::string> ResolveKey(const Scope& scope, std::string_view reference) {
  Arena arena;
  TRY_ASSIGN(const rows::Key* key, FindKey(scope, reference, arena));
  return key->arn.str();
}

bool IsManagedKey(const Scope& scope, std::string_view key_arn) {
  Arena arena;
  const auto key = FindKey(scope, key_arn, arena);
  return key && (*key)->managed_by.has_value();
}

Status CheckKeyUse(const api::Call& call, const Scope& scope, std::string_view action, std::string_view key_arn, std::string_view through_service) {
  if (IsManagedKey(scope, key_arn)) return {};
  return call.authorizer.Check(call.caller, call.tx, action, key_arn,
                               {{"kms:ViaService", std::string(through_service) + "." + scope.region + ".amazonaws.com"}, {"kms:CallerAccount", call.caller.account}});
}

Result<std::string> Encrypt(const Scope& scope, std::string_view key_arn, const EncryptionContext& context, std::string_view plaintext) {
  Arena arena;
  TRY_ASSIGN(const rows::Key* key, FindKey(scope, key_arn, arena));
  TRY(RequireEnabled(*key));
  const auto id = HexDecode(ReplaceAll(key->id, "-", ""));
  TERRARIUM_CHECK(id.has_value() && id->size() == kIdBytes);
  const std::string header = kVersion + *id;
  return header + crypto::Seal(Material(scope, *key), Bound(scope, header, context), plaintext, scope.random);
}

Result<std::string> KeyOfBlob(const Scope& scope, std::string_view blob) {
  const auto refuse = [] { return ApiError("InvalidCiphertextException", ""); };
  if (blob.size() < 1 + kIdBytes + crypto::kSealOverhead || blob[0] != kVersion) return refuse();
  std::string id = HexEncode(blob.substr(1, kIdBytes));
  for (const std::size_t at : {8u, 13u, 18u, 23u}) id.insert(at, "-");
  Arena arena;
  const auto key = FindKeyById(scope, id, arena);
  if (!key) return refuse();
  return (*key)->arn.str();
}

Result<crypto::Secret> Decrypt(const Scope& scope, const EncryptionContext& context, std::string_view blob) {
  TRY_ASSIGN(const std::string arn, KeyOfBlob(scope, blob));
  Arena arena;
  TRY_ASSIGN(const rows::Key* key, FindKeyById(scope, arn, arena));
  TRY(RequireEnabled(*key));
  const std::string_view header = blob.substr(0, 1 + kIdBytes);
  auto plaintext = crypto::Open(Material(scope, *key), Bound(scope, header, context), blob.substr(header.size()));
  if (!plaintext) return ApiError("InvalidCiphertextException", "");
  return plaintext;
}

iam::ResourcePolicies::Found KeyPolicies::Find(store::Tx& tx, std::string_view, std::string_view resource) const {
  const auto part = Split(resource, ':');
  if (part.size() != 6 || part[2] != "kms" || !part[5].starts_with("key/")) return {};
  Found found{.policy = nullptr, .rule = iam::ResourceRule::kMustGrant};
  Arena arena;
  const rows::Key* key = kKeys.Find(tx, std::string(part[4]) + "/" + std::string(part[3]) + "/" + std::string(part[5].substr(4)), arena);
  if (key == nullptr) return found;
  const auto policy = iam::ParsePolicy(key->policy, iam::PolicyKind::kResource);
  if (!policy) return found;
  std::vector<iam::ResourcePolicy::Binding> bindings;
  for (const rows::Binding& binding : key->policy_bindings) bindings.push_back({binding.arn.str(), binding.unique_id.str()});
  found.policy = std::make_shared<const iam::ResourcePolicy>(*policy, std::move(bindings));
  return found;
}

}  // namespace terrarium::kms
