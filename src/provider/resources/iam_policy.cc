#include "provider/resource/name.h"
#include "provider/resource/policy.h"
#include "provider/resources/iam.h"
#include "provider/resources/resources.h"

namespace terrarium::provider {
namespace {

constexpr std::string_view kTable = R"(
arn              string computed < Arn
attachment_count number computed < AttachmentCount
description      string optional replaces <> Description
id               string optional computed < Arn
name             string optional computed replaces conflicts=name_prefix check=name < PolicyName
name_prefix      string optional computed replaces conflicts=name check=name
path             string optional replaces = "/" <> Path
policy           string required check=json > PolicyDocument
policy_id        string computed < PolicyId
tags             map(string) optional
tags_all         map(string) optional computed
)";

constexpr TagApi kTags{.service = "iam", .tag = "TagPolicy", .untag = "UntagPolicy", .id_member = "PolicyArn"};
constexpr std::size_t kMostVersions = 5;

Result<void> Create(Call& call, const Object& planned) {
  Object request = ToApi(call.body, planned);
  request["PolicyName"] = ChooseName(call, planned);
  if (Value tags = TagsForCreate(kTags, planned); !tags.Items().empty()) request["Tags"] = std::move(tags);
  TRY_ASSIGN(const Object made, call.Api("iam", "CreatePolicy", request));
  call.Created(At(made, "Policy")["Arn"].Text());
  return {};
}

Result<std::optional<Object>> Read(Call& call, const Object& state) {
  const Value& arn = At(state, "id");
  TRY_ASSIGN(const auto found, call.Find("iam", "GetPolicy", {{"PolicyArn", arn}}, "Policy", {"NoSuchEntity"}));
  if (!found) return std::nullopt;
  Object policy = FromApi(call.body, *found);
  policy["name_prefix"] = PrefixOfName(policy["name"].Text());
  policy["tags"] = TagMap((*found)["Tags"]);
  TRY_ASSIGN(const auto version,
             call.Find("iam", "GetPolicyVersion", {{"PolicyArn", arn}, {"VersionId", (*found)["DefaultVersionId"]}},
                       "PolicyVersion", {"NoSuchEntity"}));
  if (!version) return std::nullopt;
  policy["policy"] = DecodedPolicy((*version)["Document"]);
  return policy;
}

Result<List> OtherVersions(Call& call, const Value& arn) {
  TRY_ASSIGN(const Object answer, call.Api("iam", "ListPolicyVersions", {{"PolicyArn", arn}}));
  List out;
  for (const auto& one : At(answer, "Versions").Items())
    if (!one["IsDefaultVersion"].Bool()) out.push_back(one["VersionId"]);
  return out;
}

Result<void> DeleteVersion(Call& call, const Value& arn, const Value& version) {
  return call.Tolerate("iam", "DeletePolicyVersion", {{"PolicyArn", arn}, {"VersionId", version}}, {"NoSuchEntity"});
}

// A policy keeps five versions; the oldest gives way.
Result<void> Update(Call& call, const Object& prior, const Object& planned) {
  const Value& arn = At(prior, "id");
  TRY_ASSIGN(const List others, OtherVersions(call, arn));
  if (others.size() + 1 >= kMostVersions) TRY(DeleteVersion(call, arn, others.back()));
  return call.Tolerate("iam", "CreatePolicyVersion",
                       {{"PolicyArn", arn}, {"PolicyDocument", At(planned, "policy")}, {"SetAsDefault", true}}, {});
}

Result<void> Destroy(Call& call, const Object& state) {
  const Value& arn = At(state, "id");
  auto others = OtherVersions(call, arn);
  if (!others && HasCode(others.error(), {"NoSuchEntity"})) return {};
  if (!others) return std::unexpected(std::move(others).error());
  for (const auto& version : *others) TRY(DeleteVersion(call, arn, version));
  return call.Remove("iam", "DeletePolicy", {{"PolicyArn", arn}}, {"NoSuchEntity"});
}

}  // namespace

Resource IamPolicy() {
  Body body = ParseTable(kTable);
  Row(body, "policy").same = IsSamePolicy;
  return {
      .type = "aws_iam_policy",
      .title = "IAM Policy",
      .schema = {.body = std::move(body)},
      .tags = kTags,
      .create = Create,
      .read = Read,
      .update = Update,
      .destroy = Destroy,
  };
}

}  // namespace terrarium::provider
