#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/json.h"

namespace terrarium::prove {

// "ecs:DescribeServices" as an operation that can be called: the service's name in codegen/models and the operation.
struct CallOf {
  std::string service{};
  std::string operation{};
};
// Nothing where the action is no operation of a served API (iam:PassRole), or one that is known and not served.
std::optional<CallOf> OperationOf(std::string_view action);

enum class Fill : unsigned char {
  kRequired,
  kWhole,            // also every member that is text or a list
  kOneNameOfEach,    // the same without members called …Identifier: of some things either a name or an identifier may be given
};
// A request that has the shape of the model; texts are `text`. It is meant to be refused before it is looked at closely.
Json DummyRequest(const CallOf& call, const std::string& text, Fill fill);

}  // namespace terrarium::prove
