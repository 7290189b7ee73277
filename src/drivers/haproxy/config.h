#pragma once

#include <map>
#include <string>
#include <string_view>

#include "host/proxy/spec.h"

namespace terrarium::haproxy {

// Where the process finds what it inherits.
inline constexpr int kAdminFd = 3, kFirstListenerFd = 4;

// One argument of a configuration line, quoted so that it is this text and nothing else: everything outside a small alphabet becomes \xNN
// inside double quotes. No text can end a line, an argument or a quotation, expand a variable or begin a comment.
std::string Quote(std::string_view text);

// The whole configuration. `fds` says where each listener's socket is inherited. Whether targets drain is not in it: that is
// the runtime's (and the state file's) to say.
std::string RenderConfig(const proxy::Spec& spec, const std::map<std::uint16_t, int>& fds, const std::string& state_file);

// What a target's line in the configuration says after its address, and "add server" of the runtime.
std::string ServerKeywords(const proxy::TargetGroup& group, bool checked);

// The name of the backend that is used while no target of the group is healthy: the same targets without checks.
std::string FailOpenName(const std::string& group);

}  // namespace terrarium::haproxy
