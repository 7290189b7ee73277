#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "codec/descriptor.h"

namespace terrarium::codec {

// Where restJson1 carries the members of a message: each in the place that the model binds it to, the rest as a JSON body.
struct HttpParts {
  std::map<std::string, std::string> labels;                    // of the path, decoded, by the template's names
  std::vector<std::pair<std::string, std::string>> query{};     // decoded
  std::vector<std::pair<std::string, std::string>> headers{};
  int status = 0;     // of an answer; 0 where no member wants it
  std::string media{};  // of the body; empty where there is none
  std::string body{};
};

// The message from its parts. `body` must outlive it, the parts need not. kInvalid names the member that does not fit.
Status ReadParts(const Tables& tables, std::uint16_t shape, const HttpParts& parts, std::string_view body, void* message, Arena& arena);

// A request without any member of the body has none; an answer has "{}".
HttpParts WriteParts(const Tables& tables, std::uint16_t shape, const void* message, bool request);

}  // namespace terrarium::codec
