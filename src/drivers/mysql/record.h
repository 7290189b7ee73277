#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "drivers/mysql/layout.h"
#include "host/database/spec.h"

namespace terrarium::mysql {

using database::Parameters;
using database::ServerSpec;

// What is written down about a server beside its data: what was asked for, and what the running process was started with. The process
// itself is found by its control group.
struct Record {
  ServerSpec spec{};
  uid_t user = 0;
  bool wanted_running = true;
  bool initialized = false;          // data and accounts are complete; if not, creation begins anew
  std::optional<ServerSpec> started{};
  Parameters running{};              // effective in the process, as far as they are dynamic
  UnixMillis started_at = 0;

  std::string Write() const;
  static Result<Record> Read(std::string_view text);
};

Result<std::optional<Record>> LoadRecord(const ServerPaths& paths);
Status SaveRecord(const ServerPaths& paths, const Record& record);

}  // namespace terrarium::mysql
