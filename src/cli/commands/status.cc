#include <set>

#include "base/text.h"
#include "cli/commands/commands.h"
#include "cli/stack_view.h"

namespace terrarium::cli {
namespace {

Mark MarkOf(Part::State state) {
  switch (state) {
    case Part::State::kAsAsked: return Mark::kNone;
    case Part::State::kNotAsAsked: return Mark::kWarn;
    case Part::State::kAbsent: return Mark::kNotRun;
    case Part::State::kUnknown: break;
  }
  return Mark::kNotRun;
}

std::string NextStep(const Session& session, const StackView& view) {
  const std::string name = session.arguments.Has("name") ? " --name " + session.stack() : "";
  if (view.nothing_there()) return "terrarium up";
  if (!view.service.is_null() && view.service["desiredCount"].integer() == 0) return "terrarium deploy" + name;
  const Part* wrong = view.First(Part::State::kNotAsAsked);
  if (wrong == nullptr) return "terrarium up";
  if (wrong->name == "site") {
    // The load balancer answers for its targets: where one of those is wrong, it is the thing to ask about.
    for (const Part& part : view.parts)
      if (part.state == Part::State::kNotAsAsked && part.name != "site") wrong = &part;
  }
  if (wrong->name == "database") return "terrarium why db" + name;
  if (wrong->name == "targets") return "terrarium why targets" + name;
  return "terrarium why " + (wrong->name == "site" ? std::string("alb") : std::string("service")) + name;
}

ExitCode Show(Session& session, const StackView& view, const std::string& where) {
  const int wrong = view.not_as_asked();
  const std::string sum = wrong == 0 ? "all as asked" : std::to_string(wrong) + " of " + std::to_string(view.parts.size()) + (wrong == 1 ? " is" : " are") + " not as asked";
  Json document = NewDocument("status");
  document.Set("stack", session.stack());
  document.Set("where", where);
  document.Set("region", session.region());
  document.Set("at", FormatIso8601(session.now()));
  document.Set("as_asked", wrong == 0);
  Json parts(Json::Array{});
  for (const Part& part : view.parts) {
    Json one;
    one.Set("name", part.name);
    one.Set("state", StateName(part.state));
    one.Set("text", part.text);
    one.Set("facts", part.facts.is_null() ? Json(Json::Object{}) : part.facts);
    parts.Append(std::move(one));
  }
  document.Set("parts", std::move(parts));

  std::string head = session.stack() + " · " + where + " · " + session.region() + " · " + TimeOfDay(session.now()) + " UTC";
  const std::size_t taken = Columns(head) + Columns(sum);
  const auto columns = static_cast<std::size_t>(session.world.columns);
  head += session.out.terminal() && taken + 1 < columns ? std::string(columns - taken, ' ') : " · ";
  session.out.Line(head + sum);
  for (const Part& part : view.parts) {
    session.out.Row(part.name, MarkOf(part.state), part.text);
    for (const std::string& line : part.more) session.out.Row("", MarkOf(part.state), line);
  }
  if (wrong != 0) {
    session.out.Line("→ " + NextStep(session, view));
    document.Set("next", NextStep(session, view));
  }
  session.out.Document(document);
  return wrong == 0 ? ExitCode::kDone : ExitCode::kBadAnswer;
}

// Service events that were not there before, oldest first.
std::vector<std::string> NewEvents(const StackView& view, std::set<std::string>& known) {
  std::vector<std::string> out;
  for (const Json& event : view.service["events"].array()) {
    if (!known.insert(event["id"].string()).second) continue;
    out.insert(out.begin(), TimeOfDay(TimeOf(event["createdAt"]).value_or(0)) + " " + event["message"].string());
  }
  return out;
}

Outcome Watch(Session& session, const std::string& where) {
  std::set<std::string> known;
  int lines = 0;
  std::string last;
  for (bool first = true;; first = false) {
    auto view = LookAtStack(session);
    TRY(view);
    const std::vector<std::string> events = NewEvents(*view, known);
    // Off a terminal, where nothing is repainted, only a change is worth a block.
    std::string picture;
    for (const Part& part : view->parts) picture += std::string(StateName(part.state)) + part.name;
    if (session.out.terminal() || picture != last) {
      session.out.Rewind(lines);
      if (!first)
        for (const std::string& event : events) session.out.Line(event);
      const int before = session.out.lines();
      Show(session, *view, where);
      lines = session.out.lines() - before;
      last = picture;
    } else {
      for (const std::string& event : events) session.out.Line(event);
    }
    session.world.sleep(Millis(1000));
    if (session.world.interrupted()) return ExitCode::kInterrupted;
  }
}

Outcome Status(Session& session) {
  TRY_ASSIGN(const std::string where, session.Where());
  if (session.arguments.Has("watch")) return Watch(session, where);
  TRY_ASSIGN(const StackView view, LookAtStack(session));
  return Show(session, view, where);
}

}  // namespace

CommandSpec StatusCommand() {
  return {.name = "status",
          .summary = "Shows the whole stack on one screen.",
          .usage = "",
          .examples = {"status", "status --watch", "status --json | jq .as_asked"},
          .flags = {{"watch", "", "again every second, until Ctrl-C", 'w'}},
          .codes = {"3  not all is as asked"},
          .run = Status};
}

}  // namespace terrarium::cli
