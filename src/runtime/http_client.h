#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "base/unique_fd.h"

namespace terrarium::runtime {

// A blocking HTTP/1.1 client over TCP or a unix socket: for the CLI, the provider and the AWS client. No TLS, no redirects, no proxy.

struct HttpEndpoint {
  std::string host{};       // name or IP literal, as the Host header says it; with a unix socket only that
  std::uint16_t port = 80;
  std::string unix_path{};  // used instead of host and port if not empty
};
// "http://host[:port][/path]" to endpoint and path ("/" if none); https is refused by name.
Result<std::pair<HttpEndpoint, std::string>> ParseHttpUrl(std::string_view url);
// "host" or "host:port", without the default port: what Host says and SigV4 signs.
std::string HostHeader(const HttpEndpoint& endpoint);

using HttpHeaders = std::vector<std::pair<std::string, std::string>>;

struct HttpCall {
  std::string method{"GET"};
  std::string target{"/"};
  HttpHeaders headers{};  // Host and Content-Length are added unless given
  std::string body{};
  Millis timeout{60'000};             // for the whole call
  std::size_t limit = 64u << 20;      // of the answer's body, unless it goes to `sink`
  // Receives the body of a 2xx answer in pieces instead of HttpAnswer::body.
  std::function<Status(std::string_view)> sink{};
};

struct HttpAnswer {
  int status = 0;
  HttpHeaders headers{};
  std::string body{};
  // Empty if absent; names compare without case.
  std::string_view Header(std::string_view name) const;
};

// Keeps one connection open between calls. One thread at a time.
class HttpClient {
 public:
  explicit HttpClient(HttpEndpoint endpoint) : endpoint_(std::move(endpoint)) {}
  const HttpEndpoint& endpoint() const { return endpoint_; }
  // kUnavailable: nobody answers there, nothing was sent. kUnknown: it was sent and no whole answer came.
  Result<HttpAnswer> Send(const HttpCall& call);

 private:
  HttpEndpoint endpoint_;
  UniqueFd socket_;
};

}  // namespace terrarium::runtime
