#include "services/ecr/manifest.h"

#include <algorithm>

#include "base/json.h"
#include "services/ecr/blob_store.h"

namespace terrarium::ecr {
namespace {

constexpr std::string_view kManifests[] = {"application/vnd.oci.image.manifest.v1+json", "application/vnd.docker.distribution.manifest.v2+json"};
constexpr std::string_view kIndexes[] = {"application/vnd.oci.image.index.v1+json", "application/vnd.docker.distribution.manifest.list.v2+json"};

template <class Set>
bool Has(const Set& set, std::string_view what) {
  return std::find(std::begin(set), std::end(set), what) != std::end(set);
}

Result<std::string> DigestIn(const Json& descriptor) {
  const std::string& digest = descriptor["digest"].string();
  if (!IsDigest(digest)) return Fail(ErrorKind::kInvalid, "a descriptor has no sha256 digest");
  return digest;
}

}  // namespace

Result<Manifest> ParseManifest(std::string_view bytes, std::string_view content_type) {
  if (bytes.size() > kMostManifest) return Fail(ErrorKind::kLimit, "the manifest is larger than 4 MiB");
  TRY_ASSIGN(const Json json, Json::Parse(bytes));
  if (json["schemaVersion"].integer() != 2) return Fail(ErrorKind::kInvalid, "only manifests of schema version 2 are served");
  Manifest manifest;
  const std::string& own = json["mediaType"].string();
  manifest.media_type = content_type.empty() ? own : std::string(content_type.substr(0, content_type.find(';')));
  if (!own.empty() && own != manifest.media_type) return Fail(ErrorKind::kInvalid, "the Content-Type differs from the manifest's mediaType");
  if (Has(kIndexes, manifest.media_type)) {
    for (const Json& child : json["manifests"].array()) {
      TRY_ASSIGN(std::string digest, DigestIn(child));
      manifest.children.push_back(std::move(digest));
    }
    return manifest;
  }
  if (!Has(kManifests, manifest.media_type)) return Fail(ErrorKind::kInvalid, "the media type " + manifest.media_type + " is not an image manifest or index");
  std::vector<const Json*> descriptors{&json["config"]};
  for (const Json& layer : json["layers"].array()) descriptors.push_back(&layer);
  for (const Json* descriptor : descriptors) {
    TRY_ASSIGN(std::string digest, DigestIn(*descriptor));
    if (!(*descriptor)["urls"].array().empty()) continue;
    manifest.size += (*descriptor)["size"].integer();
    manifest.blobs.push_back(std::move(digest));
  }
  return manifest;
}

}  // namespace terrarium::ecr
