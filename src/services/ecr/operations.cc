#include "services/ecr/operations.h"

#include "api/page.h"
#include "base/text.h"
#include "gen/ecr/types.h"
#include "services/ecr/blob_store.h"
#include "services/ecr/catalog.h"
#include "services/ecr/names.h"
#include "services/ecr/public.h"

namespace terrarium::ecr {
namespace {

namespace wire = gen::ecr;
using api::Access;
using api::Call;
namespace ops = wire::ops;

std::unexpected<Error> Invalid(std::string message) { return ApiError("InvalidParameterException", std::move(message)); }

// Only the caller's own registry is here.
Status CheckRegistry(const Call& call, Str registry_id) {
  if (registry_id && registry_id.view() != call.caller.account) return Invalid("Terrarium serves only the registry of account " + call.caller.account);
  return {};
}

template <class Request>
Result<Place> PlaceOf(Call& call, const Request& request) {
  TRY(CheckRegistry(call, request.registry_id));
  return FindRepository(call.tx, call.arena, call.caller.account, call.caller.region, request.repository_name);
}

struct OnRepository {
  template <class Request>
  Result<Access> operator()(Call& call, const Request& request) const {
    return Access{{RepositoryArn(call.caller.account, call.caller.region, request.repository_name)}, {}};
  }
};
struct OnArn {
  template <class Request>
  Result<Access> operator()(Call&, const Request& request) const {
    return Access{{request.resource_arn.str()}, {}};
  }
};

void Fill(Arena& arena, const Setting& setting, const rows::Repository& row, wire::Repository& out) {
  out.repository_arn = row.arn;
  out.registry_id = row.registry_id;
  out.repository_name = row.name;
  out.repository_uri = arena.Copy(setting.registry + "/" + row.name.str());
  out.created_at = row.created_at;
  out.image_tag_mutability = row.tag_mutability;
  out.image_scanning_configuration = arena.New<wire::ImageScanningConfiguration>();
  out.image_scanning_configuration->scan_on_push = false;
  out.encryption_configuration = arena.New<wire::EncryptionConfiguration>();
  out.encryption_configuration->encryption_type = "AES256";
}

Status SetTags(Arena& arena, rows::Repository& row, const List<wire::Tag>& tags) {
  for (const wire::Tag& tag : tags) {
    if (tag.key.view().starts_with("aws:")) return ApiError("InvalidTagParameterException", "Tag keys may not start with aws:");
    bool found = false;
    for (rows::Tag& old : row.tags)
      if (old.key == tag.key.view()) {
        old.value = tag.value;
        found = true;
      }
    if (!found) {
      rows::Tag& added = row.tags.Add(arena);
      added.key = tag.key;
      added.value = tag.value;
    }
  }
  if (row.tags.size() > 50) return ApiError("TooManyTagsException", "A repository has at most 50 tags");
  return {};
}

Status CheckMutability(Str mutability, bool has_filters) {
  if (has_filters || mutability == "IMMUTABLE_WITH_EXCLUSION" || mutability == "MUTABLE_WITH_EXCLUSION") return Invalid("Terrarium does not support tag mutability exclusion filters yet");
  return {};
}

// Rows by their ARN, for the tagging operations.
Result<Place> ByArn(Call& call, std::string_view arn) {
  const std::string prefix = RepositoryArn(call.caller.account, call.caller.region, "");
  if (!arn.starts_with(prefix)) return Invalid("Invalid parameter at 'resourceArn' failed to satisfy constraint: 'Invalid ARN'");
  return FindRepository(call.tx, call.arena, call.caller.account, call.caller.region, arn.substr(prefix.size()));
}

class Operations {
 public:
  explicit Operations(const Setting& setting) : setting_(setting) {}

