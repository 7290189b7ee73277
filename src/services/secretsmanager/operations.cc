#include "services/secretsmanager/operations.h"

#include <algorithm>

#include "base/text.h"
#include "crypto/seal.h"
#include "gen/secretsmanager/types.h"
#include "services/secretsmanager/password.h"
#include "services/secretsmanager/secrets.h"

namespace terrarium::secretsmanager {
namespace {

namespace wire = gen::secretsmanager;
using api::Access;
using api::Call;
using codec::Empty;
constexpr UnixMillis kDay = 24 * 3600 * 1000;
constexpr std::size_t kValueLimit = 65'536;

std::unexpected<Error> Unsupported(std::string what) { return InvalidParameter("Terrarium does not implement " + std::move(what)); }

Status CheckName(std::string_view name) {
  const auto legal = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || std::string_view("/_+=.@!-").find(c) != std::string_view::npos;
  };
  if (!name.empty() && name.size() <= 512 && std::all_of(name.begin(), name.end(), legal)) return {};
  return ApiError("ValidationException", "Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!");
}

Status AddTags(Call& call, const List<wire::Tag>& tags, List<rows::Tag>& to) {
  for (const wire::Tag& tag : tags) {
    if (tag.key.view().starts_with("aws:")) return InvalidParameter("aws: prefixed tag key names are not allowed for external use.");
    const auto same = std::find_if(to.begin(), to.end(), [&](const rows::Tag& old) { return old.key == tag.key; });
    rows::Tag& target = same != to.end() ? *same : to.Add(call.arena);
    target.key = tag.key;
    target.value = tag.value.has_value() ? tag.value : Str("");
  }
  if (to.size() > 50) return InvalidRequest("You can't have more than 50 tags on a secret.");
  return {};
}

List<wire::Tag> WireTags(Call& call, const List<rows::Tag>& tags) {
  List<wire::Tag> out;
  for (const rows::Tag& tag : tags) out.Add(call.arena, wire::Tag{.key = tag.key, .value = tag.value});
  return out;
}

void TagFacts(const List<wire::Tag>& tags, std::vector<api::Fact>& facts) {
  for (const wire::Tag& tag : tags) {
    facts.push_back({"aws:RequestTag/" + tag.key.str(), tag.value.str()});
    facts.push_back({"aws:TagKeys", tag.key.str()});
  }
}

Map<List<Str>> Stages(Call& call, const rows::Secret& secret) {
  Map<List<Str>> out;
  for (const rows::Version& version : secret.versions)
    if (!version.stages.empty()) out.Add(call.arena, Entry<List<Str>>{version.id, version.stages});
  return out;
}

// Secrets that a service owns are the service's to change.
Status RequireUnmanaged(const rows::Secret& secret) {
  if (!secret.owning_service.has_value()) return {};
  return InvalidRequest("You can't perform this operation on the secret because it is managed by " + secret.owning_service.str() + ".");
}

struct SecretsManager {
  const crypto::RootKey& root;

  Scope In(const Call& call) const { return {call.tx, call.Now(), call.random, root, call.caller.account, call.caller.region}; }

  // Adds a value under the request's token. The same token with the same value is success and adds nothing; with another it is an error.
  Result<rows::Version*> Add(Call& call, rows::Secret& secret, Str token, Str text, Str binary, bool& added) const {
    if (text.has_value() && binary.has_value()) return InvalidParameter("You can't specify both a binary secret value and a string secret value in the same secret.");
    const std::string_view value = text.has_value() ? text.view() : binary.view();
    if (value.size() > kValueLimit) return ApiError("ValidationException", "Member must have length less than or equal to 65536");
    const std::string id = token.has_value() ? token.str() : RandomUuid(call.random);
    const Scope scope = In(call);
    added = false;
    if (rows::Version* known = FindVersion(secret, id)) {
      TRY_ASSIGN(const Opened opened, OpenValue(scope, secret, *known));
      if (opened.binary != binary.has_value() || !crypto::EqualSecrets(opened.value.view(), value))
        return ApiError("ResourceExistsException", "You can't use ClientRequestToken " + id + " because that value is already in use for a version of secret " + secret.arn.str() + ".", ErrorKind::kConflict);
      return known;
    }
    TRY_ASSIGN(const std::string key, kms::ResolveKey(scope, secret.kms_key_id.value_or("alias/aws/secretsmanager")));
    TRY(kms::CheckKeyUse(call, scope, "kms:GenerateDataKey", key, "secretsmanager"));
    added = true;
    return AddVersion(scope, secret, id, value, binary.has_value(), call.arena);
  }

