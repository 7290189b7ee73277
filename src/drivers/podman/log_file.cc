#include "drivers/podman/log_file.h"

#include <fcntl.h>
#include <sys/stat.h>  // statx needs _GNU_SOURCE, which g++ sets
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/text.h"

namespace terrarium::podman {
namespace {

struct Line {
  std::optional<std::int64_t> time;
  bool from_error = false, whole = false;
  std::string_view text;
};

// Nothing if it is no line of conmon's; such a line is skipped.
std::optional<Line> ParseLine(std::string_view line) {
  const std::size_t a = line.find(' ');
  if (a == std::string_view::npos) return std::nullopt;
  const std::size_t b = line.find(' ', a + 1);
  if (b == std::string_view::npos || b + 2 > line.size()) return std::nullopt;
  const std::string_view stream = line.substr(a + 1, b - a - 1);
  Line out;
  out.time = ParseIso8601(line.substr(0, a));
  out.from_error = stream == "stderr";
  out.whole = line[b + 1] == 'F';
  out.text = line.size() > b + 2 ? line.substr(b + 3) : std::string_view();
  if (!out.time || (!out.from_error && stream != "stdout") || (!out.whole && line[b + 1] != 'P')) return std::nullopt;
  return out;
}

struct Stream {
  std::int64_t next = 0;     // everything before it is delivered
  std::int64_t held = -1;    // where the unfinished line begins
  std::string text;
  std::int64_t time = 0;
};

}  // namespace

LogPiece ParseLog(std::string_view bytes, std::int64_t output_offset, std::int64_t error_offset, bool ended, Arena& arena) {
  LogPiece out;
  out.records.Present(arena);
  Stream streams[2];
  streams[0].next = output_offset;
  streams[1].next = error_offset;
  const auto deliver = [&](Stream& s, bool from_error, std::int64_t next) {
    LogRecord& r = out.records.Add(arena);
    r.time = s.time;
    r.from_error = from_error;
    r.text = arena.Copy(s.text);
    s.text.clear();
    s.held = -1;
    s.next = next;
  };
  std::int64_t at = 0, whole_until = 0;
  while (at < static_cast<std::int64_t>(bytes.size())) {
    const std::size_t end = bytes.find('\n', static_cast<std::size_t>(at));
    if (end == std::string_view::npos) break;
    const std::int64_t after = static_cast<std::int64_t>(end) + 1;
    const auto line = ParseLine(bytes.substr(static_cast<std::size_t>(at), end - static_cast<std::size_t>(at)));
    if (line) {
      Stream& s = streams[line->from_error ? 1 : 0];
      if (at >= s.next) {
        if (s.held < 0) {
          s.held = at;
          s.time = *line->time;
        }
        s.text += line->text;
        if (line->whole || s.text.size() >= kLongestLine) deliver(s, line->from_error, after);
      }
    }
    at = whole_until = after;
  }
  for (int i = 0; i < 2; ++i) {
    Stream& s = streams[i];
    // A line that waits while much else was read is delivered as it is: the reader must get on.
    if (s.held >= 0 && (ended || whole_until - s.held > static_cast<std::int64_t>(4 * kLongestLine))) deliver(s, i == 1, whole_until);
    if (s.held < 0) s.next = std::max(s.next, whole_until);
    else s.next = s.held;
  }
  out.output_offset = streams[0].next;
  out.error_offset = streams[1].next;
  return out;
}

Result<std::int64_t> LogFileId(int fd) {
  struct statx st{};
  if (statx(fd, "", AT_EMPTY_PATH, STATX_INO | STATX_BTIME, &st) != 0) return SystemFail("container log", errno);
  const std::uint64_t birth = static_cast<std::uint64_t>(st.stx_btime.tv_sec) * 1'000'000'000ULL + st.stx_btime.tv_nsec;
  return static_cast<std::int64_t>((st.stx_ino * 0x9e3779b97f4a7c15ULL ^ birth) >> 1 | 1);
}

Result<LogRead> ReadLogFile(int fd, const LogCursor& cursor, std::int64_t limit, bool ended, Arena& arena) {
  LogRead out;
  TRY_ASSIGN(const std::int64_t id, LogFileId(fd));
  struct stat st{};
  if (fstat(fd, &st) != 0) return SystemFail("container log", errno);
  std::int64_t output = cursor.output_offset.value_or(0), error = cursor.error_offset.value_or(0);
  if (cursor.file.value_or(0) != id || output < 0 || error < 0 || std::max(output, error) > st.st_size) output = error = 0;
  const std::int64_t from = std::min(output, error);
  // Only whole blocks can be given back; the kernel zeroes the rest of the range, which nobody reads again. The write descriptor of conmon is not touched.
  if (const std::int64_t punch = from & ~std::int64_t{4095}; punch > 0) (void)fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, punch);
  const std::int64_t want = std::min<std::int64_t>(std::max<std::int64_t>(limit, 64 * 1024), st.st_size - from);
  std::string bytes(static_cast<std::size_t>(std::max<std::int64_t>(0, want)), '\0');
  std::size_t have = 0;
  while (have < bytes.size()) {
    const ssize_t n = pread(fd, bytes.data() + have, bytes.size() - have, from + static_cast<std::int64_t>(have));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return SystemFail("container log", errno);
    if (n == 0) break;
    have += static_cast<std::size_t>(n);
  }
  bytes.resize(have);
  const bool last = from + static_cast<std::int64_t>(have) >= st.st_size;
  LogPiece piece = ParseLog(bytes, output - from, error - from, ended && last, arena);
  out.records = piece.records;
  out.cursor.file = id;
  out.cursor.output_offset = from + piece.output_offset;
  out.cursor.error_offset = from + piece.error_offset;
  out.at_end = last;
  return out;
}

}  // namespace terrarium::podman
