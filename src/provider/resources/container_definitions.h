// The container definitions of a task definition: JSON text in Terraform, structures in the API.
#pragma once

#include <string>

#include "provider/value/value.h"

namespace terrarium::provider {

// The text that the state has when nothing better is known, as after an import: containers, environment and secrets by
// name, keys sorted.
std::string ContainerDefinitionsText(const Value& definitions);

// For Attribute::same: what ECS fills in, leaves out or reorders does not matter.
bool IsSameContainerDefinitions(const Value& a, const Value& b);

}  // namespace terrarium::provider
