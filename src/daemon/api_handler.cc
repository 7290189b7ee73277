#include "daemon/api_handler.h"

namespace terrarium::daemon {
namespace {

// No request of the services served is larger; PutLogEvents may carry 1 MiB, UploadLayerPart 20 MiB in base64.
constexpr std::size_t kMostBody = 32u << 20;

}  // namespace

wire::BodyPlan ApiHandler::Begin(const wire::RequestHead&) { return wire::Buffer{kMostBody}; }

void ApiHandler::Handle(const wire::Request& request, wire::Responder responder) {
  api::HttpRequest in;
  in.method = request.head.method;
  in.path = request.head.path;
  in.query = request.head.query;
  in.headers = request.head.headers;
  in.body = request.body;
  in.peer = std::string(request.head.peer);
  api::HttpResponse out = dispatcher_.Handle(in);
  wire::Response response;
  response.status = out.status;
  response.headers = std::move(out.headers);
  response.body = std::move(out.body);
  responder.Send(std::move(response));
}

wire::Response ApiHandler::LostTurn(const wire::Response& lost) {
  // What the answer says did not become durable. Only the request id may still be told: every protocol's client takes a bare 500 for "try again".
  wire::Response response;
  response.status = 500;
  for (const auto& [name, value] : lost.headers)
    if (name == "x-amzn-RequestId") response.headers.emplace_back(name, value);
  return response;
}

}  // namespace terrarium::daemon
