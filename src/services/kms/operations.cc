#include "services/kms/operations.h"

#include <algorithm>

#include "api/page.h"
#include "base/text.h"
#include "crypto/seal.h"
#include "gen/kms/types.h"
#include "services/kms/keys.h"

namespace terrarium::kms {
namespace {

namespace wire = gen::kms;
using api::Access;
using api::Call;
using codec::Empty;
constexpr UnixMillis kDay = 24 * 3600 * 1000;
constexpr char kSymmetric[] = "SYMMETRIC_DEFAULT";

std::unexpected<Error> Unsupported(std::string what) { return ApiError("UnsupportedOperationException", "Terrarium does not implement " + std::move(what), ErrorKind::kUnsupported); }

EncryptionContext ContextOf(const Map<Str>& given) {
  EncryptionContext out;
  for (const auto& [key, value] : given) out[key.str()] = value.str();
  return out;
}

wire::KeyMetadata* Metadata(const Call& call, const rows::Key& key) {
  auto* out = call.arena.New<wire::KeyMetadata>();
  out->aws_account_id = call.arena.Copy(call.caller.account);
  out->key_id = key.id;
  out->arn = key.arn;
  out->creation_date = key.created;
  out->enabled = key.state == "Enabled";
  out->description = key.description.has_value() ? key.description : Str("");
  out->key_usage = "ENCRYPT_DECRYPT";
  out->key_state = key.state;
  if (key.state == "PendingDeletion") out->deletion_date = key.deletion_date;
  out->origin = "AWS_KMS";
  out->key_manager = key.managed_by.has_value() ? "AWS" : "CUSTOMER";
  out->customer_master_key_spec = out->key_spec = kSymmetric;
  out->encryption_algorithms.Add(call.arena, kSymmetric);
  out->multi_region = false;
  return out;
}

Status CheckTags(const List<wire::Tag>& tags, const List<rows::Tag>& to) {
  for (std::size_t i = 0; i < tags.size(); ++i) {
    if (tags[i].tag_key.view().starts_with("aws:")) return ApiError("TagException", "Tags beginning with aws: are reserved");
    for (std::size_t k = 0; k < i; ++k)
      if (tags[i].tag_key == tags[k].tag_key) return ApiError("TagException", "Duplicate tag keys");
  }
  if (tags.size() + to.size() > 50) return ApiError("TagException", "Too many tags");
  return {};
}
void PutTags(Call& call, const List<wire::Tag>& tags, List<rows::Tag>& to) {
  for (const wire::Tag& tag : tags) {
    const auto same = std::find_if(to.begin(), to.end(), [&](const rows::Tag& old) { return old.key == tag.tag_key; });
    rows::Tag& target = same != to.end() ? *same : to.Add(call.arena);
    target.key = tag.tag_key;
    target.value = tag.tag_value;
  }
}

void TagFacts(const List<wire::Tag>& tags, std::vector<api::Fact>& facts) {
  for (const wire::Tag& tag : tags) {
    facts.push_back({"aws:RequestTag/" + tag.tag_key.str(), tag.tag_value.str()});
    facts.push_back({"aws:TagKeys", tag.tag_key.str()});
  }
}

// A customer's key: AWS's own cannot be changed.
Status RequireCustomer(const rows::Key& key) {
  if (!key.managed_by.has_value()) return {};
  return ApiError("AccessDeniedException", key.arn.str() + " is an AWS managed key and cannot be changed by customers", ErrorKind::kDenied);
}

// A new key policy: its principals exist, and the caller can still change it.
Status SetPolicy(Call& call, rows::Key& key, std::string_view document, bool bypass) {
  const auto resolved = iam::ResolvePrincipals(call.tx, document);
  if (!resolved) return ApiError("MalformedPolicyDocumentException", resolved.error().message.starts_with("Invalid principal") ? "Policy contains a statement with one or more invalid principals." : resolved.error().message);
  key.policy = call.arena.Copy(document);
  key.policy_bindings = {};
  for (const iam::PrincipalId& principal : *resolved) {
    rows::Binding& binding = key.policy_bindings.Add(call.arena);
    binding.arn = call.arena.Copy(principal.arn);
    binding.unique_id = call.arena.Copy(principal.unique_id);
  }
  kKeys.Put(call.tx, call.Key(key.id), key);
  if (!bypass && !call.authorizer.Check(call.caller, call.tx, "kms:PutKeyPolicy", key.arn, {{"kms:CallerAccount", call.caller.account}}))
    return ApiError("MalformedPolicyDocumentException", "The new key policy will not allow you to update the key policy in the future.");
  return {};
}

// The operations share a scope made of the call and the root key.
struct Kms {
  const crypto::RootKey& root;

