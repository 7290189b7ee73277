#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "services/ecr/tables.h"

// Repositories and images as rows: what the API and the registry's front both do.
namespace terrarium::ecr {

// One repository: its row and its key.
struct Place {
  std::string key;
  rows::Repository* row;
};

// RepositoryNotFoundException in ECR's words. `registry_id` empty: the caller's own; another account's is RepositoryNotFound as well.
Result<Place> FindRepository(store::Tx& tx, Arena& arena, std::string_view account, std::string_view region, std::string_view name);

inline std::string Below(const Place& place, std::string_view what) { return place.key + "#" + std::string(what); }

// By tag or digest; null if there is none.
rows::Image* FindImage(store::Tx& tx, Arena& arena, const Place& place, std::string_view reference);

struct Put {
  rows::Image* image;
  bool existed = false;  // the same manifest under the same tag was there
};
// Stores a manifest under a tag, or under its digest alone where `tag` is empty. Errors: LayersNotFoundException, ReferencedImagesNotFoundException,
// ImageTagAlreadyExistsException (immutable), InvalidParameterException.
Result<Put> PutManifest(store::Tx& tx, Arena& arena, const Place& place, std::string_view bytes, std::string_view content_type, std::string_view tag, UnixMillis now);

// Takes a tag away, or the image with all its tags where `tag` is empty; an image goes with its last tag.
void RemoveImage(store::Tx& tx, Arena& arena, const Place& place, rows::Image& image, std::string_view tag);

}  // namespace terrarium::ecr
