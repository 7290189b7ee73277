#include "node/task_endpoint.h"

#include "base/json.h"

namespace terrarium::node {
namespace {

wire::Response JsonAnswer(int status, std::string body) {
  wire::Response response;
  response.status = status;
  response.headers = {{"Content-Type", "application/json"}, {"Cache-Control", "no-store"}};
  response.body = std::move(body);
  return response;
}

wire::Response Problem(int status, std::string_view code, std::string_view message) {
  Json body;
  body.Set("code", code);
  body.Set("message", message);
  body.Set("HTTPErrorCode", status);
  return JsonAnswer(status, body.Write());
}

}  // namespace

wire::BodyPlan TaskEndpoint::Begin(const wire::RequestHead&) { return wire::Buffer{0}; }

void TaskEndpoint::Handle(const wire::Request& request, wire::Responder responder) { responder.Send(Answer(request.head)); }

wire::Response TaskEndpoint::Answer(const wire::RequestHead& head) const {
  if (head.method != "GET") return Problem(405, "MethodNotAllowed", "only GET is served here");
  const auto* task = world_ == nullptr ? nullptr : world_->FindTask(vpc_, head.peer);
  if (task == nullptr) return Problem(404, "NotATask", "no task has this address");
  constexpr std::string_view kCredentials = "/v2/credentials/";
  if (head.path.starts_with(kCredentials)) {
    if (!task->credentials_id || task->credentials_id.view() != head.path.substr(kCredentials.size()))
      return Problem(403, "InvalidIdInRequest", "CredentialsV2Request: ID not found");
    Json body;
    body.Set("RoleArn", task->role_arn.view());
    body.Set("AccessKeyId", task->access_key_id.view());
    body.Set("SecretAccessKey", task->secret_access_key.view());
    body.Set("Token", task->token.view());
    body.Set("Expiration", task->expiration.view());
    return JsonAnswer(200, body.Write());
  }
  constexpr std::string_view kMetadata = "/v4/";
  if (head.path.starts_with(kMetadata) && task->metadata_id) {
    const std::string_view rest = head.path.substr(kMetadata.size());
    const std::string_view id = rest.substr(0, rest.find('/'));
    const std::string_view what = rest.substr(id.size());
    if (id != task->metadata_id.view()) return Problem(403, "InvalidIdInRequest", "V4 container metadata handler: unable to get container ID from request");
    if (what.empty() || what == "/") return JsonAnswer(200, task->container_metadata.str());
    if (what == "/task") return JsonAnswer(200, task->task_metadata.str());
    return Problem(501, "NotImplemented", "Terrarium does not serve " + std::string(what.substr(1)) + " of the task metadata endpoint");
  }
  return Problem(404, "NotFound", "there is nothing at this path");
}

}  // namespace terrarium::node
