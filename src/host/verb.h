#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "base/result.h"
#include "codec/row_codec.h"
#include "codec/validate.h"

// How a verb of a port travels. The generated stubs and dispatchers (gen/<port>/ports.h) are the only callers.
namespace terrarium::host {

// The way to whoever does the verbs.
class VerbChannel {
 public:
  virtual ~VerbChannel() = default;
  // Blocks until the answer is there. kUnavailable: not sent. kUnknown: sent, and no answer came.
  virtual Result<std::string> Exchange(std::string_view verb, std::string_view request) = 0;
};

// The verbs that terrarium-host serves.
class VerbTable {
 public:
  using Handler = std::function<Result<std::string>(std::string_view request)>;
  void Add(std::string verb, Handler handler) { handlers_.emplace(std::move(verb), std::move(handler)); }
  Result<std::string> Run(std::string_view verb, std::string_view request) const {
    const auto found = handlers_.find(std::string(verb));
    if (found == handlers_.end()) return Fail(ErrorKind::kUnsupported, "terrarium-host has no verb " + std::string(verb));
    return found->second(request);
  }

 private:
  std::unordered_map<std::string, Handler> handlers_;
};

template <class Response, class Request>
Result<Response*> CallVerb(VerbChannel& channel, std::string_view verb, const Request& request, Arena& arena) {
  TRY_ASSIGN(const std::string reply, channel.Exchange(verb, codec::ToRow(request)));
  return codec::FromRow<Response>(reply, arena);
}

template <class Request, class Response, class F>
void AddVerb(VerbTable& table, std::string verb, F f) {
  table.Add(std::move(verb), [f = std::move(f)](std::string_view bytes) -> Result<std::string> {
    Arena arena;
    TRY_ASSIGN(const Request* request, codec::FromRow<Request>(bytes, arena));
    const codec::Type type = codec::TypeOf<Request>();
    const auto problems = codec::Validate(*type.tables, type.shape, request);
    if (!problems.empty()) return Fail(ErrorKind::kInvalid, codec::ValidationMessage(problems));
    TRY_ASSIGN(const Response* response, f(*request, arena));
    return codec::ToRow(*response);
  });
}

}  // namespace terrarium::host
