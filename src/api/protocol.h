#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "codec/descriptor.h"

// What HTTP looks like in each AWS protocol. Statuses, headers and bodies are decided here and nowhere below.
namespace terrarium::api {

// A request after its head was parsed; views live as long as the connection's buffer.
struct HttpRequest {
  std::string_view method;
  std::string_view path;   // as sent, still encoded, without the query
  std::string_view query;  // after '?', still encoded
  std::vector<std::pair<std::string_view, std::string_view>> headers;
  std::string_view body;
  std::string peer;

  std::string_view Header(std::string_view lower_case_name) const;
};

struct HttpResponse {
  int status = 200;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
};

// The operation's name as this protocol says it: X-Amz-Target, Action, or method and path. Empty if it says none.
std::string OperationName(const codec::Service& service, const HttpRequest& request);

// Fills the request message. Errors carry the code that AWS answers malformed requests of this service with.
Status DecodeRequest(const codec::Service& service, const codec::Operation& operation, const HttpRequest& request, void* message, Arena& arena);

HttpResponse EncodeResponse(const codec::Service& service, const codec::Operation& operation, const void* message, std::string_view request_id);

// `error.code` is the code on the wire; its status comes from the model, or from the error's kind where the model does not know it.
HttpResponse EncodeError(const codec::Service& service, const Error& error, std::string_view request_id);

}  // namespace terrarium::api