  Result<wire::CreateSecretResponse*> CreateSecret(Call& call, const wire::CreateSecretRequest& r) const {
    if (!r.add_replica_regions.empty()) return Unsupported("AddReplicaRegions");
    if (r.type.has_value()) return Unsupported("Type");
    TRY(CheckName(r.name));
    const Scope scope = In(call);
    auto* out = call.arena.New<wire::CreateSecretResponse>();
    bool added = false;
    if (rows::Secret* known = FindSecret(scope, r.name, call.arena)) {
      if (known->deletion_date) return InvalidRequest("You can't create this secret because a secret with this name is already scheduled for deletion.");
      // A repeated request, by its token and value, is answered like the first.
      const rows::Version* version = r.client_request_token.has_value() ? FindVersion(*known, r.client_request_token) : nullptr;
      if (version == nullptr) return ApiError("ResourceExistsException", "The operation failed because the secret " + r.name.str() + " already exists.", ErrorKind::kConflict);
      TRY_ASSIGN(version, Add(call, *known, r.client_request_token, r.secret_string, r.secret_binary, added));
      out->arn = known->arn;
      out->name = known->name;
      out->version_id = version->id;
      return out;
    }
    rows::Secret* secret = MakeSecret(scope, r.name, call.arena);
    if (r.description.has_value()) secret->description = r.description;
    if (r.kms_key_id.has_value()) secret->kms_key_id = r.kms_key_id;
    if (!r.tags.empty()) {
      std::vector<api::Fact> facts;
      TagFacts(r.tags, facts);
      TRY(call.authorizer.Check(call.caller, call.tx, "secretsmanager:TagResource", secret->arn, facts));
      TRY(AddTags(call, r.tags, secret->tags));
    }
    if (r.secret_string.has_value() || r.secret_binary.has_value()) {
      TRY_ASSIGN(rows::Version* version, Add(call, *secret, r.client_request_token, r.secret_string, r.secret_binary, added));
      MoveStage(*secret, kCurrent, *version, call.arena);
      out->version_id = version->id;
    } else if (r.kms_key_id.has_value()) {
      TRY(kms::ResolveKey(scope, r.kms_key_id));
    }
    SaveSecret(scope, *secret);
    out->arn = secret->arn;
    out->name = secret->name;
    return out;
  }

  Result<wire::DescribeSecretResponse*> DescribeSecret(Call& call, const wire::DescribeSecretRequest& r) const {
    TRY_ASSIGN(const rows::Secret* secret, GetSecretMarkedOrNot(In(call), r.secret_id, call.arena));
    auto* out = call.arena.New<wire::DescribeSecretResponse>();
    out->arn = secret->arn;
    out->name = secret->name;
    if (!secret->description.empty()) out->description = secret->description;
    out->kms_key_id = secret->kms_key_id;
    out->last_changed_date = secret->changed;
    out->last_accessed_date = secret->accessed;
    if (secret->deletion_date) out->deleted_date = secret->deleted;
    out->tags = WireTags(call, secret->tags);
    out->version_ids_to_stages = Stages(call, *secret);
    out->owning_service = secret->owning_service;
    out->created_date = secret->created;
    return out;
  }

  Result<wire::ListSecretsResponse*> ListSecrets(Call& call, const wire::ListSecretsRequest& r) const {
    for (const wire::Filter& filter : r.filters)
      if (filter.key != "name") return Unsupported("the filter " + filter.key.str() + " of ListSecrets");
    if (r.sort_by.has_value() || r.sort_order.has_value()) return Unsupported("SortBy and SortOrder of ListSecrets");
    auto* out = call.arena.New<wire::ListSecretsResponse>();
    out->secret_list.Present(call.arena);
    for (const rows::Secret* secret : kSecrets.ListPrefix(call.tx, call.Key(""), call.arena)) {
      if (secret->deletion_date && (!r.include_planned_deletion.value_or(false) || *secret->deletion_date <= call.Now())) continue;
      if (r.next_token.has_value() && secret->name.view() <= r.next_token.view()) continue;
      const auto named = [&](const wire::Filter& filter) {
        return std::any_of(filter.values.begin(), filter.values.end(), [&](Str value) { return secret->name.view().starts_with(value.view()); });
      };
      if (!std::all_of(r.filters.begin(), r.filters.end(), named)) continue;
      if (out->secret_list.size() == static_cast<std::size_t>(r.max_results.value_or(100))) {
        out->next_token = out->secret_list[out->secret_list.size() - 1].name;
        break;
      }
      wire::SecretListEntry entry;
      entry.arn = secret->arn;
      entry.name = secret->name;
      if (!secret->description.empty()) entry.description = secret->description;
      entry.kms_key_id = secret->kms_key_id;
      entry.last_changed_date = secret->changed;
      entry.last_accessed_date = secret->accessed;
      if (secret->deletion_date) entry.deleted_date = secret->deleted;
      entry.tags = WireTags(call, secret->tags);
      entry.secret_versions_to_stages = Stages(call, *secret);
      entry.owning_service = secret->owning_service;
      entry.created_date = secret->created;
      out->secret_list.Add(call.arena, entry);
    }
    return out;
  }

