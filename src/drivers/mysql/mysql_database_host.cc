#include "drivers/mysql/mysql_database_host.h"

#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <climits>
#include <cerrno>
#include <set>

#include "base/file.h"
#include "base/log.h"
#include "base/text.h"
#include "drivers/mysql/snapshot.h"
#include "drivers/mysql/template.h"
#include "drivers/mysql/tls_files.h"
#include "drivers/mysql/tree.h"
#include "host/database/messages.h"
#include "host/netns_name.h"

namespace terrarium::mysql {

using namespace gen::host_database;  // NOLINT: the messages of this port

namespace {

Result<std::string> RealFolder(const std::string& path) {
  if (path.empty() || path[0] != '/') return Fail(ErrorKind::kInvalid, "the folders of the database driver must be absolute");
  TRY(MakeDirectories(path, 0711));
  char resolved[PATH_MAX];
  if (::realpath(path.c_str(), resolved) == nullptr) return SystemFail(path, errno);
  return std::string(resolved);
}

std::unexpected<Error> Absent(std::string_view id) { return Fail(ErrorKind::kNotFound, "there is no database server " + Printable(id)); }
std::unexpected<Error> NotRunning() { return Fail(ErrorKind::kConflict, "the database server does not run"); }

}  // namespace

Result<std::unique_ptr<MysqlDatabaseHost>> MysqlDatabaseHost::Open(Options options, Clock& clock, Random& random) {
  if (::geteuid() != 0) return Fail(ErrorKind::kDenied, "the database driver needs root");
  const bool named = !options.instance.empty() && options.instance.size() <= 8 &&
                     std::ranges::all_of(options.instance, [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); });
  if (!named) return Fail(ErrorKind::kInvalid, "the instance must be named by 1 to 8 lower-case letters and digits");
  TRY_ASSIGN(options.state_dir, RealFolder(options.state_dir));
  TRY_ASSIGN(options.run_dir, RealFolder(options.run_dir));
  if (options.programs_dir.empty()) options.programs_dir = options.state_dir + "/programs";
  std::unique_ptr<MysqlDatabaseHost> host(new MysqlDatabaseHost(std::move(options), clock, random));
  // In no listing, so nobody else would find it; and it is no reason to serve nothing.
  if (const Status cleared = ClearTemplateMaking(host->around_.layout, host->options_.cgroup_mount, host->options_.instance); !cleared)
    LogError("mysql", "what a template's making left cannot be removed: " + cleared.error().message);
  return host;
}

MysqlDatabaseHost::MysqlDatabaseHost(Options options, Clock& clock, Random& random)
    : options_(std::move(options)), around_{{options_.state_dir, options_.run_dir}, options_.instance, options_.cgroup_mount, clock, random} {}

Result<Template> MysqlDatabaseHost::TemplateOf(const Program& program) {
  const std::lock_guard lock(making_);
  return EnsureTemplate(around_.layout, program, options_.first_user, options_.cgroup_mount, options_.instance);
}

Result<uid_t> MysqlDatabaseHost::FreeUser() const {
  TRY_ASSIGN(const std::vector<std::string> names, ListDirectory(around_.layout.Servers()));
  std::set<uid_t> taken;
  for (const std::string& name : names) {
    TRY_ASSIGN(const auto record, LoadRecord(ServerPaths(around_.layout, name)));
    if (record) taken.insert(record->user);
  }
  for (uid_t user = options_.first_user + 1; user < options_.first_user + options_.users; ++user) {
    if (!taken.contains(user)) return user;
  }
  return Fail(ErrorKind::kLimit, "no user id is left for another database server");
}

Result<Record> MysqlDatabaseHost::Loaded(const Server& server, std::string_view id) const {
  TRY(database::CheckName("id", id, 63));
  TRY_ASSIGN(auto record, server.Load());
  if (!record || !record->initialized) return Absent(id);
  return *std::move(record);
}

