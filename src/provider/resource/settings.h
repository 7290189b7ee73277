// The provider configuration, as far as calls need it.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "provider/plan/tags.h"

namespace terrarium::provider {

// Empty text means that the environment and the shared configuration files decide.
struct Settings {
  std::string region{};
  std::string profile{};
  std::string access_key{};
  std::string secret_key{};
  std::string token{};
  std::map<std::string, std::string> endpoints{};  // by service
  std::vector<std::string> config_files{};
  std::vector<std::string> credentials_files{};
  TagSettings tags{};
};

}  // namespace terrarium::provider