  Result<wire::PutSecretValueResponse*> PutSecretValue(Call& call, const wire::PutSecretValueRequest& r) const {
    if (r.rotation_token.has_value()) return Unsupported("RotationToken");
    if (!r.secret_string.has_value() && !r.secret_binary.has_value()) return InvalidRequest("You must provide either SecretString or SecretBinary.");
    TRY_ASSIGN(rows::Secret* secret, GetSecret(In(call), r.secret_id, call.arena));
    TRY(RequireUnmanaged(*secret));
    bool added = false;
    TRY_ASSIGN(rows::Version* version, Add(call, *secret, r.client_request_token, r.secret_string, r.secret_binary, added));
    if (r.version_stages.empty()) {
      if (added) MoveStage(*secret, kCurrent, *version, call.arena);
    } else {
      for (const Str stage : r.version_stages) MoveStage(*secret, stage, *version, call.arena);
    }
    SaveSecret(In(call), *secret);
    auto* out = call.arena.New<wire::PutSecretValueResponse>();
    out->arn = secret->arn;
    out->name = secret->name;
    out->version_id = version->id;
    out->version_stages = version->stages;
    return out;
  }

  Result<wire::UpdateSecretResponse*> UpdateSecret(Call& call, const wire::UpdateSecretRequest& r) const {
    if (r.type.has_value()) return Unsupported("Type");
    TRY_ASSIGN(rows::Secret* secret, GetSecret(In(call), r.secret_id, call.arena));
    TRY(RequireUnmanaged(*secret));
    auto* out = call.arena.New<wire::UpdateSecretResponse>();
    if (r.description.has_value()) secret->description = r.description;
    if (r.kms_key_id.has_value() && r.kms_key_id.view() != secret->kms_key_id.view()) {
      TRY(kms::ResolveKey(In(call), r.kms_key_id));
      if (!r.secret_string.has_value() && !r.secret_binary.has_value()) return Unsupported("a change of KmsKeyId without a new value");
      secret->kms_key_id = r.kms_key_id;
    }
    if (r.secret_string.has_value() || r.secret_binary.has_value()) {
      bool added = false;
      TRY_ASSIGN(rows::Version* version, Add(call, *secret, r.client_request_token, r.secret_string, r.secret_binary, added));
      if (added) MoveStage(*secret, kCurrent, *version, call.arena);
      out->version_id = version->id;
    }
    secret->changed = call.Now();
    SaveSecret(In(call), *secret);
    out->arn = secret->arn;
    out->name = secret->name;
    return out;
  }

  Result<wire::GetSecretValueResponse*> GetSecretValue(Call& call, const wire::GetSecretValueRequest& r) const {
    const Scope scope = In(call);
    TRY_ASSIGN(rows::Secret* secret, GetSecret(scope, r.secret_id, call.arena));
    TRY_ASSIGN(const rows::Version* version, ChooseVersion(scope, *secret, {std::string(r.version_stage.value_or("")), std::string(r.version_id.value_or(""))}));
    if (!kms::CheckKeyUse(call, scope, "kms:Decrypt", version->key_arn, "secretsmanager"))
      return ApiError("AccessDeniedException", "Access to KMS is not allowed: " + call.caller.arn + " lacks kms:Decrypt on " + version->key_arn.str(), ErrorKind::kDenied);
    TRY_ASSIGN(const Opened opened, OpenValue(scope, *secret, *version));
    auto* out = call.arena.New<wire::GetSecretValueResponse>();
    out->arn = secret->arn;
    out->name = secret->name;
    out->version_id = version->id;
    (opened.binary ? out->secret_binary : out->secret_string) = call.arena.Copy(opened.value.view());
    out->version_stages = version->stages;
    out->created_date = version->created;
    // The day counts, so most reads write nothing.
    if (secret->accessed.value_or(0) != call.Now() / kDay * kDay) {
      secret->accessed = call.Now() / kDay * kDay;
      SaveSecret(scope, *secret);
    }
    return out;
  }

