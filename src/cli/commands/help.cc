#include <algorithm>

#include "cli/commands/commands.h"

namespace terrarium::cli {
namespace {

Outcome Help(Session& session) {
  const auto& words = session.arguments.words();
  if (words.empty()) {
    session.world.out(HelpOfAll());
    return ExitCode::kDone;
  }
  const auto command = std::ranges::find_if(Commands(), [&](const CommandSpec& one) { return one.name == words.front(); });
  if (command == Commands().end()) return Usage("there is no command " + words.front(), "terrarium help");
  session.world.out(HelpOf(*command));
  return ExitCode::kDone;
}

}  // namespace

CommandSpec HelpCommand() {
  return {.name = "help", .summary = "Lists the commands, or tells about one.", .usage = "[COMMAND]", .examples = {"help", "help status"}, .most_words = 1, .run = Help};
}

}  // namespace terrarium::cli
