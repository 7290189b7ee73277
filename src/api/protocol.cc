#include "api/protocol.h"

#include "api/rest.h"
#include "base/json.h"
#include "base/text.h"
#include "codec/json_codec.h"
#include "codec/query_codec.h"
#include "codec/validate.h"
#include "codec/xml_codec.h"

namespace terrarium::api {
namespace {

using codec::Protocol;

// What a service answers when a message breaks its model.
std::string_view ValidationCode(const codec::Service& service) {
  if (service.name == "ec2") return "InvalidParameterValue";
  if (service.name == "rds") return "InvalidParameterValue";
  if (service.name == "ecs" || service.name == "ecr" || service.name == "logs") return "InvalidParameterException";
  return service.protocol == Protocol::kAwsQuery ? "ValidationError" : "ValidationException";
}

bool IsQuery(const codec::Service& service) { return service.protocol == Protocol::kAwsQuery || service.protocol == Protocol::kEc2Query; }

// Where a form request carries its parameters.
std::string_view Form(const HttpRequest& request) { return request.method == "GET" ? request.query : request.body; }

Status CheckModel(const codec::Service& service, const codec::Operation& operation, const void* message) {
  const auto problems = codec::Validate(*service.tables, operation.input, message);
  if (problems.empty()) return {};
  if (service.name == "ec2") {
    // EC2 words a missing parameter in its own way.
    const codec::Shape& shape = service.tables->shapes[operation.input];
    for (const codec::Member *m = service.tables->members + shape.first, *end = m + shape.count; m < end; ++m)
      if ((m->flags & codec::kRequired) != 0 && codec::Present(*service.tables, *m, message) == nullptr)
        return ApiError("MissingParameter", "The request must contain the parameter " + std::string((*service.tables)[m->name]));
  }
  return ApiError(ValidationCode(service), codec::ValidationMessage(problems));
}

int StatusOf(const codec::Service& service, const Error& error) {
  if (const codec::ErrorShape* shape = service.FindError(error.code)) return shape->status;
  switch (error.kind) {
    case ErrorKind::kDenied: return 403;
    case ErrorKind::kUnavailable: return error.code == "ServiceUnavailable" ? 503 : 500;
    case ErrorKind::kUnknown: return 500;
    case ErrorKind::kUnsupported: return error.code == "NotImplemented" ? 501 : 400;
    default: return 400;
  }
}

}  // namespace

std::string_view HttpRequest::Header(std::string_view lower_case_name) const {
  for (const auto& [name, value] : headers)
    if (EqualsIgnoreCase(name, lower_case_name)) return value;
  return {};
}

std::string OperationName(const codec::Service& service, const HttpRequest& request) {
  switch (service.protocol) {
    case Protocol::kAwsJson: {
      const std::string_view target = request.Header("x-amz-target");
      const std::size_t dot = target.rfind('.');
      if (dot == std::string_view::npos || target.substr(0, dot) != service.target_prefix) return {};
      return std::string(target.substr(dot + 1));
    }
    case Protocol::kAwsQuery:
    case Protocol::kEc2Query: {
      const auto head = codec::DecodeQueryHead(Form(request));
      return head ? head->action : std::string();
    }
    case Protocol::kRestJson:
    case Protocol::kRestXml: {
      const codec::Operation* operation = MatchRest(service, request.method, request.path);
      return operation == nullptr ? std::string() : std::string((*service.tables)[operation->name]);
    }
  }
  return {};
}

Status DecodeRequest(const codec::Service& service, const codec::Operation& operation, const HttpRequest& request, void* message, Arena& arena) {
  if (operation.input == codec::kNoShape) return {};
  Status decoded;
  if (IsQuery(service)) {
    decoded = codec::DecodeQuery(*service.tables, operation.input, message, Form(request), arena);
    if (!decoded) return ApiError(ValidationCode(service), decoded.error().message);
  } else if (service.protocol == Protocol::kAwsJson) {
    if (!request.body.empty()) decoded = codec::DecodeJson(*service.tables, operation.input, message, request.body, codec::JsonForm::kAwsJson, arena);
    if (!decoded) return ApiError("SerializationException", decoded.error().message);
  } else {
    TRY(DecodeRest(service, operation, request, message, arena));
  }
  return CheckModel(service, operation, message);
}

HttpResponse EncodeResponse(const codec::Service& service, const codec::Operation& operation, const void* message, std::string_view request_id) {
  const codec::Tables& tables = *service.tables;
  const std::string name(tables[operation.name]);
  HttpResponse response;
  response.status = operation.status;
  std::string& body = response.body;
  switch (service.protocol) {
    case Protocol::kAwsJson:
      response.headers.emplace_back("Content-Type", "application/x-amz-json-" + std::string(service.json_version));
      if (operation.output == codec::kNoShape) body = "{}";
      else codec::EncodeJson(tables, operation.output, message, codec::JsonForm::kAwsJson, body);
      break;
    case Protocol::kAwsQuery: {
      response.headers.emplace_back("Content-Type", "text/xml");
      body += "<" + name + "Response xmlns=\"" + std::string(service.xml_namespace) + "\">";
      if (operation.output != codec::kNoShape) {
        const std::string wrapper(tables[operation.wrapper]);
        if (!wrapper.empty()) body += "<" + wrapper + ">";
        codec::EncodeXml(tables, operation.output, message, body);
        if (!wrapper.empty()) body += "</" + wrapper + ">";
      }
      body += "<ResponseMetadata><RequestId>" + std::string(request_id) + "</RequestId></ResponseMetadata></" + name + "Response>";
      break;
    }
    case Protocol::kEc2Query:
      response.headers.emplace_back("Content-Type", "text/xml;charset=UTF-8");
      body += "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<" + name + "Response xmlns=\"" + std::string(service.xml_namespace) + "/\"><requestId>" + std::string(request_id) + "</requestId>";
      if (operation.output == codec::kNoShape) body += "<return>true</return>";
      else codec::EncodeXml(tables, operation.output, message, body);
      body += "</" + name + "Response>";
      break;
    case Protocol::kRestJson:
    case Protocol::kRestXml: EncodeRest(service, operation, message, response); break;
  }
  response.headers.emplace_back("x-amzn-RequestId", request_id);
  return response;
}

HttpResponse EncodeError(const codec::Service& service, const Error& given, std::string_view request_id) {
  Error error = given;
  if (error.code.empty()) {
    if (error.kind == ErrorKind::kDenied) error.code = service.name == "ec2" ? "UnauthorizedOperation" : service.protocol == Protocol::kAwsQuery ? "AccessDenied" : "AccessDeniedException";
    else if (error.kind == ErrorKind::kInvalid) error.code = ValidationCode(service);
    else error.code = service.protocol == Protocol::kEc2Query ? "InternalError" : "InternalFailure";
  }
  HttpResponse response;
  response.status = StatusOf(service, error);
  std::string& body = response.body;
  const auto element = [&](std::string_view name, std::string_view text) {
    body += "<" + std::string(name) + ">";
    codec::AppendXmlText(body, text);
    body += "</" + std::string(name) + ">";
  };
  if (IsQuery(service)) {
    response.headers.emplace_back("Content-Type", "text/xml");
    if (service.protocol == Protocol::kEc2Query) {
      body += "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Response><Errors><Error>";
      element("Code", error.code);
      element("Message", error.message);
      body += "</Error></Errors>";
      element("RequestID", request_id);
      body += "</Response>";
    } else {
      body += "<ErrorResponse xmlns=\"" + std::string(service.xml_namespace) + "\"><Error>";
      element("Type", response.status < 500 ? "Sender" : "Receiver");
      element("Code", error.code);
      element("Message", error.message);
      body += "</Error>";
      element("RequestId", request_id);
      body += "</ErrorResponse>";
    }
  } else {
    const bool rest = service.protocol == Protocol::kRestJson;
    response.headers.emplace_back("Content-Type", rest ? "application/json" : "application/x-amz-json-" + std::string(service.json_version));
    response.headers.emplace_back("x-amzn-ErrorType", error.code);
    body += "{\"__type\":";
    AppendJsonString(body, error.code);
    // EFS models its errors with ErrorCode and Message; the others with message.
    if (rest) {
      body += ",\"ErrorCode\":";
      AppendJsonString(body, error.code);
      body += ",\"Message\":";
    } else {
      body += ",\"message\":";
    }
    AppendJsonString(body, error.message);
    body += '}';
  }
  response.headers.emplace_back("x-amzn-RequestId", request_id);
  return response;
}

}  // namespace terrarium::api