  Result<wire::ListSecretVersionIdsResponse*> ListSecretVersionIds(Call& call, const wire::ListSecretVersionIdsRequest& r) const {
    TRY_ASSIGN(const rows::Secret* secret, GetSecretMarkedOrNot(In(call), r.secret_id, call.arena));
    auto* out = call.arena.New<wire::ListSecretVersionIdsResponse>();
    out->versions.Present(call.arena);
    for (const rows::Version& version : secret->versions) {
      if (version.stages.empty() && !r.include_deprecated.value_or(false)) continue;
      wire::SecretVersionsListEntry& entry = out->versions.Add(call.arena);
      entry.version_id = version.id;
      entry.version_stages = version.stages;
      entry.created_date = version.created;
      entry.kms_key_ids.Add(call.arena, secret->kms_key_id.has_value() ? version.key_arn : Str("DefaultEncryptionKey"));
    }
    out->arn = secret->arn;
    out->name = secret->name;
    return out;
  }

  Result<wire::UpdateSecretVersionStageResponse*> UpdateSecretVersionStage(Call& call, const wire::UpdateSecretVersionStageRequest& r) const {
    TRY_ASSIGN(rows::Secret* secret, GetSecret(In(call), r.secret_id, call.arena));
    TRY(RequireUnmanaged(*secret));
    rows::Version* holder = FindStage(*secret, r.version_stage);
    if (holder != nullptr && r.move_to_version_id.has_value() && holder->id != r.move_to_version_id && !r.remove_from_version_id.has_value())
      return InvalidParameter("The parameter RemoveFromVersionId can't be empty. Staging label " + r.version_stage.str() + " is currently attached to version " + holder->id.str() +
                              ", so you must explicitly reference that version in RemoveFromVersionId.");
    if (r.remove_from_version_id.has_value() && (holder == nullptr || holder->id != r.remove_from_version_id))
      return InvalidParameter("You can't remove staging label " + r.version_stage.str() + " from version " + r.remove_from_version_id.str() + " because the label is not attached to it.");
    if (!r.move_to_version_id.has_value()) {
      if (r.version_stage == kCurrent) return InvalidParameter("You can only move staging label AWSCURRENT to a different secret version. It can't be completely removed.");
      if (holder != nullptr) DropStage(*holder, r.version_stage);
    } else {
      rows::Version* target = FindVersion(*secret, r.move_to_version_id);
      if (target == nullptr) return ApiError("ResourceNotFoundException", "Secrets Manager can't find the specified secret value for VersionId: " + r.move_to_version_id.str(), ErrorKind::kNotFound);
      MoveStage(*secret, r.version_stage, *target, call.arena);
    }
    SaveSecret(In(call), *secret);
    auto* out = call.arena.New<wire::UpdateSecretVersionStageResponse>();
    out->arn = secret->arn;
    out->name = secret->name;
    return out;
  }

  Result<wire::DeleteSecretResponse*> DeleteSecret(Call& call, const wire::DeleteSecretRequest& r) const {
    const bool force = r.force_delete_without_recovery.value_or(false);
    if (force && r.recovery_window_in_days) return InvalidParameter("You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays.");
    const std::int64_t days = r.recovery_window_in_days.value_or(30);
    if (days < 7 || days > 30) return InvalidParameter("The RecoveryWindowInDays value must be between 7 and 30 days (inclusive).");
    auto* out = call.arena.New<wire::DeleteSecretResponse>();
    rows::Secret* secret = FindSecret(In(call), r.secret_id, call.arena);
    if (secret == nullptr && force) {  // gone is what was asked for
      out->arn = call.arena.Copy(SecretResource(In(call), r.secret_id, call.arena));
      out->name = r.secret_id;
      out->deletion_date = call.Now();
      return out;
    }
    if (force) {
      TRY(RequireUnmanaged(*secret));
      RemoveSecret(In(call), *secret);
      out->deletion_date = call.Now();
    } else {
      TRY_ASSIGN(secret, GetSecret(In(call), r.secret_id, call.arena));
      TRY(RequireUnmanaged(*secret));
      secret->deleted = call.Now();
      secret->deletion_date = call.Now() + days * kDay;
      SaveSecret(In(call), *secret);
      out->deletion_date = secret->deletion_date;
    }
    out->arn = secret->arn;
    out->name = secret->name;
    return out;
  }