  Scope In(const Call& call) const { return {call.tx, call.Now(), call.random, root, call.caller.account, call.caller.region}; }

  Result<wire::CreateKeyResponse*> CreateKey(Call& call, const wire::CreateKeyRequest& r) const {
    if (r.multi_region.value_or(false)) return Unsupported("MultiRegion keys");
    if (r.custom_key_store_id.has_value() || r.xks_key_id.has_value()) return Unsupported("custom key stores");
    if (r.origin.has_value() && r.origin != "AWS_KMS") return Unsupported("Origin " + r.origin.str());
    if (r.key_usage.has_value() && r.key_usage != "ENCRYPT_DECRYPT") return Unsupported("KeyUsage " + r.key_usage.str());
    for (const Str spec : {r.key_spec, r.customer_master_key_spec})
      if (spec.has_value() && spec != kSymmetric) return Unsupported("KeySpec " + spec.str());
    const Scope scope = In(call);
    rows::Key* key = MakeKey(scope, call.arena);
    key->description = r.description;
    if (!r.tags.empty()) {
      std::vector<api::Fact> facts;
      TagFacts(r.tags, facts);
      TRY(call.authorizer.Check(call.caller, call.tx, "kms:TagResource", key->arn, facts));
      TRY(CheckTags(r.tags, key->tags));
      PutTags(call, r.tags, key->tags);
    }
    if (r.policy.has_value()) TRY(SetPolicy(call, *key, r.policy, r.bypass_policy_lockout_safety_check.value_or(false)));
    SaveKey(scope, *key);
    auto* out = call.arena.New<wire::CreateKeyResponse>();
    out->key_metadata = Metadata(call, *key);
    return out;
  }

  Result<wire::DescribeKeyResponse*> DescribeKey(Call& call, const wire::DescribeKeyRequest& r) const {
    TRY_ASSIGN(const rows::Key* key, FindKey(In(call), r.key_id, call.arena));
    auto* out = call.arena.New<wire::DescribeKeyResponse>();
    out->key_metadata = Metadata(call, *key);
    return out;
  }

  Result<wire::ListKeysResponse*> ListKeys(Call& call, const wire::ListKeysRequest& r) const {
    auto* out = call.arena.New<wire::ListKeysResponse>();
    out->keys.Present(call.arena);
    out->truncated = false;
    for (const rows::Key* key : kKeys.ListPrefix(call.tx, call.Key(""), call.arena)) {
      if (r.marker.has_value() && key->id.view() <= r.marker.view()) continue;
      if (out->keys.size() == static_cast<std::size_t>(r.limit.value_or(100))) {
        out->truncated = true;
        out->next_marker = out->keys[out->keys.size() - 1].key_id;
        break;
      }
      out->keys.Add(call.arena, wire::KeyListEntry{.key_id = key->id, .key_arn = key->arn});
    }
    return out;
  }

  Result<wire::GetKeyPolicyResponse*> GetKeyPolicy(Call& call, const wire::GetKeyPolicyRequest& r) const {
    TRY_ASSIGN(const rows::Key* key, FindKeyById(In(call), r.key_id, call.arena));
    if (r.policy_name.has_value() && r.policy_name != "default") return NotFound("No such policy exists");
    auto* out = call.arena.New<wire::GetKeyPolicyResponse>();
    out->policy = key->policy;
    out->policy_name = "default";
    return out;
  }

  Result<Empty*> PutKeyPolicy(Call& call, const wire::PutKeyPolicyRequest& r) const {
    TRY_ASSIGN(rows::Key* key, FindKeyById(In(call), r.key_id, call.arena));
    TRY(RequireCustomer(*key));
    if (r.policy_name.has_value() && r.policy_name != "default") return NotFound("No such policy exists");
    TRY(SetPolicy(call, *key, r.policy, r.bypass_policy_lockout_safety_check.value_or(false)));
    return call.arena.New<Empty>();
  }

