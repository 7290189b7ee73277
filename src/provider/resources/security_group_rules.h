// Inline rules of a security group: sets of attribute objects here, IpPermissions in the API.
#pragma once

#include "provider/value/value.h"

namespace terrarium::provider {

// Permissions of one source each, by their text: the unit in which rules are compared, granted and revoked.
using SinglePermissions = Object;

// `own` stands for the group itself where a rule says `self`.
SinglePermissions PermissionsOfRules(const Value& rules, const std::string& own);
SinglePermissions PermissionsOfAnswer(const Value& ip_permissions);

// The answer in the shape that `known` has: a known rule that the answer holds in full stays as it is written, what
// is left over follows in rules grouped by protocol, ports and description.
List RulesOfAnswer(const Value& ip_permissions, const Value& known, const std::string& own);

List Without(const SinglePermissions& all, const SinglePermissions& removed);

// "6" is "tcp", "all" is "-1".
std::string ProtocolName(std::string_view protocol);

}  // namespace terrarium::provider