  Result<wire::RestoreSecretResponse*> RestoreSecret(Call& call, const wire::RestoreSecretRequest& r) const {
    TRY_ASSIGN(rows::Secret* secret, GetSecretMarkedOrNot(In(call), r.secret_id, call.arena));
    secret->deletion_date = secret->deleted = std::nullopt;
    SaveSecret(In(call), *secret);
    auto* out = call.arena.New<wire::RestoreSecretResponse>();
    out->arn = secret->arn;
    out->name = secret->name;
    return out;
  }

  Result<wire::GetResourcePolicyResponse*> GetResourcePolicy(Call& call, const wire::GetResourcePolicyRequest& r) const {
    TRY_ASSIGN(const rows::Secret* secret, GetSecret(In(call), r.secret_id, call.arena));
    auto* out = call.arena.New<wire::GetResourcePolicyResponse>();
    out->arn = secret->arn;
    out->name = secret->name;
    out->resource_policy = secret->policy;
    return out;
  }

  Result<wire::PutResourcePolicyResponse*> PutResourcePolicy(Call& call, const wire::PutResourcePolicyRequest& r) const {
    TRY_ASSIGN(rows::Secret* secret, GetSecret(In(call), r.secret_id, call.arena));
    const auto resolved = iam::ResolvePrincipals(call.tx, r.resource_policy);
    if (!resolved) {
      if (resolved.error().message.starts_with("Invalid principal")) return InvalidParameter("This resource policy contains an unsupported principal.");
      return ApiError("MalformedPolicyDocumentException", resolved.error().message);
    }
    if (r.block_public_policy.value_or(false)) {
      TRY_ASSIGN(const iam::Policy policy, iam::ParsePolicy(r.resource_policy, iam::PolicyKind::kResource));
      for (const iam::Statement& statement : policy.statements)
        for (const iam::PrincipalName& principal : statement.principals)
          if (!statement.deny && principal.kind == iam::PrincipalName::Kind::kAny)
            return ApiError("PublicPolicyException", "You can't attach a resource policy that allows broad access to the secret.");
    }
    secret->policy = r.resource_policy;
    SaveSecret(In(call), *secret);
    auto* out = call.arena.New<wire::PutResourcePolicyResponse>();
    out->arn = secret->arn;
    out->name = secret->name;
    return out;
  }

  Result<wire::DeleteResourcePolicyResponse*> DeleteResourcePolicy(Call& call, const wire::DeleteResourcePolicyRequest& r) const {
    TRY_ASSIGN(rows::Secret* secret, GetSecret(In(call), r.secret_id, call.arena));
    secret->policy = Str();
    SaveSecret(In(call), *secret);
    auto* out = call.arena.New<wire::DeleteResourcePolicyResponse>();
    out->arn = secret->arn;
    out->name = secret->name;
    return out;
  }

  Result<wire::GetRandomPasswordResponse*> GetRandomPassword(Call& call, const wire::GetRandomPasswordRequest& r) const {
    PasswordRules rules;
    rules.length = static_cast<std::size_t>(r.password_length.value_or(32));
    rules.exclude = std::string(r.exclude_characters.value_or(""));
    rules.numbers = !r.exclude_numbers.value_or(false);
    rules.punctuation = !r.exclude_punctuation.value_or(false);
    rules.uppercase = !r.exclude_uppercase.value_or(false);
    rules.lowercase = !r.exclude_lowercase.value_or(false);
    rules.space = r.include_space.value_or(false);
    rules.each_type = r.require_each_included_type.value_or(true);
    TRY_ASSIGN(const std::string password, MakePassword(call.random, rules));
    auto* out = call.arena.New<wire::GetRandomPasswordResponse>();
    out->random_password = call.arena.Copy(password);
    return out;
  }

  Result<Empty*> TagResource(Call& call, const wire::TagResourceRequest& r) const {
    TRY_ASSIGN(rows::Secret* secret, GetSecret(In(call), r.secret_id, call.arena));
    TRY(AddTags(call, r.tags, secret->tags));
    SaveSecret(In(call), *secret);
    return call.arena.New<Empty>();
  }

