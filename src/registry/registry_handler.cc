#include "registry/registry_handler.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/check.h"
#include "base/file.h"
#include "base/json.h"
#include "base/log.h"
#include "base/text.h"
#include "registry/route.h"
#include "services/ecr/catalog.h"
#include "services/ecr/manifest.h"
#include "services/ecr/public.h"

namespace terrarium::registry {
namespace {

constexpr std::string_view kVersion = "registry/2.0";
constexpr std::size_t kMostUpload = std::size_t{10} << 30;  // a layer in ECR: 10 GiB and a little

wire::Response Plain(int status) {
  wire::Response response;
  response.status = status;
  response.headers = {{"Docker-Distribution-Api-Version", std::string(kVersion)}};
  return response;
}

wire::Response Challenge(std::string_view host) {
  wire::Response response;
  response.status = 401;
  response.headers = {{"Www-Authenticate", "Basic realm=\"http://" + std::string(host) + "/\",service=\"ecr.amazonaws.com\""},
                      {"Docker-Distribution-Api-Version", std::string(kVersion)}, {"Content-Type", "text/plain; charset=utf-8"}};
  response.body = "Not Authorized\n";
  return response;
}

// A layer on its way out: hashed while it leaves. A digest that does not fit cuts the connection before the last byte, so nobody takes damaged bytes for a layer.
class VerifiedBlob final : public wire::BodySource {
 public:
  VerifiedBlob(UniqueFd fd, std::string digest, std::uint64_t size) : fd_(std::move(fd)), digest_(std::move(digest)), left_(size) {}

  Result<bool> Read(std::string& out, std::size_t wanted) override {
    const std::size_t start = out.size();
    out.resize(start + std::min<std::uint64_t>(std::max<std::size_t>(wanted, 4096), left_));
    const ssize_t got = ::read(fd_.get(), out.data() + start, out.size() - start);
    if (got <= 0 && left_ > 0) {
      out.resize(start);
      return got < 0 ? SystemFail("blob", errno) : Fail(ErrorKind::kUnavailable, "a blob on disk is shorter than its row says: " + digest_);
    }
    out.resize(start + static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
    hasher_.Add(std::string_view(out).substr(start));
    left_ -= static_cast<std::uint64_t>(std::max<ssize_t>(got, 0));
    if (left_ > 0) return true;
    if (hasher_.Digest() != digest_) {
      LogError("registry", "a blob on disk is damaged: " + digest_);
      out.resize(start);
      return Fail(ErrorKind::kUnavailable, "a blob on disk is damaged");
    }
    return false;
  }

 private:
  UniqueFd fd_;
  std::string digest_;
  std::uint64_t left_;
  ecr::Hasher hasher_;
};

}  // namespace

// Appends the body of a PATCH or PUT to an upload, piece by piece.
class UploadSink final : public wire::BodySink {
 public:
  UploadSink(RegistryHandler& handler, api::Caller caller, std::string repository, std::string upload, std::string digest, UniqueFd fd, std::uint64_t size)
      : handler_(handler), caller_(std::move(caller)), repository_(std::move(repository)), upload_(std::move(upload)), digest_(std::move(digest)), fd_(std::move(fd)), size_(size) {}

  std::optional<wire::Response> Write(std::string_view bytes) override {
    if (size_ + bytes.size() > kMostUpload) return RegistryError(413, "SIZE_INVALID", "a layer has at most 10 GiB");
    if (const Status written = WriteAll(fd_.get(), bytes); !written) return RegistryError(500, "UNKNOWN", "the upload could not be stored: " + written.error().message);
    size_ += bytes.size();
    return std::nullopt;
  }

  void End(wire::Responder responder) override {
    if (!digest_.empty()) {
      responder.Send(handler_.FinishUpload(caller_, repository_, upload_, digest_));
      return;
    }
    wire::Response response = Plain(202);
    response.headers.emplace_back("Location", "/v2/" + repository_ + "/blobs/uploads/" + upload_);
    response.headers.emplace_back("Range", "0-" + std::to_string(size_ == 0 ? 0 : size_ - 1));
    response.headers.emplace_back("Docker-Upload-UUID", upload_);
    responder.Send(std::move(response));
  }