  Result<wire::CreateRepositoryResponse*> CreateRepository(Call& call, const wire::CreateRepositoryRequest& request) const {
    TRY(CheckRegistry(call, request.registry_id));
    TRY(CheckMutability(request.image_tag_mutability, !request.image_tag_mutability_exclusion_filters.empty()));
    if (!IsRepositoryName(request.repository_name))
      return Invalid("Invalid parameter at 'repositoryName' failed to satisfy constraint: 'must satisfy regular expression '(?:[a-z0-9]+(?:[._-][a-z0-9]+)*/)*[a-z0-9]+(?:[._-][a-z0-9]+)*''");
    if (request.encryption_configuration != nullptr && request.encryption_configuration->encryption_type.view() != "AES256") return Invalid("Terrarium does not support encryptionType KMS for repositories");
    if (request.image_scanning_configuration != nullptr && request.image_scanning_configuration->scan_on_push.value_or(false)) return Invalid("Terrarium does not support scanOnPush yet");
    const std::string key = call.Key(request.repository_name);
    if (kRepositories.Exists(call.tx, key))
      return ApiError("RepositoryAlreadyExistsException", "The repository with name '" + request.repository_name.str() + "' already exists in the registry with id '" + call.caller.account + "'", ErrorKind::kConflict);
    auto* row = call.arena.New<rows::Repository>();
    row->arn = call.arena.Copy(RepositoryArn(call.caller.account, call.caller.region, request.repository_name));
    row->registry_id = call.arena.Copy(call.caller.account);
    row->region = call.arena.Copy(call.caller.region);
    row->name = request.repository_name;
    row->created_at = call.Now();
    row->tag_mutability = request.image_tag_mutability.value_or("MUTABLE");
    TRY(SetTags(call.arena, *row, request.tags));
    kRepositories.Put(call.tx, key, *row);
    auto* response = call.arena.New<wire::CreateRepositoryResponse>();
    response->repository = call.arena.New<wire::Repository>();
    Fill(call.arena, setting_, *row, *response->repository);
    return response;
  }

  Result<wire::DescribeRepositoriesResponse*> DescribeRepositories(Call& call, const wire::DescribeRepositoriesRequest& request) const {
    TRY(CheckRegistry(call, request.registry_id));
    auto* response = call.arena.New<wire::DescribeRepositoriesResponse>();
    response->repositories.Present(call.arena);
    if (request.repository_names.has_value()) {
      for (const Str& name : request.repository_names) {
        TRY_ASSIGN(const Place place, FindRepository(call.tx, call.arena, call.caller.account, call.caller.region, name));
        Fill(call.arena, setting_, *place.row, response->repositories.Add(call.arena));
      }
      return response;
    }
    const auto limit = static_cast<std::size_t>(request.max_results.value_or(100));
    for (const rows::Repository* row : kRepositories.ListPrefix(call.tx, call.Key(""), call.arena)) {
      if (request.next_token && row->name.view() <= request.next_token.view()) continue;
      if (response->repositories.size() == limit) {
        response->next_token = response->repositories[limit - 1].repository_name;
        break;
      }
      Fill(call.arena, setting_, *row, response->repositories.Add(call.arena));
    }
    return response;
  }

  Result<wire::DeleteRepositoryResponse*> DeleteRepository(Call& call, const wire::DeleteRepositoryRequest& request) const {
    TRY_ASSIGN(const Place place, PlaceOf(call, request));
    const auto images = kImages.ListOwner(call.tx, place.key, call.arena);
    if (!images.empty() && !request.force.value_or(false))
      return ApiError("RepositoryNotEmptyException",
                      "The repository with name '" + place.row->name.str() + "' in registry with id '" + call.caller.account + "' cannot be deleted because it still contains images", ErrorKind::kConflict);
    for (rows::Image* image : images) RemoveImage(call.tx, call.arena, place, *image, "");
    for (const rows::Layer* layer : kLayers.ListOwner(call.tx, place.key, call.arena)) kLayers.Delete(call.tx, Below(place, layer->digest));
    kRepositories.Delete(call.tx, place.key);
    auto* response = call.arena.New<wire::DeleteRepositoryResponse>();
    response->repository = call.arena.New<wire::Repository>();
    Fill(call.arena, setting_, *place.row, *response->repository);
    return response;
  }

  static Result<wire::PutImageTagMutabilityResponse*> PutImageTagMutability(Call& call, const wire::PutImageTagMutabilityRequest& request) {
    TRY_ASSIGN(const Place place, PlaceOf(call, request));
    TRY(CheckMutability(request.image_tag_mutability, !request.image_tag_mutability_exclusion_filters.empty()));
    place.row->tag_mutability = request.image_tag_mutability;
    kRepositories.Put(call.tx, place.key, *place.row);
    auto* response = call.arena.New<wire::PutImageTagMutabilityResponse>();
    response->registry_id = place.row->registry_id;
    response->repository_name = place.row->name;
    response->image_tag_mutability = request.image_tag_mutability;
    return response;
  }

  static Result<wire::ListTagsForResourceResponse*> ListTagsForResource(Call& call, const wire::ListTagsForResourceRequest& request) {
    TRY_ASSIGN(const Place place, ByArn(call, request.resource_arn));
    auto* response = call.arena.New<wire::ListTagsForResourceResponse>();
    response->tags.Present(call.arena);
    for (const rows::Tag& tag : place.row->tags) {
      wire::Tag& out = response->tags.Add(call.arena);
      out.key = tag.key;
      out.value = tag.value;
    }
    return response;
  }