  Result<wire::ListKeyPoliciesResponse*> ListKeyPolicies(Call& call, const wire::ListKeyPoliciesRequest& r) const {
    TRY(FindKeyById(In(call), r.key_id, call.arena));
    auto* out = call.arena.New<wire::ListKeyPoliciesResponse>();
    out->policy_names.Add(call.arena, "default");
    out->truncated = false;
    return out;
  }

  // Material never rotates here: enabling it is refused, so this is always false.
  Result<wire::GetKeyRotationStatusResponse*> GetKeyRotationStatus(Call& call, const wire::GetKeyRotationStatusRequest& r) const {
    TRY_ASSIGN(const rows::Key* key, FindKeyById(In(call), r.key_id, call.arena));
    auto* out = call.arena.New<wire::GetKeyRotationStatusResponse>();
    out->key_rotation_enabled = false;
    out->key_id = key->id;
    return out;
  }

  Result<Empty*> SetState(Call& call, std::string_view key_id, const char* state) const {
    TRY_ASSIGN(rows::Key* key, FindKeyById(In(call), key_id, call.arena));
    TRY(RequireCustomer(*key));
    TRY(RequireNotPending(*key));
    key->state = state;
    SaveKey(In(call), *key);
    return call.arena.New<Empty>();
  }

  Result<Empty*> UpdateKeyDescription(Call& call, const wire::UpdateKeyDescriptionRequest& r) const {
    TRY_ASSIGN(rows::Key* key, FindKeyById(In(call), r.key_id, call.arena));
    TRY(RequireCustomer(*key));
    TRY(RequireNotPending(*key));
    key->description = r.description;
    SaveKey(In(call), *key);
    return call.arena.New<Empty>();
  }

  Result<wire::ScheduleKeyDeletionResponse*> ScheduleKeyDeletion(Call& call, const wire::ScheduleKeyDeletionRequest& r) const {
    TRY_ASSIGN(rows::Key* key, FindKeyById(In(call), r.key_id, call.arena));
    TRY(RequireCustomer(*key));
    TRY(RequireNotPending(*key));
    const std::int32_t days = r.pending_window_in_days.value_or(30);
    if (days < 7 || days > 30) return ApiError("ValidationException", "PendingWindowInDays must be between 7 and 30");
    key->state = "PendingDeletion";
    key->pending_window = days;
    key->deletion_date = call.Now() + days * kDay;
    SaveKey(In(call), *key);
    auto* out = call.arena.New<wire::ScheduleKeyDeletionResponse>();
    out->key_id = key->arn;
    out->deletion_date = key->deletion_date;
    out->key_state = key->state;
    out->pending_window_in_days = days;
    return out;
  }

  Result<wire::CancelKeyDeletionResponse*> CancelKeyDeletion(Call& call, const wire::CancelKeyDeletionRequest& r) const {
    TRY_ASSIGN(rows::Key* key, FindKeyById(In(call), r.key_id, call.arena));
    if (key->state != "PendingDeletion") return ApiError("KMSInvalidStateException", key->arn.str() + " is not pending deletion.", ErrorKind::kConflict);
    key->state = "Disabled";
    SaveKey(In(call), *key);
    auto* out = call.arena.New<wire::CancelKeyDeletionResponse>();
    out->key_id = key->arn;
    return out;
  }

  Result<wire::ListResourceTagsResponse*> ListResourceTags(Call& call, const wire::ListResourceTagsRequest& r) const {
    TRY_ASSIGN(const rows::Key* key, FindKeyById(In(call), r.key_id, call.arena));
    auto* out = call.arena.New<wire::ListResourceTagsResponse>();
    out->tags.Present(call.arena);
    for (const rows::Tag& tag : key->tags) out->tags.Add(call.arena, wire::Tag{.tag_key = tag.key, .tag_value = tag.value});
    const auto tag_key = [](const wire::Tag& tag) { return tag.tag_key.view(); };
    if (!api::CutPage(call.arena, out->tags, tag_key, r.marker, static_cast<std::size_t>(r.limit.value_or(50)), out->next_marker)) return ApiError("InvalidMarkerException", "Invalid marker.");
    out->truncated = out->next_marker.has_value();
    return out;
  }

