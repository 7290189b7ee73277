#include "api/dispatcher.h"

#include "base/check.h"
#include "base/log.h"
#include "base/text.h"

namespace terrarium::api {
namespace {

// An error before any service is known, as the front door of AWS words it.
HttpResponse NoService(int status, std::string_view code, std::string_view message, std::string_view request_id) {
  HttpResponse response;
  response.status = status;
  response.headers = {{"Content-Type", "text/xml"}, {"x-amzn-RequestId", std::string(request_id)}};
  response.body = "<ErrorResponse><Error><Type>Sender</Type><Code>" + std::string(code) + "</Code><Message>" + std::string(message) + "</Message></Error><RequestId>" + std::string(request_id) + "</RequestId></ErrorResponse>";
  return response;
}

std::optional<CredentialScope> ParseScope(std::string_view credential) {
  const auto parts = Split(credential, '/');
  if (parts.size() != 5 || parts[4] != "aws4_request") return std::nullopt;
  return CredentialScope{std::string(parts[0]), std::string(parts[1]), std::string(parts[2]), std::string(parts[3])};
}

}  // namespace

std::optional<CredentialScope> FindCredentialScope(const HttpRequest& request) {
  std::string_view authorization = request.Header("authorization");
  if (const std::size_t at = authorization.find("Credential="); at != std::string_view::npos) {
    authorization.remove_prefix(at + 11);
    return ParseScope(authorization.substr(0, authorization.find_first_of(", ")));
  }
  for (const std::string_view pair : Split(request.query, '&'))
    if (pair.starts_with("X-Amz-Credential="))
      if (const auto value = UriDecode(pair.substr(17), true)) return ParseScope(*value);
  return std::nullopt;
}

const codec::Service* Dispatcher::FindService(const HttpRequest& request) const {
  if (const auto scope = FindCredentialScope(request)) return registry_.FindService(scope->service);
  // Unsigned: the target or the path may still say which service's words the refusal is to be in.
  const std::string_view target = request.Header("x-amz-target");
  for (const codec::Service* service : registry_.services())
    if (!service->target_prefix.empty() && target.starts_with(service->target_prefix)) return service;
  return nullptr;
}

HttpResponse Dispatcher::Handle(const HttpRequest& request) {
  const std::string request_id = RandomUuid(random_);
  const codec::Service* service = FindService(request);
  if (service == nullptr) {
    const auto scope = FindCredentialScope(request);
    if (!scope) return NoService(403, "MissingAuthenticationToken", "Missing Authentication Token", request_id);
    return NoService(501, "NotImplemented", "Terrarium does not serve this AWS service; docs/reference/support.md lists what it serves", request_id);
  }
  Result<HttpResponse> response = Fail(ErrorKind::kUnavailable, "");
  try {
    response = Run(request, *service, request_id);
  } catch (const BugError& bug) {
    LogError("api", std::string(bug.what()) + ", request " + request_id);
    response = Fail(ErrorKind::kUnavailable, "An internal error occurred; the log of terrariumd names it under request id " + request_id);
  }
  if (!response) {
    if (!response.error().cause.empty()) LogError("api", response.error().message + ": " + response.error().cause + ", request " + request_id);
    return EncodeError(*service, response.error(), request_id);
  }
  return *std::move(response);
}

Result<HttpResponse> Dispatcher::Run(const HttpRequest& request, const codec::Service& service, const std::string& request_id) {
  Arena arena;
  return database_.Write([&](store::Tx& tx) -> Result<HttpResponse> {
    TRY_ASSIGN(const Caller caller, authenticator_.Authenticate(request, service, tx));
    const std::string name = OperationName(service, request);
    const OperationRow* row = registry_.Find(service, name);
    if (row == nullptr) {
      const bool known = service.Find(name) != nullptr || service.IsUnserved(name);
      if (known) return ApiError("NotImplemented", "Terrarium does not implement " + std::string(service.signing_name) + ":" + name, ErrorKind::kUnsupported);
      if (service.protocol == codec::Protocol::kAwsJson) return ApiError("UnknownOperationException", "The operation " + name + " is not one of " + std::string(service.service_id));
      return ApiError("InvalidAction", "The action " + name + " is not valid for this web service.");
    }
    void* message = row->operation->input == codec::kNoShape ? nullptr : arena.Zero(service.tables->shapes[row->operation->input].size);
    codec::Empty none;
    if (message == nullptr) message = &none;
    TRY(DecodeRequest(service, *row->operation, request, message, arena));
    Call call{caller, tx, arena, clock_, random_, authorizer_, request_id};
    if (!row->action.empty()) {
      TRY_ASSIGN(const Access access, row->access(call, message));
      for (const std::string& resource : access.resources) TRY(authorizer_.Check(caller, tx, row->action, resource, access.facts));
    }
    TRY_ASSIGN(const void* answer, row->handler(call, message));
    return EncodeResponse(service, *row->operation, answer, request_id);
  });
}

}  // namespace terrarium::api
