#pragma once

#include <string>
#include <string_view>

#include "base/json.h"
#include "cli/problem.h"
#include "cli/world.h"

namespace terrarium::cli {

enum class Mark : unsigned char { kNone, kOk, kBad, kWarn, kNotRun };

// Foreign bytes as visible text: control bytes, C1 controls and bidirectional overrides become \x… or \u….
std::string Shown(std::string_view foreign);
// Breaks `text` at blanks so that no line is longer than `width` columns; later lines start with `indent` blanks. Words are never cut.
std::string Folded(std::string_view text, std::size_t width, std::size_t indent);
// Columns that UTF-8 text takes, one a code point.
std::size_t Columns(std::string_view text);
// "3 s", "4 min", "2 h", "5 days"
std::string Span(Millis t);
// "0.4 s", "33 s", "1:54"
std::string Took(Millis t);

// Results go to stdout, everything else to stderr. No byte below 0x20 but line feeds and tabs of its own leaves it, whatever a command hands in.
// Without a terminal: no glyph, nothing cut, rows tab-separated. With json: stdout has JSON only.
class Output {
 public:
  Output(World& world, bool json, bool quiet) : world_(world), json_(json), quiet_(quiet) {}

  bool json() const { return json_; }
  bool terminal() const { return world_.out_is_terminal; }

  void Line(std::string_view text);                                  // a line of the result, folded on a terminal
  void Row(std::string_view label, Mark mark, std::string_view text);  // label (≤ 10 columns), state, text
  void Raw(std::string_view text);                                   // a line as it is but for control bytes: log lines, exports
  void Document(const Json& json);                                   // one JSON document, or one event of several, on a line
  void Note(std::string_view text);                                  // stderr
  void Show(const Problem& problem);                                 // stderr, and JSON on stdout where that was asked for
  // Goes back over `lines` lines of the result on a terminal; elsewhere nothing.
  void Rewind(int lines);

  // Lines that Line and Row have written so far.
  int lines() const { return lines_; }
  std::string MarkText(Mark mark, bool terminal) const;

 private:
  std::string Ready(std::string_view text, bool terminal) const;
  bool Glyphs(bool terminal) const;
  void Count(std::string_view text);

  World& world_;
  const bool json_;
  const bool quiet_;
  int lines_ = 0;
};

}  // namespace terrarium::cli
