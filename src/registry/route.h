#pragma once

#include <string>
#include <string_view>

#include "registry/registry_handler.h"

namespace terrarium::registry {

struct RegistryHandler::Route {
  enum class What : unsigned char { kNothing, kPing, kManifest, kBlob, kUploads, kUpload, kTags };
  What what = What::kNothing;
  std::string repository;
  std::string reference;  // tag, digest or upload

  static Route Of(std::string_view path);
};

// The value of a query parameter, decoded; empty where absent.
std::string QueryValue(std::string_view query, std::string_view name);

// {"errors":[{"code":…,"message":…}]}
wire::Response RegistryError(int status, std::string_view code, std::string_view message);
// The same for an error of the catalog or of IAM.
wire::Response RegistryError(const Error& error);

}  // namespace terrarium::registry
