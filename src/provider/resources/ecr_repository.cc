#include "provider/resources/resources.h"
#include "provider/schema/checks.h"

namespace terrarium::provider {
namespace {

constexpr std::string_view kTable = R"(
arn                  string computed < repositoryArn
force_delete         bool optional
id                   string optional computed < repositoryName
image_tag_mutability string optional = "MUTABLE" in=MUTABLE|IMMUTABLE|MUTABLE_WITH_EXCLUSION|IMMUTABLE_WITH_EXCLUSION <> imageTagMutability
name                 string required replaces <> repositoryName
region               string optional computed replaces
registry_id          string computed < registryId
repository_url       string computed < repositoryUri
tags                 map(string) optional
tags_all             map(string) optional computed
block encryption_configuration list replaces keep {
  encryption_type string optional replaces = "AES256" in=AES256|KMS|KMS_DSSE <> encryptionType
  kms_key         string optional computed replaces <> kmsKey
}
block image_scanning_configuration list max=1 keep <> imageScanningConfiguration {
  scan_on_push bool required <> scanOnPush
}
block image_tag_mutability_exclusion_filter list <> imageTagMutabilityExclusionFilters {
  filter      string required <> filter
  filter_type string required in=WILDCARD <> filterType
}
)";

constexpr TagApi kTags{.service = "ecr", .tag = "TagResource", .untag = "UntagResource", .id_member = "resourceArn",
                       .tags_member = "tags", .keys_member = "tagKeys"};

Result<void> Create(Call& call, const Object& planned) {
  Object request = ToApi(call.body, planned);
  // A list without a limit in the schema, one structure in the API.
  if (const auto& items = At(planned, "encryption_configuration").Items(); !items.empty())
    request["encryptionConfiguration"] =
        ToApi(FindBlock(call.body, "encryption_configuration")->body, items[0].Fields());
  if (Value tags = TagsForCreate(kTags, planned); !tags.Items().empty()) request["tags"] = std::move(tags);
  TRY_ASSIGN(const Object made, call.Api("ecr", "CreateRepository", request));
  call.Created(At(made, "repository")["repositoryName"].Text());
  return {};
}

Result<std::optional<Object>> Read(Call& call, const Object& state) {
  TRY_ASSIGN(const auto found, call.Find("ecr", "DescribeRepositories",
                                         {{"repositoryNames", List{At(state, "id")}}}, "repositories",
                                         {"RepositoryNotFoundException"}));
  if (!found) return std::nullopt;
  Object repository = FromApi(call.body, *found);
  const Value& encryption = (*found)["encryptionConfiguration"];
  if (!encryption.IsNull()) {
    const auto& key = encryption["kmsKey"].Text();
    repository["encryption_configuration"] =
        List{Object{{"encryption_type", encryption["encryptionType"]}, {"kms_key", key}}};
  }
  TRY_ASSIGN(const Object tags, call.Api("ecr", "ListTagsForResource", {{"resourceArn", repository["arn"]}}));
  repository["tags"] = TagMap(At(tags, "tags"));
  return repository;
}

Result<void> Update(Call& call, const Object& prior, const Object& planned) {
  const Value& name = At(prior, "id");
  const Object changes = ChangesToApi(call.body, prior, planned);
  if (changes.contains("imageTagMutability") || changes.contains("imageTagMutabilityExclusionFilters")) {
    Object request{{"repositoryName", name}, {"imageTagMutability", At(planned, "image_tag_mutability")}};
    const Object all = ToApi(call.body, planned);
    if (all.contains("imageTagMutabilityExclusionFilters"))
      request["imageTagMutabilityExclusionFilters"] = At(all, "imageTagMutabilityExclusionFilters");
    TRY(call.Tolerate("ecr", "PutImageTagMutability", request, {}));
  }
  if (At(planned, "image_scanning_configuration") == At(prior, "image_scanning_configuration")) return {};
  const auto& blocks = At(planned, "image_scanning_configuration").Items();
  const bool scan = !blocks.empty() && blocks[0]["scan_on_push"].Bool();
  return call.Tolerate("ecr", "PutImageScanningConfiguration",
                       {{"repositoryName", name}, {"imageScanningConfiguration", Object{{"scanOnPush", scan}}}}, {});
}

Result<void> Destroy(Call& call, const Object& state) {
  Object request{{"repositoryName", At(state, "id")}};
  if (!At(state, "registry_id").Text().empty()) request["registryId"] = At(state, "registry_id");
  if (At(state, "force_delete").Bool()) request["force"] = true;
  auto removed = call.Remove("ecr", "DeleteRepository", request, {"RepositoryNotFoundException"});
  if (!removed && HasCode(removed.error(), {"RepositoryNotEmptyException"}))
    removed.error().message += "; consider using force_delete";
  return removed;
}

Body Table() {
  Body body = ParseTable(kTable);
  Row(body, "name").check = Length(2, 256);
  return body;
}

}  // namespace

Resource EcrRepository() {
  return {
      .type = "aws_ecr_repository",
      .title = "ECR Repository",
      .schema = {.body = Table()},
      .timeouts = {.destroy = std::chrono::minutes(20)},
      .tags = kTags,
      .create = Create,
      .read = Read,
      .update = Update,
      .destroy = Destroy,
  };
}

}  // namespace terrarium::provider
