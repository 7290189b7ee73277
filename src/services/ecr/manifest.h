#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace terrarium::ecr {

inline constexpr std::size_t kMostManifest = 4u << 20;

// What a registry needs to know of a manifest or an index.
struct Manifest {
  std::string media_type;
  std::vector<std::string> blobs;     // config first, then layers; foreign layers (with urls) are not ours to hold
  std::vector<std::string> children;  // manifests of an index
  std::int64_t size = 0;              // of config and layers
};

// kInvalid where it is not an image manifest or index of OCI or Docker schema 2. `content_type` is what the client sent; it must agree with the document.
Result<Manifest> ParseManifest(std::string_view bytes, std::string_view content_type);

}  // namespace terrarium::ecr
