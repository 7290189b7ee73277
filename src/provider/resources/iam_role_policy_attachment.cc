#include "provider/resources/resources.h"

namespace terrarium::provider {
namespace {

constexpr std::string_view kTable = R"(
id         string optional computed
policy_arn string required replaces check=arn > PolicyArn
role       string required replaces > RoleName
)";

Result<void> Create(Call& call, const Object& planned) {
  TRY(call.Tolerate("iam", "AttachRolePolicy", ToApi(call.body, planned), {}));
  call.Created(At(planned, "role").Text() + "/" + At(planned, "policy_arn").Text());
  return {};
}

Result<std::optional<Object>> Read(Call& call, const Object& state) {
  auto attached = call.Api("iam", "ListAttachedRolePolicies", {{"RoleName", At(state, "role")}});
  if (!attached && HasCode(attached.error(), {"NoSuchEntity"})) return std::nullopt;
  if (!attached) return std::unexpected(std::move(attached).error());
  for (const auto& one : At(*attached, "AttachedPolicies").Items())
    if (one["PolicyArn"] == At(state, "policy_arn")) return Object{};
  return std::nullopt;
}

Result<void> Destroy(Call& call, const Object& state) {
  return call.Remove("iam", "DetachRolePolicy", ToApi(call.body, state), {"NoSuchEntity"});
}

// role/arn:aws:iam::…:policy/…
Result<Object> Import(Call&, const std::string& id) {
  const auto slash = id.find("/arn:");
  if (slash == id.npos) return Fail(ErrorKind::kInvalid, "expected <role name>/<policy ARN>");
  return Object{{"id", id}, {"role", id.substr(0, slash)}, {"policy_arn", id.substr(slash + 1)}};
}

}  // namespace

Resource IamRolePolicyAttachment() {
  return {
      .type = "aws_iam_role_policy_attachment",
      .title = "IAM Role Policy Attachment",
      .schema = {.body = ParseTable(kTable)},
      .create = Create,
      .read = Read,
      .destroy = Destroy,
      .import = Import,
  };
}

}  // namespace terrarium::provider
