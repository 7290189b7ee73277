#pragma once

#include <map>
#include <string>

#include "base/arena.h"
#include "base/result.h"
#include "gen/host_container/types.h"
#include "services/ecs/neighbours.h"

// From a task definition to what terrarium-host is asked for. Pure.
namespace terrarium::ecs {

struct LaunchTask {
  std::string id, network_namespace, address, host_name, resolver, region, api_endpoint;
  std::string credentials_id;  // empty: no task role
  std::string metadata_id;
  std::string definition_json, overrides_json;
  std::int64_t uid_base = 0, generation = 0;
  std::map<std::string, Files> files;  // by the volume's name
};
struct LaunchContainer {
  std::string name, host_name, image;
  std::map<std::string, std::string> secrets;
};

// `image` is what the host answered of the container's image: its environment decides whether AWS_REGION is injected.
Result<gen::host_container::ContainerSpec*> RenderContainer(const LaunchTask& task, const LaunchContainer& container, const gen::host_container::EnsureImageResponse& image,
                                                            Arena& arena);

}  // namespace terrarium::ecs
