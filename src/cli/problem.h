#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "base/result.h"

namespace terrarium::cli {

// Stable: scripts read them. 252-255 are the aws CLI's, 126 and 127 the shell's.
enum class ExitCode : int {
  kDone = 0,
  kFailed = 1,
  kUsage = 2,
  kBadAnswer = 3,    // answered, and the answer is bad
  kNotAllowed = 4,
  kNoEngine = 5,
  kTimeout = 6,      // the work goes on
  kRolledBack = 7,
  kNeedsAnswer = 8,
  kNotRun = 9,       // nothing refuted, but something not run
  kInterrupted = 130,
};

// What went wrong, in four parts. `code` is stable, without "TR-"; `fix` is one command, the safest first.
struct Problem {
  std::string code{};
  std::string what{};
  std::string why{};
  std::string state{};
  std::string fix{};
  ExitCode exit = ExitCode::kFailed;

  Problem() = default;
  Problem(std::string code_, std::string what_, std::string why_, std::string state_, std::string fix_, ExitCode exit_ = ExitCode::kFailed)
      : code(std::move(code_)), what(std::move(what_)), why(std::move(why_)), state(std::move(state_)), fix(std::move(fix_)), exit(exit_) {}
  // NOLINTNEXTLINE: an error of a call becomes a problem on its way up. Keeps AWS's code and words.
  Problem(const Error& error);
  Problem(const Error& error, std::string what_, std::string state_ = "nothing was changed");

  // The service's own code ("ClusterNotFoundException"), empty if none: what a command may act on.
  std::string aws_code{};
};

using Outcome = std::expected<ExitCode, Problem>;
template <class T>
using Answer = std::expected<T, Problem>;

std::unexpected<Problem> Usage(std::string what, std::string fix);

}  // namespace terrarium::cli
