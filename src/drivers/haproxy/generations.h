#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "runtime/child_process.h"

// The processes of one load balancer: each generation is a keeper and the proxy under it.
namespace terrarium::haproxy {

using Identity = runtime::DetachedProcess::Identity;

std::string ConfigPath(const std::string& folder, long long generation);

// A process that was started with a configuration of the folder.
struct Generation {
  Identity identity;
  pid_t parent = 0;
  std::string config;
};
// All of them, from the machine's own list: also those that no record knows, because who started them was killed meanwhile. Only processes of
// `user` count: any other user's command line may say what it likes.
Result<std::vector<Generation>> FindGenerations(const std::string& folder, uid_t user);

bool Runs(const Identity& identity);
// The proxy that a keeper has started; pid 0 between two of them.
Identity WorkerOf(const Identity& keeper);
// Ends a keeper and what it keeps, or a proxy without one. What is under way there is cut.
Status End(const Identity& identity);
// Ends all that FindGenerations finds, until it finds none.
Status EndAll(const std::string& folder, uid_t user);
// Whatever is neither of the two stops accepting and ends with its last request. To ask twice is to ask once.
Status RetireOthers(const std::string& folder, uid_t user, const Identity& keeper, const Identity& worker);

}  // namespace terrarium::haproxy
