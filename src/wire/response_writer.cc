#include "wire/response_writer.h"

#include <algorithm>

#include "base/check.h"
#include "base/text.h"

namespace terrarium::wire {
namespace {

bool IsSafe(std::string_view s) {
  return std::ranges::all_of(s, [](char c) { return (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f) || c == '\t'; });
}

}  // namespace

std::string_view ReasonPhrase(int status) {
  switch (status) {
    case 100: return "Continue";
    case 200: return "OK";
    case 201: return "Created";
    case 202: return "Accepted";
    case 204: return "No Content";
    case 206: return "Partial Content";
    case 301: return "Moved Permanently";
    case 302: return "Found";
    case 304: return "Not Modified";
    case 307: return "Temporary Redirect";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 408: return "Request Timeout";
    case 409: return "Conflict";
    case 411: return "Length Required";
    case 412: return "Precondition Failed";
    case 413: return "Content Too Large";
    case 416: return "Range Not Satisfiable";
    case 417: return "Expectation Failed";
    case 429: return "Too Many Requests";
    case 431: return "Request Header Fields Too Large";
    case 500: return "Internal Server Error";
    case 501: return "Not Implemented";
    case 503: return "Service Unavailable";
    case 505: return "HTTP Version Not Supported";
    default: return "Status";
  }
}

RenderedHead RenderHead(const Response& response, const ResponseContext& context, std::string_view date, std::string& out) {
  const bool bodyless = response.status == 204 || response.status == 304 || response.status < 200;
  RenderedHead rendered;
  rendered.send_body = !context.is_head && !bodyless;
  out += "HTTP/1.1 ";
  out += std::to_string(response.status);
  out += ' ';
  out += ReasonPhrase(response.status);
  out += "\r\nDate: ";
  out += date;
  out += "\r\n";
  bool has_length = false;
  for (const auto& [name, value] : response.headers) {
    TERRARIUM_CHECK(!name.empty() && IsSafe(name) && IsSafe(value));
    if (EqualsIgnoreCase(name, "content-length")) {
      // A body that is sent is counted here and not by the handler.
      if (rendered.send_body || response.status == 204) continue;
      has_length = true;
    }
    out += name;
    out += ": ";
    out += value;
    out += "\r\n";
  }
  std::optional<std::uint64_t> length = response.body.size();
  if (response.file) length = response.file->size;
  if (response.source) length = response.source_length;
  rendered.close = response.close || !context.keep_alive;
  if (length) {
    if (!has_length && !bodyless) {
      out += "Content-Length: ";
      out += std::to_string(*length);
      out += "\r\n";
    }
  } else if (rendered.send_body && context.http11) {
    rendered.chunked = true;
    out += "Transfer-Encoding: chunked\r\n";
  } else if (rendered.send_body) {
    rendered.close = true;  // to HTTP/1.0 the end of the connection is the end of the body
  }
  if (rendered.close) {
    out += "Connection: close\r\n";
  } else if (!context.http11) {
    out += "Connection: keep-alive\r\n";
  }
  out += "\r\n";
  return rendered;
}

Response PlainResponse(int status, std::string_view text) {
  Response response;
  response.status = status;
  response.headers.emplace_back("Content-Type", "text/plain");
  response.body = std::string(text) + "\n";
  return response;
}

}  // namespace terrarium::wire
