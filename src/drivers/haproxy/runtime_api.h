#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace terrarium::haproxy {

// One server line of "show stat".
struct ServerStat {
  std::string backend, server, status, check_status, check_code;
  long long current = 0;  // requests under way
};
// kInvalid if it is not the table that HAProxy prints.
Result<std::vector<ServerStat>> ParseStat(std::string_view csv);

// The lines of "show servers state" by "<backend>/<server>", as they are.
std::map<std::string, std::string> ParseServersState(std::string_view text);
// Whether such a line says that nothing is sent there and nothing is checked: a server that was added, or is about to be removed.
bool InMaintenance(std::string_view line);
// A state file for the next process: known servers keep what they had; others start drained, until their first check is over.
// The first line of each pair says which server, as in the configuration.
struct WantedServer {
  std::string backend, server, address;
  int port = 0;
  bool draining = false;
};
std::string RenderServersState(const std::vector<WantedServer>& wanted, const std::map<std::string, std::string>& known);

// One command to a process over its socket, and all of its answer. kUnavailable if it does not answer in time.
Result<std::string> Ask(const std::string& socket, const std::string& command, Millis patience);

}  // namespace terrarium::haproxy
