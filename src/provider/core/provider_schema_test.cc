// No argument of the provider block is accepted and ignored: each is used, refused, or about calls that are never made.
#include "provider/core/provider_schema.h"

#include <gtest/gtest.h>

#include <set>

#include "provider/core/provider.h"
#include "provider/schema/validate.h"

namespace terrarium::provider {
namespace {

enum class Fate { kUsed, kRefused, kFixed, kMoot };
struct Case {
  const char* path;
  Fate fate;
  Value value;  // another one than the default
};

constexpr auto kRole = "arn:aws:iam::123456789012:role/deploy";
const std::vector<Case>& Cases() {
  static const std::vector<Case> cases{
      {"access_key", Fate::kUsed, "A"},
      {"allowed_account_ids", Fate::kUsed, List{"123456789012"}},
      {"custom_ca_bundle", Fate::kRefused, "/ca.pem"},
      {"ec2_metadata_service_endpoint", Fate::kRefused, "http://169.254.169.254"},
      {"ec2_metadata_service_endpoint_mode", Fate::kRefused, "IPv6"},
      {"forbidden_account_ids", Fate::kUsed, List{"123456789012"}},
      {"http_proxy", Fate::kRefused, "http://proxy"},
      {"https_proxy", Fate::kRefused, "http://proxy"},
      {"insecure", Fate::kRefused, true},
      {"max_retries", Fate::kUsed, 0},
      {"no_proxy", Fate::kRefused, "localhost"},
      {"profile", Fate::kUsed, "p"},
      {"region", Fate::kUsed, "eu-west-1"},
      {"retry_mode", Fate::kFixed, "adaptive"},
      {"s3_us_east_1_regional_endpoint", Fate::kMoot, "regional"},
      {"s3_use_path_style", Fate::kMoot, true},
      {"secret_key", Fate::kUsed, "S"},
      {"shared_config_files", Fate::kUsed, List{"/config"}},
      {"shared_credentials_files", Fate::kUsed, List{"/credentials"}},
      {"skip_credentials_validation", Fate::kUsed, true},
      {"skip_metadata_api_check", Fate::kFixed, "false"},
      {"skip_region_validation", Fate::kUsed, true},
      {"skip_requesting_account_id", Fate::kUsed, true},
      {"sts_region", Fate::kUsed, "eu-west-1"},
      {"tag_policy_compliance", Fate::kRefused, "error"},
      {"token", Fate::kUsed, "T"},
      {"token_bucket_rate_limiter_capacity", Fate::kRefused, 5},
      {"use_dualstack_endpoint", Fate::kRefused, true},
      {"use_fips_endpoint", Fate::kRefused, true},
      {"assume_role.duration", Fate::kUsed, "1h"},
      {"assume_role.external_id", Fate::kUsed, "x"},
      {"assume_role.policy", Fate::kUsed, "{}"},
      {"assume_role.policy_arns", Fate::kUsed, List{"arn:aws:iam::aws:policy/ReadOnlyAccess"}},
      {"assume_role.role_arn", Fate::kUsed, "arn:aws:iam::123456789012:role/other"},
      {"assume_role.session_name", Fate::kUsed, "s"},
      {"assume_role.source_identity", Fate::kUsed, "me"},
      {"assume_role.tags", Fate::kUsed, Object{{"k", "v"}}},
      {"assume_role.transitive_tag_keys", Fate::kUsed, List{"k"}},
      {"assume_role_with_web_identity.duration", Fate::kRefused, "1h"},
      {"assume_role_with_web_identity.policy", Fate::kRefused, "{}"},
      {"assume_role_with_web_identity.policy_arns", Fate::kRefused, List{kRole}},
      {"assume_role_with_web_identity.role_arn", Fate::kRefused, kRole},
      {"assume_role_with_web_identity.session_name", Fate::kRefused, "s"},
      {"assume_role_with_web_identity.web_identity_token", Fate::kRefused, "t"},
      {"assume_role_with_web_identity.web_identity_token_file", Fate::kRefused, "/t"},
      {"default_tags.tags", Fate::kUsed, Object{{"k", "v"}}},
      {"endpoints.autoscaling", Fate::kUsed, "http://e"},
      {"endpoints.backup", Fate::kUsed, "http://e"},
      {"endpoints.cloudfront", Fate::kUsed, "http://e"},
      {"endpoints.cloudtrail", Fate::kUsed, "http://e"},
      {"endpoints.cloudwatch", Fate::kUsed, "http://e"},
      {"endpoints.ec2", Fate::kUsed, "http://e"},
      {"endpoints.ecr", Fate::kUsed, "http://e"},
      {"endpoints.ecs", Fate::kUsed, "http://e"},
      {"endpoints.efs", Fate::kUsed, "http://e"},
      {"endpoints.elbv2", Fate::kUsed, "http://e"},
      {"endpoints.events", Fate::kUsed, "http://e"},
      {"endpoints.iam", Fate::kUsed, "http://e"},
      {"endpoints.kms", Fate::kUsed, "http://e"},
      {"endpoints.logs", Fate::kUsed, "http://e"},
      {"endpoints.rds", Fate::kUsed, "http://e"},
      {"endpoints.s3", Fate::kUsed, "http://e"},
      {"endpoints.secretsmanager", Fate::kUsed, "http://e"},
      {"endpoints.sns", Fate::kUsed, "http://e"},
      {"endpoints.sqs", Fate::kUsed, "http://e"},
      {"endpoints.ssm", Fate::kUsed, "http://e"},
      {"endpoints.sts", Fate::kUsed, "http://e"},
      {"ignore_tags.key_prefixes", Fate::kUsed, List{"x"}},
      {"ignore_tags.keys", Fate::kUsed, List{"x"}},
  };
  return cases;
}

// What the configuration says without the argument in question.
Value ConfigWithout(std::string_view path) {
  // The call at the start answers both, so it is left away when neither is wanted.
  if (path == "skip_credentials_validation") return Object{{"skip_requesting_account_id", true}};
  if (path == "skip_requesting_account_id") return Object{{"skip_credentials_validation", true}};
  if (!path.starts_with("assume_role.")) return Object{};
  return Object{{"assume_role", List{Object{{"role_arn", kRole}}}}};
}

Value ConfigWith(std::string_view path, const Value& value) {
  const auto dot = path.find('.');
  Object top = ConfigWithout(path).Fields();
  if (dot == path.npos) {
    top.insert_or_assign(std::string(path), value);
    return top;
  }
  Object block{{std::string(path.substr(dot + 1)), value}};
  if (path.starts_with("assume_role.")) block.emplace("role_arn", kRole);
  return Object{{std::string(path.substr(0, dot)), List{block}}};
}

TEST(ProviderConfiguration, EveryArgumentHasItsFate) {
  std::set<std::string> in_schema, in_cases;
  const Schema schema = ProviderSchema();
  for (const auto& one : schema.body.attributes) in_schema.insert(std::string(one.name));
  for (const auto& block : schema.body.blocks)
    for (const auto& one : block.body.attributes) in_schema.insert(std::string(block.name) + "." + std::string(one.name));
  for (const auto& one : Cases()) in_cases.insert(one.path);
  EXPECT_EQ(in_schema, in_cases);

  for (const auto& [path, fate, value] : Cases()) {
    SCOPED_TRACE(path);
    const Value config = ConfigWith(path, value);
    const auto complaints = Validate(schema.body, config);
    if (fate == Fate::kRefused || fate == Fate::kFixed) {
      ASSERT_EQ(complaints.size(), 1u);
      const std::string_view name = fate == Fate::kFixed ? path : std::string_view(path).substr(0, std::string_view(path).find('.'));
      EXPECT_TRUE(complaints[0].summary.ends_with(name)) << complaints[0].summary;
      continue;
    }
    EXPECT_TRUE(complaints.empty());
    // Used means: calls are made otherwise than without it.
    EXPECT_EQ(SettingsFrom(config) != SettingsFrom(ConfigWithout(path)), fate == Fate::kUsed);
  }
}

class Account final : public Cloud {
 public:
  explicit Account(std::vector<std::string>& calls) : calls_(calls) {}
  std::string HomeRegion() const override { return "moon-1"; }
  Result<Object> Call(std::string_view region, std::string_view service, std::string_view operation, const Object&) override {
    calls_.push_back(std::string(region) + " " + std::string(service) + " " + std::string(operation));
    return Object{{"Account", "123456789012"}};
  }

