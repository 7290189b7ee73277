#include <algorithm>
#include <array>

#include "cli/command.h"

namespace terrarium::cli {
namespace {

constexpr std::array<FlagSpec, 12> kGlobal = {{
    {"name", "NAME", "name of the stack (drupal)"},
    {"region", "REGION", "region (AWS_REGION, else us-east-1 on this machine)"},
    {"state-dir", "DIR", "the engine's folder, where AWS_ENDPOINT_URL is not set (/var/lib/terrarium)"},
    {"port", "N", "the engine's port on this machine (4566)"},
    {"door-port", "N", "the port of the site on this machine (8080)"},
    {"json", "", "the answer as JSON, versioned by its member v"},
    {"progress", "HOW", "auto, tty, plain, json or none"},
    {"timeout", "DURATION", "how long a command waits that waits: 90s, 15m, 1h"},
    {"yes", "", "answers what would be asked"},
    {"quiet", "", "results and errors only", 'q'},
    {"verbose", "", "also the API calls behind the answer", 'v'},
    {"help", "", "this", 'h'},
}};

std::string Column(std::string_view text, std::size_t width) {
  return std::string(text) + std::string(Columns(text) < width ? width - Columns(text) : 1, ' ');
}

std::string FlagLine(const FlagSpec& flag) {
  std::string head = flag.letter ? std::string("-") + flag.letter + " --" : "   --";
  head += flag.name;
  if (!flag.value.empty()) head += " " + std::string(flag.value);
  return "  " + Folded(Column(head, 24) + std::string(flag.help), 76, 26);
}

Outcome Become(Session& session, std::string_view verb, std::span<const std::string> words) {
  World& world = session.world;
  if (world.root.empty())
    return std::unexpected(Problem("NO-SCRIPTS", "terrarium " + std::string(verb) + " needs the repository that this program was built in", "scripts/stack.py is in no folder above it", "nothing was done", "run build/release/terrarium in the repository"));
  std::vector<std::string> argv = {"/usr/bin/python3", world.root + "/scripts/stack.py", std::string(verb)};
  // Another build than the one that scripts take by themselves.
  if (!world.build.empty() && world.build != world.root + "/build/release" && std::ranges::none_of(words, [](const std::string& w) { return w.starts_with("--build"); })) {
    argv.push_back("--build");
    argv.push_back(world.build);
  }
  argv.insert(argv.end(), words.begin(), words.end());
  return std::unexpected(Problem(world.become(argv), "python3 cannot be started", "nothing was done"));
}

bool AsksForHelp(std::span<const std::string> words) {
  for (const std::string& word : words) {
    if (word == "--") return false;
    if (word == "--help" || word == "-h") return true;
  }
  return false;
}

Outcome RunWords(Session& plain, World& world, std::span<const std::string> words) {
  // Global flags may stand before the command's name.
  std::vector<std::string> rest(words.begin(), words.end());
  std::size_t at = 0;
  while (at < rest.size() && rest[at].starts_with('-')) {
    const auto flag = std::ranges::find_if(kGlobal, [&](const FlagSpec& one) { return rest[at] == "--" + std::string(one.name); });
    at += flag != kGlobal.end() && !flag->value.empty() ? 2 : 1;
  }
  if (at >= rest.size()) {
    if (words.empty() || AsksForHelp(words)) {
      world.out(HelpOfAll());
      return words.empty() ? ExitCode::kUsage : ExitCode::kDone;
    }
    if (words.front() == "--version") {
      rest = {"version"};
      at = 0;
    } else {
      return Usage("no command was given", "terrarium help");
    }
  }
  const std::string name = rest[at];
  rest.erase(rest.begin() + static_cast<std::ptrdiff_t>(at));
  const auto command = std::ranges::find_if(Commands(), [&](const CommandSpec& one) { return one.name == name; });
  if (command == Commands().end()) {
    std::vector<std::string_view> names;
    for (const auto& one : Commands()) names.push_back(one.name);
    const std::string_view nearest = Nearest(name, names);
    return Usage("there is no command " + name, nearest.empty() ? "terrarium help" : "did you mean terrarium " + std::string(nearest) + "?");
  }
  if (AsksForHelp(rest)) {
    world.out(HelpOf(*command));
    return ExitCode::kDone;
  }
  if (command->script) return Become(plain, command->name, rest);
  std::vector<FlagSpec> flags = command->flags;
  flags.insert(flags.end(), kGlobal.begin(), kGlobal.end());
  TRY_ASSIGN(Arguments arguments, Arguments::Parse(rest, flags));
  if (arguments.words().size() > command->most_words)
    return Usage("terrarium " + name + " takes no word " + arguments.words()[command->most_words], "terrarium " + name + " --help");
  const std::string progress = arguments.Value("progress", "auto");
  if (progress != "auto" && progress != "tty" && progress != "plain" && progress != "json" && progress != "none")
    return Usage("--progress " + progress + " is none of auto, tty, plain, json, none", "--progress plain");
  Session session(world, std::move(arguments));
  return command->run(session);
}

}  // namespace

std::span<const FlagSpec> GlobalFlags() { return kGlobal; }

std::string HelpOf(const CommandSpec& command) {
  std::string out = std::string(command.summary) + "\n\n";
  for (const std::string_view example : command.examples) out += "  terrarium " + std::string(example) + "\n";
  out += "\nterrarium " + std::string(command.name) + " " + std::string(command.usage) + (command.usage.empty() ? "" : " ") + "[flags]\n";
  if (command.script) {
    out += "  what follows goes to scripts/stack.py " + std::string(command.name) + ": --instance, --state-dir, --port\n";
  } else {
    for (const FlagSpec& flag : command.flags) out += FlagLine(flag) + "\n";
    for (const FlagSpec& flag : kGlobal) out += FlagLine(flag) + "\n";
  }
  out += "exit  0 done · 1 failed · 2 usage · 5 engine not reachable\n";
  for (const std::string_view code : command.codes) out += "      " + std::string(code) + "\n";
  return out;
}

std::string HelpOfAll() {
  std::string out = "Drupal on AWS as Terraform, on this machine or on AWS.\n\n";
  for (const CommandSpec& command : Commands()) out += "  " + Folded(Column(command.name, 9) + std::string(command.summary), 76, 11) + "\n";
  out += "\nterrarium COMMAND --help tells more. Most commands take --name STACK and --json.\n"
         "exit  0 done, all as asked · 1 failed · 2 usage · 3 answered, and it is bad\n"
         "      4 not allowed · 5 engine not reachable · 6 time-out, work goes on\n"
         "      7 rolled back · 8 needs an answer · 9 something not run · 130 interrupted\n";
  return out;
}

int Run(World& world, std::span<const std::string> words) {
  // The answer to a word that is no command: flags are not parsed yet.
  const bool json = std::ranges::find(words, "--json") != words.end();
  Arguments none;
  if (json) {
    const std::vector<std::string> only = {"--json"};
    none = *Arguments::Parse(only, kGlobal);
  }
  Session plain(world, std::move(none));
  const Outcome outcome = RunWords(plain, world, words);
  if (outcome) return static_cast<int>(*outcome);
  plain.out.Show(outcome.error());
  return static_cast<int>(outcome.error().exit);
}

}  // namespace terrarium::cli
