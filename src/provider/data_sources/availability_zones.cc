#include <algorithm>
#include <set>

#include "provider/data_sources/data_sources.h"

namespace terrarium::provider {
namespace {

constexpr std::string_view kTable = R"(
all_availability_zones bool optional > AllAvailabilityZones
exclude_names          set(string) optional
exclude_zone_ids       set(string) optional
group_names            set(string) computed
id                     string optional computed
names                  list(string) computed
region                 string optional computed
state                  string optional in=available|information|impaired|unavailable|constrained
zone_ids               list(string) computed
block filter set > Filters {
  name   string required > Name
  values set(string) required > Values
}
block timeouts single {
  read string optional
}
)";

bool Holds(const Value& list, const Value& item) { return std::ranges::find(list.Items(), item) != list.Items().end(); }

Result<Object> Read(Call& call, const Object& config) {
  Object request = ToApi(call.body, config);
  if (const Value& state = At(config, "state"); state.IsKnown()) {
    Value& filters = request["Filters"];
    if (!filters.If<List>()) filters = List{};
    filters.If<List>()->push_back(Object{{"Name", "state"}, {"Values", List{state}}});
  }
  TRY_ASSIGN(const Object answer, call.Api("ec2", "DescribeAvailabilityZones", request));
  List zones = At(answer, "AvailabilityZones").Items();
  std::ranges::sort(zones, {}, [](const Value& zone) { return zone["ZoneName"].Text(); });
  List names, ids;
  std::set<std::string> groups;
  for (const auto& zone : zones) {
    if (Holds(At(config, "exclude_names"), zone["ZoneName"]) || Holds(At(config, "exclude_zone_ids"), zone["ZoneId"]))
      continue;
    names.push_back(zone["ZoneName"]);
    ids.push_back(zone["ZoneId"]);
    if (!zone["GroupName"].Text().empty()) groups.insert(zone["GroupName"].Text());
  }
  return Object{{"id", call.region},
                {"names", std::move(names)},
                {"zone_ids", std::move(ids)},
                {"group_names", List(groups.begin(), groups.end())}};
}

}  // namespace

DataSource AvailabilityZonesData() {
  return {.type = "aws_availability_zones", .schema = {.body = ParseTable(kTable)}, .read = Read};
}

}  // namespace terrarium::provider
