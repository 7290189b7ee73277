#include "cli/command.h"
#include "cli/commands/commands.h"

namespace terrarium::cli {

const std::vector<CommandSpec>& Commands() {
  static const std::vector<CommandSpec> kCommands = {
      UpCommand(), StatusCommand(), WhyCommand(), LogsCommand(), OpenCommand(), DeployCommand(), WaitCommand(),
#ifdef TERRARIUM_HAS_PROVE
      ProveCommand(),
#endif
      EnvCommand(),  DoctorCommand(),  DownCommand(), DestroyCommand(), VersionCommand(), HelpCommand(),
  };
  return kCommands;
}

}  // namespace terrarium::cli
