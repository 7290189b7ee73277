#include "services/ec2/common.h"

#include <algorithm>

#include "api/served.h"
#include "base/text.h"

namespace terrarium::ec2 {
namespace {

template <class Row>
Result<Row*> Get(const api::Call& call, const store::Table<Row>& table, Str id, std::string_view code, std::string_view word, std::string_view parameter) {
  if (!id || id.empty()) return Missing(parameter);
  if (Row* row = table.Find(call.tx, call.Key(id.view()), call.arena)) return row;
  return ApiError(code, "The " + std::string(word) + " '" + id.str() + "' does not exist", ErrorKind::kNotFound);
}

}  // namespace

std::string NewId(Random& random, std::string_view prefix) { return std::string(prefix) + "-0" + RandomHex(random, 16); }

std::string ArnOf(const api::Call& call, std::string_view type, std::string_view id) {
  return MakeArn("ec2", call.caller.region, call.caller.account, std::string(type) + '/' + std::string(id));
}

std::unexpected<Error> NotSupported(std::string_view what) {
  return ApiError("UnsupportedOperation", std::string(what) + " is not supported: Terrarium would not make it real", ErrorKind::kUnsupported);
}
std::unexpected<Error> InvalidValue(std::string message) { return ApiError("InvalidParameterValue", std::move(message)); }
std::unexpected<Error> Depends(std::string_view id) {
  return ApiError("DependencyViolation", "resource " + std::string(id) + " has a dependent object", ErrorKind::kConflict);
}
std::unexpected<Error> Missing(std::string_view parameter) {
  return ApiError("MissingParameter", "The request must contain the parameter " + std::string(parameter));
}

Status OnlyMembers(codec::Type type, const void* request, std::initializer_list<std::string_view> served) {
  const std::string_view name = api::FirstUnserved(type, request, served, {.also = "DryRun"});
  return name.empty() ? Status() : NotSupported("The parameter " + std::string(name));
}

Result<rows::Vpc*> GetVpc(const api::Call& call, Str id) { return Get(call, kVpcs, id, "InvalidVpcID.NotFound", "vpc ID", "vpcId"); }
Result<rows::Subnet*> GetSubnet(const api::Call& call, Str id) { return Get(call, kSubnets, id, "InvalidSubnetID.NotFound", "subnet ID", "subnetId"); }
Result<rows::Gateway*> GetGateway(const api::Call& call, Str id) {
  return Get(call, kGateways, id, "InvalidInternetGatewayID.NotFound", "internetGateway ID", "internetGatewayId");
}
Result<rows::RouteTable*> GetRouteTable(const api::Call& call, Str id) {
  return Get(call, kRouteTables, id, "InvalidRouteTableID.NotFound", "routeTable ID", "routeTableId");
}
Result<rows::Group*> GetGroup(const api::Call& call, Str id) { return Get(call, kGroups, id, "InvalidGroup.NotFound", "security group", "groupId"); }
Result<rows::Eni*> GetEni(const api::Call& call, Str id) {
  TRY_ASSIGN(rows::Eni * eni, Get(call, kEnis, id, "InvalidNetworkInterfaceID.NotFound", "networkInterface ID", "networkInterfaceId"));
  if (eni->deleting.value_or(false)) return ApiError("InvalidNetworkInterfaceID.NotFound", "The networkInterface ID '" + id.str() + "' does not exist", ErrorKind::kNotFound);
  return eni;
}

void TouchVpc(const api::Call& call, std::string_view vpc) { call.tx.Touch(VpcWork(call.Key(vpc))); }

Result<List<rows::Tag>> ReadTags(api::Call& call, const List<wire::TagSpecification>& specifications, std::string_view type, std::string_view id,
                                 std::string_view action) {
  List<rows::Tag> out;
  std::vector<api::Fact> facts{{"ec2:CreateAction", std::string(action)}};
  for (const auto& specification : specifications) {
    if (specification.resource_type != type)
      return InvalidValue("'" + std::string(specification.resource_type.value_or("")) + "' is not a valid taggable resource type for this operation.");
    for (const auto& tag : specification.tags) {
      if (!tag.key || tag.key.empty()) return InvalidValue("Tag key cannot be empty");
      if (ToLower(tag.key.view()).starts_with("aws:")) return InvalidValue("Tag keys starting with 'aws:' are reserved for internal use");
      if (tag.key.view().size() > 127 || tag.value.view().size() > 255) return InvalidValue("Tag key or value exceeds its maximum length");
      for (const auto& other : out)
        if (other.key == tag.key) return InvalidValue("Duplicate tag key '" + tag.key.str() + "' specified.");
      out.Add(call.arena, {.key = tag.key, .value = tag.value.value_or("")});
      facts.push_back({"aws:RequestTag/" + tag.key.str(), std::string(tag.value.value_or(""))});
    }
  }
  if (out.size() > 50) return ApiError("TagLimitExceeded", "The maximum number of Tags for a resource has been reached.", ErrorKind::kLimit);
  if (!out.empty()) TRY(call.authorizer.Check(call.caller, call.tx, "ec2:CreateTags", ArnOf(call, type, id), facts));
  return out;
}

List<wire::Tag> WireTags(Arena& arena, const List<rows::Tag>& tags) {
  List<wire::Tag> out;
  for (const auto& tag : tags) out.Add(arena, {.key = tag.key, .value = tag.value});
  return out;
}

bool MatchesPattern(std::string_view pattern, std::string_view text) {
  std::size_t p = 0, t = 0, star = std::string_view::npos, resume = 0;
  while (t < text.size()) {
    const bool escaped = p + 1 < pattern.size() && pattern[p] == '\\';
    if (p < pattern.size() && !escaped && pattern[p] == '*') {
      star = p++;
      resume = t;
    } else if (p < pattern.size() && (escaped ? pattern[p + 1] == text[t] : pattern[p] == '?' || pattern[p] == text[t])) {
      p += escaped ? 2 : 1;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++resume;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

Result<bool> Matches(const List<wire::Filter>& filters, const List<rows::Tag>& tags, const FilterValues& values) {
  bool all = true;
  for (const auto& filter : filters) {
    const std::string_view name = filter.name.value_or("");
    std::vector<std::string> has;
    if (name.starts_with("tag:")) {
      for (const auto& tag : tags)
        if (tag.key == name.substr(4)) has.emplace_back(tag.value.view());
    } else if (name == "tag-key") {
      for (const auto& tag : tags) has.emplace_back(tag.key.view());
    } else {
      auto known = values(name);
      if (!known) return InvalidValue("The filter '" + std::string(name) + "' is invalid");
      has = std::move(*known);
    }
    bool any = false;
    for (const Str wanted : filter.values)
      any |= std::any_of(has.begin(), has.end(), [&](const std::string& one) { return MatchesPattern(wanted.view(), one); });
    all = all && any;
  }
  return all;
}

std::vector<std::string> ZonesOf(std::string_view region) {
  std::vector<std::string> out;
  for (const char letter : {'a', 'b', 'c'}) out.push_back(std::string(region) + letter);
  return out;
}

std::string ZoneId(std::string_view zone) {
  const auto parts = Split(zone.substr(0, zone.size() - 1), '-');
  std::string out;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (i == 0 || i + 1 == parts.size()) {
      out += parts[i];
      continue;
    }
    for (const std::string_view word : {"north", "south", "east", "west", "central"})
      if (parts[i].find(word) == 0) out += word[0];
    for (const std::string_view word : {"east", "west"})
      if (const auto at = parts[i].find(word); at != std::string_view::npos && at > 0) out += word[0];
  }
  return out + "-az" + std::to_string(zone.back() - 'a' + 1);
}

Str Copy(Arena& arena, std::string_view text) { return arena.Copy(text); }

}  // namespace terrarium::ec2
