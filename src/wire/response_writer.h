#pragma once

#include <string>
#include <string_view>

#include "wire/http_handler.h"

namespace terrarium::wire {

std::string_view ReasonPhrase(int status);

// What the request was decides how its answer is framed.
struct ResponseContext {
  bool is_head = false;
  bool http11 = true;
  bool keep_alive = true;
};

// How the body follows the rendered head.
struct RenderedHead {
  bool send_body = true;
  bool chunked = false;
  bool close = false;
};

// Appends the head of `response` to `out`, for all that the handler left to the server. A header that would break the framing is a bug.
RenderedHead RenderHead(const Response& response, const ResponseContext& context, std::string_view date, std::string& out);

// A plain-text answer, for what never reaches a handler.
Response PlainResponse(int status, std::string_view text);

}  // namespace terrarium::wire
