#include <algorithm>
#include <array>

#include "cli/commands/commands.h"
#include "cli/progress.h"
#include "cli/stack_view.h"

namespace terrarium::cli {
namespace {

struct What {
  std::string_view word;
  std::string_view part;
};
// A word of the user's → a part of the stack.
constexpr std::array<What, 10> kWords = {{{"site", "site"}, {"alb", "site"}, {"service", "deployment"}, {"deployment", "deployment"}, {"tasks", "tasks"}, {"targets", "targets"}, {"db", "database"}, {"database", "database"}, {"stack", ""}, {"all", ""}}};

// Nothing that waiting could change.
bool IsFinal(const Part& part, const StackView& view) {
  if (part.name == "database") {
    const std::string status = part.facts["status"].string();
    return status == "failed" || status == "stopped" || status == "storage-full" || status.starts_with("inaccessible") || status.starts_with("incompatible");
  }
  if (part.name == "deployment") return part.facts["rollout"].string() == "FAILED";
  if (part.name == "site" || part.name == "tasks" || part.name == "targets") return PrimaryOf(view.service)["rolloutState"].string() == "FAILED";
  return false;
}

Outcome Wait(Session& session) {
  const std::string word = session.arguments.words().empty() ? "stack" : session.arguments.words().front();
  const auto what = std::ranges::find_if(kWords, [&](const What& one) { return one.word == word; });
  if (what == kWords.end()) return Usage("there is no part " + word, "site, service, tasks, targets, db, or nothing for all");
  TRY_ASSIGN(const Millis timeout, session.arguments.Duration("timeout", Millis(15 * 60'000)));
  const UnixMillis begun = session.now(), deadline = begun + timeout.count();
  Progress progress(session, "wait", 1);
  progress.Begin(word);
  for (;;) {
    auto view = LookAtStack(session);
    TRY(view);
    std::string waits, final_cause;
    bool absent = false;
    for (const Part& part : view->parts) {
      if (!what->part.empty() && part.name != what->part) continue;
      if (part.state == Part::State::kAsAsked || part.state == Part::State::kUnknown) continue;
      if (waits.empty()) waits = part.name + ": " + part.text;
      absent |= part.state == Part::State::kAbsent;
      if (IsFinal(part, *view) && final_cause.empty()) final_cause = part.name + ": " + part.text;
    }
    Json document = NewDocument("wait");
    document.Set("what", word);
    document.Set("ms", static_cast<std::int64_t>(session.now() - begun));
    const auto end = [&](bool ok, const std::string& text, ExitCode code) {
      progress.End(ok ? Mark::kOk : Mark::kBad, text);
      document.Set("ok", ok);
      document.Set("text", text);
      document.Set("exit", static_cast<int>(code));
      session.out.Line(session.out.MarkText(ok ? Mark::kOk : Mark::kBad, session.out.terminal()) + " " + text);
      session.out.Document(document);
      return code;
    };
    if (waits.empty()) return end(true, word + " is as asked · " + Took(Millis(session.now() - begun)), ExitCode::kDone);
    // What is not there does not come by waiting, and what has failed does not get well.
    if (absent) return end(false, waits, ExitCode::kBadAnswer);
    if (!final_cause.empty()) return end(false, final_cause + " · it does not change by waiting", ExitCode::kBadAnswer);
    progress.Still(waits);
    if (session.now() >= deadline) return end(false, "time is up · " + waits, ExitCode::kTimeout);
    session.world.sleep(Millis(500));
    if (session.world.interrupted()) return ExitCode::kInterrupted;
  }
}

}  // namespace

CommandSpec WaitCommand() {
  return {.name = "wait",
          .summary = "Waits until the stack, or a part of it, is as asked.",
          .usage = "[site|service|tasks|targets|db]",
          .examples = {"wait", "wait db --timeout 2m", "wait service"},
          .most_words = 1,
          .codes = {"3  it is absent or has failed: no use to wait", "6  time is up"},
          .run = Wait};
}

}  // namespace terrarium::cli
