// The same call as a data source, which stores its password in the state, and as an ephemeral resource, which does not.
#include "provider/data_sources/data_sources.h"

namespace terrarium::provider {
namespace {

constexpr std::string_view kTable = R"(
exclude_characters         string optional > ExcludeCharacters
exclude_lowercase          bool optional > ExcludeLowercase
exclude_numbers            bool optional > ExcludeNumbers
exclude_punctuation        bool optional > ExcludePunctuation
exclude_uppercase          bool optional > ExcludeUppercase
include_space              bool optional > IncludeSpace
password_length            number optional > PasswordLength
random_password            string computed sensitive < RandomPassword
region                     string optional computed
require_each_included_type bool optional > RequireEachIncludedType
)";

Result<Object> Read(Call& call, const Object& config) {
  TRY_ASSIGN(const Object answer, call.Api("secretsmanager", "GetRandomPassword", ToApi(call.body, config)));
  Object out = FromApi(call.body, answer);
  out["id"] = out["random_password"];
  return out;
}

}  // namespace

DataSource RandomPasswordData() {
  Body body = ParseTable(kTable);
  body.attributes.push_back({.name = "id", .use = Use::kOptional | Use::kComputed});
  return {.type = "aws_secretsmanager_random_password", .schema = {.body = std::move(body)}, .read = Read};
}

DataSource RandomPasswordEphemeral() {
  return {.type = "aws_secretsmanager_random_password", .schema = {.body = ParseTable(kTable)}, .read = Read};
}

}  // namespace terrarium::provider
