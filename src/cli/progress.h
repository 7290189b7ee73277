#pragma once

#include <string>
#include <string_view>

#include "cli/session.h"

namespace terrarium::cli {

// The phases of a command that takes time, on stderr. On a terminal one line a phase, of which the last moves; elsewhere one
// RFC 3339 line an event, never rewritten; with --progress json (and --json) one object an event.
class Progress {
 public:
  // `of`: how many phases there will be, 0 if that is not known.
  Progress(Session& session, std::string command, int of);

  void Begin(std::string_view phase);
  // What is waited for now. Off a terminal one line when the text changed, else one in 30 s; `detail` may change at every call.
  void Still(std::string_view text, std::string_view detail = {});
  void End(Mark mark, std::string_view text);

 private:
  enum class Form : unsigned char { kTerminal, kPlain, kJson, kNone };
  void Event(std::string_view event, std::string_view text, Mark mark);

  Session& session_;
  const std::string command_;
  const int of_;
  Form form_ = Form::kPlain;
  int number_ = 0;
  std::string phase_;
  std::string last_;
  UnixMillis begun_ = 0;
  UnixMillis said_ = 0;
};

}  // namespace terrarium::cli
