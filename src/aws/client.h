#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "aws/config.h"
#include "base/arena.h"
#include "base/clock.h"
#include "base/result.h"
#include "codec/descriptor.h"
#include "runtime/http_client.h"

namespace terrarium::aws {

// Signed calls of the AWS APIs of codegen/models, blocking, from any number of threads at once. Throttled calls and answers of 5xx are
// repeated a few times; a call whose outcome is unknown is repeated only when it reads.
class Client {
 public:
  // kInvalid when there is no region or no credentials to be found. `clock` outlives the client.
  static Result<std::unique_ptr<Client>> Open(ClientOptions options, const Clock& clock,
                                              const Environment& environment = ProcessEnvironment());

  const Config& config() const { return config_; }

  // Operation of the model by name; request and answer are JSON objects with the model's member names, times as RFC 3339, blobs as
  // base64. A request member that the model lacks is kInvalid and named. An error of the service has its code in Error::code.
  // `region` is the client's when empty.
  Result<std::string> CallJson(std::string_view service, std::string_view operation, std::string_view request,
                               std::string_view region = {});

  // The same with messages: Call<gen::ecs::ops::ListTasks>(request, arena). The answer lives in the arena.
  template <class Op>
  Result<typename Op::Response*> Call(const typename Op::Request& request, Arena& arena) {
    auto* response = arena.New<typename Op::Response>();
    TRY(Send(Op::service(), Op::service().operations[Op::kIndex], &request, config_.region, response, arena));
    return response;
  }

  ~Client();

 private:
  Client(ClientOptions options, Config config, const Clock& clock);
  Result<std::string> EndpointOf(const codec::Service& service) const;
  Status Send(const codec::Service& service, const codec::Operation& operation, const void* request, std::string_view region,
              void* response, Arena& arena);
  Result<runtime::HttpAnswer> SendOnce(const runtime::HttpEndpoint& endpoint, const runtime::HttpCall& call);

  const ClientOptions options_;
  const Config config_;
  const Environment environment_;
  const Clock& clock_;
  std::mutex mutex_;  // of idle_
  std::vector<std::unique_ptr<runtime::HttpClient>> idle_;
};

}  // namespace terrarium::aws
