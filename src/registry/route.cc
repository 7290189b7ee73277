#include "registry/route.h"

#include "base/json.h"
#include "base/text.h"

namespace terrarium::registry {

RegistryHandler::Route RegistryHandler::Route::Of(std::string_view path) {
  Route route;
  if (path == "/v2" || path == "/v2/") {
    route.what = What::kPing;
    return route;
  }
  if (!path.starts_with("/v2/")) return route;
  path.remove_prefix(4);
  // Repository names hold slashes: the words that follow them are looked for from the end.
  const auto split = [&](std::string_view word, What what) {
    const std::size_t at = path.rfind(word);
    if (at == std::string_view::npos || at == 0 || route.what != What::kNothing) return;
    const auto reference = UriDecode(path.substr(at + word.size()), false);
    if (!reference || reference->find('/') != std::string::npos) return;
    route.what = what;
    route.repository = path.substr(0, at);
    route.reference = *reference;
  };
  split("/blobs/uploads/", What::kUpload);
  if (route.what == What::kUpload && route.reference.empty()) route.what = What::kUploads;
  if (path.ends_with("/blobs/uploads")) {
    route.what = What::kUploads;
    route.repository = path.substr(0, path.size() - 14);
    route.reference.clear();
  }
  split("/manifests/", What::kManifest);
  split("/blobs/", What::kBlob);
  split("/tags/list", What::kTags);
  if (route.what == What::kTags && !route.reference.empty()) route.what = What::kNothing;
  return route;
}

std::string QueryValue(std::string_view query, std::string_view name) {
  for (const std::string_view pair : Split(query, '&')) {
    const std::size_t equals = pair.find('=');
    if (pair.substr(0, equals) != name || equals == std::string_view::npos) continue;
    return UriDecode(pair.substr(equals + 1), true).value_or("");
  }
  return {};
}

wire::Response RegistryError(int status, std::string_view code, std::string_view message) {
  Json error;
  error.Set("code", code);
  error.Set("message", message);
  Json body;
  body.Set("errors", Json::Array{std::move(error)});
  wire::Response response;
  response.status = status;
  response.headers = {{"Content-Type", "application/json; charset=utf-8"}, {"Docker-Distribution-Api-Version", "registry/2.0"}};
  response.body = body.Write();
  return response;
}

wire::Response RegistryError(const Error& error) {
  if (error.code == "RepositoryNotFoundException") return RegistryError(404, "NAME_UNKNOWN", error.message);
  if (error.code == "LayersNotFoundException" || error.code == "ReferencedImagesNotFoundException") return RegistryError(400, "MANIFEST_BLOB_UNKNOWN", error.message);
  if (error.code == "ImageTagAlreadyExistsException") return RegistryError(400, "TAG_INVALID", error.message);
  switch (error.kind) {
    case ErrorKind::kDenied: return RegistryError(403, "DENIED", error.message);
    case ErrorKind::kInvalid: return RegistryError(400, "MANIFEST_INVALID", error.message);
    case ErrorKind::kLimit: return RegistryError(413, "SIZE_INVALID", error.message);
    case ErrorKind::kNotFound: return RegistryError(404, "BLOB_UPLOAD_UNKNOWN", error.message);
    default: return RegistryError(500, "UNKNOWN", "the registry could not do this; try again");
  }
}

}  // namespace terrarium::registry
