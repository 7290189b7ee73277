#include "cli/output.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <utility>

#include "base/text.h"

namespace terrarium::cli {
namespace {

constexpr std::size_t kTextColumn = 13;

// Replaced in order where glyphs are not wanted.
constexpr std::array<std::pair<std::string_view, std::string_view>, 8> kWords = {{
    {"✓", "ok"}, {"✗", "FAIL"}, {"–", "-"}, {"·", "-"}, {"→", "->"}, {"…", "..."}, {"≥", ">="}, {"≤", "<="},
}};

std::string Hex(unsigned value, const char* format) {
  char text[16];
  std::snprintf(text, sizeof text, format, value);
  return text;
}

}  // namespace

std::string Shown(std::string_view foreign) {
  std::string out;
  for (std::size_t i = 0; i < foreign.size(); ++i) {
    const auto c = static_cast<unsigned char>(foreign[i]);
    const auto next = i + 1 < foreign.size() ? static_cast<unsigned char>(foreign[i + 1]) : 0;
    const auto third = i + 2 < foreign.size() ? static_cast<unsigned char>(foreign[i + 2]) : 0;
    if (c < 0x20 || c == 0x7F) {
      out += Hex(c, "\\x%02x");
    } else if (c == 0xC2 && next >= 0x80 && next < 0xA0) {
      out += Hex(next, "\\x%02x");
      ++i;
    } else if (c == 0xE2 && ((next == 0x80 && ((third >= 0xA8 && third <= 0xAE) || third == 0x8E || third == 0x8F)) || (next == 0x81 && third >= 0xA6 && third <= 0xA9))) {
      out += Hex(0x2000u | (next & 0x3Fu) << 6 | (third & 0x3Fu), "\\u%04x");
      i += 2;
    } else {
      out += foreign[i];
    }
  }
  return IsValidUtf8(out) ? out : [&] {
    std::string ascii;
    for (const char c : out) ascii += static_cast<unsigned char>(c) < 0x80 ? std::string(1, c) : Hex(static_cast<unsigned char>(c), "\\x%02x");
    return ascii;
  }();
}

std::size_t Columns(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

std::string Folded(std::string_view text, std::size_t width, std::size_t indent) {
  std::string out;
  std::size_t column = 0;
  bool first = true;
  for (std::size_t at = 0; at <= text.size();) {
    // A word together with the blanks before it.
    const std::size_t begin = text.find_first_not_of(' ', at);
    const std::size_t end = begin == text.npos ? text.size() : std::min(text.find(' ', begin), text.size());
    const std::string_view piece = text.substr(at, end - at);
    const std::string_view word = begin == text.npos ? std::string_view() : text.substr(begin, end - begin);
    if (!first && !word.empty() && column + Columns(piece) > width) {
      out += "\n" + std::string(indent, ' ');
      out += word;
      column = indent + Columns(word);
    } else {
      out += piece;
      column += Columns(piece);
    }
    first = first && word.empty();
    at = std::max(end, at + 1);
    if (end >= text.size()) break;
  }
  return out;
}

std::string Span(Millis t) {
  const auto seconds = std::max<std::int64_t>(0, t.count() / 1000);
  if (seconds < 60) return std::to_string(seconds) + " s";
  if (seconds < 2 * 3600) return std::to_string(seconds / 60) + " min";
  if (seconds < 2 * 86400) return std::to_string(seconds / 3600) + " h";
  return std::to_string(seconds / 86400) + " days";
}

std::string Took(Millis t) {
  const auto ms = std::max<std::int64_t>(0, t.count());
  if (ms < 10'000) return std::to_string(ms / 1000) + "." + std::to_string(ms % 1000 / 100) + " s";
  if (ms < 60'000) return std::to_string(ms / 1000) + " s";
  const auto seconds = ms / 1000 % 60;
  return std::to_string(ms / 60'000) + (seconds < 10 ? ":0" : ":") + std::to_string(seconds);
}

bool Output::Glyphs(bool terminal) const {
  if (!terminal || world_.environment("TERM") == "dumb" || world_.environment("ACCESSIBLE") == "1") return false;
  std::string locale = world_.environment("LC_ALL");
  if (locale.empty()) locale = world_.environment("LC_CTYPE");
  if (locale.empty()) locale = world_.environment("LANG");
  locale = ToLower(locale);
  return locale.contains("utf-8") || locale.contains("utf8");
}

std::string Output::MarkText(Mark mark, bool terminal) const {
  const bool glyphs = Glyphs(terminal);
  switch (mark) {
    case Mark::kOk: return glyphs ? "✓" : "ok";
    case Mark::kBad: return glyphs ? "✗" : "FAIL";
    case Mark::kWarn: return glyphs ? "!" : "warn";
    case Mark::kNotRun: return glyphs ? "–" : "skip";
    case Mark::kNone: break;
  }
  return "";
}

std::string Output::Ready(std::string_view text, bool terminal) const {
  std::string out = Shown(text);
  if (!Glyphs(terminal))
    for (const auto& [glyph, word] : kWords) out = ReplaceAll(out, glyph, word);
  return out;
}

void Output::Count(std::string_view text) { lines_ += 1 + static_cast<int>(std::ranges::count(text, '\n')); }

void Output::Line(std::string_view text) {
  if (json_) return;
  std::string ready = Ready(text, terminal());
  if (terminal()) ready = Folded(ready, static_cast<std::size_t>(world_.columns), text.starts_with(' ') ? 4 : 2);
  Count(ready);
  world_.out(ready + "\n");
}

void Output::Row(std::string_view label, Mark mark, std::string_view text) {
  if (json_) return;
  const std::string body = Ready(text, terminal());
  const std::string state = MarkText(mark, terminal());
  if (!terminal()) {
    world_.out(Ready(label, false) + "\t" + (state.empty() ? "ok" : state) + "\t" + body + "\n");
    ++lines_;
    return;
  }
  std::string line = Ready(label, true);
  line += std::string(std::max<std::size_t>(1, kTextColumn - std::min(kTextColumn - 1, Columns(line) + Columns(state) + (state.empty() ? 0 : 1))), ' ');
  line += state + (state.empty() ? "" : " ");
  // The label's columns count, its blanks are no place to fold.
  std::string folded = Folded(std::string(Columns(line), '.') + body, static_cast<std::size_t>(world_.columns), kTextColumn);
  folded.replace(0, Columns(line), line);
  Count(folded);
  world_.out(folded + "\n");
}

void Output::Raw(std::string_view text) {
  if (json_) return;
  world_.out(Shown(text) + "\n");
  ++lines_;
}

void Output::Document(const Json& json) {
  if (json_) world_.out(json.Write() + "\n");
}

void Output::Note(std::string_view text) {
  if (quiet_) return;
  std::string ready = Ready(text, world_.err_is_terminal);
  if (world_.err_is_terminal) ready = Folded(ready, static_cast<std::size_t>(world_.columns), 4);
  world_.err(ready + "\n");
}

void Output::Show(const Problem& p) {
  std::string text = Ready("error TR-" + p.code + ": " + p.what, world_.err_is_terminal) + "\n";
  const std::array<std::pair<std::string_view, std::string_view>, 3> parts = {{{"why", p.why}, {"state", p.state}, {"do", p.fix}}};
  for (const auto& [name, words] : parts) {
    bool first = true;
    for (const std::string_view line : Split(words, '\n')) {
      if (line.empty()) continue;
      std::string row = "  " + (first ? std::string(name) + std::string(7 - name.size(), ' ') : std::string(7, ' ')) + Ready(line, world_.err_is_terminal);
      if (world_.err_is_terminal) row = Folded(row, static_cast<std::size_t>(world_.columns), 9);
      text += row + "\n";
      first = false;
    }
  }
  world_.err(text);
  if (!json_) return;
  Json error;
  error.Set("code", "TR-" + p.code);
  error.Set("what", p.what);
  error.Set("why", p.why);
  error.Set("state", p.state);
  error.Set("do", p.fix);
  if (!p.aws_code.empty()) error.Set("aws_code", p.aws_code);
  Json document;
  document.Set("v", 1);
  document.Set("error", std::move(error));
  document.Set("exit", static_cast<int>(p.exit));
  Document(document);
}

void Output::Rewind(int lines) {
  if (!terminal() || json_ || lines == 0) return;
  world_.out("\x1b[" + std::to_string(lines) + "A\x1b[J");
}

}  // namespace terrarium::cli
