#include "cli/progress.h"

#include <algorithm>

#include "base/text.h"

namespace terrarium::cli {
namespace {

constexpr UnixMillis kHeartbeat = 30'000;
constexpr UnixMillis kRedraw = 250;

}  // namespace

Progress::Progress(Session& session, std::string command, int of) : session_(session), command_(std::move(command)), of_(of) {
  const std::string asked = session.arguments.Value("progress", "auto");
  const bool terminal = session.world.err_is_terminal && session.world.environment("CI").empty() && session.world.environment("ACCESSIBLE") != "1";
  if (asked == "json" || (asked == "auto" && session.out.json())) form_ = Form::kJson;
  else if (asked == "none") form_ = Form::kNone;
  else if (asked == "tty" || (asked == "auto" && terminal)) form_ = Form::kTerminal;
}

void Progress::Begin(std::string_view phase) {
  ++number_;
  phase_ = phase;
  last_.clear();
  begun_ = said_ = session_.now();
  Event("begin", "", Mark::kNone);
}

void Progress::Still(std::string_view text, std::string_view detail) {
  const UnixMillis now = session_.now();
  if (text == last_ && now - said_ < (form_ == Form::kTerminal ? 1'000 : kHeartbeat)) return;
  if (form_ == Form::kTerminal && now - said_ < kRedraw && !last_.empty()) return;
  last_ = text;
  said_ = now;
  Event("still", std::string(text) + std::string(detail), Mark::kNone);
}

void Progress::End(Mark mark, std::string_view text) { Event("end", text, mark); }

void Progress::Event(std::string_view event, std::string_view text, Mark mark) {
  const UnixMillis now = session_.now();
  const std::string count = std::to_string(number_) + (of_ > 0 ? "/" + std::to_string(of_) : "");
  switch (form_) {
    case Form::kNone: return;
    case Form::kTerminal: {
      const std::string head = " " + count + " " + phase_ + std::string(phase_.size() < 9 ? 9 - phase_.size() : 1, ' ');
      std::string line = head + (mark == Mark::kNone ? "" : session_.out.MarkText(mark, true) + " ") + Shown(text);
      line += "  " + Took(Millis(now - begun_));
      // A line that moves must not wrap: what is too long is left out until its end.
      const auto columns = static_cast<std::size_t>(session_.world.columns);
      if (event != "end") {
        while (Columns(line) > columns - 1) line.pop_back();
        while (!line.empty() && !IsValidUtf8(line)) line.pop_back();
      } else {
        line = Folded(line, columns, head.size());
      }
      session_.world.err("\r\x1b[K" + line + (event == "end" ? "\n" : ""));
      return;
    }
    case Form::kPlain: {
      std::string state(event);
      if (event == "end") state = mark == Mark::kOk ? "ok " + Took(Millis(now - begun_)) : mark == Mark::kBad ? "FAIL " + Took(Millis(now - begun_)) : mark == Mark::kWarn ? "warn" : "skip";
      session_.out.Note(FormatIso8601(now) + " " + command_ + " " + count + " " + phase_ + " " + state + (text.empty() ? "" : " ") + std::string(text));
      return;
    }
    case Form::kJson: {
      Json line;
      line.Set("v", 1);
      line.Set("ts", FormatIso8601(now, true));
      line.Set("cmd", command_);
      line.Set("phase", phase_);
      line.Set("n", number_);
      if (of_ > 0) line.Set("of", of_);
      line.Set("ev", event);
      if (event == "end") {
        line.Set("ok", mark == Mark::kOk);
        line.Set("ms", now - begun_);
      }
      if (!text.empty()) line.Set("text", text);
      session_.world.err(line.Write() + "\n");
      return;
    }
  }
}

}  // namespace terrarium::cli
