#include <unistd.h>

#include <cstdlib>

#include "aws/client.h"
#include "base/file.h"
#include "base/text.h"
#include "cli/commands/commands.h"
#include "prove/run.h"

namespace terrarium::cli {
namespace {

Outcome List(Session& session) {
  for (const auto& claim : prove::Claims()) {
    std::string line(claim.name);
    line.resize(17, ' ');
    session.world.out(line + std::string(claim.promise) + (claim.disposable ? " (needs --disposable)" : "") + "\n");
  }
  return ExitCode::kDone;
}

Answer<double> Number(const Session& session, std::string_view flag, double otherwise) {
  const std::string text = session.arguments.Value(flag);
  if (text.empty()) return otherwise;
  const auto n = ParseInt(text);
  if (!n || *n < 0) return Usage("--" + std::string(flag) + " " + text + " is no number", "terrarium prove --help");
  return static_cast<double>(*n);
}

Outcome Write(const std::string& path, std::string_view text) {
  if (const auto written = WriteFileAtomically(path, text, 0644); !written) return std::unexpected(Problem("WRITE", path + " could not be written", written.error().message, "the claims were run", ""));
  return ExitCode::kDone;
}

Outcome Prove(Session& session) {
  World& world = session.world;
  const Arguments& arguments = session.arguments;
  if (arguments.Has("list")) return List(session);
  TRY_ASSIGN(const double rate, Number(session, "rate", 500));
  TRY_ASSIGN(const double door, Number(session, "door-port", 8080));
  TRY_ASSIGN(const double seed, Number(session, "seed", static_cast<double>(world.random.Next() % 100'000)));
  TRY_ASSIGN(const Millis freeze, arguments.Duration("freeze", Millis{60'000}));
  if (rate < 1 || rate > 20'000 || door < 1 || door > 65'535) return Usage("--rate is 1 to 20000, --door-port 1 to 65535", "terrarium prove --help");
  TRY_ASSIGN(const aws::Environment environment, session.CloudEnvironment());
  // Not the session's cloud, which takes no call after Ctrl-C: what was disturbed is put back then, too.
  auto client = aws::Client::Open({}, world.clock, environment);
  if (!client) return std::unexpected(Problem(client.error(), "where and as whom to call is not known", "no call was made"));

  prove::StackOptions options{.name = session.stack(), .instance = arguments.Value("instance", "t0"), .run_dir = arguments.Value("run-dir"), .state_dir = arguments.Value("state-dir", "/var/lib/terrarium"),
                              .door = static_cast<std::uint16_t>(door), .path = arguments.Value("path", "/"), .scripts = world.root.empty() ? std::string() : world.root + "/scripts", .build = world.build};
  const std::string port = arguments.Value("port", "4566");
  options.port = static_cast<std::uint16_t>(ParseInt(port).value_or(4566));
  prove::Stack stack(std::move(options), [&](std::string_view service, std::string_view operation, const Json& request) -> Result<Json> {
    TRY_ASSIGN(const std::string text, (*client)->CallJson(service, operation, request.Write()));
    return Json::Parse(text);
  });
  // A first call: that no engine answers is no finding of a claim.
  if (const auto who = stack.Call("sts", "GetCallerIdentity"); !who) return std::unexpected(Problem(who.error()));

  SeededRandom random(static_cast<std::uint64_t>(seed));
  const bool quiet = arguments.Has("quiet") || arguments.Value("progress", "auto") == "none";
  prove::Context context{.stack = stack, .random = random, .clock = world.clock, .rate = rate, .freeze = freeze,
                         .progress = [&](std::string_view text) { if (!quiet) world.err("  " + Shown(text) + "\n"); },
                         // A signal ends the pause early, and so does the world's own.
                         .sleep = [&](Millis span) {
                           for (Millis left = span; left > Millis{0} && !world.interrupted(); left -= Millis{500}) world.sleep(std::min(left, Millis{500}));
                         },
                         .interrupted = world.interrupted,
                         .as = [&](const std::string& key, const std::string& secret, const std::string& token) -> Result<prove::ApiCall> {
                           TRY_ASSIGN(auto other, aws::Client::Open({.credentials = {key, secret, token}}, world.clock, environment));
                           return [shared = std::shared_ptr<aws::Client>(std::move(other))](std::string_view service, std::string_view operation, const Json& request) -> Result<Json> {
                             TRY_ASSIGN(const std::string text, shared->CallJson(service, operation, request.Write()));
                             return Json::Parse(text);
                           };
                         }};
  world.out(prove::TableHead());
  const auto report = prove::Run(context, {.names = arguments.words(), .disposable = arguments.Has("disposable"), .version = TERRARIUM_VERSION, .seed = static_cast<std::uint64_t>(seed)},
                                 [&](const prove::Row& row) { world.out(prove::TableRow(row, world.out_is_terminal && world.environment("ACCESSIBLE").empty())); });
  if (!report) return Usage(report.error().message, "terrarium prove --list");
  if (arguments.Has("json")) TRY(Write(arguments.Value("json"), prove::ToJson(*report).WriteIndented() + "\n"));
  if (arguments.Has("junit")) TRY(Write(arguments.Value("junit"), prove::ToJunit(*report)));
  world.out("seed " + std::to_string(report->seed) + " · " + report->version + " · " + report->machine + "\n" + prove::ClosingLine(*report) + "\n");
  if (world.interrupted()) return ExitCode::kInterrupted;
  return static_cast<ExitCode>(prove::ExitCodeOf(*report));
}

}  // namespace

CommandSpec ProveCommand() {
  return {.name = "prove",
          .summary = "Runs the experiment behind each promise on the running stack.",
          .usage = "[CLAIM...]",
          .examples = {"prove", "prove --list", "prove isolation deploy --junit proof.xml"},
          .flags = {{"list", "", "the claims and what each promises"},
                    {"json", "FILE", "also writes the report as JSON, versioned by its member v"},
                    {"junit", "FILE", "also writes the report as JUnit XML"},
                    {"seed", "N", "of every choice that is left to chance (shown at the end)"},
                    {"rate", "N", "requests a second of the strict load, at most (500)"},
                    {"path", "PATH", "what it asks for (/)"},
                    {"freeze", "DURATION", "how long the daemons are stopped (60s)"},
                    {"disposable", "", "this stack may be destroyed: runs clean-destroy, too"},
                    {"instance", "ID", "of the engine on this machine (t0)"},
                    {"run-dir", "DIR", "of the engine (/run/terrarium/<instance>)"}},
          .most_words = 32,
          .codes = {"3  a claim is refuted", "9  nothing refuted, but something not run"},
          .run = Prove};
}

}  // namespace terrarium::cli
