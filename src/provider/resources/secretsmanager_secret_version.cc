#include <algorithm>

#include "provider/resources/resources.h"

namespace terrarium::provider {
namespace {

constexpr std::string_view kTable = R"(
arn                      string computed < ARN
has_secret_string_wo     bool computed
id                       string optional computed
region                   string optional computed replaces
secret_binary            string optional sensitive replaces conflicts=secret_string|secret_string_wo > SecretBinary
secret_id                string required replaces > SecretId
secret_string            string optional sensitive replaces conflicts=secret_binary|secret_string_wo > SecretString
secret_string_wo         string optional sensitive write_only
secret_string_wo_version number optional replaces
version_id               string computed < VersionId
version_stages           set(string) optional computed <> VersionStages
)";

constexpr std::string_view kCurrent = "AWSCURRENT", kPrevious = "AWSPREVIOUS";

struct Names {
  std::string secret, version;
};
// "secret|version"; the secret by name or ARN, as it was written.
Names Split(const std::string& id) {
  const auto bar = id.rfind('|');
  return bar == id.npos ? Names{id, ""} : Names{id.substr(0, bar), id.substr(bar + 1)};
}

Result<void> Create(Call& call, const Object& planned) {
  Object request = ToApi(call.body, planned);
  request["ClientRequestToken"] = RandomUuid(call.random());
  if (const auto& text = At(call.config, "secret_string_wo").Text(); !text.empty()) request["SecretString"] = text;
  TRY_ASSIGN(const Object made, call.Api("secretsmanager", "PutSecretValue", request));
  call.Created(At(planned, "secret_id").Text() + "|" + At(made, "VersionId").Text());
  return {};
}

Result<std::optional<Object>> Read(Call& call, const Object& state) {
  const auto [secret, version] = Split(At(state, "id").Text());
  // A deleted secret, and one that waits for its deletion, have no versions.
  auto found = call.Api("secretsmanager", "GetSecretValue", {{"SecretId", secret}, {"VersionId", version}});
  if (!found && HasCode(found.error(), {"ResourceNotFoundException", "InvalidRequestException"})) return std::nullopt;
  if (!found) return std::unexpected(std::move(found).error());
  Object out = FromApi(call.body, *found);
  out["secret_id"] = secret;
  const bool write_only = !At(state, "secret_string_wo_version").IsNull() || At(state, "has_secret_string_wo").Bool();
  out["has_secret_string_wo"] = write_only;
  out["secret_string"] = write_only ? Value() : At(*found, "SecretString");
  out["secret_binary"] = write_only ? Value() : At(*found, "SecretBinary");
  return out;
}

// A stage is on one version at a time: it is taken from the one that has it.
Result<void> MoveStage(Call& call, const std::string& secret, const Value& stage, const std::string& to) {
  Object request{{"SecretId", secret}, {"VersionStage", stage}, {"MoveToVersionId", to}};
  TRY_ASSIGN(const Object described, call.Api("secretsmanager", "DescribeSecret", {{"SecretId", secret}}));
  for (const auto& [version, stages] : At(described, "VersionIdsToStages").Fields())
    if (version != to && std::ranges::find(stages.Items(), stage) != stages.Items().end())
      request["RemoveFromVersionId"] = version;
  return call.Tolerate("secretsmanager", "UpdateSecretVersionStage", request, {});
}

Result<void> DropStages(Call& call, const Object& state, const Value& kept) {
  const auto [secret, version] = Split(At(state, "id").Text());
  for (const auto& stage : At(state, "version_stages").Items()) {
    // The current stage cannot be dropped, only given to another version.
    const bool stays = stage == Value(kCurrent) || stage == Value(kPrevious) ||
                       std::ranges::find(kept.Items(), stage) != kept.Items().end();
    if (!stays)
      TRY(call.Tolerate("secretsmanager", "UpdateSecretVersionStage",
                        {{"SecretId", secret}, {"VersionStage", stage}, {"RemoveFromVersionId", version}},
                        {"ResourceNotFoundException"}));
  }
  return {};
}

Result<void> Update(Call& call, const Object& prior, const Object& planned) {
  const auto [secret, version] = Split(At(prior, "id").Text());
  const Value& wanted = At(planned, "version_stages");
  if (!wanted.IsKnown()) return {};
  const auto& before = At(prior, "version_stages").Items();
  for (const auto& stage : wanted.Items())
    if (std::ranges::find(before, stage) == before.end()) TRY(MoveStage(call, secret, stage, version));
  return DropStages(call, prior, wanted);
}

// A version is never deleted: without stages the service forgets it in time.
Result<void> Destroy(Call& call, const Object& state) { return DropStages(call, state, List{}); }

Result<Object> Import(Call&, const std::string& id) {
  if (!id.contains('|')) return Fail(ErrorKind::kInvalid, "expected <secret id>|<version id>");
  return Object{{"id", id}};
}

}  // namespace

Resource SecretsmanagerSecretVersion() {
  return {
      .type = "aws_secretsmanager_secret_version",
      .title = "Secrets Manager Secret Version",
      .schema = {.body = ParseTable(kTable)},
      .create = Create,
      .read = Read,
      .update = Update,
      .destroy = Destroy,
      .import = Import,
  };
}

}  // namespace terrarium::provider
