#include <algorithm>

#include "provider/data_sources/data_sources.h"

namespace terrarium::provider {
namespace {

constexpr std::string_view kTable = R"(
default_character_set                         string computed < DefaultCharacterSet.CharacterSetName
default_only                                  bool optional > DefaultOnly
engine                                        string required > Engine < Engine
engine_description                            string computed < DBEngineDescription
exportable_log_types                          set(string) computed < ExportableLogTypes
has_major_target                              bool optional
has_minor_target                              bool optional
id                                            string optional computed
include_all                                   bool optional > IncludeAll
latest                                        bool optional
parameter_group_family                        string optional computed > DBParameterGroupFamily < DBParameterGroupFamily
preferred_major_targets                       list(string) optional
preferred_upgrade_targets                     list(string) optional
preferred_versions                            list(string) optional
region                                        string optional computed
status                                        string computed < Status
supported_character_sets                      set(string) computed
supported_feature_names                       set(string) computed < SupportedFeatureNames
supported_modes                               set(string) computed
supported_timezones                           set(string) computed
supports_certificate_rotation_without_restart bool computed < SupportsCertificateRotationWithoutRestart
supports_global_databases                     bool computed < SupportsGlobalDatabases
supports_integrations                         bool computed < SupportsIntegrations
supports_limitless_database                   bool computed < SupportsLimitlessDatabase
supports_local_write_forwarding               bool computed < SupportsLocalWriteForwarding
supports_log_exports_to_cloudwatch            bool computed < SupportsLogExportsToCloudwatchLogs
supports_parallel_query                       bool computed < SupportsParallelQuery
supports_read_replica                         bool computed < SupportsReadReplica
valid_major_targets                           set(string) computed
valid_minor_targets                           set(string) computed
valid_upgrade_targets                         set(string) computed
version                                       string optional computed
version_actual                                string computed < EngineVersion
version_description                           string computed < DBEngineVersionDescription
block filter set > Filters {
  name   string required > Name
  values set(string) required > Values
}
)";

Result<List> AllVersions(Call& call, Object request) {
  List out;
  while (true) {
    TRY_ASSIGN(const Object page, call.Api("rds", "DescribeDBEngineVersions", request));
    for (const auto& one : At(page, "DBEngineVersions").Items()) out.push_back(one);
    if (At(page, "Marker").Text().empty()) return out;
    request["Marker"] = At(page, "Marker");
  }
}

bool Upgrades(const Value& version, const Value& to, std::optional<bool> major) {
  return std::ranges::any_of(version["ValidUpgradeTarget"].Items(), [&](const Value& target) {
    return (to.IsNull() || target["EngineVersion"] == to) && (!major || target["IsMajorVersionUpgrade"].Bool() == *major);
  });
}

// An upgrade target of the list is a reason to keep a version; without a list every version is kept.
bool UpgradesToOne(const Value& version, const Value& targets, std::optional<bool> major) {
  if (targets.Items().empty()) return true;
  return std::ranges::any_of(targets.Items(), [&](const Value& to) { return Upgrades(version, to, major); });
}

bool Fits(const Value& version, const Object& config) {
  return (!At(config, "has_major_target").Bool() || Upgrades(version, {}, true)) &&
         (!At(config, "has_minor_target").Bool() || Upgrades(version, {}, false)) &&
         UpgradesToOne(version, At(config, "preferred_upgrade_targets"), std::nullopt) &&
         UpgradesToOne(version, At(config, "preferred_major_targets"), true);
}

// Numbers compare as numbers: 8.0.9 is before 8.0.10.
std::vector<long> Numbers(const Value& version) {
  std::vector<long> out;
  const std::string& text = version["EngineVersion"].Text();
  for (std::size_t at = 0; at < text.size();) {
    out.push_back(std::strtol(text.c_str() + at, nullptr, 10));
    at = std::min(text.find('.', at), text.size() - 1) + 1;
  }
  return out;
}

Result<Value> Choose(const List& versions, const Object& config) {
  for (const auto& preferred : At(config, "preferred_versions").Items())
    for (const auto& one : versions)
      if (one["EngineVersion"] == preferred) return one;
  if (versions.empty() || !At(config, "preferred_versions").Items().empty())
    return Fail(ErrorKind::kNotFound, "no engine version of RDS fits");
  if (versions.size() == 1) return versions[0];
  if (At(config, "latest").Bool() || At(config, "default_only").Bool())
    return *std::ranges::max_element(versions, {}, Numbers);
  return Fail(ErrorKind::kInvalid, "several engine versions fit; say latest, preferred_versions or more of the version");
}

List Texts(const Value& list, std::string_view member) {
  List out;
  for (const auto& one : list.Items()) out.push_back(one[member]);
  return out;
}

List Targets(const Value& version, std::optional<bool> major) {
  List out;
  for (const auto& one : version["ValidUpgradeTarget"].Items())
    if (!major || one["IsMajorVersionUpgrade"].Bool() == *major) out.push_back(one["EngineVersion"]);
  return out;
}

Result<Object> Read(Call& call, const Object& config) {
  Object request = ToApi(call.body, config);
  if (const auto& version = At(config, "version").Text(); !version.empty()) request["EngineVersion"] = version;
  // Without a wish the engine's default is meant.
  const bool wish = request.contains("EngineVersion") || request.contains("DBParameterGroupFamily") ||
                    At(config, "latest").Bool() || !At(config, "preferred_versions").Items().empty();
  if (!wish && !request.contains("DefaultOnly")) request["DefaultOnly"] = true;
  TRY_ASSIGN(List versions, AllVersions(call, std::move(request)));
  std::erase_if(versions, [&](const Value& one) { return !Fits(one, config); });
  TRY_ASSIGN(const Value chosen, Choose(versions, config));
  Object out = FromApi(call.body, chosen);
  out["id"] = out["version"] = out["version_actual"];
  for (const char* list : {"exportable_log_types", "supported_feature_names", "supported_modes"})
    out[list] = OrEmpty(out[list]);
  out["supported_character_sets"] = Texts(chosen["SupportedCharacterSets"], "CharacterSetName");
  out["supported_timezones"] = Texts(chosen["SupportedTimezones"], "TimezoneName");
  out["valid_upgrade_targets"] = Targets(chosen, std::nullopt);
  out["valid_major_targets"] = Targets(chosen, true);
  out["valid_minor_targets"] = Targets(chosen, false);
  return out;
}

}  // namespace

DataSource RdsEngineVersionData() {
  return {.type = "aws_rds_engine_version", .schema = {.body = ParseTable(kTable)}, .read = Read};
}

}  // namespace terrarium::provider
