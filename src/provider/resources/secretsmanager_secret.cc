#include "provider/resource/name.h"
#include "provider/resource/policy.h"
#include "provider/resources/resources.h"

namespace terrarium::provider {
namespace {

constexpr std::string_view kTable = R"(
arn                            string computed < ARN
description                    string optional <> Description
force_overwrite_replica_secret bool optional = false > ForceOverwriteReplicaSecret
id                             string optional computed < ARN
kms_key_id                     string optional <> KmsKeyId
name                           string optional computed replaces conflicts=name_prefix < Name
name_prefix                    string optional computed replaces conflicts=name
policy                         string optional computed check=json
recovery_window_in_days        number optional = 30
region                         string optional computed replaces
tags                           map(string) optional
tags_all                       map(string) optional computed
block replica set computed refused {
  kms_key_id         string optional computed
  last_accessed_date string computed
  region             string required
  status             string computed
  status_message     string computed
}
)";

constexpr TagApi kTags{.service = "secretsmanager", .tag = "TagResource", .untag = "UntagResource",
                       .id_member = "SecretId"};

Result<void> SetPolicy(Call& call, const Value& secret, const Value& policy) {
  if (policy.Text().empty() || policy == Value("{}"))
    return call.Tolerate("secretsmanager", "DeleteResourcePolicy", {{"SecretId", secret}}, {});
  return call.Tolerate("secretsmanager", "PutResourcePolicy", {{"SecretId", secret}, {"ResourcePolicy", policy}}, {});
}

Result<void> Create(Call& call, const Object& planned) {
  Object request = ToApi(call.body, planned);
  request["Name"] = ChooseName(call, planned);
  request["ClientRequestToken"] = RandomUuid(call.random());
  if (!At(planned, "force_overwrite_replica_secret").Bool()) request.erase("ForceOverwriteReplicaSecret");
  if (Value tags = TagsForCreate(kTags, planned); !tags.Items().empty()) request["Tags"] = std::move(tags);
  TRY_ASSIGN(const Object made, call.Api("secretsmanager", "CreateSecret", request));
  const Value arn = At(made, "ARN");
  call.Created(arn.Text());
  const Value& policy = At(planned, "policy");
  return policy.IsKnown() && !policy.Text().empty() ? SetPolicy(call, arn, policy) : Result<void>();
}

// A secret that waits for its deletion is gone to Terraform.
Result<std::optional<Value>> Describe(Call& call, const Value& id) {
  auto found = call.Api("secretsmanager", "DescribeSecret", {{"SecretId", id}});
  if (!found && HasCode(found.error(), {"ResourceNotFoundException"})) return std::nullopt;
  if (!found) return std::unexpected(std::move(found).error());
  if (!At(*found, "DeletedDate").IsNull()) return std::nullopt;
  return std::optional<Value>(std::move(*found));
}

Result<std::optional<Object>> Read(Call& call, const Object& state) {
  const Value& id = At(state, "id");
  TRY_ASSIGN(const auto found, Describe(call, id));
  if (!found) return std::nullopt;
  Object secret = FromApi(call.body, *found);
  secret["name_prefix"] = PrefixOfName(secret["name"].Text());
  secret["tags"] = TagMap((*found)["Tags"]);
  TRY_ASSIGN(const Object policy, call.Api("secretsmanager", "GetResourcePolicy", {{"SecretId", id}}));
  secret["policy"] = At(policy, "ResourcePolicy").Text();
  return secret;
}

Result<void> Update(Call& call, const Object& prior, const Object& planned) {
  const Value& id = At(prior, "id");
  const auto changed = [&](std::string_view argument) { return At(prior, argument) != At(planned, argument); };
  if (changed("description") || changed("kms_key_id")) {
    Object request{{"SecretId", id}, {"Description", At(planned, "description").Text()}};
    // Empty is the account's own key.
    if (changed("kms_key_id")) request["KmsKeyId"] = At(planned, "kms_key_id").Text();
    TRY(call.Tolerate("secretsmanager", "UpdateSecret", request, {}));
  }
  if (changed("policy") && At(planned, "policy").IsKnown()) return SetPolicy(call, id, At(planned, "policy"));
  return {};
}

Result<void> Destroy(Call& call, const Object& state) {
  const Value& id = At(state, "id");
  const auto days = At(state, "recovery_window_in_days").Int();
  Object request{{"SecretId", id}};
  if (days == 0) request["ForceDeleteWithoutRecovery"] = true;
  else request["RecoveryWindowInDays"] = days;
  TRY(call.Remove("secretsmanager", "DeleteSecret", request, {"ResourceNotFoundException"}));
  return call.WaitUntil("waiting for the secret to go", [&]() -> Result<bool> {
    TRY_ASSIGN(const auto found, Describe(call, id));
    return !found;
  });
}

std::optional<std::string> CheckWindow(const Value& days) {
  if (days.Int() == 0 || (days.Int() >= 7 && days.Int() <= 30)) return std::nullopt;
  return "expected 0, or a number from 7 to 30";
}

Body Table() {
  Body body = ParseTable(kTable);
  Row(body, "policy").same = IsSamePolicy;
  Row(body, "recovery_window_in_days").check = CheckWindow;
  return body;
}

}  // namespace

Resource SecretsmanagerSecret() {
  return {
      .type = "aws_secretsmanager_secret",
      .title = "Secrets Manager Secret",
      .schema = {.body = Table()},
      .tags = kTags,
      .create = Create,
      .read = Read,
      .update = Update,
      .destroy = Destroy,
  };
}

}  // namespace terrarium::provider
