#pragma once

#include <string>

#include "api/registry.h"
#include "crypto/root_key.h"

namespace terrarium::ecr {

// What the operations need beside rows.
struct Setting {
  const crypto::RootKey& root;
  std::string registry;  // "localhost:4566": where repository URIs lead
};

// Adds ECR's operations. `setting` outlives the registry.
void AddOperations(api::Registry& registry, const Setting& setting);

}  // namespace terrarium::ecr
