#include "provider/core/provider_schema.h"

#include "provider/core/timeouts.h"
#include "provider/schema/checks.h"
#include "provider/schema/table.h"

namespace terrarium::provider {
namespace {

// What is refused here and why:
//   TLS and its proxies, instance metadata, FIPS and dual-stack endpoints: the engine speaks plain HTTP on one address.
//   A mode of retries with a rate limiter: not written. Web identity: the engine's STS does not know it.
// The s3_ arguments and the endpoints of services without resource types here say something about calls that are never made.
constexpr std::string_view kTable = R"(
access_key                         string       optional
allowed_account_ids                set(string)  optional conflicts=forbidden_account_ids
custom_ca_bundle                   string       optional refused
ec2_metadata_service_endpoint      string       optional refused
ec2_metadata_service_endpoint_mode string       optional refused
forbidden_account_ids              set(string)  optional conflicts=allowed_account_ids
http_proxy                         string       optional refused
https_proxy                        string       optional refused
insecure                           bool         optional refused
max_retries                        number       optional
no_proxy                           string       optional refused
profile                            string       optional
region                             string       optional
retry_mode                         string       optional in=standard
s3_us_east_1_regional_endpoint     string       optional in=legacy|regional
s3_use_path_style                  bool         optional
secret_key                         string       optional
shared_config_files                list(string) optional
shared_credentials_files           list(string) optional
skip_credentials_validation        bool         optional
skip_metadata_api_check            string       optional
skip_region_validation             bool         optional
skip_requesting_account_id         bool         optional
sts_region                         string       optional
tag_policy_compliance              string       optional refused
token                              string       optional
token_bucket_rate_limiter_capacity number       optional refused
use_dualstack_endpoint             bool         optional refused
use_fips_endpoint                  bool         optional refused
block assume_role list {
  duration            string      optional
  external_id         string      optional
  policy              string      optional check=json
  policy_arns         set(string) optional
  role_arn            string      optional check=arn
  session_name        string      optional
  source_identity     string      optional
  tags                map(string) optional
  transitive_tag_keys set(string) optional
}
block assume_role_with_web_identity list refused max=1 {
  duration                string      optional
  policy                  string      optional
  policy_arns             set(string) optional
  role_arn                string      optional
  session_name            string      optional
  web_identity_token      string      optional
  web_identity_token_file string      optional
}
block default_tags list max=1 {
  tags map(string) optional
}
block endpoints set {
  autoscaling    string optional
  backup         string optional
  cloudfront     string optional
  cloudtrail     string optional
  cloudwatch     string optional
  ec2            string optional
  ecr            string optional
  ecs            string optional
  efs            string optional
  elbv2          string optional
  events         string optional
  iam            string optional
  kms            string optional
  logs           string optional
  rds            string optional
  s3             string optional
  secretsmanager string optional
  sns            string optional
  sqs            string optional
  ssm            string optional
  sts            string optional
}
block ignore_tags list max=1 {
  key_prefixes set(string) optional
  keys         set(string) optional
}
)";

std::optional<std::string> CheckMetadata(const Value& value) {
  if (value.Text() == "true") return std::nullopt;
  return "credentials of an instance's metadata are not asked for here: leave it away, or say \"true\"";
}

std::optional<std::string> CheckDuration(const Value& value) {
  const auto length = ParseDuration(value.Text());
  if (length && *length >= std::chrono::minutes(15) && *length <= std::chrono::hours(12)) return std::nullopt;
  return "\"" + value.Text() + "\" is not a duration between 15m and 12h";
}

std::vector<std::string> Texts(const Value& value) {
  std::vector<std::string> out;
  for (const auto& item : value.Items()) out.push_back(item.Text());
  return out;
}

// A block of assume_role as the request that it stands for; members that were not given are absent.
Object AssumeRoleRequest(const Value& block) {
  Object out{{"RoleSessionName", "terraform"}};
  const auto set = [&](const char* member, const Value& value) {
    if (value.IsKnown()) out.insert_or_assign(member, value);
  };
  set("RoleArn", block["role_arn"]);
  set("RoleSessionName", block["session_name"]);
  set("ExternalId", block["external_id"]);
  set("Policy", block["policy"]);
  set("SourceIdentity", block["source_identity"]);
  set("TransitiveTagKeys", block["transitive_tag_keys"]);
  if (const auto length = ParseDuration(block["duration"].Text()))
    out.insert_or_assign("DurationSeconds", std::int64_t(std::chrono::duration_cast<std::chrono::seconds>(*length).count()));
  List policies, tags;
  for (const auto& arn : block["policy_arns"].Items()) policies.push_back(Object{{"arn", arn}});
  for (const auto& [key, value] : block["tags"].Fields()) tags.push_back(Object{{"Key", key}, {"Value", value}});
  if (!policies.empty()) out.insert_or_assign("PolicyArns", std::move(policies));
  if (!tags.empty()) out.insert_or_assign("Tags", std::move(tags));
  return out;
}

}  // namespace

Schema ProviderSchema() {
  Body body = ParseTable(kTable);
  Row(body, "max_retries").check = Between(0, 100);
  Row(body, "skip_metadata_api_check").check = CheckMetadata;
  Row(body, "assume_role.duration").check = CheckDuration;
  return {.body = std::move(body)};
}

Settings SettingsFrom(const Value& config) {
  Settings settings;
  settings.region = config["region"].Text();
  settings.sts_region = config["sts_region"].Text();
  settings.profile = config["profile"].Text();
  settings.access_key = config["access_key"].Text();
  settings.secret_key = config["secret_key"].Text();
  settings.token = config["token"].Text();
  settings.config_files = Texts(config["shared_config_files"]);
  settings.credentials_files = Texts(config["shared_credentials_files"]);
  if (config["max_retries"].IsKnown()) settings.most_retries = config["max_retries"].Int();
  settings.allowed_accounts = Texts(config["allowed_account_ids"]);
  settings.forbidden_accounts = Texts(config["forbidden_account_ids"]);
  settings.checks_region = config["skip_region_validation"] != Value(true);
  settings.checks_identity =
      config["skip_credentials_validation"] != Value(true) || config["skip_requesting_account_id"] != Value(true);
  for (const auto& block : config["assume_role"].Items())
    if (!block["role_arn"].Text().empty()) settings.roles.push_back(AssumeRoleRequest(block));
  for (const auto& block : config["endpoints"].Items())
    for (const auto& [service, url] : block.Fields())
      if (!url.Text().empty()) settings.endpoints.insert_or_assign(service, url.Text());
  if (config["default_tags"].IsUnknown()) settings.tags.defaults = Unknown{};
  for (const auto& block : config["default_tags"].Items()) settings.tags.defaults = block["tags"];
  for (const auto& block : config["ignore_tags"].Items()) {
    settings.tags.ignored_keys = Texts(block["keys"]);
    settings.tags.ignored_prefixes = Texts(block["key_prefixes"]);
  }
  return settings;
}

}  // namespace terrarium::provider