Status MysqlDatabaseHost::Fill(DatabaseState& out, const Server& server, const Record& record, Arena& arena) {
  out.id = arena.Copy(record.spec.id);
  out.engine = "mysql";
  out.engine_version = arena.Copy(record.spec.engine_version);
  TRY_ASSIGN(const auto process, server.Process());
  out.status = process ? "running" : record.wanted_running ? "failed" : "stopped";
  if (process) out.process_id = process->identity().pid;
  out.user_id = record.user;
  out.address = arena.Copy(record.spec.address);
  out.port = record.spec.port;
  out.encrypted = record.spec.encrypted;
  out.initialized = record.initialized;
  out.started_at = record.started_at;
  auto program = FindProgram(options_.programs_dir, record.spec.engine_version);
  if (!program) return {};  // its version was removed: then nothing is known about its parameters
  TRY_ASSIGN(const Template made, TemplateOf(*program));
  for (const std::string& name : server.PendingReboot(record, made.parameters)) out.pending_reboot.Add(arena, Str(arena.Copy(name)));
  return {};
}

Status MysqlDatabaseHost::CreateServer(Server& server, Record& record, const Program& program, const EnsureDatabaseRequest& request) {
  TRY_ASSIGN(const Template made, TemplateOf(program));
  TRY(made.parameters.Check(record.spec.parameters));
  std::string source = made.data, sealed;
  if (!request.snapshot.empty()) {
    TRY_ASSIGN(const Snapshot snapshot, LoadSnapshot(around_.layout, request.snapshot.str()));
    if (snapshot.encrypted != record.spec.encrypted) return Fail(ErrorKind::kConflict, "encryption of a database server cannot change");
    if (snapshot.engine_version != record.spec.engine_version) return Fail(ErrorKind::kConflict, "engine_version of a database server cannot change");
    source = snapshot.Data();
    if (snapshot.encrypted) {
      TRY_ASSIGN(sealed, ReadFile(snapshot.SealedKeyring(), 1 << 20));
    }
  }
  {
    const std::lock_guard lock(making_);
    TRY_ASSIGN(record.user, FreeUser());
    TRY(MakeDirectories(server.paths().folder, 0711));
    TRY(SaveRecord(server.paths(), record));  // the user is taken from here on
  }
  return server.Create(record, program, source, sealed,
                       {.user = request.master_user.str(), .password = request.master_password.str(), .database = request.database.str()},
                       request.storage_key.view());
}

Result<EnsureDatabaseResponse*> MysqlDatabaseHost::EnsureDatabase(const EnsureDatabaseRequest& request, Arena& arena) {
  if (request.spec == nullptr) return Fail(ErrorKind::kInvalid, "no specification is given");
  TRY_ASSIGN(const database::ServerSpec spec, database::SpecOf(*request.spec));
  const std::string& network = spec.network_namespace;
  if (network.empty() ? !options_.machine_network : !host::IsInterfaceNetns(options_.instance, network)) return Fail(ErrorKind::kInvalid, "network_namespace is none of this instance's");
  TRY_ASSIGN(const Program program, FindProgram(options_.programs_dir, spec.engine_version));
  Server server(around_, spec.id);
  TRY_ASSIGN(auto record, server.Load());
  if (!record || !record->initialized) {
    TRY(database::CheckFirst(request));
    record = Record{.spec = spec};
    if (Status made = CreateServer(server, *record, program, request); !made) {
      if (Status removed = server.Remove(); !removed) LogError("mysql", "what is left of " + spec.id + " cannot be removed: " + removed.error().message);
      return std::unexpected(std::move(made).error());
    }
  } else {
    TRY(database::CheckChange(record->spec, spec));
    TRY_ASSIGN(const Template made, TemplateOf(program));
    TRY(made.parameters.Check(spec.parameters));
    record->spec = spec;
    TRY_ASSIGN(const auto process, server.Process());
    if (process) {
      TRY(server.Apply(*record, program, made.parameters));
    } else {
      record->wanted_running = true;
      TRY(server.Start(*record, program, request.storage_key.view()));
    }
  }
  auto* response = arena.New<EnsureDatabaseResponse>();
  response->state = arena.New<DatabaseState>();
  TRY(Fill(*response->state, server, *record, arena));
  TRY_ASSIGN(const std::string authority, EnsureAuthority(around_.layout, spec.certificate_authority, around_.clock.Now(), around_.random));
  response->certificate_authority = arena.Copy(authority);
  return response;
}

