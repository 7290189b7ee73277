#pragma once

#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "api/registry.h"
#include "base/arn.h"
#include "codec/descriptor.h"
#include "gen/elbv2/types.h"
#include "services/elbv2/tables.h"

// What the operations of Elastic Load Balancing share.
namespace terrarium::elbv2 {

namespace wire = gen::elbv2;

std::unexpected<Error> Invalid(std::string message);  // ValidationError
std::unexpected<Error> NotSupported(std::string_view what);

// kUnsupported, by name, for a present member that is not among these: nothing is accepted and ignored. False and empty lists count as absent.
Status OnlyMembers(codec::Type type, const void* request, std::initializer_list<std::string_view> served);
template <class Request>
Status Only(const Request& request, std::initializer_list<std::string_view> served) {
  return OnlyMembers(codec::TypeOf<Request>(), &request, served);
}

// The row key that an ARN of that kind ("loadbalancer/app", "targetgroup", "listener/app") names; empty if it is none.
std::string KeyOfArn(std::string_view arn, std::string_view kind);

// The row that the ARN names, if it is of this account and region and not on its way out; else the error that AWS answers with.
Result<rows::LoadBalancer*> GetLoadBalancer(const api::Call& call, Str arn);
Result<rows::TargetGroup*> GetTargetGroup(const api::Call& call, Str arn);
Result<rows::Listener*> GetListener(const api::Call& call, Str arn);
void Save(store::Tx& tx, const rows::LoadBalancer& row);  // and its reconciler looks at it
void Save(store::Tx& tx, const rows::TargetGroup& row);
void Save(store::Tx& tx, const rows::Listener& row);

// Key of the load balancer that forwards to the group; empty if none. A group belongs to one at most.
std::string UserOf(store::Tx& tx, std::string_view group_arn);
void TouchUser(store::Tx& tx, std::string_view group_arn);
// After listeners came or went: targets of a group that nobody forwards to are unused and drain no longer, others begin their health checks.
void SyncTargets(store::Tx& tx, std::string_view group_arn);

// Tags of a create request, with the permission to tag. `existing` may be empty.
Result<List<rows::Tag>> ReadTags(api::Call& call, const List<wire::Tag>& tags, const List<rows::Tag>& existing);
Status CheckTagging(api::Call& call, const List<wire::Tag>& tags, std::string_view arn);

// An attribute that is served: what it is unless set, and what it may be set to. Those without a range can only be what they are.
struct AttributeRule {
  std::string_view key, preset;
  int least = 0, most = 0;  // of a number
  bool flag = false;        // true or false
};
std::string AttributeValue(const List<rows::Attribute>& set, std::span<const AttributeRule> rules, std::string_view key);
Status SetAttribute(Arena& arena, List<rows::Attribute>& set, std::span<const AttributeRule> rules, Str key, Str value);
// All of them, as the Describe and Modify operations answer.
template <class Out>
void ShowAttributes(Arena& arena, const List<rows::Attribute>& set, std::span<const AttributeRule> rules, Out& out) {
  for (const AttributeRule& rule : rules) {
    if (rule.key.starts_with("stickiness.app_cookie")) continue;  // shown for that type only
    auto& one = out.attributes.Add(arena);
    one.key = rule.key;
    one.value = arena.Copy(AttributeValue(set, rules, rule.key));
  }
}
extern const std::span<const AttributeRule> kLoadBalancerAttributes, kTargetGroupAttributes;

// One page: PageSize 1 to 400, Marker the ARN of the last one shown.
template <class Row>
Status Paginate(std::vector<Row*>& rows, std::optional<std::int32_t> size, Str marker, Str& next) {
  if (size && (*size < 1 || *size > 400)) return Invalid("PageSize must be between 1 and 400");
  if (marker) {
    std::size_t at = 0;
    while (at < rows.size() && rows[at]->arn != marker.view()) ++at;
    if (at == rows.size()) return Invalid("Marker is invalid");
    rows.erase(rows.begin(), rows.begin() + static_cast<std::ptrdiff_t>(at) + 1);
  }
  if (size && rows.size() > static_cast<std::size_t>(*size)) {
    rows.resize(static_cast<std::size_t>(*size));
    next = rows.back()->arn;
  }
  return {};
}

// The resource for IAM that a member of the request names.
template <class Request>
auto On(Str Request::*arn) {
  return [arn](api::Call&, const Request& request) -> Result<api::Access> {
    return api::Access{.resources = {std::string((request.*arn).value_or("*"))}, .facts = {}};
  };
}
template <class Request>
auto OnAll(List<Str> Request::*arns) {
  return [arns](api::Call&, const Request& request) -> Result<api::Access> {
    api::Access access{.resources = {}, .facts = {}};
    for (const Str arn : request.*arns) access.resources.push_back(arn.str());
    return access;
  };
}

void RegisterLoadBalancers(api::Registry& registry);
void RegisterTargetGroups(api::Registry& registry);
void RegisterListeners(api::Registry& registry);
void RegisterTargets(api::Registry& registry);
void RegisterTags(api::Registry& registry);

}  // namespace terrarium::elbv2
