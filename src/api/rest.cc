#include "api/rest.h"

#include <map>

#include "base/text.h"
#include "codec/json_codec.h"

namespace terrarium::api {
namespace {

using codec::Kind;
using codec::Location;
using codec::Member;

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

Status SetText(const codec::Tables& t, const Member& m, void* message, std::string_view text, Arena& arena) {
  const auto wrong = [&] { return ApiError("ValidationException", "Invalid value for " + std::string(t[m.wire])); };
  void* at = codec::Emplace(t, m, message, arena);
  const codec::Shape& shape = t.shapes[m.shape];
  switch (shape.kind) {
    case Kind::kString: *static_cast<Str*>(at) = arena.Copy(text); return {};
    case Kind::kBoolean:
      if (text != "true" && text != "false") return wrong();
      *static_cast<bool*>(at) = text == "true";
      return {};
    case Kind::kInteger:
    case Kind::kLong: {
      const auto v = ParseInt(text);
      if (!v || (shape.kind == Kind::kInteger && (*v < INT32_MIN || *v > INT32_MAX))) return wrong();
      if (shape.kind == Kind::kInteger) *static_cast<std::int32_t*>(at) = static_cast<std::int32_t>(*v);
      else *static_cast<std::int64_t*>(at) = *v;
      return {};
    }
    case Kind::kTimestamp: {
      const auto v = m.location == Location::kHeader ? ParseHttpDate(text) : ParseIso8601(text);
      if (!v) return wrong();
      *static_cast<std::int64_t*>(at) = *v;
      return {};
    }
    case Kind::kList:
      if (t.shapes[shape.element].kind != Kind::kString) return wrong();
      *static_cast<Str*>(codec::AddItem(arena, *static_cast<codec::RawList*>(at), shape.size)) = arena.Copy(text);
      return {};
    default: return wrong();
  }
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
  if (!request.body.empty()) {
    const Status body = codec::DecodeJson(t, operation.input, message, request.body, codec::JsonForm::kRestJson, arena);
    if (!body) return ApiError("SerializationException", body.error().message);
  }
  std::map<std::string, std::string> labels;
  int fixed = 0;
  MatchTemplate(t[operation.uri], request.path, &labels, fixed);
  const codec::Shape& shape = t.shapes[operation.input];
  for (const Member *m = t.members + shape.first, *end = m + shape.count; m < end; ++m) {
    const std::string name(t[m->wire]);
    if (m->location == Location::kUri) {
      if (const auto found = labels.find(name); found != labels.end()) TRY(SetText(t, *m, message, found->second, arena));
    } else if (m->location == Location::kHeader) {
      if (const auto value = request.Header(name); value.data() != nullptr) TRY(SetText(t, *m, message, value, arena));
    } else if (m->location == Location::kQueryString) {
      for (const std::string_view pair : Split(request.query, '&')) {
        const std::size_t equals = pair.find('=');
        const auto key = UriDecode(pair.substr(0, equals), true);
        const auto value = UriDecode(equals == std::string_view::npos ? std::string_view() : pair.substr(equals + 1), true);
        if (!key || !value) return ApiError("ValidationException", "Malformed query string");
        if (*key == name) TRY(SetText(t, *m, message, *value, arena));
      }
    }
  }
  return {};
}

void EncodeRest(const codec::Service& service, const codec::Operation& operation, const void* message, HttpResponse& response) {
  response.headers.emplace_back("Content-Type", "application/json");
  if (operation.output != codec::kNoShape) codec::EncodeJson(*service.tables, operation.output, message, codec::JsonForm::kRestJson, response.body);
}

}  // namespace terrarium::api