  Result<Empty*> TagResource(Call& call, const wire::TagResourceRequest& r) const {
    TRY_ASSIGN(rows::Key* key, FindKeyById(In(call), r.key_id, call.arena));
    TRY(RequireCustomer(*key));
    TRY(RequireNotPending(*key));
    TRY(CheckTags(r.tags, {}));
    PutTags(call, r.tags, key->tags);
    if (key->tags.size() > 50) return ApiError("TagException", "Too many tags");
    SaveKey(In(call), *key);
    return call.arena.New<Empty>();
  }

  Result<Empty*> UntagResource(Call& call, const wire::UntagResourceRequest& r) const {
    TRY_ASSIGN(rows::Key* key, FindKeyById(In(call), r.key_id, call.arena));
    TRY(RequireCustomer(*key));
    TRY(RequireNotPending(*key));
    List<rows::Tag> kept;
    for (const rows::Tag& tag : key->tags)
      if (std::find(r.tag_keys.begin(), r.tag_keys.end(), tag.key) == r.tag_keys.end()) kept.Add(call.arena, tag);
    key->tags = kept;
    SaveKey(In(call), *key);
    return call.arena.New<Empty>();
  }

  Status CheckAlias(std::string_view name) const {
    if (!name.starts_with("alias/")) return ApiError("ValidationException", "Alias must start with the prefix \"alias/\". Please see https://docs.aws.amazon.com/kms/latest/developerguide/kms-alias.html");
    if (name.starts_with("alias/aws/")) return ApiError("NotAuthorizedException", "", ErrorKind::kDenied);
    const std::string_view rest = name.substr(6);
    const auto legal = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '/' || c == '_' || c == '-'; };
    if (rest.empty() || !std::all_of(rest.begin(), rest.end(), legal)) return ApiError("InvalidAliasNameException", "The alias name " + std::string(name) + " is not valid");
    return {};
  }

  std::string AliasArn(const Call& call, std::string_view name) const { return "arn:aws:kms:" + call.caller.region + ":" + call.caller.account + ":" + std::string(name); }

  Result<Empty*> CreateAlias(Call& call, const wire::CreateAliasRequest& r) const {
    TRY(CheckAlias(r.alias_name));
    const std::string arn = AliasArn(call, r.alias_name);
    if (kAliases.Exists(call.tx, call.Key(r.alias_name))) return ApiError("AlreadyExistsException", "An alias with the name " + arn + " already exists", ErrorKind::kConflict);
    TRY_ASSIGN(const rows::Key* key, FindKeyById(In(call), r.target_key_id, call.arena));
    TRY(RequireNotPending(*key));
    rows::Alias alias;
    alias.name = r.alias_name;
    alias.arn = arn;
    alias.key_id = key->id;
    alias.created = alias.updated = call.Now();
    kAliases.Put(call.tx, call.Key(r.alias_name), alias, call.Key(key->id));
    return call.arena.New<Empty>();
  }

  Result<rows::Alias*> GetAlias(Call& call, std::string_view name) const {
    rows::Alias* alias = kAliases.Find(call.tx, call.Key(name), call.arena);
    if (alias == nullptr) return NotFound("Alias " + AliasArn(call, name) + " is not found.");
    return alias;
  }

  Result<Empty*> UpdateAlias(Call& call, const wire::UpdateAliasRequest& r) const {
    TRY(CheckAlias(r.alias_name));
    TRY_ASSIGN(rows::Alias* alias, GetAlias(call, r.alias_name));
    TRY_ASSIGN(const rows::Key* key, FindKeyById(In(call), r.target_key_id, call.arena));
    TRY(RequireNotPending(*key));
    alias->key_id = key->id;
    alias->updated = call.Now();
    kAliases.Put(call.tx, call.Key(r.alias_name), *alias, call.Key(key->id));
    return call.arena.New<Empty>();
  }

  Result<Empty*> DeleteAlias(Call& call, const wire::DeleteAliasRequest& r) const {
    TRY(CheckAlias(r.alias_name));
    TRY(GetAlias(call, r.alias_name));
    kAliases.Delete(call.tx, call.Key(r.alias_name));
    return call.arena.New<Empty>();
  }

