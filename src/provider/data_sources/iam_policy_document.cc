#include <zlib.h>

#include <set>

#include "provider/data_sources/data_sources.h"
#include "provider/data_sources/policy_document.h"

namespace terrarium::provider {
namespace {

Result<PolicyDocument> FromConfig(const Object& config) {
  PolicyDocument document{.version = At(config, "version").IsNull() ? "2012-10-17" : At(config, "version").Text(),
                          .id = At(config, "policy_id").Text(),
                          .statements = {}};
  std::set<std::string> sids;
  for (const auto& block : At(config, "statement").Items()) {
    TRY_ASSIGN(Object statement, StatementFromBlock(block, document.version));
    const auto& sid = At(statement, "Sid").Text();
    if (!sid.empty() && !sids.insert(sid).second)
      return Fail(ErrorKind::kInvalid, "duplicate Sid (" + sid + "). Remove the Sid or ensure the Sid is unique");
    document.statements.push_back(std::move(statement));
  }
  return document;
}

Result<Object> Read(Call&, const Object& config) {
  PolicyDocument merged;
  std::set<std::string> sids;
  for (const auto& json : At(config, "source_policy_documents").Items()) {
    if (json.IsNull()) continue;
    TRY_ASSIGN(const PolicyDocument source, ParsePolicyDocument(json.Text()));
    for (const auto& statement : source.statements)
      if (const auto& sid = statement["Sid"].Text(); !sid.empty() && !sids.insert(sid).second)
        return Fail(ErrorKind::kInvalid, "duplicate Sid (" + sid + ") in source_policy_documents");
    merged.Merge(source);
  }
  TRY_ASSIGN(const PolicyDocument own, FromConfig(config));
  merged.Merge(own);
  for (const auto& json : At(config, "override_policy_documents").Items()) {
    if (json.IsNull()) continue;
    TRY_ASSIGN(const PolicyDocument layer, ParsePolicyDocument(json.Text()));
    merged.Merge(layer);
  }

  Object out = config;
  const std::string json = merged.Json(2);
  const auto* bytes = reinterpret_cast<const Bytef*>(json.data());
  out["json"] = json;
  out["minified_json"] = merged.Json(0);
  out["id"] = std::to_string(crc32(0, bytes, static_cast<uInt>(json.size())));
  out["version"] = own.version;
  for (auto& block : *out["statement"].If<List>())
    if (auto& effect = block.If<Object>()->at("effect"); effect.IsNull()) effect = "Allow";
  return out;
}

constexpr std::string_view kTable = R"(
id                        string optional computed
json                      string computed
minified_json             string computed
override_json             string optional deprecated refused
override_policy_documents list(string) optional check=json
policy_id                 string optional
source_json               string optional deprecated refused
source_policy_documents   list(string) optional check=json
version                   string optional in=2008-10-17|2012-10-17
block statement list {
  actions       set(string) optional
  effect        string optional in=Allow|Deny
  not_actions   set(string) optional
  not_resources set(string) optional
  resources     set(string) optional
  sid           string optional
  block condition set {
    test     string required
    values   list(string) required
    variable string required
  }
  block not_principals set {
    identifiers set(string) required
    type        string required
  }
  block principals set {
    identifiers set(string) required
    type        string required
  }
}
)";

}  // namespace

DataSource IamPolicyDocumentData() {
  return {.type = "aws_iam_policy_document", .schema = {.body = ParseTable(kTable)}, .read = Read};
}

}  // namespace terrarium::provider
