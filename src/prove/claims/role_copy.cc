#include "prove/claims/role_copy.h"

#include <algorithm>
#include <set>

#include "base/text.h"

namespace terrarium::prove {
namespace {

Json::Array ListOf(const Json& one_or_more) { return one_or_more.is_array() ? one_or_more.array() : Json::Array{one_or_more}; }

Json Statement(std::string_view action, std::string_view key, Json value) { return Object({{"Effect", "Allow"}, {"Action", action}, {key, std::move(value)}}); }
std::string Document(Json::Array statements) { return Object({{"Version", "2012-10-17"}, {"Statement", Json(std::move(statements))}}).Write(); }

}  // namespace

Result<RoleCopy> RoleCopy::Make(Context& context, const std::string& of) {
  Stack& stack = context.stack;
  RoleCopy out(context);
  TRY_ASSIGN(const Json listed, stack.Call("iam", "ListRolePolicies", Object({{"RoleName", of}})));
  for (const std::string& name : TextsOf(listed["PolicyNames"])) {
    TRY_ASSIGN(const Json policy, stack.Call("iam", "GetRolePolicy", Object({{"RoleName", of}, {"PolicyName", name}})));
    std::string text = policy["PolicyDocument"].string();
    if (text.starts_with('%')) text = UriDecode(text, false).value_or(text);
    TRY_ASSIGN(Json document, Json::Parse(text));
    out.policies_.emplace_back(name, std::move(document));
  }
  out.name_ = (stack.name() + "-prove-" + std::to_string(context.clock.Now()) + "-" + of).substr(0, 64);
  TRY_ASSIGN(const Json user, stack.Call("iam", "CreateUser", Object({{"UserName", out.name_}})));
  const std::string user_arn = user["User"]["Arn"].string();
  out.arn_ = ReplaceAll(user_arn, ":user/", ":role/");
  TRY_ASSIGN(const Json key, stack.Call("iam", "CreateAccessKey", Object({{"UserName", out.name_}})));
  out.key_ = {key["AccessKey"]["AccessKeyId"].string(), key["AccessKey"]["SecretAccessKey"].string()};
  TRY_ASSIGN([[maybe_unused]] const Json may,
             stack.Call("iam", "PutUserPolicy", Object({{"UserName", out.name_}, {"PolicyName", "assume"}, {"PolicyDocument", Document({Statement("sts:AssumeRole", "Resource", out.arn_)})}})));
  const std::string trust = Document({Statement("sts:AssumeRole", "Principal", Object({{"AWS", user_arn}})), Statement("sts:AssumeRole", "Principal", Object({{"Service", "ecs-tasks.amazonaws.com"}}))});
  TRY_ASSIGN([[maybe_unused]] const Json role, stack.Call("iam", "CreateRole", Object({{"RoleName", out.name_}, {"AssumeRolePolicyDocument", trust}, {"Description", "prove: a copy of " + of}})));
  TRY(out.Without({}));
  return out;
}

RoleCopy::~RoleCopy() {
  if (context_ == nullptr || name_.empty()) return;
  Stack& stack = context_->stack;
  const auto name = [&](std::initializer_list<std::pair<std::string_view, Json>> more) {
    Json out = Object(more);
    return out;
  };
  for (const auto& [policy, document] : policies_) (void)stack.Call("iam", "DeleteRolePolicy", name({{"RoleName", name_}, {"PolicyName", policy}}));
  (void)stack.Call("iam", "DeleteRole", name({{"RoleName", name_}}));
  (void)stack.Call("iam", "DeleteUserPolicy", name({{"UserName", name_}, {"PolicyName", "assume"}}));
  if (!key_.first.empty()) (void)stack.Call("iam", "DeleteAccessKey", name({{"UserName", name_}, {"AccessKeyId", key_.first}}));
  (void)stack.Call("iam", "DeleteUser", name({{"UserName", name_}}));
}

std::vector<std::string> RoleCopy::Actions() const {
  std::set<std::string> out;
  for (const auto& [name, document] : policies_)
    for (const Json& statement : ListOf(document["Statement"]))
      if (statement["Effect"].string() == "Allow")
        for (const Json& action : ListOf(statement["Action"])) out.insert(action.string());
  return {out.begin(), out.end()};
}

bool RoleCopy::OnlyThroughServices(const std::string& action) const {
  for (const auto& [name, document] : policies_)
    for (const Json& statement : ListOf(document["Statement"]))
      for (const Json& one : ListOf(statement["Action"]))
        if (one.string() == action && !statement["Condition"].Write().contains("kms:ViaService")) return false;
  return true;
}

Status RoleCopy::Without(const std::string& action) {
  for (const auto& [name, document] : policies_) {
    Json::Array statements;
    for (const Json& statement : ListOf(document["Statement"])) {
      Json::Array actions;
      for (const Json& one : ListOf(statement["Action"]))
        if (one.string() != action) actions.push_back(one);
      if (actions.empty()) continue;
      Json kept = statement;
      kept.Set("Action", Json(std::move(actions)));
      statements.push_back(std::move(kept));
    }
    // A policy needs a statement; one that allows nothing of what the role had.
    if (statements.empty()) statements.push_back(Object({{"Effect", "Deny"}, {"Action", "none:None"}, {"Resource", "*"}}));
    TRY_ASSIGN([[maybe_unused]] const Json put,
               context_->stack.Call("iam", "PutRolePolicy", Object({{"RoleName", name_}, {"PolicyName", name}, {"PolicyDocument", Document(std::move(statements))}})));
  }
  return {};
}

Result<ApiCall> RoleCopy::Assume() const {
  TRY_ASSIGN(const ApiCall user, context_->as(key_.first, key_.second, {}));
  TRY_ASSIGN(const Json given, user("sts", "AssumeRole", Object({{"RoleArn", arn_}, {"RoleSessionName", "prove"}})));
  const Json& credentials = given["Credentials"];
  return context_->as(credentials["AccessKeyId"].string(), credentials["SecretAccessKey"].string(), credentials["SessionToken"].string());
}

}  // namespace terrarium::prove
