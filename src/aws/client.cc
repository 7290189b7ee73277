#include "aws/client.h"

#include <algorithm>
#include <thread>

#include "aws/protocol.h"
#include "aws/services.inc"
#include "aws/signature.h"
#include "base/text.h"
#include "codec/json_codec.h"

namespace terrarium::aws {
namespace {

constexpr Millis kFirstPause{100};
constexpr Millis kLongestPause{20'000};
constexpr Millis kLongestRefusedPause{2'000};  // a local engine is there again in a second or not at all

const codec::Service* FindService(std::string_view name) {
  for (const auto* service : kServices)
    if (service->name == name) return service;
  return nullptr;
}

// Twice is as once: also where the answer to the first did not come.
bool IsIdempotent(std::string_view operation) {
  return std::ranges::any_of(std::initializer_list<std::string_view>{"Describe", "Get", "List", "Put", "Set", "Modify", "Update", "Delete", "Tag", "Untag"},
                             [&](std::string_view verb) { return operation.starts_with(verb); });
}

// An answer of 5xx, or nobody who listens: an engine that is being started again.
bool MayRepeat(const Error& error, std::string_view operation) {
  if (error.kind == ErrorKind::kLimit) return !error.code.empty() && error.code.contains("Throttl");
  return error.kind == ErrorKind::kUnavailable || (error.kind == ErrorKind::kUnknown && IsIdempotent(operation));
}

// Ends early when the caller does not want the answer any more.
void Wait(Millis pause, const std::function<bool()>& stopped) {
  constexpr Millis kLook{50};
  for (; pause.count() > 0 && !(stopped && stopped()); pause -= kLook) std::this_thread::sleep_for(std::min(pause, kLook));
}

std::string UpperKey(std::string_view service_id) {
  std::string key = ServiceKey(service_id);
  std::ranges::transform(key, key.begin(), [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
  return key;
}

}  // namespace

Client::Client(ClientOptions options, Config config, const Clock& clock)
    : options_(std::move(options)), config_(std::move(config)), clock_(clock) {}
Client::~Client() = default;

Result<std::unique_ptr<Client>> Client::Open(ClientOptions options, const Clock& clock, const Environment& environment) {
  TRY_ASSIGN(Config config, ResolveConfig(options, environment));
  if (config.region.empty())
    return Fail(ErrorKind::kInvalid, "no region: set AWS_REGION, or a region in the profile");
  if (config.credentials.access_key.empty())
    return Fail(ErrorKind::kInvalid, "no credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or a profile that has them");
  // Endpoints of one service each, from the environment.
  for (const auto* service : kServices) {
    const std::string name = "AWS_ENDPOINT_URL_" + UpperKey(service->service_id);
    if (std::string url = environment(name.c_str()); !url.empty()) config.endpoints[ServiceKey(service->service_id)] = std::move(url);
  }
  return std::unique_ptr<Client>(new Client(std::move(options), std::move(config), clock));
}

Result<std::string> Client::EndpointOf(const codec::Service& service) const {
  if (const auto it = options_.endpoints.find(std::string(service.name)); it != options_.endpoints.end()) return it->second;
  const auto own = config_.endpoints.find(ServiceKey(service.service_id));
  if (own != config_.endpoints.end()) return own->second;
  const auto& all = config_.endpoints.at("");
  if (!all.empty()) return all;
  return Fail(ErrorKind::kInvalid, "no endpoint for " + std::string(service.name) + ": set AWS_ENDPOINT_URL, for example to http://127.0.0.1:4566");
}

Result<runtime::HttpAnswer> Client::SendOnce(const runtime::HttpEndpoint& endpoint, const runtime::HttpCall& call) {
  std::unique_ptr<runtime::HttpClient> connection;
  {
    const std::lock_guard lock(mutex_);
    const auto it = std::ranges::find_if(idle_, [&](const auto& one) {
      return one->endpoint().host == endpoint.host && one->endpoint().port == endpoint.port;
    });
    if (it != idle_.end()) {
      connection = std::move(*it);
      idle_.erase(it);
    }
  }
  if (!connection) connection = std::make_unique<runtime::HttpClient>(endpoint);
  auto answer = connection->Send(call);
  if (answer) {
    const std::lock_guard lock(mutex_);
    idle_.push_back(std::move(connection));
  }
  return answer;
}

Status Client::Send(const codec::Service& service, const codec::Operation& operation, const void* request, std::string_view region,
                    void* response, Arena& arena) {
  const std::string_view name = (*service.tables)[operation.name];
  TRY_ASSIGN(const std::string url, EndpointOf(service));
  TRY_ASSIGN(const auto place, runtime::ParseHttpUrl(url));
  const auto& [endpoint, base] = place;
  TRY_ASSIGN(const runtime::HttpCall plain, EncodeCall(service, operation, request));
  Millis pause = kFirstPause;
  for (int repeated = 0;; ++repeated, pause = std::min(pause * 2, kLongestPause)) {
    if (options_.stopped && options_.stopped()) return Fail(ErrorKind::kUnavailable, std::string(name) + ": interrupted");
    runtime::HttpCall call = plain;
    if (base != "/") call.target = base + (base.ends_with('/') ? call.target.substr(1) : call.target);
    Sign(call, runtime::HostHeader(endpoint), config_.credentials, region, service.signing_name, clock_.Now());
    auto answer = SendOnce(endpoint, call);
    Status outcome = answer ? DecodeAnswer(service, operation, *answer, response, arena)
                            : Status(std::unexpected(std::move(answer).error()));
    if (outcome) return outcome;
    if (outcome.error().code.empty()) outcome.error().message = url + ": " + outcome.error().message;
    if (repeated >= options_.most_retries || !MayRepeat(outcome.error(), name)) return outcome;
    Wait(outcome.error().code.empty() ? std::min(pause, kLongestRefusedPause) : pause, options_.stopped);
  }
}

Result<std::string> Client::CallJson(std::string_view service_name, std::string_view operation_name, std::string_view request,
                                     std::string_view region) {
  const codec::Service* service = FindService(service_name);
  if (!service) return Fail(ErrorKind::kUnsupported, "the service " + std::string(service_name) + " is not known here");
  const codec::Operation* operation = service->Find(operation_name);
  if (!operation)
    return Fail(ErrorKind::kUnsupported, std::string(service_name) + ":" + std::string(operation_name) + " is not known here");
  const codec::Tables& t = *service->tables;
  Arena arena;
  const auto make = [&](std::uint16_t shape) -> void* {
    return shape == codec::kNoShape ? nullptr : arena.Zero(t.shapes[shape].size);
  };
  void* message = make(operation->input);
  if (message) TRY(codec::DecodeJson(t, operation->input, message, request, codec::JsonForm::kCanonical, arena));
  void* response = make(operation->output);
  TRY(Send(*service, *operation, message, region.empty() ? std::string_view(config_.region) : region, response, arena));
  std::string out;
  if (response) codec::EncodeJson(t, operation->output, response, codec::JsonForm::kCanonical, out);
  return out.empty() ? "{}" : out;
}

}  // namespace terrarium::aws
