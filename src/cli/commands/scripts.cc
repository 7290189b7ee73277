#include "cli/commands/commands.h"

// What makes and removes the engine is scripts/stack.py: these have only their help here.
namespace terrarium::cli {

CommandSpec UpCommand() {
  return {.name = "up", .summary = "Starts the engine and makes what is missing of the stack.", .usage = "", .examples = {"up", "up --port 4567"}, .script = true};
}
CommandSpec DownCommand() {
  return {.name = "down", .summary = "Stops everything and keeps the data; up brings it back.", .usage = "", .examples = {"down"}, .script = true};
}
CommandSpec DestroyCommand() {
  return {.name = "destroy", .summary = "Removes everything, then looks whether something is left on the host.", .usage = "", .examples = {"destroy"}, .script = true};
}
CommandSpec EnvCommand() {
  return {.name = "env", .summary = "Prints the variables with which aws, terraform and SDKs talk to this machine.", .usage = "", .examples = {"env", "env --port 4567"}, .script = true};
}
CommandSpec DoctorCommand() {
  return {.name = "doctor", .summary = "Says what this machine has and lacks.", .usage = "", .examples = {"doctor"}, .codes = {"3  something is missing"}, .script = true};
}

}  // namespace terrarium::cli
