#include "provider/resource/place.h"

#include <algorithm>
#include <utility>

#include "base/text.h"

namespace terrarium::provider {
namespace {

constexpr Partition kChina{"aws-cn", "amazonaws.com.cn", "cn.com.amazonaws"};
constexpr Partition kGovernment{"aws-us-gov", "amazonaws.com", "com.amazonaws"};
constexpr Partition kStandard{"aws", "amazonaws.com", "com.amazonaws"};

constexpr std::pair<std::string_view, std::string_view> kDescriptions[] = {
    {"af-south-1", "Africa (Cape Town)"},         {"ap-east-1", "Asia Pacific (Hong Kong)"},
    {"ap-northeast-1", "Asia Pacific (Tokyo)"},   {"ap-northeast-2", "Asia Pacific (Seoul)"},
    {"ap-northeast-3", "Asia Pacific (Osaka)"},   {"ap-south-1", "Asia Pacific (Mumbai)"},
    {"ap-southeast-1", "Asia Pacific (Singapore)"}, {"ap-southeast-2", "Asia Pacific (Sydney)"},
    {"ca-central-1", "Canada (Central)"},         {"eu-central-1", "Europe (Frankfurt)"},
    {"eu-central-2", "Europe (Zurich)"},          {"eu-north-1", "Europe (Stockholm)"},
    {"eu-south-1", "Europe (Milan)"},             {"eu-south-2", "Europe (Spain)"},
    {"eu-west-1", "Europe (Ireland)"},            {"eu-west-2", "Europe (London)"},
    {"eu-west-3", "Europe (Paris)"},              {"il-central-1", "Israel (Tel Aviv)"},
    {"me-central-1", "Middle East (UAE)"},        {"me-south-1", "Middle East (Bahrain)"},
    {"sa-east-1", "South America (Sao Paulo)"},   {"us-east-1", "US East (N. Virginia)"},
    {"us-east-2", "US East (Ohio)"},              {"us-west-1", "US West (N. California)"},
    {"us-west-2", "US West (Oregon)"},
};

}  // namespace

const Partition& PartitionOf(std::string_view region) {
  if (region.starts_with("cn-")) return kChina;
  if (region.starts_with("us-gov-")) return kGovernment;
  return kStandard;
}

// "eu-west-1", "us-gov-east-1", "us-isob-east-1"
bool IsRegionName(std::string_view name) {
  const auto all = [](std::string_view part, char low, char high) {
    return !part.empty() && std::ranges::all_of(part, [=](char c) { return c >= low && c <= high; });
  };
  const auto parts = Split(name, '-');
  if (parts.size() < 3 || parts.size() > 4 || parts[0].size() != 2 || !all(parts.back(), '0', '9')) return false;
  return std::ranges::all_of(parts.begin(), parts.end() - 1, [&](std::string_view part) { return all(part, 'a', 'z'); });
}

std::string_view RegionDescription(std::string_view region) {
  for (const auto& [name, description] : kDescriptions)
    if (name == region) return description;
  return {};
}

std::string Arn(std::string_view service, std::string_view region, std::string_view account,
                std::string_view resource) {
  std::string arn = "arn:";
  (((((arn += PartitionOf(region).name) += ":") += service) += ":") += region) += ":";
  return ((arn += account) += ":") += resource;
}

}  // namespace terrarium::provider
