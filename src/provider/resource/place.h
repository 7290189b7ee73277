// What a region says about names: partitions, domains, ARNs.
#pragma once

#include <string>
#include <string_view>

namespace terrarium::provider {

struct Partition {
  std::string_view name;
  std::string_view dns_suffix;
  std::string_view reverse_dns;
};

const Partition& PartitionOf(std::string_view region);
bool IsRegionName(std::string_view name);  // by its form: what a new region is called is not known here
// "Europe (Frankfurt)"; empty for a region that is not known here.
std::string_view RegionDescription(std::string_view region);
std::string Arn(std::string_view service, std::string_view region, std::string_view account, std::string_view resource);

}  // namespace terrarium::provider