  static Result<wire::TagResourceResponse*> TagResource(Call& call, const wire::TagResourceRequest& request) {
    TRY_ASSIGN(const Place place, ByArn(call, request.resource_arn));
    TRY(SetTags(call.arena, *place.row, request.tags));
    kRepositories.Put(call.tx, place.key, *place.row);
    return call.arena.New<wire::TagResourceResponse>();
  }

  static Result<wire::UntagResourceResponse*> UntagResource(Call& call, const wire::UntagResourceRequest& request) {
    TRY_ASSIGN(const Place place, ByArn(call, request.resource_arn));
    List<rows::Tag> rest;
    rest.Present(call.arena);
    for (const rows::Tag& tag : place.row->tags) {
      bool gone = false;
      for (const Str& key : request.tag_keys) gone |= key == tag.key.view();
      if (!gone) rest.Add(call.arena, tag);
    }
    place.row->tags = rest;
    kRepositories.Put(call.tx, place.key, *place.row);
    return call.arena.New<wire::UntagResourceResponse>();
  }

  Result<wire::GetAuthorizationTokenResponse*> GetAuthorizationToken(Call& call, const wire::GetAuthorizationTokenRequest& request) const {
    for (const Str& id : request.registry_ids) TRY(CheckRegistry(call, id));
    auto* response = call.arena.New<wire::GetAuthorizationTokenResponse>();
    wire::AuthorizationData& data = response->authorization_data.Add(call.arena);
    const UnixMillis expires = call.Now() + kTokenLife.count();
    data.authorization_token = call.arena.Copy(Base64Encode("AWS:" + IssueToken(call.caller, expires, setting_.root, call.random)));
    data.expires_at = expires;
    data.proxy_endpoint = call.arena.Copy("http://" + setting_.registry);
    return response;
  }

  static Result<wire::BatchCheckLayerAvailabilityResponse*> BatchCheckLayerAvailability(Call& call, const wire::BatchCheckLayerAvailabilityRequest& request) {
    TRY_ASSIGN(const Place place, PlaceOf(call, request));
    auto* response = call.arena.New<wire::BatchCheckLayerAvailabilityResponse>();
    response->layers.Present(call.arena);
    response->failures.Present(call.arena);
    for (const Str& digest : request.layer_digests) {
      if (!IsDigest(digest)) {
        wire::LayerFailure& failure = response->failures.Add(call.arena);
        failure.layer_digest = digest;
        failure.failure_code = "InvalidLayerDigest";
        failure.failure_reason = "The layer digest is not a sha256 digest";
        continue;
      }
      const rows::Layer* row = kLayers.Find(call.tx, Below(place, digest), call.arena);
      wire::Layer& layer = response->layers.Add(call.arena);
      layer.layer_digest = digest;
      layer.layer_availability = row == nullptr ? "UNAVAILABLE" : "AVAILABLE";
      if (row != nullptr) layer.layer_size = row->size;
    }
    return response;
  }

  static Result<wire::PutImageResponse*> PutImage(Call& call, const wire::PutImageRequest& request) {
    TRY_ASSIGN(const Place place, PlaceOf(call, request));
    TRY_ASSIGN(const Put put, PutManifest(call.tx, call.arena, place, request.image_manifest, request.image_manifest_media_type.value_or(""), request.image_tag.value_or(""), call.Now()));
    if (request.image_digest && request.image_digest.view() != put.image->digest.view())
      return ApiError("ImageDigestDoesNotMatchException", "The image digest '" + request.image_digest.str() + "' does not match the digest '" + put.image->digest.str() + "' of the manifest");
    if (put.existed)
      return ApiError("ImageAlreadyExistsException", "Image with digest '" + put.image->digest.str() + "' and tag '" + request.image_tag.str() + "' already exists in the repository with name '" + place.row->name.str() + "' in registry with id '" + call.caller.account + "'");
    auto* response = call.arena.New<wire::PutImageResponse>();
    response->image = call.arena.New<wire::Image>();
    FillImage(call, place, *put.image, request.image_tag, *response->image);
    return response;
  }

