#pragma once

#include <sys/types.h>

#include <memory>
#include <mutex>
#include <string>

#include "drivers/mysql/server.h"
#include "drivers/mysql/template.h"
#include "gen/host_database/ports.h"

namespace terrarium::mysql {

// Real servers. Keeps no state: each verb looks at the machine. Verbs for different ids may run at once, for one id one after the other.
class MysqlDatabaseHost final : public host::DatabaseHost {
 public:
  struct Options {
    std::string instance;   // [a-z0-9]{1,8}
    std::string state_dir;
    std::string run_dir;         // /run/terrarium/<instance>
    std::string programs_dir{};  // where scripts/program_root.py put its roots; empty: <state_dir>/programs
    std::string cgroup_mount = "/sys/fs/cgroup";
    uid_t first_user = 410'000;  // it makes templates; the next ones run servers
    uid_t users = 1000;
    bool machine_network = false;  // tests: a server may also live in the machine's own network
  };

  // Needs root. The folders must be absolute; links in them are resolved once.
  static Result<std::unique_ptr<MysqlDatabaseHost>> Open(Options options, Clock& clock, Random& random);

  Result<gen::host_database::EnsureDatabaseResponse*> EnsureDatabase(const gen::host_database::EnsureDatabaseRequest& request, Arena& arena) override;
  Result<gen::host_database::StopDatabaseResponse*> StopDatabase(const gen::host_database::StopDatabaseRequest& request, Arena& arena) override;
  Result<gen::host_database::RestartDatabaseResponse*> RestartDatabase(const gen::host_database::RestartDatabaseRequest& request, Arena& arena) override;
  Result<gen::host_database::RemoveDatabaseResponse*> RemoveDatabase(const gen::host_database::RemoveDatabaseRequest& request, Arena& arena) override;
  Result<gen::host_database::ListDatabasesResponse*> ListDatabases(const gen::host_database::ListDatabasesRequest& request, Arena& arena) override;
  Result<gen::host_database::ApplyParametersResponse*> ApplyParameters(const gen::host_database::ApplyParametersRequest& request, Arena& arena) override;
  Result<gen::host_database::SetMasterPasswordResponse*> SetMasterPassword(const gen::host_database::SetMasterPasswordRequest& request, Arena& arena) override;
  Result<gen::host_database::SnapshotDatabaseResponse*> SnapshotDatabase(const gen::host_database::SnapshotDatabaseRequest& request, Arena& arena) override;
  Result<gen::host_database::RemoveSnapshotResponse*> RemoveSnapshot(const gen::host_database::RemoveSnapshotRequest& request, Arena& arena) override;
  Result<gen::host_database::ListSnapshotsResponse*> ListSnapshots(const gen::host_database::ListSnapshotsRequest& request, Arena& arena) override;
  Result<gen::host_database::DescribeEnginesResponse*> DescribeEngines(const gen::host_database::DescribeEnginesRequest& request, Arena& arena) override;
  Result<gen::host_database::DescribeParametersResponse*> DescribeParameters(const gen::host_database::DescribeParametersRequest& request, Arena& arena) override;

 private:
  MysqlDatabaseHost(Options options, Clock& clock, Random& random);

  Result<Template> TemplateOf(const Program& program);
  Result<uid_t> FreeUser() const;
  Result<Record> Loaded(const Server& server, std::string_view id) const;
  Status CreateServer(Server& server, Record& record, const Program& program, const gen::host_database::EnsureDatabaseRequest& request);
  Status Fill(gen::host_database::DatabaseState& out, const Server& server, const Record& record, Arena& arena);

  Options options_;
  Surroundings around_;
  std::mutex making_;  // templates and the choice of a user: one at a time
};

}  // namespace terrarium::mysql
