#include "provider/data_sources/data_sources.h"

namespace terrarium::provider {
namespace {

constexpr std::string_view kTable = R"(
account_id string computed < Account
arn        string computed < Arn
id         string optional computed < Account
user_id    string computed < UserId
)";

Result<Object> Read(Call& call, const Object&) {
  TRY_ASSIGN(const Object caller, call.Api("sts", "GetCallerIdentity", {}));
  return FromApi(call.body, caller);
}

}  // namespace

DataSource CallerIdentityData() {
  return {.type = "aws_caller_identity", .schema = {.body = ParseTable(kTable)}, .read = Read};
}

}  // namespace terrarium::provider
