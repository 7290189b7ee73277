#pragma once

#include <sys/types.h>

#include <string>

#include "base/result.h"
#include "drivers/mysql/layout.h"
#include "host/database/parameters.h"
#include "drivers/mysql/program.h"

namespace terrarium::mysql {

using database::ParameterCatalog;

// What is made once for an engine version and copied for each server: an empty data folder with time zones and the classic hash functions,
// and the list of the version's parameters as the server itself tells them.
struct Template {
  std::string data;
  ParameterCatalog parameters;
};

// Has it or makes it, with a server of its own that runs as `user`. Takes seconds the first time.
Result<Template> EnsureTemplate(const Layout& layout, const Program& program, uid_t user, const std::string& cgroup_mount, const std::string& instance);

// Ends the server and removes the folder of a making that was cut off with terrarium-host.
Status ClearTemplateMaking(const Layout& layout, const std::string& cgroup_mount, const std::string& instance);

}  // namespace terrarium::mysql
