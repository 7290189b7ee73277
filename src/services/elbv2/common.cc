#include "services/elbv2/common.h"

#include <algorithm>

#include "api/served.h"
#include "base/text.h"

namespace terrarium::elbv2 {
namespace {

constexpr AttributeRule kOfLoadBalancers[] = {
    {"access_logs.s3.enabled", "false"},
    {"access_logs.s3.bucket", ""},
    {"access_logs.s3.prefix", ""},
    {"client_keep_alive.seconds", "3600"},
    {"connection_logs.s3.enabled", "false"},
    {"connection_logs.s3.bucket", ""},
    {"connection_logs.s3.prefix", ""},
    {"deletion_protection.enabled", "false", 0, 0, true},
    {"idle_timeout.timeout_seconds", "60", 1, 4000},
    {"load_balancing.cross_zone.enabled", "true"},
    {"routing.http.desync_mitigation_mode", "defensive"},
    {"routing.http.drop_invalid_header_fields.enabled", "false"},
    {"routing.http.preserve_host_header.enabled", "false"},
    {"routing.http.x_amzn_tls_version_and_cipher_suite.enabled", "false"},
    {"routing.http.xff_client_port.enabled", "false"},
    {"routing.http.xff_header_processing.mode", "append"},
    {"routing.http2.enabled", "true"},
    {"waf.fail_open.enabled", "false"},
    {"zonal_shift.config.enabled", "false"},
};
constexpr AttributeRule kOfTargetGroups[] = {
    {"deregistration_delay.timeout_seconds", "300", 0, 3600},
    {"load_balancing.algorithm.anomaly_mitigation", "off"},
    {"load_balancing.algorithm.type", "round_robin"},
    {"load_balancing.cross_zone.enabled", "use_load_balancer_configuration"},
    {"slow_start.duration_seconds", "0"},
    {"stickiness.enabled", "false"},
    {"stickiness.type", "lb_cookie"},
    {"stickiness.lb_cookie.duration_seconds", "86400"},
    {"stickiness.app_cookie.cookie_name", ""},
    {"stickiness.app_cookie.duration_seconds", "86400"},
};

std::string KeyOf(const rows::LoadBalancer& row) { return KeyOfArn(row.arn.view(), "loadbalancer/app"); }

template <class Row>
Result<Row*> Get(const api::Call& call, const store::Table<Row>& table, std::string_view kind, Str arn, std::string_view code, std::string_view words) {
  const std::string key = KeyOfArn(arn.value_or(""), kind);
  if (key.empty()) return Invalid("'" + std::string(arn.value_or("")) + "' is not a valid " + std::string(words) + " ARN");
  Row* row = key.starts_with(call.Key("")) ? table.Find(call.tx, key, call.arena) : nullptr;
  if (row != nullptr && row->arn == arn.view()) return row;
  return ApiError(code, "One or more " + std::string(words) + "s not found", ErrorKind::kNotFound);
}

}  // namespace

const std::span<const AttributeRule> kLoadBalancerAttributes(kOfLoadBalancers), kTargetGroupAttributes(kOfTargetGroups);

std::unexpected<Error> Invalid(std::string message) { return ApiError("ValidationError", std::move(message)); }
std::unexpected<Error> NotSupported(std::string_view what) {
  return ApiError("ValidationError", "Terrarium does not support " + std::string(what) + ": it would not make it real", ErrorKind::kUnsupported);
}

Status OnlyMembers(codec::Type type, const void* request, std::initializer_list<std::string_view> served) {
  const std::string_view name = api::FirstUnserved(type, request, served);
  return name.empty() ? Status() : NotSupported("the parameter " + std::string(name));
}

std::string KeyOfArn(std::string_view text, std::string_view kind) {
  const auto arn = Arn::Parse(text);
  if (!arn || arn->service != "elasticloadbalancing" || !arn->resource.starts_with(std::string(kind) + "/")) return {};
  // After the kind: a name, which the key does without, then the ids.
  const std::string rest = arn->resource.substr(kind.size() + 1);
  const auto slash = rest.find('/');
  if (slash == std::string::npos || slash + 1 == rest.size()) return {};
  return arn->account + "/" + arn->region + "/" + rest.substr(slash + 1);
}

Result<rows::LoadBalancer*> GetLoadBalancer(const api::Call& call, Str arn) {
  TRY_ASSIGN(rows::LoadBalancer * row, Get(call, kLoadBalancers, "loadbalancer/app", arn, "LoadBalancerNotFound", "load balancer"));
  if (row->deleting.value_or(false)) return ApiError("LoadBalancerNotFound", "One or more load balancers not found", ErrorKind::kNotFound);
  return row;
}
Result<rows::TargetGroup*> GetTargetGroup(const api::Call& call, Str arn) {
  return Get(call, kTargetGroups, "targetgroup", arn, "TargetGroupNotFound", "target group");
}
Result<rows::Listener*> GetListener(const api::Call& call, Str arn) { return Get(call, kListeners, "listener/app", arn, "ListenerNotFound", "listener"); }

void Save(store::Tx& tx, const rows::LoadBalancer& row) {
  kLoadBalancers.Put(tx, KeyOf(row), row);
  tx.Touch(LoadBalancerWork(KeyOf(row)));
}
void Save(store::Tx& tx, const rows::TargetGroup& row) {
  kTargetGroups.Put(tx, KeyOfArn(row.arn.view(), "targetgroup"), row);
  TouchUser(tx, row.arn.view());
}
void Save(store::Tx& tx, const rows::Listener& row) {
  const std::string owner = KeyOfArn(row.load_balancer.view(), "loadbalancer/app");
  kListeners.Put(tx, KeyOfArn(row.arn.view(), "listener/app"), row, owner);
  tx.Touch(LoadBalancerWork(owner));
}

std::string UserOf(store::Tx& tx, std::string_view group_arn) {
  Arena arena;
  const std::string key = KeyOfArn(group_arn, "targetgroup");
  for (const rows::Listener* listener : kListeners.ListPrefix(tx, key.substr(0, key.rfind('/') + 1), arena))
    if (listener->action->target_group == group_arn) return KeyOfArn(listener->load_balancer.view(), "loadbalancer/app");
  return {};
}
void TouchUser(store::Tx& tx, std::string_view group_arn) {
  if (const std::string user = UserOf(tx, group_arn); !user.empty()) tx.Touch(LoadBalancerWork(user));
}

void SyncTargets(store::Tx& tx, std::string_view group_arn) {
  Arena arena;
  const bool used = !UserOf(tx, group_arn).empty();
  const std::string group = KeyOfArn(group_arn, "targetgroup");
  for (rows::Target* target : kTargets.ListOwner(tx, group, arena)) {
    const std::string key = group + "/" + target->address.str() + ":" + std::to_string(*target->port);
    if (used == (target->state != "unused")) continue;
    if (!used && target->state == "draining") {
      kTargets.Delete(tx, key);
    } else {
      target->state = used ? "initial" : "unused";
      target->reason = used ? "Elb.InitialHealthChecking" : "Target.NotInUse";
      target->description = used ? "Initial health checks in progress" : "Target group is not configured to receive traffic from the load balancer";
      kTargets.Put(tx, key, *target, group);
    }
    if (target->notify) tx.Touch(target->notify.view());
  }
}

Result<List<rows::Tag>> ReadTags(api::Call& call, const List<wire::Tag>& tags, const List<rows::Tag>& existing) {
  List<rows::Tag> out;
  for (const auto& tag : existing) out.Add(call.arena, tag);
  std::vector<std::string> seen;
  for (const auto& tag : tags) {
    const std::string key(tag.key.value_or(""));
    if (key.empty() || key.size() > 128 || tag.value.view().size() > 256) return Invalid("A tag's key has 1 to 128 characters, its value at most 256");
    if (ToLower(key).starts_with("aws:")) return Invalid("Tag keys starting with 'aws:' are reserved for internal use");
    if (std::find(seen.begin(), seen.end(), key) != seen.end()) return ApiError("DuplicateTagKeys", "Duplicate tag key '" + key + "'");
    seen.push_back(key);
    const auto at = std::find_if(out.begin(), out.end(), [&](const rows::Tag& one) { return one.key == key; });
    rows::Tag& kept = at == out.end() ? out.Add(call.arena) : *at;
    kept.key = call.arena.Copy(key);
    kept.value = call.arena.Copy(tag.value.value_or(""));
  }
  if (out.size() > 50) return ApiError("TooManyTags", "A resource has at most 50 tags", ErrorKind::kLimit);
  return out;
}

Status CheckTagging(api::Call& call, const List<wire::Tag>& tags, std::string_view arn) {
  if (tags.empty()) return {};
  std::vector<api::Fact> facts;
  for (const auto& tag : tags) facts.push_back({"aws:RequestTag/" + tag.key.str(), std::string(tag.value.value_or(""))});
  return call.authorizer.Check(call.caller, call.tx, "elasticloadbalancing:AddTags", arn, facts);
}

std::string AttributeValue(const List<rows::Attribute>& set, std::span<const AttributeRule> rules, std::string_view key) {
  for (const auto& one : set)
    if (one.key == key) return one.value.str();
  for (const auto& rule : rules)
    if (rule.key == key) return std::string(rule.preset);
  return {};
}

Status SetAttribute(Arena& arena, List<rows::Attribute>& set, std::span<const AttributeRule> rules, Str key, Str value) {
  const std::string text(value.value_or(""));
  for (const auto& rule : rules) {
    if (key != rule.key) continue;
    if (rule.flag) {
      if (text != "true" && text != "false") return Invalid("The value of '" + key.str() + "' must be true or false");
    } else if (rule.most > 0) {
      const auto number = ParseInt(text);
      if (!number || *number < rule.least || *number > rule.most)
        return Invalid("The value of '" + key.str() + "' must be between " + std::to_string(rule.least) + " and " + std::to_string(rule.most));
    } else if (text != rule.preset) {
      return NotSupported("the attribute " + key.str() + " = '" + text + "'");
    } else {
      return {};
    }
    for (auto& one : set) {
      if (one.key != rule.key) continue;
      one.value = arena.Copy(text);
      return {};
    }
    set.Add(arena, {.key = rule.key, .value = arena.Copy(text)});
    return {};
  }
  return NotSupported("the attribute " + std::string(key.value_or("")));
}

}  // namespace terrarium::elbv2
