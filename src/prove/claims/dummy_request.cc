#include "prove/claims/dummy_request.h"

#include <algorithm>

#include "base/text.h"
#include "codec/descriptor.h"
#include "prove/stack.h"

#include "aws/services.inc"  // needs codec/descriptor.h before it

namespace terrarium::prove {
namespace {

constexpr int kDeepest = 4;

Json Dummy(const codec::Tables& t, std::uint16_t shape_id, const std::string& text, Fill fill, int depth) {
  const codec::Shape& shape = t.shapes[shape_id];
  switch (shape.kind) {
    case codec::Kind::kStructure: {
      Json out{Json::Object{}};
      for (std::uint16_t i = 0; i < shape.count; ++i) {
        const codec::Member& member = t.members[shape.first + i];
        const codec::Kind kind = t.shapes[member.shape].kind;
        const std::string_view name = t[member.name];
        const bool more = depth == 0 && fill != Fill::kRequired && (kind == codec::Kind::kString || kind == codec::Kind::kList) && !EqualsIgnoreCase(name, "NextToken") &&
                          !(fill == Fill::kOneNameOfEach && name.ends_with("Identifier"));
        // An item of a list without any member would not be sent by every protocol.
        const bool item = depth > 0 && fill != Fill::kRequired && kind == codec::Kind::kString;
        const bool wanted = (member.flags & codec::kRequired) != 0 || more || item;
        if (wanted && depth < kDeepest) out.Set(name, Dummy(t, member.shape, text, fill, depth + 1));
      }
      return out;
    }
    case codec::Kind::kList: return Json(Json::Array{Dummy(t, shape.element, text, fill, depth + 1)});
    case codec::Kind::kMap: return Object({{text, Dummy(t, shape.element, text, fill, depth + 1)}});
    case codec::Kind::kString: {
      if (shape.count > 0) return Json(t[t.enums[shape.first]]);
      std::string out = text;
      if (shape.minimum > 0 && out.size() < static_cast<std::size_t>(shape.minimum)) out.append(static_cast<std::size_t>(shape.minimum) - out.size(), '0');
      return Json(out);
    }
    case codec::Kind::kBlob: return Json("AAAA");
    case codec::Kind::kBoolean: return Json(false);
    case codec::Kind::kTimestamp: return Json("2026-01-01T00:00:00Z");
    case codec::Kind::kInteger:
    case codec::Kind::kLong:
    case codec::Kind::kDouble: return Json(std::max<std::int64_t>(1, shape.minimum));
  }
  return {};
}

const codec::Service* ServiceOf(std::string_view prefix) {
  for (const auto* service : aws::kServices)
    if (service->signing_name == prefix) return service;
  return nullptr;
}

}  // namespace

std::optional<CallOf> OperationOf(std::string_view action) {
  const std::size_t colon = action.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const codec::Service* service = ServiceOf(action.substr(0, colon));
  if (!service || !service->Find(action.substr(colon + 1))) return std::nullopt;
  return CallOf{std::string(service->name), std::string(action.substr(colon + 1))};
}

Json DummyRequest(const CallOf& call, const std::string& text, Fill fill) {
  for (const auto* service : aws::kServices) {
    if (service->name != call.service) continue;
    const codec::Operation* operation = service->Find(call.operation);
    if (operation && operation->input != codec::kNoShape) return Dummy(*service->tables, operation->input, text, fill, 0);
  }
  return Json(Json::Object{});
}

}  // namespace terrarium::prove
