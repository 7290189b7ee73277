#include "services/ecr/public.h"

#include "base/arn.h"
#include "services/ecr/blob_store.h"
#include "services/ecr/catalog.h"
#include "services/ecr/names.h"

namespace terrarium::ecr {

std::string RepositoryArn(std::string_view account, std::string_view region, std::string_view name) { return MakeArn("ecr", region, account, "repository/" + std::string(name)); }

std::optional<ImageReference> ParseReference(std::string_view image, std::string_view registry) {
  if (!image.starts_with(registry) || image.size() <= registry.size() || image[registry.size()] != '/') return std::nullopt;
  image.remove_prefix(registry.size() + 1);
  ImageReference out;
  if (const std::size_t at = image.find('@'); at != std::string_view::npos) {
    out.digest = image.substr(at + 1);
    image = image.substr(0, at);
  }
  if (const std::size_t colon = image.rfind(':'); colon != std::string_view::npos) {
    out.tag = image.substr(colon + 1);
    image = image.substr(0, colon);
  }
  if (out.digest.empty() && out.tag.empty()) out.tag = "latest";
  out.repository = image;
  const bool good = IsRepositoryName(out.repository) && (out.digest.empty() || IsDigest(out.digest)) && (out.tag.empty() || IsImageTag(out.tag));
  return good ? std::optional(out) : std::nullopt;
}

Result<std::string> ResolveImage(store::Tx& tx, std::string_view account, std::string_view region, const ImageReference& reference) {
  Arena arena;
  TRY_ASSIGN(const Place place, FindRepository(tx, arena, account, region, reference.repository));
  const std::string& name = reference.digest.empty() ? reference.tag : reference.digest;
  const rows::Image* image = FindImage(tx, arena, place, name);
  if (image == nullptr) return ApiError("ImageNotFoundException", reference.repository + (reference.digest.empty() ? ":" : "@") + name + ": not found", ErrorKind::kNotFound);
  return image->digest.str();
}

}  // namespace terrarium::ecr
