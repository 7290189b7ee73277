#include "provider/core/timeouts.h"

#include <cmath>
#include <cstdlib>

#include "provider/value/json.h"

namespace terrarium::provider {
namespace {

// A constant of the SDK; it must be this one for states to be exchangeable.
constexpr std::string_view kTimeoutsKey = "e2bfb730-ecaa-11e6-8f88-34363bc7c4c0";

struct Operation {
  std::string_view name;
  std::chrono::seconds Timeouts::*limit;
};
constexpr Operation kOperations[] = {
    {"create", &Timeouts::create}, {"read", &Timeouts::read}, {"update", &Timeouts::update}, {"delete", &Timeouts::destroy}};

std::optional<double> UnitSeconds(std::string_view unit) {
  if (unit == "h") return 3600;
  if (unit == "m") return 60;
  if (unit == "s") return 1;
  if (unit == "ms") return 1e-3;
  return std::nullopt;
}

}  // namespace

Block TimeoutsBlock(const Timeouts& defaults) {
  const Check is_duration = [](const Value& value) -> std::optional<std::string> {
    if (ParseDuration(value.Text())) return std::nullopt;
    return "\"" + value.Text() + "\" is not a duration such as 10m or 1h30m";
  };
  Block block{.name = "timeouts", .nesting = Nesting::kSingle};
  for (const auto& [name, limit] : kOperations)
    if ((defaults.*limit).count() > 0) block.body.attributes.push_back({.name = name, .check = is_duration});
  return block;
}

std::optional<nanoseconds> ParseDuration(std::string_view text) {
  double seconds = 0;
  if (text.empty()) return std::nullopt;
  while (!text.empty()) {
    const auto digits = text.find_first_not_of("0123456789.");
    if (digits == 0 || digits == text.npos) return std::nullopt;
    const auto end = std::min(text.find_first_of("0123456789.", digits), text.size());
    const auto unit = UnitSeconds(text.substr(digits, end - digits));
    if (!unit) return std::nullopt;
    seconds += std::strtod(std::string(text.substr(0, digits)).c_str(), nullptr) * *unit;
    text.remove_prefix(end);
  }
  return nanoseconds(std::llround(seconds * 1e9));
}

std::string PlanPrivate(const Resource& resource, const std::string& prior_private, const Value& planned) {
  const auto prior = ParseJson(prior_private.empty() ? "{}" : prior_private);
  if (!prior) return prior_private;
  Object out = prior->Fields();
  if (resource.schema.version > 0) out["schema_version"] = std::to_string(resource.schema.version);
  Object limits;
  for (const auto& [name, limit] : kOperations) {
    if ((resource.timeouts.*limit).count() == 0) continue;
    const auto configured = ParseDuration(planned["timeouts"][name].Text());
    limits.emplace(name, std::int64_t{configured.value_or(resource.timeouts.*limit).count()});
  }
  if (!limits.empty()) out.insert_or_assign(std::string(kTimeoutsKey), limits);
  return out.empty() ? "" : WriteJson(out);
}

nanoseconds TimeoutOf(const Resource& resource, const std::string& private_bytes, std::string_view operation) {
  const auto bytes = ParseJson(private_bytes);
  const auto kept = bytes ? (*bytes)[kTimeoutsKey][operation].Int() : 0;
  if (kept > 0) return nanoseconds(kept);
  for (const auto& [name, limit] : kOperations)
    if (name == operation && (resource.timeouts.*limit).count() > 0) return resource.timeouts.*limit;
  return std::chrono::minutes(20);
}

}  // namespace terrarium::provider