  Result<wire::ListAliasesResponse*> ListAliases(Call& call, const wire::ListAliasesRequest& r) const {
    std::string only;
    if (r.key_id.has_value()) {
      TRY_ASSIGN(const rows::Key* key, FindKeyById(In(call), r.key_id, call.arena));
      only = key->id.str();
    }
    auto* out = call.arena.New<wire::ListAliasesResponse>();
    out->aliases.Present(call.arena);
    out->truncated = false;
    for (const rows::Alias* alias : kAliases.ListPrefix(call.tx, call.Key("alias/"), call.arena)) {
      if (!only.empty() && alias->key_id.view() != only) continue;
      if (r.marker.has_value() && alias->name.view() <= r.marker.view()) continue;
      if (out->aliases.size() == static_cast<std::size_t>(r.limit.value_or(50))) {
        out->truncated = true;
        out->next_marker = out->aliases[out->aliases.size() - 1].alias_name;
        break;
      }
      out->aliases.Add(call.arena, wire::AliasListEntry{.alias_name = alias->name, .alias_arn = alias->arn, .target_key_id = alias->key_id, .creation_date = alias->created, .last_updated_date = alias->updated});
    }
    return out;
  }

  Result<wire::EncryptResponse*> EncryptOperation(Call& call, const wire::EncryptRequest& r) const {
    TRY_ASSIGN(const std::string arn, ResolveKey(In(call), r.key_id));
    TRY_ASSIGN(const std::string blob, kms::Encrypt(In(call), arn, ContextOf(r.encryption_context), r.plaintext));
    if (r.dry_run.value_or(false)) return ApiError("DryRunOperationException", "The request would have succeeded, but the DryRun option is set.");
    auto* out = call.arena.New<wire::EncryptResponse>();
    out->ciphertext_blob = call.arena.Copy(blob);
    out->key_id = call.arena.Copy(arn);
    out->encryption_algorithm = kSymmetric;
    return out;
  }

  Result<wire::DecryptResponse*> DecryptOperation(Call& call, const wire::DecryptRequest& r) const {
    if (r.recipient != nullptr) return Unsupported("Recipient (Nitro attestation)");
    TRY_ASSIGN(const std::string arn, KeyOfBlob(In(call), r.ciphertext_blob));
    if (r.key_id.has_value()) {
      TRY_ASSIGN(const std::string named, ResolveKey(In(call), r.key_id));
      if (named != arn) return ApiError("IncorrectKeyException", "The key ID in the request does not identify a CMK that can perform this operation.");
    }
    TRY_ASSIGN(const crypto::Secret plaintext, kms::Decrypt(In(call), ContextOf(r.encryption_context), r.ciphertext_blob));
    if (r.dry_run.value_or(false)) return ApiError("DryRunOperationException", "The request would have succeeded, but the DryRun option is set.");
    auto* out = call.arena.New<wire::DecryptResponse>();
    out->key_id = call.arena.Copy(arn);
    out->plaintext = call.arena.Copy(plaintext.view());
    out->encryption_algorithm = kSymmetric;
    return out;
  }

  Result<wire::ReEncryptResponse*> ReEncrypt(Call& call, const wire::ReEncryptRequest& r) const {
    TRY_ASSIGN(const std::string source, KeyOfBlob(In(call), r.ciphertext_blob));
    TRY_ASSIGN(const std::string target, ResolveKey(In(call), r.destination_key_id));
    TRY(call.authorizer.Check(call.caller, call.tx, "kms:ReEncryptTo", target, {{"kms:CallerAccount", call.caller.account}}));
    if (r.source_key_id.has_value()) {
      TRY_ASSIGN(const std::string named, ResolveKey(In(call), r.source_key_id));
      if (named != source) return ApiError("IncorrectKeyException", "The key ID in the request does not identify a CMK that can perform this operation.");
    }
    TRY_ASSIGN(const crypto::Secret plaintext, kms::Decrypt(In(call), ContextOf(r.source_encryption_context), r.ciphertext_blob));
    TRY_ASSIGN(const std::string blob, kms::Encrypt(In(call), target, ContextOf(r.destination_encryption_context), plaintext.view()));
    auto* out = call.arena.New<wire::ReEncryptResponse>();
    out->ciphertext_blob = call.arena.Copy(blob);
    out->source_key_id = call.arena.Copy(source);
    out->key_id = call.arena.Copy(target);
    out->source_encryption_algorithm = out->destination_encryption_algorithm = kSymmetric;
    return out;
  }

