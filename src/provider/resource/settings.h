// The provider configuration, as far as calls need it.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "provider/plan/tags.h"

namespace terrarium::provider {

// Empty text means that the environment and the shared configuration files decide.
struct Settings {
  std::string region{};
  std::string sts_region{};
  std::string profile{};
  std::string access_key{};
  std::string secret_key{};
  std::string token{};
  std::map<std::string, std::string> endpoints{};  // by service
  std::vector<std::string> config_files{};
  std::vector<std::string> credentials_files{};
  std::optional<std::int64_t> most_retries{};
  List roles{};  // requests of sts:AssumeRole; each is made as what the one before it gave
  TagSettings tags{};
  std::vector<std::string> allowed_accounts{};  // empty: any
  std::vector<std::string> forbidden_accounts{};
  bool checks_region = true;
  bool checks_identity = true;  // one call at the start, so that wrong credentials are one error and not one an object

  bool operator==(const Settings&) const = default;
};

}  // namespace terrarium::provider