 private:
  std::vector<std::string>& calls_;
};

struct Configured {
  Diagnostics diagnostics;
  std::vector<std::string> calls;
};
Configured Configure(Object config) {
  const FakeClock clock;
  StopSignal stop;
  SystemRandom random;
  Configured out;
  Provider provider(TypeSystem::kLegacy, {.open_cloud = [&](const Settings&) { return std::make_unique<Account>(out.calls); },
                                          .clock = clock, .stop = stop, .random = random});
  out.diagnostics = provider.Configure(config);
  return out;
}

TEST(ProviderConfiguration, LooksWhereAndWhoItIs) {
  EXPECT_TRUE(Configure({}).diagnostics.at(0).summary.contains("moon-1"));
  const Object lenient{{"skip_region_validation", true}};
  const auto with = [&](const char* name, Value value) {
    Object config = lenient;
    config.insert_or_assign(name, std::move(value));
    return config;
  };
  EXPECT_EQ(Configure(lenient).calls, std::vector<std::string>{"moon-1 sts GetCallerIdentity"});
  EXPECT_EQ(Configure(with("sts_region", "eu-west-1")).calls, std::vector<std::string>{"eu-west-1 sts GetCallerIdentity"});
  EXPECT_TRUE(Configure(with("allowed_account_ids", List{"123456789012"})).diagnostics.empty());
  EXPECT_TRUE(Configure(with("allowed_account_ids", List{"210987654321"})).diagnostics.at(0).summary.contains("123456789012"));
  EXPECT_TRUE(Configure(with("forbidden_account_ids", List{"123456789012"})).diagnostics.at(0).summary.contains("not allowed"));
  EXPECT_TRUE(Configure(with("forbidden_account_ids", List{"210987654321"})).diagnostics.empty());

  // Without both questions there is no call, and then nobody can say which account it is.
  Object silent = with("skip_credentials_validation", true);
  silent.insert_or_assign("skip_requesting_account_id", true);
  EXPECT_TRUE(Configure(silent).calls.empty());
  EXPECT_TRUE(Configure(silent).diagnostics.empty());
  silent.insert_or_assign("allowed_account_ids", List{"123456789012"});
  EXPECT_TRUE(Configure(silent).diagnostics.at(0).summary.contains("skip_requesting_account_id"));
}

}  // namespace
}  // namespace terrarium::provider
