#include "provider/data_sources/data_sources.h"
#include "provider/resource/place.h"

namespace terrarium::provider {
namespace {

constexpr std::string_view kTable = R"(
description string computed
endpoint    string optional computed refused
id          string optional computed
name        string optional computed deprecated
region      string optional computed
)";

Result<Object> Read(Call& call, const Object& config) {
  std::string region = call.region;
  if (!At(config, "name").Text().empty()) region = At(config, "name").Text();
  return Object{{"id", region},
                {"name", region},
                {"description", RegionDescription(region)},
                {"endpoint", "ec2." + region + "." + std::string(PartitionOf(region).dns_suffix)}};
}

}  // namespace

DataSource RegionData() {
  return {.type = "aws_region", .schema = {.body = ParseTable(kTable)}, .read = Read};
}

}  // namespace terrarium::provider
