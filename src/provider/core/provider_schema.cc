#include "provider/core/provider_schema.h"

namespace terrarium::provider {
namespace {

using enum Use;

std::vector<Attribute> Strings(std::initializer_list<std::string_view> names) {
  std::vector<Attribute> out;
  for (const auto name : names) out.push_back({.name = name});
  return out;
}

Block AssumeRole(std::string_view name, std::initializer_list<std::string_view> strings, int max_items) {
  // Calls as somebody else than the user believes would be worse than none.
  Block block{.name = name, .use = kOptional | kRefused, .max_items = max_items, .body = {.attributes = Strings(strings)}};
  block.body.attributes.push_back({.name = "policy_arns", .type = SetOf(kString)});
  return block;
}

std::vector<std::string> Texts(const Value& value) {
  std::vector<std::string> out;
  for (const auto& item : value.Items()) out.push_back(item.Text());
  return out;
}

// Blocks only; in the order of the documentation.
std::vector<Block> Blocks() {
  std::vector<Block> blocks{
      AssumeRole("assume_role",
                 {"duration", "external_id", "policy", "role_arn", "session_name", "source_identity"}, 0),
      AssumeRole("assume_role_with_web_identity",
                 {"duration", "policy", "role_arn", "session_name", "web_identity_token", "web_identity_token_file"},
                 1),
      {.name = "default_tags", .max_items = 1, .body = {.attributes = {{.name = "tags", .type = MapOf(kString)}}}},
      {.name = "endpoints",
       .nesting = Nesting::kSet,
       .body = {.attributes = Strings({"autoscaling", "backup", "cloudfront", "cloudtrail", "cloudwatch", "ec2", "ecr",
                                       "ecs", "efs", "elbv2", "events", "iam", "kms", "logs", "rds", "s3",
                                       "secretsmanager", "sns", "sqs", "ssm", "sts"})}},
      {.name = "ignore_tags",
       .max_items = 1,
       .body = {.attributes = {{.name = "key_prefixes", .type = SetOf(kString)},
                               {.name = "keys", .type = SetOf(kString)}}}},
  };
  auto& assume_role = blocks.front().body.attributes;
  assume_role.push_back({.name = "tags", .type = MapOf(kString)});
  assume_role.push_back({.name = "transitive_tag_keys", .type = SetOf(kString)});
  return blocks;
}

}  // namespace

Schema ProviderSchema() {
  Body body{
      .attributes = Strings({"access_key", "custom_ca_bundle", "ec2_metadata_service_endpoint",
                             "ec2_metadata_service_endpoint_mode", "http_proxy", "https_proxy", "no_proxy", "profile",
                             "region", "retry_mode", "s3_us_east_1_regional_endpoint", "secret_key",
                             "skip_metadata_api_check", "sts_region", "token"}),
      .blocks = Blocks(),
  };
  for (const auto name : {"insecure", "s3_use_path_style", "skip_credentials_validation", "skip_region_validation",
                          "skip_requesting_account_id", "use_dualstack_endpoint", "use_fips_endpoint"})
    body.attributes.push_back({.name = name, .type = kBool});
  for (const auto name : {"max_retries", "token_bucket_rate_limiter_capacity"})
    body.attributes.push_back({.name = name, .type = kNumber});
  for (const auto name : {"allowed_account_ids", "forbidden_account_ids"})
    body.attributes.push_back({.name = name, .type = SetOf(kString), .use = kOptional | kRefused});
  for (const auto name : {"shared_config_files", "shared_credentials_files"})
    body.attributes.push_back({.name = name, .type = ListOf(kString)});
  return {.body = std::move(body)};
}

Settings SettingsFrom(const Value& config) {
  Settings settings;
  settings.region = config["region"].Text();
  settings.profile = config["profile"].Text();
  settings.access_key = config["access_key"].Text();
  settings.secret_key = config["secret_key"].Text();
  settings.token = config["token"].Text();
  settings.config_files = Texts(config["shared_config_files"]);
  settings.credentials_files = Texts(config["shared_credentials_files"]);
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
