#include <regex.h>

#include <algorithm>
#include <set>

#include "base/text.h"
#include "cli/commands/commands.h"
#include "cli/stack_view.h"

namespace terrarium::cli {
namespace {

// Lines of containers reach the log a little out of order: a follower looks back this far and leaves out what it has shown.
constexpr UnixMillis kLookBack = 5'000;

struct Entry {
  UnixMillis time = 0;
  std::string source;
  std::string id;    // unique
  std::string task;  // whole id, empty for events
  std::string message;
};

class Pattern {
 public:
  static Answer<Pattern> Of(const std::string& text) {
    Pattern out;
    if (text.empty()) return out;
    out.compiled_ = std::shared_ptr<regex_t>(new regex_t, [](regex_t* one) {
      ::regfree(one);
      delete one;
    });
    if (const int code = ::regcomp(out.compiled_.get(), text.c_str(), REG_EXTENDED | REG_NOSUB); code != 0) {
      char words[160];
      ::regerror(code, out.compiled_.get(), words, sizeof words);
      return Usage("--grep " + text + " is no regular expression: " + words, "extended syntax, for example --grep 'error|warn'");
    }
    return out;
  }
  bool Matches(const std::string& text) const { return !compiled_ || ::regexec(compiled_.get(), text.c_str(), 0, nullptr, 0) == 0; }

 private:
  std::shared_ptr<regex_t> compiled_;
};

// "15m" before now, "10:20" or "10:20:05" of today, or RFC 3339. UTC.
Answer<UnixMillis> Since(const Session& session) {
  const std::string text = session.arguments.Value("since", "15m");
  if (const auto span = ParseDuration(text)) return session.now() - span->count();
  std::string time = text;
  if (time.size() == 5) time += ":00";
  if (time.size() == 8) time = FormatIso8601(session.now()).substr(0, 11) + time + "Z";
  if (const auto at = ParseIso8601(time)) return *at;
  return Usage("--since " + text + " is no time", "--since 15m, --since 10:20 or --since 2026-11-25T10:20:00Z");
}

struct Wanted {
  bool app = true, events = true;
  std::string task;
  std::string filter;
};

Answer<std::vector<Entry>> Read(Session& session, const Wanted& wanted, UnixMillis since) {
  std::vector<Entry> out;
  if (wanted.app) {
    Json request;
    request.Set("logGroupName", session.log_group());
    request.Set("startTime", since);
    auto events = session.CallAll("logs", "FilterLogEvents", std::move(request), "events", "nextToken", "nextToken");
    if (!events && events.error().aws_code == "ResourceNotFoundException")
      return std::unexpected(Problem("NO-LOG", "there is no log group " + session.log_group(), events.error().why, "", "terrarium status --name " + session.stack(), ExitCode::kBadAnswer));
    TRY(events);
    for (const Json& one : *events) out.push_back({TimeOf(one["timestamp"]).value_or(0), "app", one["eventId"].string(), LastPart(one["logStreamName"].string()), one["message"].string()});
  }
  if (wanted.events && wanted.task.empty()) {
    TRY_ASSIGN(const Json service, FindService(session, session.stack(), session.stack()));
    for (const Json& one : service["events"].array()) {
      const UnixMillis at = TimeOf(one["createdAt"]).value_or(0);
      if (at >= since) out.push_back({at, "events", one["id"].string(), "", one["message"].string()});
    }
  }
  std::ranges::stable_sort(out, [](const Entry& a, const Entry& b) { return a.time < b.time; });
  return out;
}

void Show(Session& session, const Entry& entry) {
  if (session.out.json()) {
    Json line = NewDocument("logs");
    line.Set("time", FormatIso8601(entry.time, true));
    line.Set("source", entry.source);
    if (!entry.task.empty()) line.Set("task", entry.task);
    line.Set("message", entry.message);
    session.out.Document(line);
    return;
  }
  const std::string iso = FormatIso8601(entry.time, true);
  const std::string time = session.out.terminal() ? iso.substr(11, 12) : iso;
  session.out.Raw(time + " " + entry.source + (entry.task.empty() ? "" : " " + entry.task.substr(0, 4)) + "  " + entry.message);
}

Outcome Logs(Session& session) {
  TRY_ASSIGN(const Pattern pattern, Pattern::Of(session.arguments.Value("grep")));
  TRY_ASSIGN(UnixMillis since, Since(session));
  Wanted wanted;
  wanted.task = session.arguments.Value("task");
  if (session.arguments.Has("source")) {
    wanted.app = wanted.events = false;
    const std::string sources = session.arguments.Value("source");
    for (const std::string_view source : Split(sources, ',')) {
      if (source == "app") wanted.app = true;
      else if (source == "events") wanted.events = true;
      else return Usage("--source " + std::string(source) + " is none of app, events", "--source app,events");
    }
  }
  const bool follow = session.arguments.Has("follow");
  std::set<std::string> shown;
  for (;;) {
    TRY_ASSIGN(const std::vector<Entry> entries, Read(session, wanted, since));
    for (const Entry& entry : entries) {
      if (!wanted.task.empty() && !entry.task.starts_with(wanted.task)) continue;
      if (!pattern.Matches(entry.message)) continue;
      if (!shown.insert(entry.source + entry.id).second) continue;
      Show(session, entry);
    }
    if (!follow) return ExitCode::kDone;
    if (!entries.empty()) since = std::max(since, entries.back().time - kLookBack);
    session.world.sleep(Millis(1000));
    if (session.world.interrupted()) return ExitCode::kInterrupted;
  }
}

}  // namespace

CommandSpec LogsCommand() {
  return {.name = "logs",
          .summary = "Shows what the tasks printed and what the service did, by time.",
          .usage = "",
          .examples = {"logs -f", "logs --since 10:20 --grep 'error|fatal'", "logs --task 9c41 --json"},
          .flags = {{"follow", "", "goes on until Ctrl-C", 'f'},
                    {"since", "WHEN", "15m (as it is), 10:20, or RFC 3339; UTC"},
                    {"source", "LIST", "app, events (both)"},
                    {"grep", "RE", "only lines that match this extended regular expression"},
                    {"task", "ID", "only that task: its id or the beginning of it"}},
          .codes = {"3  there is no log"},
          .run = Logs};
}

}  // namespace terrarium::cli
