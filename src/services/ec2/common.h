#pragma once

#include <functional>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/call.h"
#include "base/arn.h"
#include "base/ip.h"
#include "codec/descriptor.h"
#include "gen/ec2/types.h"
#include "services/ec2/tables.h"

// What the operations of EC2 share.
namespace terrarium::ec2 {

namespace wire = gen::ec2;

// "vpc-0" and 16 hexadecimal digits.
std::string NewId(Random& random, std::string_view prefix);
std::string ArnOf(const api::Call& call, std::string_view type, std::string_view id);

std::unexpected<Error> NotSupported(std::string_view what);
std::unexpected<Error> InvalidValue(std::string message);
std::unexpected<Error> Depends(std::string_view id);
std::unexpected<Error> Missing(std::string_view parameter);

// kUnsupported, by name, for a member of the request that is present and not among these: nothing is accepted and ignored. False counts as absent.
Status OnlyMembers(codec::Type type, const void* request, std::initializer_list<std::string_view> served);
template <class Request>
Status Only(const Request& request, std::initializer_list<std::string_view> served) {
  return OnlyMembers(codec::TypeOf<Request>(), &request, served);
}

// The row, or the error that AWS answers with.
Result<rows::Vpc*> GetVpc(const api::Call& call, Str id);
Result<rows::Subnet*> GetSubnet(const api::Call& call, Str id);
Result<rows::Gateway*> GetGateway(const api::Call& call, Str id);
Result<rows::RouteTable*> GetRouteTable(const api::Call& call, Str id);
Result<rows::Group*> GetGroup(const api::Call& call, Str id);
Result<rows::Eni*> GetEni(const api::Call& call, Str id);

// All rows of the caller's account and region.
template <class Row>
List<Row*> AllOf(const api::Call& call, const store::Table<Row>& table) {
  return table.ListPrefix(call.tx, call.Key(""), call.arena);
}
// The host's picture of this VPC is to be made anew.
void TouchVpc(const api::Call& call, std::string_view vpc);

// Tags. Creating with tags needs ec2:CreateTags on the new resource as well.
Result<List<rows::Tag>> ReadTags(api::Call& call, const List<wire::TagSpecification>& specifications, std::string_view type, std::string_view id,
                                 std::string_view action);
List<wire::Tag> WireTags(Arena& arena, const List<rows::Tag>& tags);

// Filters. `values` gives what a resource has for a filter's name; nothing for a name that the operation does not know.
using FilterValues = std::function<std::optional<std::vector<std::string>>(std::string_view name)>;
Result<bool> Matches(const List<wire::Filter>& filters, const List<rows::Tag>& tags, const FilterValues& values);
// AWS's patterns: * and ?, with \ before a literal one.
bool MatchesPattern(std::string_view pattern, std::string_view text);

// Sorted rows, the ones of `ids` if any, that pass the filters. `missing` makes the error for an id that is not there.
template <class Row, class Tags, class Values, class NotFound>
Result<std::vector<Row*>> Select(const List<Row*>& all, const List<Str>& ids, const List<wire::Filter>& filters, Tags tags, Values values, NotFound missing) {
  for (const Str id : ids) {
    bool found = false;
    for (const Row* row : all) found |= row->id == id;
    if (!found) return missing(id);
  }
  std::vector<Row*> out;
  for (Row* row : all) {
    bool wanted = ids.empty();
    for (const Str id : ids) wanted |= row->id == id;
    if (!wanted) continue;
    TRY_ASSIGN(const bool match, Matches(filters, tags(*row), [&](std::string_view name) { return values(*row, name); }));
    if (match) out.push_back(row);
  }
  return out;
}

// One page of what was selected: MaxResults 5 to 1000, NextToken the place after the last item.
template <class Row>
Status Paginate(std::vector<Row*>& rows, std::optional<std::int32_t> max_results, Str token, Arena& arena, Str& next_token) {
  if (token) {
    std::size_t at = 0;
    while (at < rows.size() && rows[at]->id.view() <= token.view()) ++at;
    if (at == 0 && !rows.empty()) return InvalidValue("The token '" + token.str() + "' is invalid");
    rows.erase(rows.begin(), rows.begin() + static_cast<std::ptrdiff_t>(at));
  }
  if (max_results) {
    if (*max_results < 5 || *max_results > 1000) return InvalidValue("Value ( " + std::to_string(*max_results) + " ) for parameter maxResults is invalid. Expecting a value between 5 and 1000.");
    if (rows.size() > static_cast<std::size_t>(*max_results)) {
      rows.resize(static_cast<std::size_t>(*max_results));
      next_token = arena.Copy(rows.back()->id.view());
    }
  }
  return {};
}

// The region's zones: names a, b, c.
std::vector<std::string> ZonesOf(std::string_view region);
// "us-east-1a" -> "use1-az1".
std::string ZoneId(std::string_view zone);

Str Copy(Arena& arena, std::string_view text);
template <class... Parts>
Str Say(Arena& arena, const Parts&... parts) {
  std::string out;
  ((out += parts), ...);
  return arena.Copy(out);
}

}  // namespace terrarium::ec2
