#include "iam/evaluate.h"

#include <algorithm>

#include "base/text.h"

namespace terrarium::iam {
namespace {

using Kind = Principal::Kind;

std::string_view LayerName(Layer layer) {
  switch (layer) {
    case Layer::kIdentity: return "identity-based policy";
    case Layer::kResource: return "resource-based policy";
    case Layer::kBoundary: return "permissions boundary";
    case Layer::kSession: return "session policy";
    case Layer::kNone: break;
  }
  return "policy";
}

Outcome Denied(Layer layer) { return {.allowed = false, .explicit_deny = false, .layer = layer, .policy = {}}; }

Verdict Ask(const PolicySet* set, const Request& request) { return set == nullptr ? Verdict{} : set->Evaluate(request); }

}  // namespace

ResourcePolicy::ResourcePolicy(const Policy& policy, std::vector<Binding> bindings) : bindings_(std::move(bindings)) {
  for (const Statement& statement : policy.statements)
    statements_.push_back({CompiledStatement(statement, policy.variables), statement.not_principal, statement.principals});
}

NamedAs ResourcePolicy::NamesOne(const PrincipalName& name, const Principal& principal) const {
  using NameKind = PrincipalName::Kind;
  const bool of_account = principal.kind != Kind::kAnonymous && principal.kind != Kind::kService && principal.kind != Kind::kWebIdentity;
  switch (name.kind) {
    case NameKind::kAny: return NamedAs::kCaller;
    case NameKind::kAccount: return of_account && name.value == principal.account ? NamedAs::kAccount : NamedAs::kNone;
    case NameKind::kUniqueId:
      if (name.value != principal.unique_id) return NamedAs::kNone;
      return principal.kind == Kind::kRoleSession ? NamedAs::kRole : NamedAs::kCaller;
    case NameKind::kArn: {
      const bool is_role = principal.kind == Kind::kRoleSession && name.value == principal.role_arn;
      if (!of_account || (name.value != principal.arn && !is_role)) return NamedAs::kNone;
      for (const Binding& binding : bindings_)
        if (binding.arn == name.value && !binding.unique_id.empty() && binding.unique_id != principal.unique_id) return NamedAs::kNone;
      return is_role ? NamedAs::kRole : NamedAs::kCaller;
    }
    case NameKind::kService: return principal.kind == Kind::kService && name.value == principal.service ? NamedAs::kCaller : NamedAs::kNone;
    case NameKind::kFederated: return principal.kind == Kind::kWebIdentity && name.value == principal.arn ? NamedAs::kCaller : NamedAs::kNone;
    case NameKind::kCanonicalUser: break;
  }
  return NamedAs::kNone;
}

NamedAs ResourcePolicy::Names(const Entry& entry, const Principal& principal) const {
  // NotPrincipal goes with Deny only. It spares the caller only if every form of the caller is listed, session, role and account:
  // listing the user or the session alone leaves the account denied, as AWS documents.
  if (entry.not_principal) {
    const auto listed = [&](NamedAs form) {
      return std::any_of(entry.principals.begin(), entry.principals.end(), [&](const PrincipalName& name) { return NamesOne(name, principal) == form; });
    };
    if (principal.kind == Kind::kService || principal.kind == Kind::kAnonymous || principal.kind == Kind::kWebIdentity)
      return listed(NamedAs::kCaller) ? NamedAs::kNone : NamedAs::kCaller;
    const bool spared = listed(NamedAs::kAccount) && (principal.kind == Kind::kRoot || listed(NamedAs::kCaller)) &&
                        (principal.kind != Kind::kRoleSession || listed(NamedAs::kRole));
    return spared ? NamedAs::kNone : NamedAs::kCaller;
  }
  NamedAs closest = NamedAs::kNone;
  for (const PrincipalName& name : entry.principals) closest = std::max(closest, NamesOne(name, principal));
  return closest;
}

ResourcePolicy::Answer ResourcePolicy::Evaluate(const Principal& principal, const Request& request) const {
  const LowerAction action(request.action);
  Answer answer;
  for (const Entry& entry : statements_) {
    const NamedAs named = Names(entry, principal);
    if (named == NamedAs::kNone || !entry.statement.MatchesAction(action.view()) || !entry.statement.Applies(request)) continue;
    if (entry.statement.deny()) return {.explicit_deny = true, .allowed = NamedAs::kNone};
    answer.allowed = std::max(answer.allowed, named);
  }
  return answer;
}

Outcome Evaluate(const Principal& principal, const Layers& layers, const Access& access) {
  const Request& request = access.request;
  ResourcePolicy::Answer resource;
  if (access.resource_policy != nullptr) resource = access.resource_policy->Evaluate(principal, request);
  const bool root = principal.kind == Kind::kRoot;
  const Verdict identity = root ? Verdict{} : Ask(layers.identity, request);
  const Verdict boundary = root ? Verdict{} : Ask(layers.boundary, request);
  const Verdict session = root ? Verdict{} : Ask(layers.session, request);

  if (resource.explicit_deny) return {.allowed = false, .explicit_deny = true, .layer = Layer::kResource, .policy = {}};
  for (const auto& [layer, verdict] : {std::pair{Layer::kIdentity, identity}, {Layer::kBoundary, boundary}, {Layer::kSession, session}})
    if (verdict.decision == Decision::kExplicitDeny)
      return {.allowed = false, .explicit_deny = true, .layer = layer, .policy = std::string(verdict.policy)};

  const Outcome allowed{.allowed = true, .explicit_deny = false, .layer = Layer::kNone, .policy = {}};
  if (principal.kind == Kind::kService || principal.kind == Kind::kAnonymous || principal.kind == Kind::kWebIdentity)
    return resource.allowed == NamedAs::kNone ? Denied(Layer::kResource) : allowed;

  const bool cross_account = !access.resource_account.empty() && access.resource_account != principal.account;
  const bool must_grant = access.rule == ResourceRule::kMustGrant || cross_account;
  if (must_grant && resource.allowed == NamedAs::kNone) {
    // Naming the identity layer first where both are silent would send a reader to the wrong document: the resource's comes first.
    return Denied(Layer::kResource);
  }
  if (root) return allowed;
  if (!cross_account && resource.allowed == NamedAs::kCaller) return allowed;
  const bool identity_settled = !cross_account && resource.allowed == NamedAs::kRole;
  if (!identity_settled && identity.decision != Decision::kAllow) return Denied(Layer::kIdentity);
  if (layers.boundary != nullptr && boundary.decision != Decision::kAllow) return Denied(Layer::kBoundary);
  if (layers.session != nullptr && session.decision != Decision::kAllow) return Denied(Layer::kSession);
  return allowed;
}

std::string AccessDeniedMessage(const Principal& principal, const Request& request, const Outcome& outcome) {
  std::string out = "User: ";
  out += principal.kind == Kind::kAnonymous ? "anonymous" : principal.kind == Kind::kService ? principal.service : principal.arn;
  out += " is not authorized to perform: ";
  out += request.action;
  out += " on resource: ";
  out += request.resource;
  const std::string layer(LayerName(outcome.layer));
  if (outcome.explicit_deny) {
    out += " with an explicit deny in a";
    out += layer.starts_with('i') ? "n " : " ";
    out += layer;
    if (!outcome.policy.empty()) out += ": " + outcome.policy;
  } else {
    out += " because no " + layer + " allows the ";
    out += request.action;
    out += " action";
  }
  return out;
}

}  // namespace terrarium::iam
