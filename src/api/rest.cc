#include "api/rest.h"

#include <map>

#include "base/text.h"
#include "codec/http_binding.h"

namespace terrarium::api {
namespace {

// Fixed query parameters of a template ("?a=b") are not used by the services served.
std::string_view TemplatePath(std::string_view uri) { return uri.substr(0, uri.find('?')); }

// Binds {Label} and {Label+} of the template; nothing if the path does not fit. `fixed` counts the segments that are fixed text.
bool MatchTemplate(std::string_view uri, std::string_view path, std::map<std::string, std::string>* labels, int& fixed) {
  fixed = 0;
  auto want = Split(TemplatePath(uri), '/');
  auto have = Split(path, '/');
  while (want.size() > 1 && want.back().empty()) want.pop_back();
  while (have.size() > 1 && have.back().empty()) have.pop_back();
  for (std::size_t i = 0; i < want.size(); ++i) {
    if (want[i].starts_with('{') && want[i].ends_with("+}")) {
      if (i >= have.size()) return false;
      if (labels != nullptr) {
        const auto start = static_cast<std::size_t>(have[i].data() - path.data());
        const auto value = UriDecode(path.substr(start), false);
        if (!value) return false;
        (*labels)[std::string(want[i].substr(1, want[i].size() - 3))] = *value;
      }
      return true;
    }
    if (i >= have.size()) return false;
    if (want[i].starts_with('{') && want[i].ends_with('}')) {
      const auto value = UriDecode(have[i], false);
      if (!value || value->empty()) return false;
      if (labels != nullptr) (*labels)[std::string(want[i].substr(1, want[i].size() - 2))] = *value;
    } else if (want[i] == have[i]) {
      ++fixed;
    } else {
      return false;
    }
  }
  return want.size() == have.size();
}

}  // namespace

const codec::Operation* MatchRest(const codec::Service& service, std::string_view method, std::string_view path) {
  const codec::Operation* best = nullptr;
  int best_fixed = -1;
  for (const codec::Operation* o = service.operations; o < service.operations + service.operation_count; ++o) {
    int fixed = 0;
    if ((*service.tables)[o->method] != method || !MatchTemplate((*service.tables)[o->uri], path, nullptr, fixed) || fixed <= best_fixed) continue;
    best = o;
    best_fixed = fixed;
  }
  return best;
}

Status DecodeRest(const codec::Service& service, const codec::Operation& operation, const HttpRequest& request, void* message, Arena& arena) {
  const codec::Tables& t = *service.tables;
  codec::HttpParts parts;
  int fixed = 0;
  MatchTemplate(t[operation.uri], request.path, &parts.labels, fixed);
  for (const std::string_view pair : Split(request.query, '&')) {
    const std::size_t equals = pair.find('=');
    auto key = UriDecode(pair.substr(0, equals), true);
    auto value = UriDecode(equals == std::string_view::npos ? std::string_view() : pair.substr(equals + 1), true);
    if (!key || !value) return ApiError("SerializationException", "Malformed query string");
    if (!pair.empty()) parts.query.emplace_back(std::move(*key), std::move(*value));
  }
  for (const auto& [name, value] : request.headers) parts.headers.emplace_back(name, value);
  const Status read = codec::ReadParts(t, operation.input, parts, request.body, message, arena);
  return read ? read : ApiError("SerializationException", read.error().message);
}

void EncodeRest(const codec::Service& service, const codec::Operation& operation, const void* message, HttpResponse& response) {
  codec::HttpParts parts = codec::WriteParts(*service.tables, operation.output, message, false);
  if (parts.status != 0) response.status = parts.status;
  response.headers = std::move(parts.headers);
  if (!parts.media.empty()) response.headers.emplace_back("Content-Type", parts.media);
  response.body = std::move(parts.body);
}

}  // namespace terrarium::api
