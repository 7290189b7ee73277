#include "provider/resource/policy.h"
#include "provider/resources/kms.h"
#include "provider/resources/resources.h"
#include "provider/schema/checks.h"

namespace terrarium::provider {
namespace {

constexpr std::string_view kTable = R"(
arn                                string computed < Arn
bypass_policy_lockout_safety_check bool optional = false > BypassPolicyLockoutSafetyCheck
custom_key_store_id                string optional replaces <> CustomKeyStoreId
customer_master_key_spec           string optional replaces = "SYMMETRIC_DEFAULT" > KeySpec < KeySpec
deletion_window_in_days            number optional
description                        string optional computed <> Description
enable_key_rotation                bool optional = false
id                                 string optional computed < KeyId
is_enabled                         bool optional = true < Enabled
key_id                             string computed < KeyId
key_usage                          string optional replaces = "ENCRYPT_DECRYPT" <> KeyUsage
multi_region                       bool optional computed replaces <> MultiRegion
policy                             string optional computed check=json > Policy
region                             string optional computed replaces
rotation_period_in_days            number optional computed
tags                               map(string) optional
tags_all                           map(string) optional computed
xks_key_id                         string optional replaces > XksKeyId
)";

constexpr TagApi kTags{.service = "kms", .tag = "TagResource", .untag = "UntagResource", .id_member = "KeyId",
                       .id_attribute = "id", .key = "TagKey", .value = "TagValue"};

Result<void> SetRotation(Call& call, const Value& id, const Object& planned) {
  if (!At(planned, "enable_key_rotation").Bool()) return call.Tolerate("kms", "DisableKeyRotation", {{"KeyId", id}}, {});
  Object request{{"KeyId", id}};
  if (const auto& period = At(planned, "rotation_period_in_days"); period.IsKnown()) request["RotationPeriodInDays"] = period;
  return call.Tolerate("kms", "EnableKeyRotation", request, {});
}

Result<void> SetEnabled(Call& call, const Value& id, bool enabled) {
  return call.Tolerate("kms", enabled ? "EnableKey" : "DisableKey", {{"KeyId", id}}, {});
}

Result<void> Create(Call& call, const Object& planned) {
  Object request = ToApi(call.body, planned);
  if (!At(planned, "bypass_policy_lockout_safety_check").Bool()) request.erase("BypassPolicyLockoutSafetyCheck");
  if (!At(planned, "multi_region").Bool()) request.erase("MultiRegion");
  if (Value tags = TagsForCreate(kTags, planned); !tags.Items().empty()) request["Tags"] = std::move(tags);
  TRY_ASSIGN(const Object made, call.Api("kms", "CreateKey", request));
  const Value id = At(made, "KeyMetadata")["KeyId"];
  call.Created(id.Text());
  if (At(planned, "enable_key_rotation").Bool()) TRY(SetRotation(call, id, planned));
  if (!At(planned, "is_enabled").Bool()) TRY(SetEnabled(call, id, false));
  return {};
}

// A key that waits for its deletion is gone to Terraform.
Result<std::optional<Object>> Read(Call& call, const Object& state) {
  const Value& id = At(state, "id");
  TRY_ASSIGN(const auto found, call.Find("kms", "DescribeKey", {{"KeyId", id}}, "KeyMetadata", {"NotFoundException"}));
  if (!found || (*found)["KeyState"].Text().starts_with("Pending")) return std::nullopt;
  Object key = FromApi(call.body, *found);
  TRY_ASSIGN(const Object policy, call.Api("kms", "GetKeyPolicy", {{"KeyId", id}, {"PolicyName", "default"}}));
  key["policy"] = At(policy, "Policy");
  TRY_ASSIGN(const Object rotation, call.Api("kms", "GetKeyRotationStatus", {{"KeyId", id}}));
  key["enable_key_rotation"] = At(rotation, "KeyRotationEnabled").Bool();
  key["rotation_period_in_days"] = At(rotation, "RotationPeriodInDays");
  List tags;
  TRY(ForEachPage(call, "ListResourceTags", {{"KeyId", id}}, "Tags", [&](const Value& tag) { tags.push_back(tag); }));
  key["tags"] = TagMap(tags, "TagKey", "TagValue");
  return key;
}

// A disabled key takes no other change: enabling comes first and disabling last.
Result<void> Update(Call& call, const Object& prior, const Object& planned) {
  const Value& id = At(prior, "id");
  const auto changed = [&](std::string_view argument) {
    return At(planned, argument).IsKnown() && At(prior, argument) != At(planned, argument);
  };
  const bool enabled = At(planned, "is_enabled").Bool();
  if (changed("is_enabled") && enabled) TRY(SetEnabled(call, id, true));
  if (changed("enable_key_rotation") || changed("rotation_period_in_days")) TRY(SetRotation(call, id, planned));
  if (changed("description"))
    TRY(call.Tolerate("kms", "UpdateKeyDescription", {{"KeyId", id}, {"Description", At(planned, "description")}}, {}));
  if (changed("policy")) {
    Object request{{"KeyId", id}, {"PolicyName", "default"}, {"Policy", At(planned, "policy")}};
    if (At(planned, "bypass_policy_lockout_safety_check").Bool()) request["BypassPolicyLockoutSafetyCheck"] = true;
    TRY(call.Tolerate("kms", "PutKeyPolicy", request, {}));
  }
  if (changed("is_enabled") && !enabled) TRY(SetEnabled(call, id, false));
  return {};
}

Result<void> Destroy(Call& call, const Object& state) {
  Object request{{"KeyId", At(state, "id")}};
  if (const auto& days = At(state, "deletion_window_in_days"); days.IsKnown()) request["PendingWindowInDays"] = days;
  auto scheduled = call.Api("kms", "ScheduleKeyDeletion", request);
  if (scheduled || HasCode(scheduled.error(), {"NotFoundException"})) return {};
  if (HasCode(scheduled.error(), {"KMSInvalidStateException"}) && scheduled.error().message.contains("pending deletion")) return {};
  return std::unexpected(std::move(scheduled).error());
}

Body Table() {
  Body body = ParseTable(kTable);
  Row(body, "policy").same = IsSamePolicy;
  Row(body, "deletion_window_in_days").check = Between(7, 30);
  Row(body, "rotation_period_in_days").check = Between(90, 2560);
  return body;
}

}  // namespace

Resource KmsKey() {
  return {
      .type = "aws_kms_key",
      .title = "KMS Key",
      .schema = {.body = Table()},
      .timeouts = {.create = std::chrono::minutes(2)},
      .tags = kTags,
      .create = Create,
      .read = Read,
      .update = Update,
      .destroy = Destroy,
  };
}

}  // namespace terrarium::provider
