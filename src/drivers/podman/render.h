#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "drivers/podman/config.h"
#include "gen/host_container/types.h"

namespace terrarium::podman {

using gen::host_container::ContainerSpec;

// Options before the subcommand.
std::vector<std::string> GlobalArguments(const Config& config);
// The whole environment of podman, and so of conmon.
std::vector<std::string> ProcessEnvironment(const Config& config);
// `podman run …` of a valid spec. Values of environment variables are not in it: they stand in the environment file.
std::vector<std::string> RunArguments(const Config& config, const ContainerSpec& spec);
std::vector<std::string> PullArguments(const Config& config, std::string_view reference, std::string_view auth_file, bool insecure);

std::string PodmanName(const Config& config, std::string_view name);
std::string VolumeName(const Config& config, std::string_view task, std::string_view volume);
std::string ContainerDir(const Config& config, std::string_view name);
std::string FilesDir(const Config& config, std::string_view name, std::size_t number);
std::string SecretsFile(const Config& config, std::string_view name);

// Files.
std::string RenderHosts(const ContainerSpec& spec);
std::string RenderResolvConf(const ContainerSpec& spec);
std::string RenderEnvironmentFile(const ContainerSpec& spec);  // {"NAME": "value", …} of plain and secret variables, read by terrarium-oci
std::string RenderContainersConf(const Config& config);
std::string RenderStorageConf(const Config& config);
std::string RenderAuthFile(std::string_view registry, std::string_view user, std::string_view password);

}  // namespace terrarium::podman
