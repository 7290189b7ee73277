#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "drivers/mysql/admin.h"
#include "drivers/mysql/control_group.h"
#include "drivers/mysql/layout.h"
#include "host/database/parameters.h"
#include "drivers/mysql/record.h"
#include "drivers/mysql/server_process.h"

namespace terrarium::mysql {

using database::ParameterCatalog;

struct Surroundings {
  Layout layout;
  std::string instance;
  std::string cgroup_mount;
  Clock& clock;
  Random& random;
};

// One server's things on this machine, found by its id. Holds nothing of its own: a new object finds what an old one left.
class Server {
 public:
  Server(Surroundings& around, const std::string& id)
      : around_(around), id_(id), paths_(around.layout, id), group_(around.cgroup_mount, around.instance, id) {}

  const ServerPaths& paths() const { return paths_; }
  Result<std::optional<Record>> Load() const { return LoadRecord(paths_); }
  Result<std::optional<runtime::DetachedProcess>> Process() const { return FindServer(group_, paths_.Config()); }

  struct Account {
    std::string user, password, database;
  };
  // A data folder from `source` (a template's or a snapshot's), accounts, and the server running. What an interrupted creation left is removed first.
  Status Create(Record& record, const Program& program, const std::string& source, const std::string& sealed_keyring, const Account& account,
                std::string_view storage_key);

  // Starts it with what the record asks for. It must not run. Writes the record.
  Status Start(Record& record, const Program& program, std::string_view storage_key);
  // Whether it can be started with this key. kInvalid or kDenied if not.
  Status CheckStorageKey(const Record& record, std::string_view storage_key) const;
  // Ends it and what it had in memory, its keys among them.
  Status Stop(Millis patience);
  // Nothing is left of it.
  Status Remove();

  // Brings the running server as near to the record as that goes without a start, and writes configuration and record.
  Status Apply(Record& record, const Program& program, const ParameterCatalog& catalog);
  // What waits for the next start.
  std::vector<std::string> PendingReboot(const Record& record, const ParameterCatalog& catalog) const;

  Status SetMasterPassword(const Record& record, const Program& program, std::string_view user, std::string_view password);

  // A consistent copy of the data under `folder`/data, which is made; answers the GTIDs that are surely in it. Writes stop for good where `final`.
  Result<std::string> Copy(const Record& record, const Program& program, const std::string& folder, bool final);

 private:
  Status PrepareFolders(const Record& record) const;
  Status PrepareKeyring(const Record& record, std::string_view storage_key) const;
  Status SealKeyring(const Record& record, std::string_view storage_key) const;
  Status CheckConfig(const Record& record, const Program& program) const;
  Status WriteConfig(const Record& record, const Program& program) const;
  Status Populate(const Record& record, const Program& program, bool from_template, const Account& account, std::string_view storage_key);
  Status Freeze(const Admin& admin) const;
  Admin AdminOf(const Record& record, const Program& program) const { return Admin(program, record.user, paths_.AdminOptions()); }

  Surroundings& around_;
  std::string id_;
  ServerPaths paths_;
  ControlGroup group_;
};

}  // namespace terrarium::mysql