  struct DataKey {
    std::string arn, blob;
    crypto::Secret plaintext;
  };
  Result<DataKey> MakeDataKey(Call& call, const auto& r) const {
    if (r.key_spec.has_value() == r.number_of_bytes.has_value()) return ApiError("ValidationException", "Please specify either number of bytes or key spec.");
    const std::size_t size = r.number_of_bytes ? static_cast<std::size_t>(*r.number_of_bytes) : r.key_spec == "AES_128" ? 16 : 32;
    TRY_ASSIGN(std::string arn, ResolveKey(In(call), r.key_id));
    std::string bytes(size, '\0');
    call.random.Fill(bytes.data(), size);
    crypto::Secret plaintext(std::move(bytes));
    TRY_ASSIGN(std::string blob, kms::Encrypt(In(call), arn, ContextOf(r.encryption_context), plaintext.view()));
    if (r.dry_run.value_or(false)) return ApiError("DryRunOperationException", "The request would have succeeded, but the DryRun option is set.");
    return DataKey{std::move(arn), std::move(blob), std::move(plaintext)};
  }

  Result<wire::GenerateDataKeyResponse*> GenerateDataKey(Call& call, const wire::GenerateDataKeyRequest& r) const {
    if (r.recipient != nullptr) return Unsupported("Recipient (Nitro attestation)");
    TRY_ASSIGN(const DataKey made, MakeDataKey(call, r));
    auto* out = call.arena.New<wire::GenerateDataKeyResponse>();
    out->ciphertext_blob = call.arena.Copy(made.blob);
    out->plaintext = call.arena.Copy(made.plaintext.view());
    out->key_id = call.arena.Copy(made.arn);
    return out;
  }

  Result<wire::GenerateDataKeyWithoutPlaintextResponse*> GenerateDataKeyWithoutPlaintext(Call& call, const wire::GenerateDataKeyWithoutPlaintextRequest& r) const {
    TRY_ASSIGN(const DataKey made, MakeDataKey(call, r));
    auto* out = call.arena.New<wire::GenerateDataKeyWithoutPlaintextResponse>();
    out->ciphertext_blob = call.arena.Copy(made.blob);
    out->key_id = call.arena.Copy(made.arn);
    return out;
  }

  Result<wire::GenerateRandomResponse*> GenerateRandom(Call& call, const wire::GenerateRandomRequest& r) const {
    if (r.custom_key_store_id.has_value()) return Unsupported("custom key stores");
    if (!r.number_of_bytes) return ApiError("ValidationException", "NumberOfBytes is required.");
    std::string bytes(static_cast<std::size_t>(*r.number_of_bytes), '\0');
    call.random.Fill(bytes.data(), bytes.size());
    auto* out = call.arena.New<wire::GenerateRandomResponse>();
    out->plaintext = call.arena.Copy(bytes);
    return out;
  }
};

}  // namespace

