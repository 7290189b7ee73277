#pragma once

#include "gen/ecr_rows/types.h"
#include "store/table.h"

namespace terrarium::ecr {

namespace rows = gen::ecr_rows;

// Keys: "<account>/<region>/<repository name>", below it "#<digest>" or "#<tag>": no repository name holds a '#'.
inline constexpr store::Table<rows::Repository> kRepositories{"ecr_repository"};
inline constexpr store::Table<rows::Image> kImages{"ecr_image"};  // owner: the repository's key
inline constexpr store::Table<rows::Layer> kLayers{"ecr_layer"};  // owner: the repository's key
inline constexpr store::Table<rows::ImageTag> kImageTags{"ecr_image_tag"};  // owner: the repository's key

}  // namespace terrarium::ecr
