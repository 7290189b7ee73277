#include "prove/report.h"

#include <algorithm>
#include <cstdio>

#include "base/text.h"
#include "prove/words.h"

namespace terrarium::prove {
namespace {

constexpr std::size_t kName = 16, kExperiment = 34, kMeasured = 34, kLimit = 14;

std::string_view Word(Verdict verdict) {
  switch (verdict) {
    case Verdict::kProved: return "proved";
    case Verdict::kRefuted: return "REFUTED";
    case Verdict::kFailed: return "FAILED";
    case Verdict::kNotRun: return "not run";
  }
  return "";
}

std::string_view Glyph(Verdict verdict) {
  switch (verdict) {
    case Verdict::kProved: return "✓";
    case Verdict::kNotRun: return "–";
    default: return "✗";
  }
}

// Lines of at most `width` columns, broken at blanks; a longer word has a line of its own.
std::vector<std::string> Fold(std::string_view text, std::size_t width) {
  std::vector<std::string> lines(1);
  for (const auto word : Split(text, ' ')) {
    if (!lines.back().empty() && lines.back().size() + 1 + word.size() > width) lines.emplace_back();
    if (!lines.back().empty()) lines.back() += ' ';
    lines.back() += word;
  }
  return lines;
}

std::string Escape(std::string_view text) {
  std::string out;
  for (const char c : Printable(text)) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      default: out += c;
    }
  }
  return out;
}

std::string Lines(const Finding& finding) {
  std::string text = finding.measured;
  for (const auto& line : finding.evidence) text += "\n" + line;
  return text;
}

int CountOf(const Report& report, Verdict verdict) {
  return static_cast<int>(std::ranges::count_if(report.rows, [&](const Row& row) { return row.finding.verdict == verdict; }));
}

}  // namespace

std::string Seconds(double seconds) {
  char text[32];
  std::snprintf(text, sizeof text, seconds < 10 ? "%.2f s" : "%.1f s", seconds);
  return text;
}

std::string TableHead() {
  char line[160];
  std::snprintf(line, sizeof line, " %-*s%-*s%-*s%-*s\n", int(kName), "claim", int(kExperiment + 2), "experiment", int(kMeasured + 2), "measured", int(kLimit), "limit");
  return line;
}

std::string TableRow(const Row& row, bool glyphs) {
  const Finding& f = row.finding;
  const auto experiment = Fold(Printable(f.experiment), kExperiment), measured = Fold(Printable(f.measured), kMeasured), limit = Fold(Printable(f.limit), kLimit);
  std::string out;
  for (std::size_t i = 0; i < std::max({experiment.size(), measured.size(), limit.size()}); ++i) {
    const auto cell = [&](const std::vector<std::string>& lines, std::size_t width) {
      std::string text = i < lines.size() ? lines[i] : std::string();
      if (text.size() < width) text.append(width - text.size(), ' ');
      return text + "  ";
    };
    std::string line = " " + cell({row.name}, kName - 2) + cell(experiment, kExperiment) + cell(measured, kMeasured) + cell(limit, kLimit);
    if (i == 0) {
      if (glyphs) line += std::string(Glyph(f.verdict)) + " ";
      line += std::string(Word(f.verdict)) + " " + Seconds(row.seconds);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + "\n";
  }
  if (f.verdict != Verdict::kProved)
    for (const auto& line : f.evidence) out += "     | " + Printable(line) + "\n";
  return out;
}

std::string ClosingLine(const Report& report) {
  const int passed = CountOf(report, Verdict::kProved), failed = CountOf(report, Verdict::kRefuted) + CountOf(report, Verdict::kFailed), not_run = CountOf(report, Verdict::kNotRun);
  std::string line = std::to_string(passed) + " passed, " + std::to_string(failed) + " failed";
  if (not_run != 0) line += ", " + std::to_string(not_run) + " not run";
  return line;
}

Json ToJson(const Report& report) {
  Json out{Json::Object{}};
  out.Set("v", 1);
  out.Set("cmd", "prove");
  out.Set("version", report.version);
  out.Set("stack", report.stack);
  out.Set("machine", report.machine);
  out.Set("seed", std::to_string(report.seed));  // text: 64 bits are more than a number of JSON holds everywhere
  out.Set("started", FormatIso8601(report.started));
  out.Set("passed", CountOf(report, Verdict::kProved));
  out.Set("failed", CountOf(report, Verdict::kRefuted) + CountOf(report, Verdict::kFailed));
  out.Set("not_run", CountOf(report, Verdict::kNotRun));
  Json::Array claims;
  for (const Row& row : report.rows) {
    Json one{Json::Object{}};
    one.Set("name", row.name);
    one.Set("promise", row.promise);
    one.Set("verdict", std::string(Word(row.finding.verdict) == "not run" ? "not_run" : ToLower(Word(row.finding.verdict))));
    one.Set("experiment", row.finding.experiment);
    one.Set("measured", row.finding.measured);
    one.Set("limit", row.finding.limit);
    one.Set("seconds", row.seconds);
    Json::Array evidence(row.finding.evidence.begin(), row.finding.evidence.end());
    one.Set("evidence", Json(std::move(evidence)));
    one.Set("values", row.finding.values);
    claims.push_back(std::move(one));
  }
  out.Set("claims", Json(std::move(claims)));
  return out;
}

std::string ToJunit(const Report& report) {
  double seconds = 0;
  for (const Row& row : report.rows) seconds += row.seconds;
  char time[32];
  std::snprintf(time, sizeof time, "%.3f", seconds);
  std::string out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite name=\"terrarium prove\" tests=\"" + std::to_string(report.rows.size()) + "\" failures=\"" +
                    std::to_string(CountOf(report, Verdict::kRefuted)) + "\" errors=\"" + std::to_string(CountOf(report, Verdict::kFailed)) + "\" skipped=\"" +
                    std::to_string(CountOf(report, Verdict::kNotRun)) + "\" time=\"" + time + "\" timestamp=\"" + FormatIso8601(report.started) + "\">\n" +
                    "  <properties><property name=\"seed\" value=\"" + std::to_string(report.seed) + "\"/><property name=\"machine\" value=\"" + Escape(report.machine) + "\"/></properties>\n";
  for (const Row& row : report.rows) {
    std::snprintf(time, sizeof time, "%.3f", row.seconds);
    out += "  <testcase classname=\"prove\" name=\"" + Escape(row.name) + "\" time=\"" + time + "\">\n";
    const std::string message = " message=\"" + Escape(row.finding.measured) + "\"";
    const std::string text = Escape(ReplaceAll(Lines(row.finding), "\n", " | "));
    switch (row.finding.verdict) {
      case Verdict::kRefuted: out += "    <failure" + message + ">" + text + "</failure>\n"; break;
      case Verdict::kFailed: out += "    <error" + message + ">" + text + "</error>\n"; break;
      case Verdict::kNotRun: out += "    <skipped" + message + "/>\n"; break;
      case Verdict::kProved: out += "    <system-out>" + Escape(row.finding.experiment + ": " + row.finding.measured) + "</system-out>\n"; break;
    }
    out += "  </testcase>\n";
  }
  return out + "</testsuite>\n";
}

int ExitCodeOf(const Report& report) {
  if (CountOf(report, Verdict::kRefuted) != 0) return 3;
  if (CountOf(report, Verdict::kFailed) != 0) return 1;
  return CountOf(report, Verdict::kNotRun) != 0 ? 9 : 0;
}

}  // namespace terrarium::prove
