#include "provider/resource/name.h"
#include "provider/resources/resources.h"
#include "provider/schema/checks.h"

namespace terrarium::provider {
namespace {

constexpr std::string_view kTable = R"(
arn                         string computed
deletion_protection_enabled bool optional computed refused < deletionProtectionEnabled
id                          string optional computed < logGroupName
kms_key_id                  string optional check=arn <> kmsKeyId
log_group_class             string optional computed replaces in=STANDARD|INFREQUENT_ACCESS|DELIVERY <> logGroupClass
name                        string optional computed replaces conflicts=name_prefix < logGroupName
name_prefix                 string optional computed replaces conflicts=name
region                      string optional computed replaces
retention_in_days           number optional = 0 < retentionInDays
skip_destroy                bool optional = false
tags                        map(string) optional
tags_all                    map(string) optional computed
)";

constexpr TagApi kTags{.service = "logs", .tag = "TagResource", .untag = "UntagResource", .id_member = "resourceArn",
                       .tags_member = "tags", .keys_member = "tagKeys", .key = ""};

Result<void> SetRetention(Call& call, const Value& name, std::int64_t days) {
  if (days == 0) return call.Tolerate("logs", "DeleteRetentionPolicy", {{"logGroupName", name}}, {});
  return call.Tolerate("logs", "PutRetentionPolicy", {{"logGroupName", name}, {"retentionInDays", days}}, {});
}

Result<void> Create(Call& call, const Object& planned) {
  Object request = ToApi(call.body, planned);
  const std::string name = ChooseName(call, planned);
  request["logGroupName"] = name;
  if (Value tags = TagsForCreate(kTags, planned); !tags.Fields().empty()) request["tags"] = std::move(tags);
  TRY(call.Tolerate("logs", "CreateLogGroup", request, {}));
  call.Created(name);
  const auto days = At(planned, "retention_in_days").Int();
  return days == 0 ? Result<void>() : SetRetention(call, name, days);
}

// The API finds by prefix only.
Result<std::optional<Value>> FindGroup(Call& call, const Value& name) {
  Object request{{"logGroupNamePrefix", name}};
  while (true) {
    TRY_ASSIGN(const Object page, call.Api("logs", "DescribeLogGroups", request));
    for (const auto& group : At(page, "logGroups").Items())
      if (group["logGroupName"] == name) return std::optional(group);
    if (At(page, "nextToken").Text().empty()) return std::nullopt;
    request["nextToken"] = At(page, "nextToken");
  }
}

Result<std::optional<Object>> Read(Call& call, const Object& state) {
  TRY_ASSIGN(const auto found, FindGroup(call, At(state, "id")));
  if (!found) return std::nullopt;
  Object group = FromApi(call.body, *found);
  group["name_prefix"] = PrefixOfName(group["name"].Text());
  // The API leaves out what is not set.
  if (group["retention_in_days"].IsNull()) group["retention_in_days"] = 0;
  if (group["deletion_protection_enabled"].IsNull()) group["deletion_protection_enabled"] = false;
  std::string arn = (*found)["arn"].Text();
  if (arn.ends_with(":*")) arn.resize(arn.size() - 2);  // that form names the streams of the group
  group["arn"] = arn;
  TRY_ASSIGN(const Object tags, call.Api("logs", "ListTagsForResource", {{"resourceArn", arn}}));
  group["tags"] = At(tags, "tags");
  return group;
}

Result<void> Update(Call& call, const Object& prior, const Object& planned) {
  const Value& name = At(prior, "id");
  if (At(planned, "retention_in_days") != At(prior, "retention_in_days"))
    TRY(SetRetention(call, name, At(planned, "retention_in_days").Int()));
  const Value& key = At(planned, "kms_key_id");
  if (key == At(prior, "kms_key_id")) return {};
  if (key.Text().empty()) return call.Tolerate("logs", "DisassociateKmsKey", {{"logGroupName", name}}, {});
  return call.Tolerate("logs", "AssociateKmsKey", {{"logGroupName", name}, {"kmsKeyId", key}}, {});
}

Result<void> Destroy(Call& call, const Object& state) {
  if (At(state, "skip_destroy").Bool()) return {};
  return call.Remove("logs", "DeleteLogGroup", {{"logGroupName", At(state, "id")}}, {"ResourceNotFoundException"},
                     {"OperationAbortedException"});
}

std::optional<std::string> CheckRetention(const Value& days) {
  constexpr std::int64_t kAllowed[] = {0,   1,   3,   5,   7,   14,   30,   60,   90,   120,  150,  180,
                                       365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653};
  for (const auto one : kAllowed)
    if (days.Int() == one) return std::nullopt;
  return "expected 0 or a retention that CloudWatch Logs has (1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, …)";
}

Body Table() {
  Body body = ParseTable(kTable);
  Row(body, "retention_in_days").check = CheckRetention;
  Row(body, "name").check = Length(1, 512);
  Row(body, "name_prefix").check = Length(1, 486);
  return body;
}

}  // namespace

Resource CloudwatchLogGroup() {
  return {
      .type = "aws_cloudwatch_log_group",
      .title = "CloudWatch Logs Log Group",
      .schema = {.body = Table()},
      .tags = kTags,
      .create = Create,
      .read = Read,
      .update = Update,
      .destroy = Destroy,
  };
}

}  // namespace terrarium::provider
