#include "services/ecr/catalog.h"

#include <algorithm>

#include "services/ecr/blob_store.h"
#include "services/ecr/manifest.h"
#include "services/ecr/names.h"

namespace terrarium::ecr {
namespace {

// The list without that tag.
List<Str> Without(Arena& arena, const List<Str>& tags, std::string_view tag) {
  List<Str> rest;
  rest.Present(arena);
  for (const Str& t : tags)
    if (t.view() != tag) rest.Add(arena, t);
  return rest;
}

}  // namespace

Result<Place> FindRepository(store::Tx& tx, Arena& arena, std::string_view account, std::string_view region, std::string_view name) {
  std::string key = std::string(account) + "/" + std::string(region) + "/" + std::string(name);
  rows::Repository* row = IsRepositoryName(name) ? kRepositories.Find(tx, key, arena) : nullptr;
  if (row == nullptr)
    return ApiError("RepositoryNotFoundException", "The repository with name '" + std::string(name) + "' does not exist in the registry with id '" + std::string(account) + "'", ErrorKind::kNotFound);
  return Place{std::move(key), row};
}

rows::Image* FindImage(store::Tx& tx, Arena& arena, const Place& place, std::string_view reference) {
  if (IsDigest(reference)) return kImages.Find(tx, Below(place, reference), arena);
  const rows::ImageTag* tag = kImageTags.Find(tx, Below(place, reference), arena);
  return tag == nullptr ? nullptr : kImages.Find(tx, Below(place, tag->digest), arena);
}

Result<Put> PutManifest(store::Tx& tx, Arena& arena, const Place& place, std::string_view bytes, std::string_view content_type, std::string_view tag, UnixMillis now) {
  auto parsed = ParseManifest(bytes, content_type);
  if (!parsed) return ApiError("InvalidParameterException", "Invalid parameter at 'ImageManifest' failed to satisfy constraint: '" + parsed.error().message + "'");
  if (!tag.empty() && !IsImageTag(tag)) return ApiError("InvalidParameterException", "Invalid parameter at 'imageTag' failed to satisfy constraint: 'must satisfy regular expression '[a-zA-Z0-9-_.]+''");
  for (const std::string& blob : parsed->blobs)
    if (!kLayers.Exists(tx, Below(place, blob))) return ApiError("LayersNotFoundException", "Layer with digest '" + blob + "' is not in the repository with name '" + place.row->name.str() + "'");
  for (const std::string& child : parsed->children)
    if (!kImages.Exists(tx, Below(place, child))) return ApiError("ReferencedImagesNotFoundException", "The image with digest '" + child + "' that the index names is not in the repository with name '" + place.row->name.str() + "'");

  Hasher hasher;
  hasher.Add(bytes);
  const std::string digest = hasher.Digest();
  rows::Image* image = kImages.Find(tx, Below(place, digest), arena);
  Put put{image, false};
  if (image == nullptr) {
    image = put.image = arena.New<rows::Image>();
    image->digest = arena.Copy(digest);
    image->media_type = arena.Copy(parsed->media_type);
    image->size = parsed->size;
    image->pushed_at = now;
    image->manifest = arena.Copy(bytes);
    for (const std::string& blob : parsed->blobs) image->blobs.Add(arena, arena.Copy(blob));
    for (const std::string& child : parsed->children) image->children.Add(arena, arena.Copy(child));
  } else if (tag.empty()) {
    put.existed = true;
  }
  if (!tag.empty()) {
    const rows::ImageTag* old = kImageTags.Find(tx, Below(place, tag), arena);
    if (old != nullptr && place.row->tag_mutability == "IMMUTABLE")
      return ApiError("ImageTagAlreadyExistsException",
                      "The image tag '" + std::string(tag) + "' already exists in the '" + place.row->name.str() + "' repository and cannot be overwritten because the repository is immutable.");
    if (old != nullptr && old->digest == digest) {
      put.existed = true;
    } else {
      if (old != nullptr)
        if (rows::Image* before = kImages.Find(tx, Below(place, old->digest), arena)) {
          before->tags = Without(arena, before->tags, tag);
          kImages.Put(tx, Below(place, before->digest), *before, place.key);
        }
      rows::ImageTag now_tag;
      now_tag.tag = tag;
      now_tag.digest = digest;
      kImageTags.Put(tx, Below(place, tag), now_tag, place.key);
      image->tags.Add(arena, arena.Copy(tag));
    }
  }
  kImages.Put(tx, Below(place, digest), *image, place.key);
  return put;
}

void RemoveImage(store::Tx& tx, Arena& arena, const Place& place, rows::Image& image, std::string_view tag) {
  const auto drop = [&](std::string_view t) { kImageTags.Delete(tx, Below(place, t)); };
  if (!tag.empty()) {
    drop(tag);
    image.tags = Without(arena, image.tags, tag);
    if (!image.tags.empty()) return kImages.Put(tx, Below(place, image.digest), image, place.key);
  }
  for (const Str& t : image.tags) drop(t);
  kImages.Delete(tx, Below(place, image.digest));
}

}  // namespace terrarium::ecr