void RegisterKms(api::Registry& registry, const crypto::RootKey& root) {
  registry.AddService(wire::kService);
  const Kms kms{root};
  const auto facts_of = [](const Call& call, std::string_view reference) {
    std::vector<api::Fact> facts{{"kms:CallerAccount", call.caller.account}};
    if (reference.starts_with("alias/")) facts.push_back({"kms:RequestAlias", std::string(reference)});
    return facts;
  };
  const auto on_key = [kms, facts_of](Call& call, const auto& r) -> Result<Access> {
    TRY_ASSIGN(std::string arn, ResolveKey(kms.In(call), r.key_id));
    return Access{{std::move(arn)}, facts_of(call, r.key_id)};
  };
  const auto with_context = [on_key](Call& call, const auto& r) -> Result<Access> {
    TRY_ASSIGN(Access access, on_key(call, r));
    for (const auto& [key, value] : r.encryption_context) {
      access.facts.push_back({"kms:EncryptionContext:" + key.str(), value.str()});
      access.facts.push_back({"kms:EncryptionContextKeys", key.str()});
    }
    return access;
  };
  const auto on_blob = [kms, facts_of](Call& call, const auto& r, const Map<Str>& context) -> Result<Access> {
    const auto arn = KeyOfBlob(kms.In(call), r.ciphertext_blob);
    if (!arn) return ApiError("InvalidCiphertextException", "");
    Access access{{*arn}, facts_of(call, "")};
    for (const auto& [key, value] : context) {
      access.facts.push_back({"kms:EncryptionContext:" + key.str(), value.str()});
      access.facts.push_back({"kms:EncryptionContextKeys", key.str()});
    }
    return access;
  };
  const auto on_alias_and_key = [kms, facts_of](Call& call, const auto& r) -> Result<Access> {
    Access access{{kms.AliasArn(call, r.alias_name)}, facts_of(call, "")};
    if constexpr (requires { r.target_key_id; }) {
      TRY_ASSIGN(std::string arn, ResolveKey(kms.In(call), r.target_key_id));
      access.resources.push_back(std::move(arn));
    }
    if (const rows::Alias* alias = kAliases.Find(call.tx, call.Key(r.alias_name), call.arena))
      if (auto arn = ResolveKey(kms.In(call), alias->key_id)) access.resources.push_back(*std::move(arn));
    return access;
  };
#define TERRARIUM_KMS(operation, access) \
  registry.Add<wire::ops::operation>([kms](Call& call, const wire::operation##Request& r) { return kms.operation(call, r); }, access)
  TERRARIUM_KMS(CreateKey, ([](Call&, const wire::CreateKeyRequest& r) -> Result<Access> {
                  Access access;
                  TagFacts(r.tags, access.facts);
                  return access;
                }));
  TERRARIUM_KMS(DescribeKey, on_key);
  TERRARIUM_KMS(ListKeys, api::AnyResource());
  TERRARIUM_KMS(GetKeyPolicy, on_key);
  TERRARIUM_KMS(PutKeyPolicy, on_key);
  TERRARIUM_KMS(ListKeyPolicies, on_key);
  TERRARIUM_KMS(GetKeyRotationStatus, on_key);
  TERRARIUM_KMS(UpdateKeyDescription, on_key);
  TERRARIUM_KMS(ScheduleKeyDeletion, on_key);
  TERRARIUM_KMS(CancelKeyDeletion, on_key);
  TERRARIUM_KMS(ListResourceTags, on_key);
  TERRARIUM_KMS(TagResource, on_key);
  TERRARIUM_KMS(UntagResource, on_key);
  TERRARIUM_KMS(CreateAlias, on_alias_and_key);
  TERRARIUM_KMS(UpdateAlias, on_alias_and_key);
  TERRARIUM_KMS(DeleteAlias, on_alias_and_key);
  TERRARIUM_KMS(ListAliases, api::AnyResource());
  TERRARIUM_KMS(GenerateDataKey, with_context);
  TERRARIUM_KMS(GenerateDataKeyWithoutPlaintext, with_context);
  TERRARIUM_KMS(GenerateRandom, api::AnyResource());
#undef TERRARIUM_KMS
  registry.Add<wire::ops::Encrypt>([kms](Call& call, const wire::EncryptRequest& r) { return kms.EncryptOperation(call, r); }, with_context);
  registry.Add<wire::ops::Decrypt>([kms](Call& call, const wire::DecryptRequest& r) { return kms.DecryptOperation(call, r); },
                                   [on_blob](Call& call, const wire::DecryptRequest& r) { return on_blob(call, r, r.encryption_context); });
  registry.AddNamed<wire::ops::ReEncrypt>("kms:ReEncryptFrom", [kms](Call& call, const wire::ReEncryptRequest& r) { return kms.ReEncrypt(call, r); },
                                          [on_blob](Call& call, const wire::ReEncryptRequest& r) { return on_blob(call, r, r.source_encryption_context); });
  registry.Add<wire::ops::EnableKey>([kms](Call& call, const wire::EnableKeyRequest& r) { return kms.SetState(call, r.key_id, "Enabled"); }, on_key);
  registry.Add<wire::ops::DisableKey>([kms](Call& call, const wire::DisableKeyRequest& r) { return kms.SetState(call, r.key_id, "Disabled"); }, on_key);
  registry.Add<wire::ops::EnableKeyRotation>([](Call&, const wire::EnableKeyRotationRequest&) -> Result<Empty*> { return Unsupported("rotation of key material (EnableKeyRotation)"); }, on_key);
}

}  // namespace terrarium::kms