 private:
  RegistryHandler& handler_;
  api::Caller caller_;
  std::string repository_;
  std::string upload_;
  std::string digest_;
  UniqueFd fd_;
  std::uint64_t size_;
};

Result<api::Caller> RegistryHandler::Authenticate(const wire::RequestHead& head) const {
  const std::string_view authorization = head.Header("authorization");
  if (!authorization.starts_with("Basic ")) return Fail(ErrorKind::kDenied, "Not Authorized");
  const auto pair = Base64Decode(authorization.substr(6));
  if (!pair || !pair->starts_with("AWS:")) return Fail(ErrorKind::kDenied, "Not Authorized");
  return ecr::OpenToken(std::string_view(*pair).substr(4), clock_.Now(), root_);
}

Status RegistryHandler::Check(const api::Caller& caller, std::string_view repository, std::string_view action) {
  return database_.Write([&](store::Tx& tx) -> Status { return authorizer_.Check(caller, tx, action, ecr::RepositoryArn(caller.account, caller.region, repository), {}); });
}

wire::BodyPlan RegistryHandler::Begin(const wire::RequestHead& head) {
  const Route route = Route::Of(head.path);
  const bool upload = route.what == Route::What::kUpload && (head.method == "PATCH" || head.method == "PUT");
  if (!upload) return wire::Buffer{route.what == Route::What::kManifest ? ecr::kMostManifest : 65536};

  const auto refuse = [](wire::Response response) { return wire::BodyPlan(wire::Refuse{std::move(response)}); };
  auto caller = Authenticate(head);
  if (!caller) return refuse(caller.error().message == "Not Authorized" ? Challenge(head.host) : RegistryError(caller.error()));
  if (const Status allowed = Check(*caller, route.repository, head.method == "PUT" ? "ecr:CompleteLayerUpload" : "ecr:UploadLayerPart"); !allowed) return refuse(RegistryError(allowed.error()));
  auto fd = blobs_.OpenUpload(route.reference);
  const auto size = blobs_.UploadSize(route.reference);
  if (!fd || !size) return refuse(RegistryError(404, "BLOB_UPLOAD_UNKNOWN", "blob upload unknown to registry"));
  if (const std::string_view range = head.Header("content-range"); !range.empty()) {
    const auto first = ParseInt(range.substr(0, range.find('-')));
    if (!first || static_cast<std::uint64_t>(*first) != *size) {
      wire::Response response = RegistryError(416, "BLOB_UPLOAD_INVALID", "the chunk does not follow what has arrived");
      response.headers.emplace_back("Range", "0-" + std::to_string(*size == 0 ? 0 : *size - 1));
      return refuse(std::move(response));
    }
  }
  std::string digest;
  if (head.method == "PUT") {
    digest = QueryValue(head.query, "digest");
    if (!ecr::IsDigest(digest)) return refuse(RegistryError(400, "DIGEST_INVALID", "the digest must be a sha256 digest"));
  }
  return wire::Stream{std::make_unique<UploadSink>(*this, *std::move(caller), route.repository, route.reference, std::move(digest), *std::move(fd), *size)};
}

void RegistryHandler::Handle(const wire::Request& request, wire::Responder responder) {
  try {
    responder.Send(Answer(request));
  } catch (const BugError& bug) {
    LogError("registry", bug.what());
    responder.Send(RegistryError(500, "UNKNOWN", "an internal error"));
  }
}

wire::Response RegistryHandler::Answer(const wire::Request& request) {
  const wire::RequestHead& head = request.head;
  const Route route = Route::Of(head.path);
  const auto caller = Authenticate(head);
  if (!caller) return caller.error().message == "Not Authorized" ? Challenge(head.host) : RegistryError(caller.error());
  const bool reads = head.method == "GET" || head.method == "HEAD";
  switch (route.what) {
    case Route::What::kPing: return reads ? Plain(200) : RegistryError(405, "UNSUPPORTED", "the operation is unsupported");
    case Route::What::kManifest:
      if (reads) return GetManifest(*caller, route, head);
      if (head.method == "PUT") return PutManifest(*caller, route, request);
      return RegistryError(405, "UNSUPPORTED", "images are deleted with ecr:BatchDeleteImage");
    case Route::What::kBlob:
      if (reads) return GetBlob(*caller, route, head);
      return RegistryError(405, "UNSUPPORTED", "layers go with the images that name them");
    case Route::What::kUploads:
      if (head.method == "POST") return BeginUpload(*caller, route);
      break;
    case Route::What::kUpload:
      if (const Status allowed = Check(*caller, route.repository, "ecr:UploadLayerPart"); !allowed) return RegistryError(allowed.error());
      if (reads) return UploadStatus(route);
      if (head.method == "DELETE") {
        const Status cancelled = blobs_.CancelUpload(route.reference);
        return cancelled ? Plain(204) : RegistryError(404, "BLOB_UPLOAD_UNKNOWN", "blob upload unknown to registry");
      }
      break;
    case Route::What::kTags:
      if (reads) return ListTags(*caller, route, head);
      break;
    case Route::What::kNothing: return RegistryError(404, "UNSUPPORTED", "there is nothing at this path");
  }
  return RegistryError(405, "UNSUPPORTED", "the operation is unsupported");
}

wire::Response RegistryHandler::GetManifest(const api::Caller& caller, const Route& route, const wire::RequestHead& head) {
  wire::Response response = Plain(200);
  const Status found = database_.Write([&](store::Tx& tx) -> Status {
    Arena arena;
    TRY_ASSIGN(const ecr::Place place, ecr::FindRepository(tx, arena, caller.account, caller.region, route.repository));
    TRY(authorizer_.Check(caller, tx, "ecr:BatchGetImage", place.row->arn, {}));
    const ecr::rows::Image* image = ecr::FindImage(tx, arena, place, route.reference);
    if (image == nullptr) {
      response = RegistryError(404, "MANIFEST_UNKNOWN", "Requested image not found");
      return {};
    }
    // Several Accept headers are one list; a stored manifest is never translated, for that would be another digest.
    bool any = true;
    bool accepted = false;
    for (const auto& [name, value] : head.headers) {
      if (!EqualsIgnoreCase(name, "accept")) continue;
      any = false;
      for (const std::string_view part : Split(value, ',')) {
        const std::string_view type = Trim(part.substr(0, part.find(';')));
        accepted |= type == "*/*" || type == image->media_type.view();
      }
    }
    if (!any && !accepted) {
      response = RegistryError(404, "MANIFEST_UNKNOWN", "the image is of media type " + image->media_type.str() + ", which the client does not accept");
      return {};
    }
    response.headers.emplace_back("Content-Type", image->media_type);
    response.headers.emplace_back("Docker-Content-Digest", image->digest);
    response.body = image->manifest.view();
    return {};
  });
  return found ? std::move(response) : RegistryError(found.error());
}

wire::Response RegistryHandler::PutManifest(const api::Caller& caller, const Route& route, const wire::Request& request) {
  wire::Response response = Plain(201);
  const bool by_digest = ecr::IsDigest(route.reference);
  const Status put = database_.Write([&](store::Tx& tx) -> Status {
    Arena arena;
    TRY_ASSIGN(const ecr::Place place, ecr::FindRepository(tx, arena, caller.account, caller.region, route.repository));
    TRY(authorizer_.Check(caller, tx, "ecr:PutImage", place.row->arn, {}));
    TRY_ASSIGN(const ecr::Put done, ecr::PutManifest(tx, arena, place, request.body, request.head.Header("content-type"), by_digest ? "" : std::string_view(route.reference), clock_.Now()));
    if (by_digest && done.image->digest.view() != route.reference) return Fail(ErrorKind::kInvalid, "the manifest has the digest " + done.image->digest.str());
    response.headers.emplace_back("Location", "/v2/" + route.repository + "/manifests/" + done.image->digest.str());
    response.headers.emplace_back("Docker-Content-Digest", done.image->digest);
    return {};
  });
  return put ? std::move(response) : RegistryError(put.error());
}

wire::Response RegistryHandler::GetBlob(const api::Caller& caller, const Route& route, const wire::RequestHead& head) {
  if (const Status allowed = Check(caller, route.repository, head.method == "HEAD" ? "ecr:BatchCheckLayerAvailability" : "ecr:GetDownloadUrlForLayer"); !allowed) return RegistryError(allowed.error());
  const auto there = database_.Write([&](store::Tx& tx) -> Result<bool> {
    Arena arena;
    TRY_ASSIGN(const ecr::Place place, ecr::FindRepository(tx, arena, caller.account, caller.region, route.repository));
    return ecr::kLayers.Exists(tx, ecr::Below(place, route.reference));
  });
  if (!there) return RegistryError(there.error());
  const auto size = blobs_.Find(route.reference);
  if (!*there || !size) return RegistryError(404, "BLOB_UNKNOWN", "blob unknown to registry");
  wire::Response response = Plain(200);
  response.headers.emplace_back("Content-Type", "application/octet-stream");
  response.headers.emplace_back("Docker-Content-Digest", route.reference);
  response.headers.emplace_back("ETag", "\"" + route.reference + "\"");
  if (head.method == "HEAD") {
    response.headers.emplace_back("Content-Length", std::to_string(*size));
    return response;
  }
  auto fd = blobs_.OpenBlob(route.reference);
  if (!fd) return RegistryError(500, "UNKNOWN", "the layer could not be opened");
  response.source = std::make_unique<VerifiedBlob>(*std::move(fd), route.reference, *size);
  response.source_length = *size;
  return response;
}

wire::Response RegistryHandler::BeginUpload(const api::Caller& caller, const Route& route) {
  const Status allowed = database_.Write([&](store::Tx& tx) -> Status {
    Arena arena;
    TRY_ASSIGN(const ecr::Place place, ecr::FindRepository(tx, arena, caller.account, caller.region, route.repository));
    return authorizer_.Check(caller, tx, "ecr:InitiateLayerUpload", place.row->arn, {});
  });
  if (!allowed) return RegistryError(allowed.error());
  // `?mount=` is answered as where blob mounting is not enabled: with an ordinary upload.
  const auto upload = blobs_.BeginUpload(random_);
  if (!upload) return RegistryError(500, "UNKNOWN", "the upload could not be begun: " + upload.error().message);
  wire::Response response = Plain(202);
  response.headers.emplace_back("Location", "/v2/" + route.repository + "/blobs/uploads/" + *upload);
  response.headers.emplace_back("Range", "0-0");
  response.headers.emplace_back("Docker-Upload-UUID", *upload);
  return response;
}

wire::Response RegistryHandler::UploadStatus(const Route& route) {
  const auto size = blobs_.UploadSize(route.reference);
  if (!size) return RegistryError(404, "BLOB_UPLOAD_UNKNOWN", "blob upload unknown to registry");
  wire::Response response = Plain(204);
  response.headers.emplace_back("Location", "/v2/" + route.repository + "/blobs/uploads/" + route.reference);
  response.headers.emplace_back("Range", "0-" + std::to_string(*size == 0 ? 0 : *size - 1));
  response.headers.emplace_back("Docker-Upload-UUID", route.reference);
  return response;
}

wire::Response RegistryHandler::FinishUpload(const api::Caller& caller, const std::string& repository, const std::string& upload, const std::string& digest) {
  const auto size = blobs_.UploadSize(upload);
  if (!size) return RegistryError(404, "BLOB_UPLOAD_UNKNOWN", "blob upload unknown to registry");
  // The file is durable under its digest before the row that makes it part of the repository commits, and that before the answer.
  if (const Status completed = blobs_.CompleteUpload(upload, digest); !completed)
    return completed.error().kind == ErrorKind::kInvalid ? RegistryError(400, "DIGEST_INVALID", completed.error().message) : RegistryError(completed.error());
  const Status stored = database_.Write([&](store::Tx& tx) -> Status {
    Arena arena;
    TRY_ASSIGN(const ecr::Place place, ecr::FindRepository(tx, arena, caller.account, caller.region, repository));
    ecr::rows::Layer layer;
    layer.digest = digest;
    layer.size = static_cast<std::int64_t>(*size);
    ecr::kLayers.Put(tx, ecr::Below(place, digest), layer, place.key);
    return {};
  });
  if (!stored) return RegistryError(stored.error());
  wire::Response response = Plain(201);
  response.headers.emplace_back("Location", "/v2/" + repository + "/blobs/" + digest);
  response.headers.emplace_back("Docker-Content-Digest", digest);
  return response;
}

wire::Response RegistryHandler::ListTags(const api::Caller& caller, const Route& route, const wire::RequestHead& head) {
  Json tags{Json::Array{}};
  std::string next;
  const Status listed = database_.Write([&](store::Tx& tx) -> Status {
    Arena arena;
    TRY_ASSIGN(const ecr::Place place, ecr::FindRepository(tx, arena, caller.account, caller.region, route.repository));
    TRY(authorizer_.Check(caller, tx, "ecr:ListImages", place.row->arn, {}));
    const std::string last = QueryValue(head.query, "last");
    const std::string n = QueryValue(head.query, "n");
    const auto limit = n.empty() ? std::optional<std::int64_t>(1000) : ParseInt(n);
    if (!limit || *limit < 0) return Fail(ErrorKind::kInvalid, "n must be a number");
    std::int64_t count = 0;
    std::string previous;
    for (const ecr::rows::ImageTag* tag : ecr::kImageTags.ListOwner(tx, place.key, arena)) {
      if (!last.empty() && tag->tag.view() <= last) continue;
      if (count++ == *limit) {
        if (*limit > 0) next = previous;
        break;
      }
      previous = tag->tag.str();
      tags.Append(tag->tag.view());
    }
    return {};
  });
  if (!listed) return RegistryError(listed.error());
  wire::Response response = Plain(200);
  response.headers.emplace_back("Content-Type", "application/json");
  if (!next.empty()) response.headers.emplace_back("Link", "</v2/" + route.repository + "/tags/list?last=" + UriEncode(next) + "&n=" + QueryValue(head.query, "n") + ">; rel=\"next\"");
  Json body;
  body.Set("name", route.repository);
  body.Set("tags", std::move(tags));
  response.body = body.Write();
  return response;
}

}  // namespace terrarium::registry
