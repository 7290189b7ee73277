#pragma once

#include <string>
#include <vector>

#include "prove/claim.h"

namespace terrarium::prove {

struct Row {
  std::string name{};
  std::string promise{};
  Finding finding{};
  double seconds = 0;
};

struct Report {
  std::string version{};
  std::string stack{};
  std::string machine{};     // "2 cores, load 1.2"
  std::uint64_t seed = 0;
  UnixMillis started = 0;
  std::vector<Row> rows{};
};

// One row as the table shows it, folded under its columns; without glyphs where `glyphs` is false. Ends with a line feed.
std::string TableHead();
std::string TableRow(const Row& row, bool glyphs);
// "3 passed, 1 failed, 1 not run" and, where something failed, which.
std::string ClosingLine(const Report& report);
Json ToJson(const Report& report);
// JUnit's XML: refuted is a failure, an experiment that could not be carried out an error, not run is skipped.
std::string ToJunit(const Report& report);
// 0 all proved, 1 an experiment could not be carried out, 3 refuted, 9 nothing refuted but something not run.
int ExitCodeOf(const Report& report);

}  // namespace terrarium::prove
