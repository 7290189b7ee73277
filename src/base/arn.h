#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace terrarium {

// arn:aws:ecs:us-east-1:123456789012:service/prod/web
struct Arn {
  std::string partition;
  std::string service;
  std::string region;   // empty where the service is global
  std::string account;
  std::string resource; // "service/prod/web", "role/x", "log-group:/ecs/web:*"

  static std::optional<Arn> Parse(std::string_view text);
  std::string str() const;
};

// In partition aws.
std::string MakeArn(std::string_view service, std::string_view region, std::string_view account, std::string_view resource);

}  // namespace terrarium
