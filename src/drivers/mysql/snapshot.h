#pragma once

#include <string>

#include "drivers/mysql/server.h"
#include "gen/host_database/types.h"

namespace terrarium::mysql {

// A copy of a server's data that outlives it.
struct Snapshot {
  std::string folder;
  std::string name, database, engine_version, position;
  bool encrypted = false;
  std::int64_t size_bytes = 0;
  UnixMillis created_at = 0;

  std::string Data() const { return folder + "/data"; }
  std::string SealedKeyring() const { return folder + "/keyring.sealed"; }
  void Fill(gen::host_database::SnapshotState& out, Arena& arena) const;
};

// kNotFound if there is none of that name.
Result<Snapshot> LoadSnapshot(const Layout& layout, const std::string& name);
Result<Snapshot> TakeSnapshot(Surroundings& around, Server& server, const Record& record, const Program& program, const std::string& name, bool final);

}  // namespace terrarium::mysql
