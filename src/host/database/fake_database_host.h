#pragma once

#include <map>
#include <mutex>
#include <string>

#include "base/clock.h"
#include "gen/host_database/ports.h"
#include "host/database/parameters.h"
#include "host/database/spec.h"

namespace terrarium::database {

// Database servers that exist in memory only and behave as the contract suite says that real ones do.
class FakeDatabaseHost final : public host::DatabaseHost {
 public:
  explicit FakeDatabaseHost(const Clock& clock);

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

  // A server that ends by itself, as after a crash of the process.
  void Crash(const std::string& id);
  // What a client would have to say to be let in; empty where there is no such user or the server does not run.
  std::string PasswordOf(const std::string& id, const std::string& user) const;
  // The value in force, as SELECT @@GLOBAL.name; empty where it does not run.
  std::string ValueOf(const std::string& id, const std::string& name) const;

 private:
  struct FakeServer {
    ServerSpec spec, started;
    Parameters running;
    bool up = false, wanted = true, key_in_memory = false;
    std::string storage_key;
    std::map<std::string, std::string> passwords;
    UnixMillis started_at = 0;
    std::int64_t process = 0;
  };
  struct FakeSnapshot {
    std::string database, engine_version, storage_key;
    bool encrypted = false;
    std::map<std::string, std::string> passwords;
    UnixMillis created_at = 0;
  };

  Result<FakeServer*> Find(std::string_view id);
  Status Start(FakeServer& server, std::string_view storage_key);
  Status Apply(FakeServer& server);
  std::vector<std::string> Pending(const FakeServer& server) const;
  void Fill(gen::host_database::DatabaseState& out, const FakeServer& server, Arena& arena) const;
  void Fill(gen::host_database::SnapshotState& out, const std::string& name, const FakeSnapshot& snapshot, Arena& arena) const;

  const Clock& clock_;
  ParameterCatalog catalog_;
  mutable std::mutex mutex_;
  std::map<std::string, FakeServer, std::less<>> servers_;
  std::map<std::string, FakeSnapshot, std::less<>> snapshots_;
  std::int64_t next_process_ = 1000;
};

}  // namespace terrarium::database
