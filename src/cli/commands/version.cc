#include "cli/commands/commands.h"

namespace terrarium::cli {
namespace {

Outcome Version(Session& session) {
  Json document = NewDocument("version");
  document.Set("version", TERRARIUM_VERSION);
  document.Set("repository", session.world.root);
  session.out.Document(document);
  session.out.Line("terrarium " TERRARIUM_VERSION);
  if (!session.world.root.empty()) session.out.Line("repository " + session.world.root);
  return ExitCode::kDone;
}

}  // namespace

CommandSpec VersionCommand() {
  return {.name = "version", .summary = "Says which terrarium this is.", .usage = "", .examples = {"version", "version --json"}, .run = Version};
}

}  // namespace terrarium::cli