  Result<Empty*> UntagResource(Call& call, const wire::UntagResourceRequest& r) const {
    TRY_ASSIGN(rows::Secret* secret, GetSecret(In(call), r.secret_id, call.arena));
    List<rows::Tag> kept;
    for (const rows::Tag& tag : secret->tags)
      if (std::find(r.tag_keys.begin(), r.tag_keys.end(), tag.key) == r.tag_keys.end()) kept.Add(call.arena, tag);
    secret->tags = kept;
    SaveSecret(In(call), *secret);
    return call.arena.New<Empty>();
  }

  Result<wire::RotateSecretResponse*> RotateSecret(Call& call, const wire::RotateSecretRequest& r) const {
    TRY(GetSecret(In(call), r.secret_id, call.arena));
    if (r.rotation_lambda_arn.has_value()) return Unsupported("RotationLambdaARN: there is no Lambda");
    return InvalidRequest("No Lambda rotation function ARN is associated with this secret.");
  }
};

}  // namespace

void RegisterSecretsManager(api::Registry& registry, const crypto::RootKey& root) {
  registry.AddService(wire::kService);
  const SecretsManager sm{root};
  const auto on_secret = [sm](Call& call, const auto& r) -> Result<Access> {
    const std::string arn = SecretResource(sm.In(call), r.secret_id, call.arena);
    Access access{{arn}, {{"secretsmanager:SecretId", arn}}};
    if constexpr (requires { r.version_stage; })
      if (r.version_stage.has_value()) access.facts.push_back({"secretsmanager:VersionStage", r.version_stage.str()});
    if constexpr (requires { r.version_id; })
      if (r.version_id.has_value()) access.facts.push_back({"secretsmanager:VersionId", r.version_id.str()});
    if constexpr (requires { r.force_delete_without_recovery; })
      access.facts.push_back({"secretsmanager:ForceDeleteWithoutRecovery", r.force_delete_without_recovery.value_or(false) ? "true" : "false"});
    if constexpr (requires { r.block_public_policy; })
      access.facts.push_back({"secretsmanager:BlockPublicPolicy", r.block_public_policy.value_or(false) ? "true" : "false"});
    if constexpr (requires { r.tags; }) TagFacts(r.tags, access.facts);
    if constexpr (requires { r.tag_keys; })
      for (const Str key : r.tag_keys) access.facts.push_back({"aws:TagKeys", key.str()});
    if (const rows::Secret* secret = FindSecret(sm.In(call), r.secret_id, call.arena)) {
      for (const rows::Tag& tag : secret->tags) {
        access.facts.push_back({"aws:ResourceTag/" + tag.key.str(), tag.value.str()});
        access.facts.push_back({"secretsmanager:ResourceTag/" + tag.key.str(), tag.value.str()});
      }
    }
    return access;
  };
#define TERRARIUM_SM(operation, access) \
  registry.Add<wire::ops::operation>([sm](Call& call, const wire::operation##Request& r) { return sm.operation(call, r); }, access)
  TERRARIUM_SM(CreateSecret, ([sm](Call& call, const wire::CreateSecretRequest& r) -> Result<Access> {
                 Access access{{SecretResource(sm.In(call), r.name, call.arena)}, {{"secretsmanager:Name", r.name.str()}}};
                 TagFacts(r.tags, access.facts);
                 return access;
               }));
  TERRARIUM_SM(DescribeSecret, on_secret);
  TERRARIUM_SM(UpdateSecret, on_secret);
  TERRARIUM_SM(DeleteSecret, on_secret);
  TERRARIUM_SM(RestoreSecret, on_secret);
  TERRARIUM_SM(ListSecrets, api::AnyResource());
  TERRARIUM_SM(PutSecretValue, on_secret);
  TERRARIUM_SM(GetSecretValue, on_secret);
  TERRARIUM_SM(ListSecretVersionIds, on_secret);
  TERRARIUM_SM(UpdateSecretVersionStage, on_secret);
  TERRARIUM_SM(GetResourcePolicy, on_secret);
  TERRARIUM_SM(PutResourcePolicy, on_secret);
  TERRARIUM_SM(DeleteResourcePolicy, on_secret);
  TERRARIUM_SM(GetRandomPassword, api::AnyResource());
  TERRARIUM_SM(TagResource, on_secret);
  TERRARIUM_SM(UntagResource, on_secret);
  TERRARIUM_SM(RotateSecret, on_secret);
#undef TERRARIUM_SM
}

}  // namespace terrarium::secretsmanager
