#include "services/iam/authority.h"

#include <algorithm>
#include <deque>

#include "base/log.h"
#include "base/text.h"
#include "services/iam/access_keys.h"
#include "services/iam/entities.h"
#include "services/iam/names.h"
#include "services/iam/policies.h"
#include "services/iam/request_facts.h"

namespace terrarium::iam {
namespace {

constexpr std::size_t kCacheLimit = 4096;
constexpr std::string_view kUserKey = "user/";
constexpr std::string_view kSessionKey = "session/";

std::unexpected<Error> BadToken() {
  return ApiError("InvalidClientTokenId", "The security token included in the request is invalid.", ErrorKind::kDenied);
}

// False where a stored document cannot be read any more: then nothing may be allowed, for it may hold a Deny.
bool AddDocument(PolicySet& set, std::string_view document, std::string_view name) {
  const auto policy = ParsePolicy(document, PolicyKind::kSession);
  if (!policy) {
    LogError("iam", "a stored policy cannot be read, its principal is denied everything: " + std::string(name) + ": " + policy.error().message);
    return false;
  }
  set.Add(*policy, std::string(name));
  return true;
}

bool AddManaged(store::Tx& tx, PolicySet& set, std::string_view arn, Arena& arena) {
  const rows::Policy* policy = FindPolicy(tx, arn, arena);
  return policy != nullptr && AddDocument(set, DefaultDocument(*policy), arn);
}

}  // namespace

struct Authority::Compiled {
  std::int64_t stamp = 0;
  bool unreadable = false;
  Principal::Kind kind = Principal::Kind::kUser;
  std::string role_arn, unique_id, user_name;
  PolicySet identity, boundary, session;
  bool has_boundary = false, has_session = false;
  std::vector<std::pair<std::string, std::string>> tags;
  UnixMillis issued = 0;  // 0: no temporary credentials
  std::string source_identity;
};

std::string PrincipalKey(const SessionClaims& claims) { return std::string(kSessionKey) + claims.Write(); }
std::string PrincipalKey(std::string_view account, std::string_view user_name) { return std::string(kUserKey) + NameKey(account, user_name); }

api::Caller CallerOf(const SessionClaims& claims, const rows::Entity* user) {
  api::Caller caller;
  caller.account = claims.account;
  caller.principal_key = PrincipalKey(claims);
  if (claims.is_role()) {
    caller.arn = SessionArn(claims.account, claims.role_name, claims.session_name);
    caller.user_id = claims.role_id + ":" + claims.session_name;
  } else {
    caller.arn = user == nullptr ? "arn:aws:iam::" + claims.account + ":root" : user->arn.str();
    caller.user_id = user == nullptr ? claims.account : user->id.str();
  }
  return caller;
}

Result<Credential> Authority::FindCredential(store::Tx& tx, std::string_view access_key_id, std::string_view session_token) const {
  Arena arena;
  if (access_key_id.starts_with("ASIA")) {
    if (session_token.empty()) return BadToken();
    auto session = OpenSession(access_key_id, session_token, root_);
    if (!session) return BadToken();
    const SessionClaims& claims = session->claims;
    if (clock_.Now() >= claims.expires) return ApiError("ExpiredToken", "The security token included in the request is expired", ErrorKind::kDenied);
    const rows::Entity* entity = nullptr;
    if (claims.is_role()) {
      entity = kRoles.Find(tx, NameKey(claims.account, claims.role_name), arena);
      if (entity == nullptr || entity->id.view() != claims.role_id) return BadToken();
    } else {
      const rows::AccessKey* parent = kAccessKeys.Find(tx, claims.parent_key, arena);
      if (parent == nullptr || !parent->active.value_or(false)) return BadToken();
      if (!claims.user_name.empty()) {
        entity = kUsers.Find(tx, NameKey(claims.account, claims.user_name), arena);
        if (entity == nullptr || entity->id.view() != claims.user_id) return BadToken();
      }
    }
    Credential out{CallerOf(claims, entity), std::move(session->secret)};
    out.caller.access_key_id = access_key_id;
    return out;
  }
  const rows::AccessKey* key = kAccessKeys.Find(tx, access_key_id, arena);
  if (key == nullptr || !key->active.value_or(false) || !session_token.empty()) return BadToken();
  const rows::Entity* user = nullptr;
  if (!key->user_name.empty()) {
    user = kUsers.Find(tx, NameKey(key->account, key->user_name), arena);
    if (user == nullptr) return BadToken();
  }
  auto secret = OpenAccessKey(*key, root_);
  if (!secret) return Fail(ErrorKind::kUnavailable, "An internal error occurred", "the secret of access key " + std::string(access_key_id) + " does not open with this root key");
  Credential out{{}, *std::move(secret)};
  out.caller.account = key->account.str();
  out.caller.arn = user == nullptr ? "arn:aws:iam::" + out.caller.account + ":root" : user->arn.str();
  out.caller.user_id = key->user_id.str();
  out.caller.access_key_id = access_key_id;
  out.caller.principal_key = PrincipalKey(out.caller.account, key->user_name);
  return out;
}

std::shared_ptr<const Authority::Compiled> Authority::Compile(store::Tx& tx, const api::Caller& caller) const {
  Arena arena;
  auto out = std::make_shared<Compiled>();
  const std::string_view key = caller.principal_key;
  const rows::Entity* entity = nullptr;
  SessionClaims claims;
  if (key.starts_with(kSessionKey)) {
    auto read = SessionClaims::Read(key.substr(kSessionKey.size()));
    if (!read) {
      out->unreadable = true;
      return out;
    }
    claims = *std::move(read);
    out->issued = claims.issued;
    out->source_identity = claims.source_identity;
    if (claims.is_role()) {
      out->kind = Principal::Kind::kRoleSession;
      entity = kRoles.Find(tx, NameKey(claims.account, claims.role_name), arena);
      out->unreadable = entity == nullptr || entity->id.view() != claims.role_id;
    } else if (!claims.user_name.empty()) {
      entity = kUsers.Find(tx, NameKey(claims.account, claims.user_name), arena);
      out->unreadable = entity == nullptr;
    }
  } else if (const std::string_view name = key.substr(kUserKey.size()); !name.ends_with('/')) {
    entity = kUsers.Find(tx, name, arena);
    out->unreadable = entity == nullptr;
  }
  if (out->unreadable) return out;
  if (entity == nullptr) {
    out->kind = Principal::Kind::kRoot;
    out->unique_id = caller.account;
    return out;
  }
  out->unique_id = entity->id.str();
  if (out->kind == Principal::Kind::kRoleSession) {
    out->role_arn = entity->arn.str();
  } else {
    out->user_name = entity->name.str();
  }
  bool readable = true;
  for (const rows::InlinePolicy& policy : entity->inline_policies) readable &= AddDocument(out->identity, policy.document, "");
  for (const Str arn : entity->attached) readable &= AddManaged(tx, out->identity, arn, arena);
  out->has_boundary = entity->boundary.has_value();
  if (out->has_boundary) readable &= AddManaged(tx, out->boundary, entity->boundary, arena);
  out->has_session = claims.has_policies();
  for (const std::string& document : claims.policies) readable &= AddDocument(out->session, document, "");
  for (const std::string& arn : claims.policy_arns) readable &= AddManaged(tx, out->session, arn, arena);
  out->unreadable = !readable;
  out->identity.Seal();
  out->boundary.Seal();
  out->session.Seal();
  for (const rows::Tag& tag : entity->tags) out->tags.emplace_back("aws:principaltag/" + ToLower(tag.key), tag.value.str());
  for (const auto& [name, value] : claims.tags) {
    const std::string lower = "aws:principaltag/" + ToLower(name);
    std::erase_if(out->tags, [&](const auto& tag) { return tag.first == lower; });
    out->tags.emplace_back(lower, value);
  }
  return out;
}

std::shared_ptr<const Authority::Compiled> Authority::PoliciesOf(store::Tx& tx, const api::Caller& caller) const {
  Arena arena;
  const std::int64_t stamp = AccountStamp(tx, caller.account, arena);
  const auto known = cache_.find(caller.principal_key);
  if (known != cache_.end() && known->second->stamp == stamp) return known->second;
  auto fresh = std::const_pointer_cast<Compiled>(Compile(tx, caller));
  fresh->stamp = stamp;
  if (cache_.size() >= kCacheLimit) cache_.clear();
  cache_[caller.principal_key] = fresh;
  return fresh;
}

ResourcePolicies::Found Authority::FindResourcePolicy(store::Tx& tx, std::string_view action, std::string_view resource) const {
  const std::string_view service = action.substr(0, action.find(':'));
  for (const auto& [name, policies] : resource_policies_)
    if (name == service) return policies->Find(tx, action, resource);
  return {};
}

Status Authority::Check(const api::Caller& caller, store::Tx& tx, std::string_view action, std::string_view resource, const std::vector<api::Fact>& facts) const {
  const auto compiled = PoliciesOf(tx, caller);
  // Credentials of GetSessionToken cannot call IAM: STS API reference, GetSessionToken.
  if (compiled->issued != 0 && compiled->kind != Principal::Kind::kRoleSession && action.starts_with("iam:")) return BadToken();
  const Principal principal{.kind = compiled->kind, .account = caller.account, .arn = caller.arn, .role_arn = compiled->role_arn, .unique_id = compiled->unique_id, .service = {}};
  const ResourcePolicies::Found on_resource = FindResourcePolicy(tx, action, resource);
  RequestFacts request_facts(clock_.Now());
  const bool reads_facts = on_resource.policy != nullptr || compiled->identity.reads_facts() || compiled->boundary.reads_facts() || compiled->session.reads_facts();
  if (reads_facts) {
    request_facts.AddCaller(caller, principal, compiled->user_name, compiled->issued, compiled->source_identity, action);
    for (const auto& [key, value] : compiled->tags) request_facts.Add(key, value);
    request_facts.AddResource(resource);
    request_facts.AddGiven(facts);
  }
  const auto arn = Arn::Parse(resource);
  const std::string_view owner = arn && arn->account.size() == 12 ? arn->account : std::string_view();
  const Request request{.action = action, .resource = resource, .facts = request_facts.facts()};
  Outcome outcome{.allowed = false, .explicit_deny = false, .layer = Layer::kIdentity, .policy = {}};
  if (!compiled->unreadable) {
    const Layers layers{.identity = &compiled->identity, .boundary = compiled->has_boundary ? &compiled->boundary : nullptr, .session = compiled->has_session ? &compiled->session : nullptr};
    outcome = Evaluate(principal, layers, {.request = request, .resource_account = owner, .resource_policy = on_resource.policy.get(), .rule = on_resource.rule});
  }
  if (outcome.allowed) return {};
  std::string message = AccessDeniedMessage(principal, request, outcome);
  // STS gives no reason: whether the role is missing, does not trust or is not granted is not the caller's to know.
  if (action == "sts:AssumeRole") message = message.substr(0, message.find(" on resource: ") + 14 + resource.size());
  return Fail(ErrorKind::kDenied, std::move(message));
}

ResourcePolicies::Found TrustPolicies::Find(store::Tx& tx, std::string_view, std::string_view resource) const {
  Found found{.policy = nullptr, .rule = ResourceRule::kMustGrant};
  Arena arena;
  const rows::Entity* role = FindEntityByArn(tx, resource, arena);
  if (role == nullptr || !role->trust.has_value()) return found;
  const auto policy = ParsePolicy(role->trust, PolicyKind::kTrust);
  if (!policy) return found;
  std::vector<ResourcePolicy::Binding> bindings;
  for (const rows::Binding& binding : role->trust_bindings)
    // Of a session's ARN the id is its role's, which is also what the session carries.
    bindings.push_back({binding.arn.str(), binding.unique_id.str()});
  found.policy = std::make_shared<const ResourcePolicy>(*policy, std::move(bindings));
  return found;
}

}  // namespace terrarium::iam
