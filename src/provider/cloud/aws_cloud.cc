#include "provider/cloud/aws_cloud.h"

#include "aws/client.h"
#include "provider/value/json.h"

namespace terrarium::provider {
namespace {

class AwsCloud final : public Cloud {
 public:
  explicit AwsCloud(std::unique_ptr<aws::Client> client) : client_(std::move(client)) {}

  std::string HomeRegion() const override { return client_->config().region; }

  Result<Object> Call(std::string_view region, std::string_view service, std::string_view operation,
                      const Object& request) override {
    TRY_ASSIGN(const std::string answer, client_->CallJson(service, operation, WriteJson(request), region));
    TRY_ASSIGN(Value value, ParseJson(answer));
    return value.Fields();
  }

 private:
  const std::unique_ptr<aws::Client> client_;
};

}  // namespace

Result<std::unique_ptr<Cloud>> OpenAwsCloud(const Settings& settings, const Clock& clock, const StopSignal& stop) {
  TRY_ASSIGN(auto client, aws::Client::Open({.region = settings.region,
                                             .profile = settings.profile,
                                             .credentials = {settings.access_key, settings.secret_key, settings.token},
                                             .endpoints = settings.endpoints,
                                             .config_files = settings.config_files,
                                             .credentials_files = settings.credentials_files,
                                             .stopped = [&stop] { return stop.IsRaised(); }},
                                            clock));
  return std::make_unique<AwsCloud>(std::move(client));
}

}  // namespace terrarium::provider
