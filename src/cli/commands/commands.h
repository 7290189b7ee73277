#pragma once

#include "cli/command.h"

namespace terrarium::cli {

// One function a command, in the file of its name; commands.cc puts them in order.
CommandSpec DeployCommand();
CommandSpec DestroyCommand();
CommandSpec DoctorCommand();
CommandSpec DownCommand();
CommandSpec EnvCommand();
CommandSpec HelpCommand();
CommandSpec LogsCommand();
CommandSpec OpenCommand();
CommandSpec ProveCommand();
CommandSpec StatusCommand();
CommandSpec UpCommand();
CommandSpec VersionCommand();
CommandSpec WaitCommand();
CommandSpec WhyCommand();

}  // namespace terrarium::cli
