// A resource type: a schema table and a few small functions over values. No protobuf below this line.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

#include "provider/plan/planner.h"
#include "provider/resource/call.h"
#include "provider/resource/tag_api.h"
#include "provider/schema/schema.h"
#include "provider/schema/table.h"
#include "provider/value/diagnostic.h"

namespace terrarium::provider {

// Default durations; an operation with a zero one is not in the timeouts block.
struct Timeouts {
  std::chrono::seconds create{};
  std::chrono::seconds read{};
  std::chrono::seconds update{};
  std::chrono::seconds destroy{};
  bool Any() const { return (create + read + update + destroy).count() > 0; }
};

// What a custom difference may look at and change.
struct PlanDraft {
  const Value& prior;   // null for a new object
  const Value& config;
  Plan& plan;
  Diagnostics& diagnostics;
};

struct Resource {
  std::string_view type;
  std::string_view title;  // in messages: "creating IAM Role (web)"
  Schema schema;
  Timeouts timeouts{};
  TagApi tags{};
  // Types of the official provider's newer kind keep every rule of Terraform; the others need its legacy mode.
  TypeSystem types = TypeSystem::kLegacy;

  // Makes the object and calls Created(id); the planner's unknowns are filled by `read` afterwards.
  Result<void> (*create)(Call& call, const Object& planned);
  // The attributes the cloud knows; nothing when the object is gone. Tags are in "tags" as the cloud has them.
  Result<std::optional<Object>> (*read)(Call& call, const Object& state);
  // Of everything but tags, which are changed before; null for types of which every argument replaces.
  Result<void> (*update)(Call& call, const Object& prior, const Object& planned) = nullptr;
  Result<void> (*destroy)(Call& call, const Object& state);
  // Attributes to start the first read with, from the id that the user gave; {"id": id} when null.
  Result<Object> (*import)(Call& call, const std::string& id) = nullptr;
  void (*customize)(PlanDraft& draft) = nullptr;
  // Brings the JSON of an older schema version to the present one.
  void (*upgrade)(Object& state, std::int64_t from) = nullptr;
};

// An ephemeral resource has the same form: it is read when Terraform needs it and never kept.
struct DataSource {
  std::string_view type;
  Schema schema;
  Result<Object> (*read)(Call& call, const Object& config);
};

}  // namespace terrarium::provider
