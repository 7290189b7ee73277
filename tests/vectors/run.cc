#include "run.h"

#include "api/protocol.h"
#include "aws/protocol.h"
#include "base/json_reader.h"
#include "base/text.h"
#include "codec/xml_codec.h"
#include "compare.h"
#include "message.h"

namespace terrarium::vectors {
namespace {

using codec::Protocol;

bool IsQuery(const Case& one) { return one.service->protocol == Protocol::kAwsQuery || one.service->protocol == Protocol::kEc2Query; }

// `shape` with the case's values against a message.
std::string DiffMessage(const Case& one, std::uint16_t shape, const Json& values, const void* got) {
  Arena arena;
  const auto want = Fill(*one.service->tables, shape, values, arena);
  if (!want) return "a message cannot hold " + want.error().message;
  return DiffJson(Show(*one.service->tables, shape, *want).Write(), Show(*one.service->tables, shape, got).Write());
}

std::string DiffBody(std::string_view media, std::string_view want, std::string_view got) {
  if (media.contains("json")) return DiffJson(want, got);
  if (media.contains("xml")) return DiffXml(want, got);
  if (media.contains("form-urlencoded")) return DiffForm(want, got);
  return want == got ? "" : "wanted body: " + std::string(want) + "\n   got: " + std::string(got);
}

template <class Headers>
const std::string* FindHeader(const Headers& headers, std::string_view name) {
  for (const auto& [key, value] : headers)
    if (EqualsIgnoreCase(key, name)) return &value;
  return nullptr;
}

// The headers that the case names are there, those that it forbids are not. What HTTP adds by itself is not asked for here.
template <class Headers>
std::string DiffHeaders(const Json& message, const Headers& got) {
  for (const auto& [name, value] : message["headers"].object()) {
    if (EqualsIgnoreCase(name, "content-length")) continue;
    const std::string* found = FindHeader(got, name);
    const bool same = found != nullptr && (EqualsIgnoreCase(name, "content-type") ? found->starts_with(value.string()) : *found == value.string());
    if (!same) return "wanted header " + name + ": " + value.string() + "\n   got: " + (found == nullptr ? "none" : *found);
  }
  for (const Json& name : message["forbidHeaders"].array())
    if (FindHeader(got, name.string()) != nullptr) return "has the header " + name.string();
  for (const Json& name : message["requireHeaders"].array())
    if (!EqualsIgnoreCase(name.string(), "content-length") && FindHeader(got, name.string()) == nullptr) return "has no header " + name.string();
  return "";
}

// Views into the case.
api::HttpRequest RequestOf(const Case& one, const Json& sent) {
  const std::string& uri = sent["uri"].string();
  const std::size_t mark = uri.find('?');
  api::HttpRequest request;
  request.method = sent.Has("method") ? sent["method"].string() : one.given["http"]["method"].string();
  request.path = std::string_view(uri).substr(0, mark);
  if (mark != uri.npos) request.query = std::string_view(uri).substr(mark + 1);
  for (const auto& [name, value] : sent["headers"].object()) request.headers.emplace_back(name, value.string());
  request.body = sent["body"].string();
  return request;
}

std::string RefuseRequest(const Case& one) {
  const api::HttpRequest request = RequestOf(one, one.values["malformed"]);
  const std::string name = api::OperationName(*one.service, request);
  if (one.service->Find(name) != one.operation) return "taken for the operation " + name;
  Arena arena;
  codec::Empty none;
  void* message = one.operation->input == codec::kNoShape ? &none : arena.Zero(one.service->tables->shapes[one.operation->input].size);
  const Status done = api::DecodeRequest(*one.service, *one.operation, request, message, arena);
  if (done) return "taken for " + Show(*one.service->tables, one.operation->input, message).Write();
  const api::HttpResponse got = api::EncodeError(*one.service, done.error(), "id");
  const Json& want = one.values["refusal"];
  if (got.status != want["status_code"].integer()) return "refused with status " + std::to_string(got.status) + ": " + got.body;
  const std::string* code = FindHeader(got.headers, "x-amzn-errortype");
  return code != nullptr && *code == want["errorCode"].string() ? "" : "refused with " + got.body;
}

std::string ParseRequest(const Case& one) {
  const api::HttpRequest request = RequestOf(one, one.values["serialized"]);
  // A few cases leave out the header that names the operation: then it is not asked for.
  if (one.service->protocol != Protocol::kAwsJson || !request.Header("x-amz-target").empty()) {
    const std::string name = api::OperationName(*one.service, request);
    if (one.service->Find(name) != one.operation) return "taken for the operation " + name;
  }
  Arena arena;
  codec::Empty none;
  void* message = one.operation->input == codec::kNoShape ? &none : arena.Zero(one.service->tables->shapes[one.operation->input].size);
  if (const Status done = api::DecodeRequest(*one.service, *one.operation, request, message, arena); !done) return done.error().message;
  return DiffMessage(one, one.operation->input, one.values["params"], message);
}

std::string MakeRequest(const Case& one) {
  const Json& serialized = one.values["serialized"];
  Arena arena;
  const auto message = Fill(*one.service->tables, one.operation->input, one.values["params"], arena);
  if (!message) return "a message cannot hold " + message.error().message;
  const auto call = aws::EncodeCall(*one.service, *one.operation, *message);
  if (!call) return call.error().message;
  if (one.given.Has("endpoint")) return "no host prefix is made";
  if (serialized.Has("method") && serialized["method"].string() != call->method) return "wanted method " + serialized["method"].string() + ", got " + call->method;
  const std::string& uri = serialized["uri"].string();
  const auto path = [](const std::string& target) { return target.substr(0, target.find('?')); };
  const auto query = [](const std::string& target) { return target.contains('?') ? target.substr(target.find('?') + 1) : std::string(); };
  if (path(uri) != path(call->target)) return "wanted path " + path(uri) + "\n   got: " + path(call->target);
  if (const std::string wrong = DiffForm(query(uri), query(call->target)); !wrong.empty()) return wrong;
  if (const std::string wrong = DiffHeaders(serialized, call->headers); !wrong.empty()) return wrong;
  if (!serialized.Has("body")) return "";
  const std::string* media = FindHeader(call->headers, "content-type");
  return DiffBody(media == nullptr ? "" : *media, serialized["body"].string(), call->body);
}

std::string ParseResponse(const Case& one) {
  runtime::HttpAnswer answer;
  answer.status = static_cast<int>(one.values["response"]["status_code"].integer());
  for (const auto& [name, value] : one.values["response"]["headers"].object()) answer.headers.emplace_back(name, value.string());
  answer.body = one.values["response"]["body"].string();
  Arena arena;
  codec::Empty none;
  void* message = one.operation->output == codec::kNoShape ? &none : arena.Zero(one.service->tables->shapes[one.operation->output].size);
  const Status done = aws::DecodeAnswer(*one.service, *one.operation, answer, message, arena);
  if (!one.values.Has("errorCode")) {
    if (!done) return done.error().message;
    return DiffMessage(one, one.operation->output, one.values["result"], message);
  }
  if (done) return "taken for a success";
  if (done.error().code != one.values["errorCode"].string()) return "wanted code " + one.values["errorCode"].string() + ", got " + done.error().code;
  if (one.values.Has("errorMessage") && done.error().message != one.values["errorMessage"].string()) return "the message is " + done.error().message;
  for (const auto& [name, value] : one.values["error"].object())
    if (!EqualsIgnoreCase(name, "message")) return "the error's member " + name + " is not read";
  return "";
}

// What a client reads of an error: code, message and the members that the model gives it.
std::string DiffError(const Case& one, const api::HttpResponse& got) {
  const std::string& code = one.values["errorCode"].string();
  const std::string& message = one.values["errorMessage"].string();
  if (IsQuery(one)) {
    const auto error = codec::DecodeXmlError(got.body);
    if (!error) return error.error().message;
    if (error->code != code || error->message != message) return "got code " + error->code + ", message " + error->message;
  } else {
    const auto body = Json::Parse(got.body);
    if (!body) return body.error().message;
    const std::string* header = FindHeader(got.headers, "x-amzn-errortype");
    if ((header == nullptr || *header != code) && (*body)["__type"].string() != code) return "the code is not " + code;
    if ((*body)["message"].string() + (*body)["Message"].string() != message) return "the message is not " + message + ": " + got.body;
  }
  for (const auto& [name, value] : one.values["error"].object())
    if (!EqualsIgnoreCase(name, "message")) return "the error's member " + name + " is not written";
  return "";
}

std::string MakeResponse(const Case& one) {
  const Json& response = one.values["response"];
  const std::string& body = response["body"].string();
  std::string id = IsQuery(one) ? RequestIdOf(body) : "";
  for (const auto& [name, value] : response["headers"].object())
    if (EqualsIgnoreCase(name, "x-amzn-requestid")) id = value.string();
  api::HttpResponse got;
  if (one.values.Has("errorCode")) {
    got = api::EncodeError(*one.service, Error{ErrorKind::kInvalid, one.values["errorCode"].string(), one.values["errorMessage"].string(), {}}, id);
    if (const std::string wrong = DiffError(one, got); !wrong.empty()) return wrong;
  } else {
    Arena arena;
    const auto message = Fill(*one.service->tables, one.operation->output, one.values["result"], arena);
    if (!message) return "a message cannot hold " + message.error().message;
    got = api::EncodeResponse(*one.service, *one.operation, *message, id);
    const std::string* media = FindHeader(got.headers, "content-type");
    if (response.Has("body"))
      if (const std::string wrong = DiffBody(media == nullptr ? "" : *media, body, got.body); !wrong.empty()) return wrong;
    if (const std::string wrong = DiffHeaders(response, got.headers); !wrong.empty()) return wrong;
  }
  if (got.status != response["status_code"].integer()) return "the status is " + std::to_string(got.status);
  return "";
}

}  // namespace

std::string_view NameOf(Side side) { return side == Side::kServer ? "server" : "client"; }

bool IsFor(const Case& one, Side side) {
  const std::string& sides = one.values["side"].string();
  return sides == "both" || sides == NameOf(side);
}

std::string_view KindOf(const Case& one) { return one.values.Has("malformed") ? "malformed" : one.values.Has("serialized") ? "request" : "response"; }

std::string KeyOf(const Case& one, Side side) {
  return std::string(NameOf(side)) + " " + std::string(KindOf(one)) + " " + one.id;
}

std::string RunCase(const Case& one, Side side) {
  if (one.values.Has("malformed")) return RefuseRequest(one);
  if (one.values.Has("serialized")) return side == Side::kServer ? ParseRequest(one) : MakeRequest(one);
  return side == Side::kServer ? MakeResponse(one) : ParseResponse(one);
}

}  // namespace terrarium::vectors