  static Result<wire::BatchGetImageResponse*> BatchGetImage(Call& call, const wire::BatchGetImageRequest& request) {
    TRY_ASSIGN(const Place place, PlaceOf(call, request));
    auto* response = call.arena.New<wire::BatchGetImageResponse>();
    response->images.Present(call.arena);
    response->failures.Present(call.arena);
    for (const wire::ImageIdentifier& id : request.image_ids) {
      const auto fail = [&](std::string_view code, std::string_view reason) { AddFailure(call, response->failures, id, code, reason); };
      if (!id.image_tag && !id.image_digest) {
        fail("MissingDigestAndTag", "Invalid request parameters: both tag and digest cannot be null");
        continue;
      }
      const rows::Image* image = FindImage(call.tx, call.arena, place, id.image_digest ? id.image_digest : id.image_tag);
      if (image == nullptr) {
        fail("ImageNotFound", "Requested image not found");
        continue;
      }
      bool accepted = !request.accepted_media_types.has_value() || request.accepted_media_types.empty();
      for (const Str& type : request.accepted_media_types) accepted |= type == image->media_type;
      if (accepted) FillImage(call, place, *image, id.image_tag, response->images.Add(call.arena));
      else fail("ImageNotFound", "The image is of media type " + image->media_type.str() + ", which is not among those accepted");
    }
    return response;
  }

  static Result<wire::BatchDeleteImageResponse*> BatchDeleteImage(Call& call, const wire::BatchDeleteImageRequest& request) {
    TRY_ASSIGN(const Place place, PlaceOf(call, request));
    auto* response = call.arena.New<wire::BatchDeleteImageResponse>();
    response->image_ids.Present(call.arena);
    response->failures.Present(call.arena);
    for (const wire::ImageIdentifier& id : request.image_ids) {
      const auto fail = [&](std::string_view code, std::string_view reason) { AddFailure(call, response->failures, id, code, reason); };
      rows::Image* image = !id.image_tag && !id.image_digest ? nullptr : FindImage(call.tx, call.arena, place, id.image_digest ? id.image_digest : id.image_tag);
      if (image == nullptr) {
        fail("ImageNotFound", "Requested image not found");
        continue;
      }
      bool referenced = false;
      const bool goes = !id.image_tag || image->tags.size() <= 1;
      for (const rows::Image* other : kImages.ListOwner(call.tx, place.key, call.arena))
        for (const Str& child : other->children) referenced |= child == image->digest;
      if (goes && referenced) {
        fail("ImageReferencedByManifestList", "Requested image referenced by manifest list");
        continue;
      }
      wire::ImageIdentifier& done = response->image_ids.Add(call.arena);
      done.image_digest = image->digest;
      done.image_tag = id.image_tag;
      RemoveImage(call.tx, call.arena, place, *image, id.image_tag.value_or(""));
    }
    return response;
  }

  static Result<wire::DescribeImagesResponse*> DescribeImages(Call& call, const wire::DescribeImagesRequest& request) {
    TRY_ASSIGN(const Place place, PlaceOf(call, request));
    auto* response = call.arena.New<wire::DescribeImagesResponse>();
    response->image_details.Present(call.arena);
    const auto add = [&](const rows::Image& image) {
      wire::ImageDetail& detail = response->image_details.Add(call.arena);
      detail.registry_id = place.row->registry_id;
      detail.repository_name = place.row->name;
      detail.image_digest = image.digest;
      if (!image.tags.empty()) detail.image_tags = image.tags;
      detail.image_size_in_bytes = image.size;
      detail.image_pushed_at = image.pushed_at;
      detail.image_manifest_media_type = image.media_type;
    };
    if (request.image_ids.has_value()) {
      for (const wire::ImageIdentifier& id : request.image_ids) {
        const rows::Image* image = FindImage(call.tx, call.arena, place, id.image_digest ? id.image_digest : id.image_tag);
        if (image == nullptr)
          return ApiError("ImageNotFoundException",
                          "The image with imageId {imageDigest:'" + std::string(id.image_digest.value_or("null")) + "', imageTag:'" + std::string(id.image_tag.value_or("null")) +
                              "'} does not exist within the repository with name '" + place.row->name.str() + "' in the registry with id '" + call.caller.account + "'",
                          ErrorKind::kNotFound);
        add(*image);
      }
      return response;
    }
    const std::string_view status = request.filter == nullptr ? std::string_view("ANY") : request.filter->tag_status.value_or("ANY");
    for (const rows::Image* image : kImages.ListOwner(call.tx, place.key, call.arena))
      if (status == "ANY" || (status == "TAGGED") == !image->tags.empty()) add(*image);
    TRY(CutPage(call, response->image_details, [](const wire::ImageDetail& image) { return image.image_digest.view(); }, request, response->next_token));
    return response;
  }

