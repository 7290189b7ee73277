// What the types of KMS share.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "provider/resource/call.h"

namespace terrarium::provider {

// Every element of `member` over all pages of a list call.
inline Result<void> ForEachPage(Call& call, std::string_view operation, Object request, std::string_view member,
                                const std::function<void(const Value&)>& visit) {
  for (;;) {
    TRY_ASSIGN(const Object page, call.Api("kms", operation, request));
    for (const auto& one : At(page, member).Items()) visit(one);
    if (!At(page, "Truncated").Bool() || At(page, "NextMarker").Text().empty()) return {};
    request["Marker"] = At(page, "NextMarker");
  }
}

}  // namespace terrarium::provider
