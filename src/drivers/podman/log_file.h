#pragma once

#include <string>
#include <string_view>

#include "base/arena.h"
#include "base/result.h"
#include "gen/host_container/types.h"

namespace terrarium::podman {

using gen::host_container::LogCursor;
using gen::host_container::LogRecord;

// conmon writes a container's output as "time stream F|P text" lines: P is a piece of a line that goes on. Pieces of one stream are joined here; a line
// longer than this is cut, as CloudWatch Logs does.
inline constexpr std::size_t kLongestLine = 256 * 1024;

struct LogPiece {
  List<LogRecord> records;
  std::int64_t output_offset = 0;  // where each stream goes on, in bytes from `bytes`' start
  std::int64_t error_offset = 0;
};

// Whole lines of `bytes` that begin at or after the stream's own offset. A line that is not yet complete stays for the next call, unless `ended`
// says that nothing more comes.
LogPiece ParseLog(std::string_view bytes, std::int64_t output_offset, std::int64_t error_offset, bool ended, Arena& arena);

struct LogRead {
  List<LogRecord> records;
  LogCursor cursor;
  bool at_end = false;
};
// Names the file behind the descriptor for ever: its inode number may be used again, with its birth time it is not.
Result<std::int64_t> LogFileId(int fd);
// Reads on from `cursor`, whose past is given back to the file system: the file keeps its length and loses its blocks, so that a container that writes
// for years holds no disk and its writer never waits. A cursor of another file means the start of this one.
Result<LogRead> ReadLogFile(int fd, const LogCursor& cursor, std::int64_t limit, bool ended, Arena& arena);

}  // namespace terrarium::podman