  static Result<wire::ListImagesResponse*> ListImages(Call& call, const wire::ListImagesRequest& request) {
    TRY_ASSIGN(const Place place, PlaceOf(call, request));
    auto* response = call.arena.New<wire::ListImagesResponse>();
    response->image_ids.Present(call.arena);
    const std::string_view status = request.filter == nullptr ? std::string_view("ANY") : request.filter->tag_status.value_or("ANY");
    for (const rows::Image* image : kImages.ListOwner(call.tx, place.key, call.arena)) {
      if (image->tags.empty() && status != "TAGGED") response->image_ids.Add(call.arena).image_digest = image->digest;
      if (status == "UNTAGGED") continue;
      for (const Str& tag : image->tags) {
        wire::ImageIdentifier& id = response->image_ids.Add(call.arena);
        id.image_digest = image->digest;
        id.image_tag = tag;
      }
    }
    TRY(CutPage(call, response->image_ids, [](const wire::ImageIdentifier& id) { return id.image_digest.str() + " " + std::string(id.image_tag.value_or("")); }, request, response->next_token));
    return response;
  }

 private:
  template <class T>
  static Status CutPage(Call& call, List<T>& items, auto key, const auto& request, Str& next) {
    if (!api::CutPage(call.arena, items, key, request.next_token, static_cast<std::size_t>(request.max_results.value_or(100)), next))
      return ApiError("InvalidParameterException", "Invalid parameter at 'nextToken' failed to satisfy constraint: 'must be a token of this listing'");
    return {};
  }
  static void FillImage(Call& call, const Place& place, const rows::Image& image, Str tag, wire::Image& out) {
    out.registry_id = place.row->registry_id;
    out.repository_name = place.row->name;
    out.image_id = call.arena.New<wire::ImageIdentifier>();
    out.image_id->image_digest = image.digest;
    out.image_id->image_tag = tag;
    out.image_manifest = image.manifest;
    out.image_manifest_media_type = image.media_type;
  }
  static void AddFailure(Call& call, List<wire::ImageFailure>& failures, const wire::ImageIdentifier& id, std::string_view code, std::string_view reason) {
    wire::ImageFailure& failure = failures.Add(call.arena);
    failure.image_id = call.arena.New<wire::ImageIdentifier>();
    *failure.image_id = id;
    failure.failure_code = call.arena.Copy(code);
    failure.failure_reason = call.arena.Copy(reason);
  }

  const Setting& setting_;
};

}  // namespace

void AddOperations(api::Registry& registry, const Setting& setting) {
  const Operations operations(setting);
  registry.Add<ops::CreateRepository>([operations](Call& c, const auto& r) { return operations.CreateRepository(c, r); }, OnRepository());
  registry.Add<ops::DescribeRepositories>([operations](Call& c, const auto& r) { return operations.DescribeRepositories(c, r); }, [](Call& call, const wire::DescribeRepositoriesRequest& r) -> Result<Access> {
    if (r.repository_names.empty()) return Access{{RepositoryArn(call.caller.account, call.caller.region, "*")}, {}};
    Access access{{}, {}};
    for (const Str& name : r.repository_names) access.resources.push_back(RepositoryArn(call.caller.account, call.caller.region, name));
    return access;
  });
  registry.Add<ops::DeleteRepository>([operations](Call& c, const auto& r) { return operations.DeleteRepository(c, r); }, OnRepository());
  registry.Add<ops::PutImageTagMutability>(Operations::PutImageTagMutability, OnRepository());
  registry.Add<ops::ListTagsForResource>(Operations::ListTagsForResource, OnArn());
  registry.Add<ops::TagResource>(Operations::TagResource, OnArn());
  registry.Add<ops::UntagResource>(Operations::UntagResource, OnArn());
  registry.Add<ops::GetAuthorizationToken>([operations](Call& c, const auto& r) { return operations.GetAuthorizationToken(c, r); });
  registry.Add<ops::BatchCheckLayerAvailability>(Operations::BatchCheckLayerAvailability, OnRepository());
  registry.Add<ops::PutImage>(Operations::PutImage, OnRepository());
  registry.Add<ops::BatchGetImage>(Operations::BatchGetImage, OnRepository());
  registry.Add<ops::BatchDeleteImage>(Operations::BatchDeleteImage, OnRepository());
  registry.Add<ops::DescribeImages>(Operations::DescribeImages, OnRepository());
  registry.Add<ops::ListImages>(Operations::ListImages, OnRepository());
}

}  // namespace terrarium::ecr
