#include <algorithm>

#include "base/text.h"
#include "services/iam/entities.h"
#include "services/iam/names.h"

namespace terrarium::iam {
namespace {

constexpr std::size_t kTrustQuota = 2'048;

// Applies `rename` to every name under the Principal elements of a document.
template <class Rename>
void RenamePrincipals(Json& document, Rename rename) {
  const auto each_name = [&](const Json& names) {
    if (names.is_string()) return Json(rename(names.string()));
    Json out{Json::Array{}};
    for (const Json& name : names.array()) out.Append(Json(rename(name.string())));
    return out;
  };
  const auto each_statement = [&](const Json& statement) {
    Json out = statement;
    for (const char* element : {"Principal", "NotPrincipal"}) {
      const Json* principal = statement.Find(element);
      if (principal == nullptr || !principal->is_object()) continue;
      Json named = *principal;
      for (const auto& [type, names] : principal->object())
        if (type == "AWS") named.Set(type, each_name(names));
      out.Set(element, named);
    }
    return out;
  };
  const Json& statements = document["Statement"];
  if (statements.is_object()) {
    document.Set("Statement", each_statement(statements));
    return;
  }
  Json out{Json::Array{}};
  for (const Json& statement : statements.array()) out.Append(each_statement(statement));
  document.Set("Statement", out);
}

bool IsAccount(std::string_view name) {
  return name.size() == 12 && std::all_of(name.begin(), name.end(), [](char c) { return c >= '0' && c <= '9'; });
}

std::unexpected<Error> InvalidPrincipal(std::string_view type, std::string_view name) {
  return ApiError("MalformedPolicyDocument", "Invalid principal in policy: \"" + std::string(type) + "\":\"" + std::string(name) + "\"");
}

}  // namespace

rows::Entity* FindPrincipal(store::Tx& tx, std::string_view arn, Arena& arena) {
  const auto parsed = Arn::Parse(arn);
  if (parsed && parsed->service == "sts" && parsed->type() == "assumed-role") {
    const auto part = Split(parsed->resource, '/');
    return part.size() == 3 ? kRoles.Find(tx, NameKey(parsed->account, part[1]), arena) : nullptr;
  }
  return FindEntityByArn(tx, arn, arena);
}

Status SetTrust(const api::Call& call, rows::Entity& role, std::string_view document) {
  TRY_ASSIGN(const Policy policy, ParsePolicy(document, PolicyKind::kTrust));
  if (CountedPolicySize(document) > kTrustQuota) return LimitExceeded("ACLSizePerRole", kTrustQuota);
  List<rows::Binding> bindings;
  for (const Statement& statement : policy.statements) {
    for (const PrincipalName& principal : statement.principals) {
      using Kind = PrincipalName::Kind;
      if (principal.kind == Kind::kService && !principal.value.ends_with(".amazonaws.com")) return InvalidPrincipal("SERVICE", principal.value);
      if (principal.kind == Kind::kFederated) return InvalidPrincipal("FEDERATED", principal.value);  // no identity provider can exist here
      if (principal.kind == Kind::kUniqueId || principal.kind == Kind::kCanonicalUser) return InvalidPrincipal("AWS", principal.value);
      if (principal.kind != Kind::kArn) continue;
      const rows::Entity* entity = FindPrincipal(call.tx, principal.value, call.arena);
      if (entity == nullptr) return InvalidPrincipal("AWS", principal.value);
      rows::Binding& binding = bindings.Add(call.arena);
      binding.arn = call.arena.Copy(principal.value);
      binding.unique_id = entity->id;
    }
  }
  role.trust = call.arena.Copy(document);
  role.trust_bindings = bindings;
  return {};
}

std::string RenderTrust(const api::Call& call, const rows::Entity& role) {
  bool changed = false;
  const auto rename = [&](const std::string& name) -> std::string {
    if (IsAccount(name)) {
      changed = true;
      return "arn:aws:iam::" + name + ":root";
    }
    for (const rows::Binding& binding : role.trust_bindings) {
      if (binding.arn.view() != name) continue;
      const rows::Entity* live = FindPrincipal(call.tx, name, call.arena);
      if (live != nullptr && live->id == binding.unique_id) continue;
      changed = true;
      return binding.unique_id.str();
    }
    return name;
  };
  auto document = Json::Parse(role.trust);
  if (!document) return role.trust.str();
  RenamePrincipals(*document, rename);
  return changed ? document->Write() : role.trust.str();  // byte for byte as it was sent, where nothing had to be renamed
}

}  // namespace terrarium::iam
