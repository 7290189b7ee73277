#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "cli/arguments.h"
#include "cli/output.h"
#include "cli/problem.h"
#include "cli/world.h"

namespace terrarium::cli {

// One run of one command.
class Session {
 public:
  Session(World& world_in, Arguments arguments_in)
      : world(world_in), arguments(std::move(arguments_in)), out(world_in, arguments.Has("json"), arguments.Has("quiet")) {}

  World& world;
  const Arguments arguments;
  Output out;

  // The stack's name: its cluster, service, target group, load balancer, database and repository carry it.
  std::string stack() const { return arguments.Value("name", "drupal"); }
  std::string log_group() const { return "/ecs/" + stack(); }

  // Environment, or this machine's engine where AWS_ENDPOINT_URL is not set. Opened at the first call.
  Answer<Cloud*> cloud();
  Answer<Json> Call(std::string_view service, std::string_view operation, Json request = Json(Json::Object{}));
  // Every page of a list: `list` names the member of the answer, the token's names are those of request and answer.
  Answer<Json::Array> CallAll(std::string_view service, std::string_view operation, Json request, std::string_view list, std::string_view token_in, std::string_view token_out);
  // "this machine", or "AWS 123456789012" as STS says it; and the region.
  Answer<std::string> Where();
  bool on_this_machine() const;
  std::string region() { return cloud_ ? cloud_->region() : std::string(); }
  // What environment the cloud is opened with; also that of children.
  Answer<aws::Environment> CloudEnvironment() const;

  UnixMillis now() const { return world.clock.Now(); }

 private:
  std::unique_ptr<Cloud> cloud_;
};

// "10:13:07" UTC
std::string TimeOfDay(UnixMillis t);
// The milliseconds of an RFC 3339 member; nothing if absent.
std::optional<UnixMillis> TimeOf(const Json& value);
// The last part of an ARN or path: "web:8" of "arn:…:task-definition/web:8".
std::string LastPart(std::string_view arn);
// A task's id as screens show it: eight digits.
std::string ShortId(std::string_view arn);
// "1a" of "us-east-1a"
std::string ShortZone(std::string_view zone);
// What comes before the document of every --json answer.
Json NewDocument(std::string_view command);

}  // namespace terrarium::cli