Result<StopDatabaseResponse*> MysqlDatabaseHost::StopDatabase(const StopDatabaseRequest& request, Arena& arena) {
  Server server(around_, request.id.str());
  TRY_ASSIGN(Record record, Loaded(server, request.id.view()));
  record.wanted_running = false;
  TRY(SaveRecord(server.paths(), record));
  TRY(server.Stop(Millis(120'000)));
  return arena.New<StopDatabaseResponse>();
}

Result<RestartDatabaseResponse*> MysqlDatabaseHost::RestartDatabase(const RestartDatabaseRequest& request, Arena& arena) {
  Server server(around_, request.id.str());
  TRY_ASSIGN(Record record, Loaded(server, request.id.view()));
  TRY_ASSIGN(const Program program, FindProgram(options_.programs_dir, record.spec.engine_version));
  TRY(server.CheckStorageKey(record, request.storage_key.view()));  // before it stops
  TRY(server.Stop(Millis(120'000)));
  TRY(server.Start(record, program, request.storage_key.view()));
  auto* response = arena.New<RestartDatabaseResponse>();
  response->state = arena.New<DatabaseState>();
  TRY(Fill(*response->state, server, record, arena));
  return response;
}

Result<RemoveDatabaseResponse*> MysqlDatabaseHost::RemoveDatabase(const RemoveDatabaseRequest& request, Arena& arena) {
  TRY(database::CheckName("id", request.id.view(), 63));
  Server server(around_, request.id.str());
  TRY(server.Remove());
  return arena.New<RemoveDatabaseResponse>();
}

Result<ListDatabasesResponse*> MysqlDatabaseHost::ListDatabases(const ListDatabasesRequest&, Arena& arena) {
  TRY_ASSIGN(const std::vector<std::string> names, ListDirectory(around_.layout.Servers()));
  auto* response = arena.New<ListDatabasesResponse>();
  for (const std::string& name : names) {
    if (!database::CheckName("id", name, 63)) continue;
    const Server server(around_, name);
    auto record = server.Load();
    DatabaseState& state = response->databases.Add(arena);
    if (!record || !*record) {  // the rest of something: known by its id, so that it can be removed
      state.id = arena.Copy(name);
      state.engine = "mysql";
      state.status = "failed";
      state.initialized = false;
      continue;
    }
    TRY(Fill(state, server, **record, arena));
  }
  return response;
}

Result<ApplyParametersResponse*> MysqlDatabaseHost::ApplyParameters(const ApplyParametersRequest& request, Arena& arena) {
  Server server(around_, request.id.str());
  TRY_ASSIGN(Record record, Loaded(server, request.id.view()));
  TRY_ASSIGN(database::Parameters wanted, database::ParametersOf(request.parameters));
  TRY_ASSIGN(const Program program, FindProgram(options_.programs_dir, record.spec.engine_version));
  TRY_ASSIGN(const Template made, TemplateOf(program));
  record.spec.parameters = std::move(wanted);
  TRY(server.Apply(record, program, made.parameters));
  auto* response = arena.New<ApplyParametersResponse>();
  for (const std::string& name : server.PendingReboot(record, made.parameters)) response->pending_reboot.Add(arena, Str(arena.Copy(name)));
  return response;
}

Result<SetMasterPasswordResponse*> MysqlDatabaseHost::SetMasterPassword(const SetMasterPasswordRequest& request, Arena& arena) {
  TRY(database::CheckMasterUser(request.master_user.view()));
  TRY(database::CheckMasterPassword(request.master_password.view()));
  Server server(around_, request.id.str());
  TRY_ASSIGN(const Record record, Loaded(server, request.id.view()));
  TRY_ASSIGN(const auto process, server.Process());
  if (!process) return NotRunning();
  TRY_ASSIGN(const Program program, FindProgram(options_.programs_dir, record.spec.engine_version));
  TRY(server.SetMasterPassword(record, program, request.master_user.view(), request.master_password.view()));
  return arena.New<SetMasterPasswordResponse>();
}

Result<SnapshotDatabaseResponse*> MysqlDatabaseHost::SnapshotDatabase(const SnapshotDatabaseRequest& request, Arena& arena) {
  TRY(database::CheckName("snapshot", request.snapshot.view(), 255));
  auto snapshot = LoadSnapshot(around_.layout, request.snapshot.str());
  if (!snapshot) {
    if (snapshot.error().kind != ErrorKind::kNotFound) return std::unexpected(std::move(snapshot).error());
    Server server(around_, request.id.str());
    TRY_ASSIGN(const Record record, Loaded(server, request.id.view()));
    TRY_ASSIGN(const auto process, server.Process());
    if (!process) return NotRunning();
    TRY_ASSIGN(const Program program, FindProgram(options_.programs_dir, record.spec.engine_version));
    snapshot = TakeSnapshot(around_, server, record, program, request.snapshot.str(), request.final.value_or(false));
    if (!snapshot) return std::unexpected(std::move(snapshot).error());
  }
  auto* response = arena.New<SnapshotDatabaseResponse>();
  response->snapshot = arena.New<SnapshotState>();
  snapshot->Fill(*response->snapshot, arena);
  return response;
}

Result<RemoveSnapshotResponse*> MysqlDatabaseHost::RemoveSnapshot(const RemoveSnapshotRequest& request, Arena& arena) {
  TRY(database::CheckName("snapshot", request.snapshot.view(), 255));
  TRY(RemoveTree(around_.layout.Snapshot(request.snapshot.str())));
  return arena.New<RemoveSnapshotResponse>();
}

Result<ListSnapshotsResponse*> MysqlDatabaseHost::ListSnapshots(const ListSnapshotsRequest&, Arena& arena) {
  TRY_ASSIGN(const std::vector<std::string> names, ListDirectory(around_.layout.Snapshots()));
  auto* response = arena.New<ListSnapshotsResponse>();
  for (const std::string& name : names) {
    if (!database::CheckName("snapshot", name, 255)) continue;
    TRY_ASSIGN(const Snapshot snapshot, LoadSnapshot(around_.layout, name));
    snapshot.Fill(response->snapshots.Add(arena), arena);
  }
  return response;
}

Result<DescribeEnginesResponse*> MysqlDatabaseHost::DescribeEngines(const DescribeEnginesRequest&, Arena& arena) {
  TRY_ASSIGN(const std::vector<Program> programs, FindPrograms(options_.programs_dir));
  auto* response = arena.New<DescribeEnginesResponse>();
  std::set<std::string> seen;
  for (const Program& program : programs) {
    if (!seen.insert(program.version).second) continue;
    response->versions.Add(arena, {"mysql", arena.Copy(program.version), arena.Copy("mysql" + program.Series())});
  }
  return response;
}

Result<DescribeParametersResponse*> MysqlDatabaseHost::DescribeParameters(const DescribeParametersRequest& request, Arena& arena) {
  if (request.engine != "mysql") return Fail(ErrorKind::kUnsupported, "database engine '" + Printable(request.engine.view()) + "' is not supported; mysql is");
  TRY_ASSIGN(const Program program, FindProgram(options_.programs_dir, request.engine_version.str()));
  TRY_ASSIGN(const Template made, TemplateOf(program));
  auto* response = arena.New<DescribeParametersResponse>();
  for (const auto& [name, fact] : made.parameters.facts()) database::Fill(response->parameters.Add(arena), fact, arena);
  return response;
}

}  // namespace terrarium::mysql
