#pragma once

#include <algorithm>
#include <initializer_list>
#include <optional>
#include <string>

#include "api/registry.h"
#include "base/arn.h"
#include "base/text.h"
#include "codec/descriptor.h"
#include "crypto/root_key.h"
#include "gen/rds/types.h"
#include "services/ec2/public.h"
#include "services/rds/tables.h"

// What the operations of RDS share.
namespace terrarium::rds {

namespace wire = gen::rds;

void RegisterSubnetGroups(api::Registry& registry);
void RegisterParameterGroups(api::Registry& registry);
void RegisterInstances(api::Registry& registry, const crypto::RootKey& root);
void RegisterSnapshots(api::Registry& registry, const crypto::RootKey& root);
void RegisterTagging(api::Registry& registry);

std::unexpected<Error> InvalidValue(std::string message);
std::unexpected<Error> InvalidCombination(std::string message);
std::unexpected<Error> Refused(std::string_view what);

// Refuses by name a member that is present and not among these. False, 0 and an empty list count as absent.
Status OnlyMembers(codec::Type type, const void* request, std::initializer_list<std::string_view> served);
template <class Request>
Status Only(const Request& request, std::initializer_list<std::string_view> served) {
  return OnlyMembers(codec::TypeOf<Request>(), &request, served);
}

std::string ArnOf(const api::Call& call, std::string_view type, std::string_view name);
// RDS's identifiers: letters, digits, single hyphens, beginning with a letter.
bool IsIdentifier(std::string_view name, std::size_t longest);

Result<rows::SubnetGroup*> GetSubnetGroup(const api::Call& call, Str name);
wire::DBSubnetGroup WireSubnetGroup(api::Call& call, const rows::SubnetGroup& group);
// default.<family> exists wherever the family is installed.
Result<rows::ParameterGroup*> GetParameterGroup(store::Tx& tx, Arena& arena, std::string_view scope_key, std::string_view name);
// "9.7" or "9.7.4" -> the newest installed one; null where there is none.
// Which engines there are is not known until the machine was asked once, which takes a new engine as long as the self-tests of its programs do.
// Until then: ServiceUnavailable with status 503, which SDKs and Terraform repeat by themselves.
Status EnginesKnown(store::Tx& tx, Arena& arena);
const rows::Engine* FindEngine(store::Tx& tx, Arena& arena, std::string_view version);
const rows::Engine* FindFamily(store::Tx& tx, Arena& arena, std::string_view family);
// A row in status creating, which the instance's reconciler fills: DBSnapshotAlreadyExists, InvalidParameterValue.
Result<rows::Snapshot*> BeginSnapshot(api::Call& call, const rows::Instance& instance, Str name, const List<wire::Tag>& tags);
void TouchUsers(api::Call& call, std::string_view parameter_group);

// Checks them; creating with tags needs rds:AddTagsToResource too.
Result<List<rows::Tag>> ReadTags(api::Call& call, const List<wire::Tag>& tags, std::string_view arn);
Status MergeTags(Arena& arena, List<rows::Tag>& have, const List<wire::Tag>& add);
List<wire::Tag> WireTags(Arena& arena, const List<rows::Tag>& tags);

inline ec2::Scope NetworkScope(api::Call& call) { return {call.tx, call.random, call.caller.account, call.caller.region}; }

// One page of what is sorted by name: MaxRecords 20 to 100, Marker the last name of the page before.
template <class T, class Name>
Result<std::vector<T>> Page(const std::vector<T>& all, std::optional<std::int32_t> most, Str marker, Arena& arena, Str& next, Name name) {
  const std::int32_t limit = most.value_or(100);
  if (limit < 20 || limit > 100) return InvalidValue("Invalid value " + std::to_string(limit) + " for MaxRecords. Must be between 20 and 100");
  std::vector<T> out;
  for (const T& one : all) {
    if (!marker.empty() && name(one) <= marker.view()) continue;
    if (out.size() == static_cast<std::size_t>(limit)) {
      next = arena.Copy(name(out.back()));
      break;
    }
    out.push_back(one);
  }
  return out;
}

}  // namespace terrarium::rds
