#include "provider/resource/name.h"
#include "provider/resources/kms.h"
#include "provider/resources/resources.h"

namespace terrarium::provider {
namespace {

constexpr std::string_view kTable = R"(
arn            string computed < AliasArn
id             string optional computed < AliasName
name           string optional computed replaces conflicts=name_prefix < AliasName
name_prefix    string optional computed replaces conflicts=name
region         string optional computed replaces
target_key_arn string computed follows=target_key_id
target_key_id  string required <> TargetKeyId
)";

Result<void> Create(Call& call, const Object& planned) {
  const std::string name = ChooseName(call, planned, "alias/");
  TRY(call.Tolerate("kms", "CreateAlias", {{"AliasName", name}, {"TargetKeyId", At(planned, "target_key_id")}}, {}));
  call.Created(name);
  return {};
}

Result<std::optional<Object>> Read(Call& call, const Object& state) {
  std::optional<Object> alias;
  TRY(ForEachPage(call, "ListAliases", {{"Limit", 100}}, "Aliases", [&](const Value& one) {
    if (one["AliasName"] == At(state, "id")) alias = FromApi(call.body, one);
  }));
  if (!alias) return std::nullopt;
  const std::string arn = (*alias)["arn"].Text();
  (*alias)["target_key_arn"] = arn.substr(0, arn.find(":alias/")) + ":key/" + (*alias)["target_key_id"].Text();
  (*alias)["name_prefix"] = PrefixOfName((*alias)["name"].Text());
  return alias;
}

Result<void> Update(Call& call, const Object& prior, const Object& planned) {
  return call.Tolerate("kms", "UpdateAlias", {{"AliasName", At(prior, "id")}, {"TargetKeyId", At(planned, "target_key_id")}}, {});
}

Result<void> Destroy(Call& call, const Object& state) {
  return call.Remove("kms", "DeleteAlias", {{"AliasName", At(state, "id")}}, {"NotFoundException"});
}

// The id of a key and its ARN name the same key.
bool IsSameKey(const Value& a, const Value& b) {
  const auto id = [](const std::string& text) { return text.substr(text.rfind('/') + 1); };
  return id(a.Text()) == id(b.Text());
}

Check IsAliasName(bool is_prefix) {
  return [=](const Value& value) -> std::optional<std::string> {
    const auto& text = value.Text();
    if (text.starts_with("alias/") && (is_prefix || text.size() > 6) && !text.starts_with("alias/aws/")) return std::nullopt;
    return "expected a name that begins with alias/ and not with alias/aws/, got \"" + text + "\"";
  };
}

Body Table() {
  Body body = ParseTable(kTable);
  Row(body, "target_key_id").same = IsSameKey;
  Row(body, "name").check = IsAliasName(false);
  Row(body, "name_prefix").check = IsAliasName(true);
  return body;
}

}  // namespace

Resource KmsAlias() {
  return {
      .type = "aws_kms_alias",
      .title = "KMS Alias",
      .schema = {.body = Table()},
      .create = Create,
      .read = Read,
      .update = Update,
      .destroy = Destroy,
  };
}

}  // namespace terrarium::provider
