#include "base/log.h"

#include <unistd.h>

#include <atomic>

#include "base/clock.h"
#include "base/text.h"

namespace terrarium {
namespace {

std::atomic<LogLevel> threshold{LogLevel::kInfo};

}  // namespace

void SetLogLevel(LogLevel level) { threshold = level; }

void Log(LogLevel level, std::string_view component, std::string_view message) {
  if (level < threshold.load()) return;
  static constexpr std::string_view kNames[] = {"debug", "info", "warning", "error"};
  std::string line = FormatIso8601(SystemClock().Now(), true);
  line += ' ';
  line += kNames[static_cast<int>(level)];
  line += ' ';
  line += component;
  line += ": ";
  line += Printable(message);
  line += '\n';
  // One write, so that lines of threads and processes on one file do not mix. A log that cannot be written must not stop the program.
  [[maybe_unused]] const ssize_t ignored = ::write(STDERR_FILENO, line.data(), line.size());
}

}  // namespace terrarium
