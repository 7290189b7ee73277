#include "provider/resource/name.h"
#include "provider/resource/policy.h"
#include "provider/resources/iam.h"
#include "provider/resources/resources.h"
#include "provider/schema/checks.h"

namespace terrarium::provider {
namespace {

constexpr std::string_view kTable = R"(
id          string optional computed
name        string optional computed replaces conflicts=name_prefix check=name
name_prefix string optional computed replaces conflicts=name check=name
policy      string required check=json
role        string required replaces
)";

struct Names {
  std::string role, policy;
};

// "role:policy"
Names Split(const std::string& id) {
  const auto colon = id.find(':');
  return colon == id.npos ? Names{id, ""} : Names{id.substr(0, colon), id.substr(colon + 1)};
}

Result<void> Put(Call& call, const std::string& role, const std::string& name, const Value& policy) {
  return call.Tolerate("iam", "PutRolePolicy",
                       {{"RoleName", role}, {"PolicyName", name}, {"PolicyDocument", policy}}, {});
}

Result<void> Create(Call& call, const Object& planned) {
  const auto& role = At(planned, "role").Text();
  const std::string name = ChooseName(call, planned);
  TRY(Put(call, role, name, At(planned, "policy")));
  call.Created(role + ":" + name);
  return {};
}

Result<std::optional<Object>> Read(Call& call, const Object& state) {
  const auto [role, name] = Split(At(state, "id").Text());
  auto found = call.Api("iam", "GetRolePolicy", {{"RoleName", role}, {"PolicyName", name}});
  if (!found && HasCode(found.error(), {"NoSuchEntity"})) return std::nullopt;
  if (!found) return std::unexpected(std::move(found).error());
  return Object{{"name", name},
                {"name_prefix", PrefixOfName(name)},
                {"policy", DecodedPolicy(At(*found, "PolicyDocument"))},
                {"role", role}};
}

Result<void> Update(Call& call, const Object& prior, const Object& planned) {
  const auto [role, name] = Split(At(prior, "id").Text());
  return Put(call, role, name, At(planned, "policy"));
}

Result<void> Destroy(Call& call, const Object& state) {
  const auto [role, name] = Split(At(state, "id").Text());
  return call.Remove("iam", "DeleteRolePolicy", {{"RoleName", role}, {"PolicyName", name}}, {"NoSuchEntity"});
}

Result<Object> Import(Call&, const std::string& id) {
  if (!id.contains(':')) return Fail(ErrorKind::kInvalid, "expected <role name>:<policy name>");
  return Object{{"id", id}};
}

}  // namespace

Resource IamRolePolicy() {
  Body body = ParseTable(kTable);
  Row(body, "policy").same = IsSamePolicy;
  return {
      .type = "aws_iam_role_policy",
      .title = "IAM Role Policy",
      .schema = {.body = std::move(body)},
      .create = Create,
      .read = Read,
      .update = Update,
      .destroy = Destroy,
      .import = Import,
  };
}

}  // namespace terrarium::provider
