#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace terrarium::aws {

// A variable of the process's environment, empty if unset. Passed in, so that tests need not change their own.
using Environment = std::function<std::string(const char*)>;
Environment ProcessEnvironment();

struct Credentials {
  std::string access_key{};
  std::string secret_key{};
  std::string token{};
};

// What a caller decides itself; empty text leaves it to the environment and the shared files.
struct ClientOptions {
  std::string region{};
  std::string profile{};
  Credentials credentials{};
  std::map<std::string, std::string> endpoints{};  // by our service name
  std::vector<std::string> config_files{};         // instead of AWS_CONFIG_FILE and ~/.aws/config
  std::vector<std::string> credentials_files{};
  int most_retries = 3;                            // how often a call is repeated that may be
  std::function<bool()> stopped{};                 // asked between attempts; true ends the call
};

// Where and as whom to call. Order, as the AWS SDKs have it: options, environment, shared configuration files.
struct Config {
  std::string region{};
  Credentials credentials{};
  std::map<std::string, std::string> endpoints{};  // by service key of the SDKs: "elastic_load_balancing_v2"; "" for all others
};

Result<Config> ResolveConfig(const ClientOptions& options, const Environment& environment);

// "Elastic Load Balancing v2" → "elastic_load_balancing_v2"
std::string ServiceKey(std::string_view service_id);

// An AWS configuration file: {section: {key: value}}. Keys of an indented block are "parent.key".
using Sections = std::map<std::string, std::map<std::string, std::string>>;
Sections ParseSharedConfig(std::string_view text);

}  // namespace terrarium::aws
