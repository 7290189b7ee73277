#pragma once

#include <optional>
#include <string>

#include "iam/policy.h"

namespace terrarium::iam {

// The stages of reference/identity "Grammar on write" after the shape, each in AWS's words. Nothing: the stage is passed.
std::optional<std::string> CheckLegacyForms(const Policy& policy);    // literals of dates, numbers and addresses, ARNs too short
std::optional<std::string> CheckSids(const Policy& policy);
std::optional<std::string> CheckActions(const Policy& policy);        // prefixed by one service
std::optional<std::string> CheckResources(const Policy& policy);      // ARNs whose fixed parts are there
std::optional<std::string> CheckTrustActions(const Policy& policy);   // only the AssumeRole family

}  // namespace terrarium::iam
