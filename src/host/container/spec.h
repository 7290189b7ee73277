#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "gen/host_container/types.h"

namespace terrarium::host {

// Every field again, as if the caller were hostile: kInvalid names the field.
Status ValidateSpec(const gen::host_container::ContainerSpec& spec);
bool IsContainerName(std::string_view s);  // [a-z0-9][a-z0-9-]{0,59}
bool IsTaskName(std::string_view s);       // [a-z0-9]{1,40}, not "monitors"
// A setting of a network namespace that a task may choose: none that filters, forwards or decides about source addresses.
bool IsNetworkSysctl(std::string_view name);
bool IsSysctlValue(std::string_view value);  // one to three numbers
// "registry.example:5000" of "registry.example:5000/name@sha256:…"; kInvalid unless pinned by digest.
Result<std::string> RegistryOf(std::string_view reference);
// Equal for specs that make the same container. Secrets' values stay outside: a digest of a weak one could be guessed.
std::string SpecHash(const gen::host_container::ContainerSpec& spec);

}  // namespace terrarium::host
