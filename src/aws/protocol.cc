#include "aws/protocol.h"

#include "base/json_reader.h"
#include "base/text.h"
#include "codec/http_binding.h"
#include "codec/json_codec.h"
#include "codec/query_codec.h"
#include "codec/xml_codec.h"

namespace terrarium::aws {
namespace {

using codec::kNoShape;
using codec::Protocol;

Result<runtime::HttpCall> EncodeRest(const codec::Service& service, const codec::Operation& operation, const void* request) {
  const codec::Tables& t = *service.tables;
  codec::HttpParts parts = codec::WriteParts(t, operation.input, request, true);
  runtime::HttpCall call{.method = std::string(t[operation.method]), .target = std::string(t[operation.uri])};
  const codec::Shape* input = operation.input == kNoShape ? nullptr : &t.shapes[operation.input];
  for (std::uint16_t i = 0; input && i < input->count; ++i) {
    const codec::Member& member = t.members[input->first + i];
    if (member.location != codec::Location::kUri) continue;
    const std::string name(t[member.wire]);
    if (parts.labels[name].empty()) return Fail(ErrorKind::kInvalid, std::string(t[member.name]) + " is required");
    call.target = ReplaceAll(call.target, "{" + name + "}", UriEncode(parts.labels[name]));
    call.target = ReplaceAll(call.target, "{" + name + "+}", UriEncode(parts.labels[name], true));
  }
  char separator = call.target.contains('?') ? '&' : '?';
  for (const auto& [name, value] : parts.query) {
    call.target += separator + UriEncode(name) + "=" + UriEncode(value);
    separator = '&';
  }
  call.headers = std::move(parts.headers);
  if (!parts.media.empty()) call.headers.emplace_back("Content-Type", parts.media);
  call.body = std::move(parts.body);
  return call;
}

ErrorKind KindOf(int status, std::string_view code) {
  if (status == 403 || code.contains("AccessDenied") || code.contains("UnauthorizedOperation")) return ErrorKind::kDenied;
  if (status == 404 || code.contains("NotFound") || code.contains("NoSuch")) return ErrorKind::kNotFound;
  if (status == 429 || code.contains("Throttl") || code == "RequestLimitExceeded") return ErrorKind::kLimit;
  if (status == 501) return ErrorKind::kUnsupported;
  if (status >= 500) return ErrorKind::kUnavailable;
  return ErrorKind::kInvalid;
}

// "com.amazonaws#Code", "Code:http://…" → "Code"
std::string_view PlainCode(std::string_view code) {
  if (const auto hash = code.rfind('#'); hash != code.npos) code.remove_prefix(hash + 1);
  return code.substr(0, code.find(':'));
}

struct JsonError {
  std::string code, message;
};
JsonError ReadJsonError(const runtime::HttpAnswer& answer) {
  JsonError out{.code = std::string(answer.Header("x-amzn-errortype")), .message = {}};
  Arena arena;
  JsonReader in(answer.body, arena);
  if (in.Peek() != JsonReader::Type::kObject || !in.EnterObject()) return out;
  std::string_view key, text;
  while (in.NextKey(key)) {
    if (in.Peek() != JsonReader::Type::kString) {
      if (!in.Skip()) break;
      continue;
    }
    if (!in.String(text)) break;
    if (out.code.empty() && (key == "__type" || key == "code")) out.code = text;
    if (key == "message" || key == "Message") out.message = text;
  }
  return out;
}

Status Refusal(Protocol protocol, const runtime::HttpAnswer& answer) {
  JsonError found;
  if (protocol == Protocol::kAwsJson || protocol == Protocol::kRestJson) {
    found = ReadJsonError(answer);
  } else if (auto xml = codec::DecodeXmlError(answer.body)) {
    found = {std::move(xml->code), std::move(xml->message)};
  }
  std::string code(PlainCode(found.code));
  if (found.message.empty()) found.message = "HTTP status " + std::to_string(answer.status);
  const ErrorKind kind = KindOf(answer.status, code);
  return std::unexpected(Error{kind, std::move(code), std::move(found.message), {}});
}

}  // namespace

Result<runtime::HttpCall> EncodeCall(const codec::Service& service, const codec::Operation& operation, const void* request) {
  const codec::Tables& t = *service.tables;
  runtime::HttpCall call{.method = "POST"};
  switch (service.protocol) {
    case Protocol::kAwsQuery:
    case Protocol::kEc2Query:
      call.headers.emplace_back("Content-Type", "application/x-www-form-urlencoded; charset=utf-8");
      call.body = "Action=" + std::string(t[operation.name]) + "&Version=" + std::string(service.api_version);
      if (operation.input != kNoShape) {
        std::string members;
        codec::EncodeQuery(t, operation.input, request, service.protocol, members);
        if (!members.empty() && !members.starts_with('&')) call.body += '&';
        call.body += members;
      }
      return call;
    case Protocol::kAwsJson:
      call.headers.emplace_back("Content-Type", "application/x-amz-json-" + std::string(service.json_version));
      call.headers.emplace_back("X-Amz-Target", std::string(service.target_prefix) + "." + std::string(t[operation.name]));
      if (operation.input != kNoShape) codec::EncodeJson(t, operation.input, request, codec::JsonForm::kAwsJson, call.body);
      if (call.body.empty()) call.body = "{}";
      return call;
    case Protocol::kRestJson: return EncodeRest(service, operation, request);
    case Protocol::kRestXml: break;
  }
  return Fail(ErrorKind::kUnsupported, "calls of " + std::string(service.name) + " are not supported by this client");
}

Status DecodeAnswer(const codec::Service& service, const codec::Operation& operation, const runtime::HttpAnswer& answer, void* response,
                    Arena& arena) {
  if (answer.status >= 300) return Refusal(service.protocol, answer);
  if (operation.output == kNoShape) return {};
  const codec::Tables& t = *service.tables;
  // Strings of a message are views into the text that it was read from: that lives in the arena too.
  const std::string_view body = arena.Copy(answer.body);
  switch (service.protocol) {
    case Protocol::kAwsJson: return body.empty() ? Status() : codec::DecodeJson(t, operation.output, response, body, codec::JsonForm::kAwsJson, arena);
    case Protocol::kRestJson: {
      codec::HttpParts parts;
      parts.headers = answer.headers;
      parts.status = answer.status;
      return codec::ReadParts(t, operation.output, parts, body, response, arena);
    }
    case Protocol::kAwsQuery:
    case Protocol::kEc2Query: {
      if (body.empty() && t.shapes[operation.output].count == 0) return {};  // nothing to say, and said so
      std::string path = std::string(t[operation.name]) + "Response";
      if (const auto wrapper = t[operation.wrapper]; !wrapper.empty()) path += "/" + std::string(wrapper);
      return codec::DecodeXml(t, operation.output, response, body, path.c_str(), arena);
    }
    case Protocol::kRestXml: break;
  }
  return Fail(ErrorKind::kUnsupported, "answers of " + std::string(service.name) + " are not supported by this client");
}

}  // namespace terrarium::aws
