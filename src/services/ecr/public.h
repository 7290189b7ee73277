#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "services/ecr/token.h"
#include "store/database.h"

// What ECS asks of ECR.
namespace terrarium::ecr {

// A repository's part of an image reference: "localhost:4566/team/web@sha256:…" or "…:tag" of this engine's registry.
struct ImageReference {
  std::string repository;
  std::string tag;     // one of both
  std::string digest;
};
// Nothing if the reference does not name this registry.
std::optional<ImageReference> ParseReference(std::string_view image, std::string_view registry);

// The digest that a reference means now. RepositoryNotFoundException, ImageNotFoundException.
Result<std::string> ResolveImage(store::Tx& tx, std::string_view account, std::string_view region, const ImageReference& reference);

// arn:aws:ecr:…:repository/<name>
std::string RepositoryArn(std::string_view account, std::string_view region, std::string_view name);

}  // namespace terrarium::ecr
