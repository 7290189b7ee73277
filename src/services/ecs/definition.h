#pragma once

#include <string>
#include <string_view>

#include "base/arena.h"
#include "base/result.h"
#include "gen/ecs/types.h"

// What a task definition becomes. Pure: no rows.
namespace terrarium::ecs {

namespace wire = gen::ecs;

// Amazon's checks, in its words; then what Terrarium does not make real, by name.
Status ValidateDefinition(const wire::RegisterTaskDefinitionRequest& request);
// The definition as AWS answers it: some defaults filled in and others not, so that Terraform sees no difference. Without ARN, revision, status and times.
wire::TaskDefinition* NormalizeDefinition(const wire::RegisterTaskDefinitionRequest& request, Arena& arena);

// "0.25 vCPU", ".25 vcpu" and "256" are 256; "1 GB", "0.5GB" and "512" are MiB. Nothing if it is none of these.
std::optional<std::int64_t> ParseCpu(std::string_view text);
std::optional<std::int64_t> ParseMemory(std::string_view text);
bool IsFargatePair(std::int64_t cpu, std::int64_t memory);

}  // namespace terrarium::ecs
