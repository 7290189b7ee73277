#include "provider/cloud/aws_cloud.h"

#include <mutex>
#include <optional>

#include "aws/client.h"
#include "base/text.h"
#include "provider/value/json.h"

namespace terrarium::provider {
namespace {

// A role's credentials are taken anew this long before they end, so that no call is signed with what ends on its way.
constexpr Millis kMargin = std::chrono::minutes(2);

Result<Object> CallOf(aws::Client& client, std::string_view region, std::string_view service, std::string_view operation, const Object& request) {
  TRY_ASSIGN(const std::string answer, client.CallJson(service, operation, WriteJson(request), region));
  TRY_ASSIGN(Value value, ParseJson(answer));
  return value.Fields();
}

class AwsCloud final : public Cloud {
 public:
  AwsCloud(aws::ClientOptions options, List roles, std::string sts_region, const Clock& clock)
      : options_(std::move(options)), roles_(std::move(roles)), sts_region_(std::move(sts_region)), clock_(clock) {}

  // Before anything else: finds the credentials and assumes the roles.
  Result<void> Open() {
    TRY_ASSIGN(client_, Become());
    home_region_ = client_->config().region;
    return {};
  }

  std::string HomeRegion() const override { return home_region_; }

  Result<Object> Call(std::string_view region, std::string_view service, std::string_view operation,
                      const Object& request) override {
    TRY_ASSIGN(const auto client, Current());
    return CallOf(*client, region, service, operation, request);
  }

 private:
  Result<std::shared_ptr<aws::Client>> Current() {
    const std::lock_guard lock(mutex_);
    if (renew_at_ && clock_.Now() >= *renew_at_) {
      TRY_ASSIGN(client_, Become());
    }
    return client_;
  }

  // A client with the configured credentials, then with each role's in turn.
  Result<std::shared_ptr<aws::Client>> Become() {
    TRY_ASSIGN(std::shared_ptr<aws::Client> client, aws::Client::Open(options_, clock_));
    std::optional<UnixMillis> renew_at;
    for (const auto& role : roles_) {
      auto answer = CallOf(*client, sts_region_, "sts", "AssumeRole", role.Fields());
      if (!answer) {
        answer.error().message = "assuming the role " + role["RoleArn"].Text() + ": " + answer.error().message;
        return std::unexpected(answer.error());
      }
      const Value& given = At(*answer, "Credentials");
      aws::ClientOptions options = options_;
      options.credentials = {given["AccessKeyId"].Text(), given["SecretAccessKey"].Text(), given["SessionToken"].Text()};
      TRY_ASSIGN(client, aws::Client::Open(std::move(options), clock_));
      const auto ends = ParseIso8601(given["Expiration"].Text());
      if (ends) renew_at = std::min(renew_at.value_or(*ends), *ends - kMargin.count());
    }
    renew_at_ = renew_at;  // only now: a renewal that failed is tried again with the next call
    return client;
  }

  const aws::ClientOptions options_;
  const List roles_;
  const std::string sts_region_;
  const Clock& clock_;
  std::string home_region_;
  std::mutex mutex_;  // of what follows
  std::shared_ptr<aws::Client> client_;
  std::optional<UnixMillis> renew_at_;
};

constexpr int kRetries = 9;  // as often as the AWS provider repeats a refused connection: some ten seconds

}  // namespace

Result<std::unique_ptr<Cloud>> OpenAwsCloud(const Settings& settings, const Clock& clock, const StopSignal& stop) {
  aws::ClientOptions options{.region = settings.region,
                             .profile = settings.profile,
                             .credentials = {settings.access_key, settings.secret_key, settings.token},
                             .endpoints = settings.endpoints,
                             .config_files = settings.config_files,
                             .credentials_files = settings.credentials_files,
                             .stopped = [&stop] { return stop.IsRaised(); }};
  options.most_retries = static_cast<int>(settings.most_retries.value_or(kRetries));
  auto cloud = std::make_unique<AwsCloud>(std::move(options), settings.roles, settings.sts_region, clock);
  TRY(cloud->Open());
  return cloud;
}

}  // namespace terrarium::provider
