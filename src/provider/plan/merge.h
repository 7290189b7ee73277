// What the cloud answered, merged into what Terraform knows.
#pragma once

#include "provider/plan/planner.h"

namespace terrarium::provider {

// Refresh: an attribute the answer lacks keeps its prior value; one that means the same keeps its prior text.
Value MergeRead(const Body& body, const Value& prior, const Value& remote, TypeSystem types);

// After an apply: what was planned stays as planned, the answer fills what was unknown.
Value MergeApplied(const Body& body, const Value& planned, const Value& remote, TypeSystem types);

// Import: defaults of arguments that the cloud does not keep (the answer overrides them on the first read).
Object ImportedObject(const Body& body, Object known);

}  // namespace terrarium::provider
