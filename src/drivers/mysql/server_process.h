#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "drivers/mysql/control_group.h"
#include "drivers/mysql/program.h"
#include "runtime/child_process.h"

namespace terrarium::mysql {

// How one mysqld is run.
struct ServerStart {
  const Program* program;
  std::string config;          // its option file: the one argument, by which it is recognised too
  uid_t user;
  std::string socket_for_news; // where it says that it accepts connections
  std::string console;         // what it says before it has a log
  std::string network_namespace{};
  const ControlGroup* group = nullptr;
};

// Answers when it accepts connections. It is not our child in any sense that matters: it lives on when we end.
// kUnavailable if it ends before that; the cause is what it said last.
Result<runtime::DetachedProcess> StartServer(const ServerStart& start);

// The live server with that option file in the group, whoever started it.
Result<std::optional<runtime::DetachedProcess>> FindServer(const ControlGroup& group, const std::string& config);

// SIGTERM, and SIGKILL where that does not end it in time: InnoDB recovers from both. Ended already is success.
Status StopServer(runtime::DetachedProcess& server, Millis patience);

// Kills whatever else is in the group.
Status ClearGroup(const ControlGroup& group);

// The last lines of a log file, for a cause.
std::string Tail(const std::string& file);

}  // namespace terrarium::mysql
