#include "host/database/fake_database_host.h"

#include "base/text.h"
#include "host/database/messages.h"

namespace terrarium::database {

using namespace gen::host_database;  // NOLINT: the messages of this port

namespace {

constexpr const char* kVersion = "9.7.4";

std::unexpected<Error> Absent(std::string_view id) { return Fail(ErrorKind::kNotFound, "there is no database server " + std::string(id)); }

}  // namespace

FakeDatabaseHost::FakeDatabaseHost(const Clock& clock) : clock_(clock) {
  catalog_.Add({"max_connections", "Integer", "1", "100000", "151", "The number of simultaneous client connections allowed", true});
  catalog_.Add({"long_query_time", "Numeric", "0", "31536000", "10.000000", "Log all queries that have taken more than long_query_time seconds", true});
  catalog_.Add({"innodb_buffer_pool_size", "Integer", "5242880", "9223372036854775807", "134217728", "The size of the memory buffer InnoDB uses", true});
  catalog_.Add({"innodb_log_buffer_size", "Integer", "262144", "4294967295", "67108864", "The size of the buffer which InnoDB uses to write log", true});
  catalog_.Add({"key_buffer_size", "Integer", "0", "18446744073709551615", "8388608", "The size of the buffer used for index blocks", true});
  catalog_.Add({"table_open_cache", "Integer", "1", "524288", "4000", "The number of cached open tables", true});
  catalog_.Add({"character_set_server", "String", "", "", "utf8mb4", "The default character set", true});
  catalog_.Add({"require_secure_transport", "Boolean", "", "", "OFF", "Insecure connections are refused", true});
  catalog_.Add({"transaction_isolation", "Enumeration", "", "", "REPEATABLE-READ", "Default transaction isolation level", true});
  catalog_.Add({"performance_schema", "Boolean", "", "", "ON", "Enable the performance schema", false});
  catalog_.Add({"ngram_token_size", "Integer", "1", "10", "2", "InnoDB ngram full text plugin parser token size in characters", false});
  catalog_.Add({"sync_binlog", "Integer", "0", "4294967295", "1", "Synchronously flush binary log to disk", true});
  catalog_.Add({"datadir", "String", "", "", "", "Path to the database root directory", false});
}

Result<FakeDatabaseHost::FakeServer*> FakeDatabaseHost::Find(std::string_view id) {
  const auto found = servers_.find(id);
  if (found == servers_.end()) return Absent(id);
  return &found->second;
}

Status FakeDatabaseHost::Start(FakeServer& server, std::string_view storage_key) {
  if (server.spec.encrypted) {
    if (storage_key.empty() && !server.key_in_memory) return Fail(ErrorKind::kInvalid, "the storage of database " + server.spec.id + " is encrypted and needs its key");
    if (!storage_key.empty() && storage_key.size() != 32) return Fail(ErrorKind::kInvalid, "the storage key must have 32 bytes");
    if (!storage_key.empty() && storage_key != server.storage_key) return Fail(ErrorKind::kDenied, "the storage key does not fit the storage");
  }
  server.key_in_memory = server.spec.encrypted;
  server.started = server.spec;
  server.running = EffectiveParameters(server.spec);
  server.up = server.wanted = true;
  server.started_at = clock_.Now();
  server.process = next_process_++;
  return {};
}

std::vector<std::string> FakeDatabaseHost::Pending(const FakeServer& server) const {
  auto pending = PlanParameterChange(catalog_, EffectiveParameters(server.started), server.running, EffectiveParameters(server.spec)).pending;
  if (server.started.address != server.spec.address) pending.emplace_back("address");
  if (server.started.port != server.spec.port) pending.emplace_back("port");
  return pending;
}

Status FakeDatabaseHost::Apply(FakeServer& server) {
  TRY(catalog_.Check(server.spec.parameters));
  const Parameters wanted = EffectiveParameters(server.spec);
  for (const auto& setting : PlanParameterChange(catalog_, EffectiveParameters(server.started), server.running, wanted).at_once) {
    OptionName name = *OptionName::From(setting.name);
    server.running.erase(name);
    if (setting.value) server.running.emplace(std::move(name), *OptionValue::From(*setting.value));
  }
  return {};
}

void FakeDatabaseHost::Fill(DatabaseState& out, const FakeServer& server, Arena& arena) const {
  out.id = arena.Copy(server.spec.id);
  out.engine = "mysql";
  out.engine_version = arena.Copy(server.spec.engine_version);
  out.status = server.up ? "running" : server.wanted ? "failed" : "stopped";
  if (server.up) out.process_id = server.process;
  out.user_id = 410'001;
  out.address = arena.Copy(server.spec.address);
  out.port = server.spec.port;
  out.encrypted = server.spec.encrypted;
  out.initialized = true;
  out.started_at = server.started_at;
  for (const std::string& name : Pending(server)) out.pending_reboot.Add(arena, Str(arena.Copy(name)));
}

void FakeDatabaseHost::Fill(SnapshotState& out, const std::string& name, const FakeSnapshot& snapshot, Arena& arena) const {
  out.snapshot = arena.Copy(name);
  out.database = arena.Copy(snapshot.database);
  out.engine_version = arena.Copy(snapshot.engine_version);
  out.encrypted = snapshot.encrypted;
  out.size_bytes = 100 << 20;
  out.created_at = snapshot.created_at;
  out.position = "";
}

Result<EnsureDatabaseResponse*> FakeDatabaseHost::EnsureDatabase(const EnsureDatabaseRequest& request, Arena& arena) {
  const std::lock_guard lock(mutex_);
  if (request.spec == nullptr) return Fail(ErrorKind::kInvalid, "no specification is given");
  TRY_ASSIGN(ServerSpec spec, SpecOf(*request.spec));
  if (spec.engine_version != kVersion) return Fail(ErrorKind::kUnsupported, "no mysqld " + spec.engine_version + " is installed");
  auto found = servers_.find(spec.id);
  if (found == servers_.end()) {
    TRY(CheckFirst(request));
    TRY(catalog_.Check(spec.parameters));
    FakeServer server;
    server.spec = spec;
    server.storage_key = request.storage_key.str();
    server.key_in_memory = spec.encrypted;
    if (!request.snapshot.empty()) {
      const auto from = snapshots_.find(request.snapshot.view());
      if (from == snapshots_.end()) return Fail(ErrorKind::kNotFound, "there is no snapshot " + request.snapshot.str());
      if (from->second.encrypted != spec.encrypted) return Fail(ErrorKind::kConflict, "encryption of a database server cannot change");
      if (from->second.storage_key != request.storage_key.view()) return Fail(ErrorKind::kDenied, "the storage key does not fit the storage");
      server.passwords = from->second.passwords;
    }
    if (!request.master_user.empty()) server.passwords[request.master_user.str()] = request.master_password.str();
    TRY(Start(server, request.storage_key.view()));
    found = servers_.emplace(spec.id, std::move(server)).first;
  } else {
    FakeServer& server = found->second;
    TRY(CheckChange(server.spec, spec));
    TRY(catalog_.Check(spec.parameters));
    server.spec = std::move(spec);
    if (server.up) {
      TRY(Apply(server));
    } else {
      TRY(Start(server, request.storage_key.view()));
    }
  }
  auto* response = arena.New<EnsureDatabaseResponse>();
  response->state = arena.New<DatabaseState>();
  Fill(*response->state, found->second, arena);
  response->certificate_authority = arena.Copy("-----BEGIN CERTIFICATE-----\n" + found->second.spec.certificate_authority + "\n-----END CERTIFICATE-----\n");
  return response;
}

Result<StopDatabaseResponse*> FakeDatabaseHost::StopDatabase(const StopDatabaseRequest& request, Arena& arena) {
  const std::lock_guard lock(mutex_);
  TRY_ASSIGN(FakeServer * server, Find(request.id.view()));
  server->up = server->wanted = server->key_in_memory = false;
  return arena.New<StopDatabaseResponse>();
}

Result<RestartDatabaseResponse*> FakeDatabaseHost::RestartDatabase(const RestartDatabaseRequest& request, Arena& arena) {
  const std::lock_guard lock(mutex_);
  TRY_ASSIGN(FakeServer * server, Find(request.id.view()));
  if (server->spec.encrypted && request.storage_key.view().size() != 32) return Fail(ErrorKind::kInvalid, "the storage of database " + server->spec.id + " is encrypted and needs its key");
  if (server->spec.encrypted && request.storage_key.view() != server->storage_key) return Fail(ErrorKind::kDenied, "the storage key does not fit the storage");
  TRY(Start(*server, request.storage_key.view()));
  auto* response = arena.New<RestartDatabaseResponse>();
  response->state = arena.New<DatabaseState>();
  Fill(*response->state, *server, arena);
  return response;
}

Result<RemoveDatabaseResponse*> FakeDatabaseHost::RemoveDatabase(const RemoveDatabaseRequest& request, Arena& arena) {
  const std::lock_guard lock(mutex_);
  TRY(CheckName("id", request.id.view(), 63));
  servers_.erase(request.id.str());
  return arena.New<RemoveDatabaseResponse>();
}

Result<ListDatabasesResponse*> FakeDatabaseHost::ListDatabases(const ListDatabasesRequest&, Arena& arena) {
  const std::lock_guard lock(mutex_);
  auto* response = arena.New<ListDatabasesResponse>();
  for (const auto& [id, server] : servers_) Fill(response->databases.Add(arena), server, arena);
  return response;
}

Result<ApplyParametersResponse*> FakeDatabaseHost::ApplyParameters(const ApplyParametersRequest& request, Arena& arena) {
  const std::lock_guard lock(mutex_);
  TRY_ASSIGN(FakeServer * server, Find(request.id.view()));
  TRY_ASSIGN(Parameters wanted, ParametersOf(request.parameters));
  TRY(catalog_.Check(wanted));
  server->spec.parameters = std::move(wanted);
  if (server->up) TRY(Apply(*server));
  auto* response = arena.New<ApplyParametersResponse>();
  for (const std::string& name : Pending(*server)) response->pending_reboot.Add(arena, Str(arena.Copy(name)));
  return response;
}

Result<SetMasterPasswordResponse*> FakeDatabaseHost::SetMasterPassword(const SetMasterPasswordRequest& request, Arena& arena) {
  const std::lock_guard lock(mutex_);
  TRY(CheckMasterUser(request.master_user.view()));
  TRY(CheckMasterPassword(request.master_password.view()));
  TRY_ASSIGN(FakeServer * server, Find(request.id.view()));
  if (!server->up) return Fail(ErrorKind::kConflict, "the database server does not run");
  server->passwords[request.master_user.str()] = request.master_password.str();
  return arena.New<SetMasterPasswordResponse>();
}

Result<SnapshotDatabaseResponse*> FakeDatabaseHost::SnapshotDatabase(const SnapshotDatabaseRequest& request, Arena& arena) {
  const std::lock_guard lock(mutex_);
  TRY(CheckName("snapshot", request.snapshot.view(), 255));
  auto found = snapshots_.find(request.snapshot.view());
  if (found == snapshots_.end()) {
    TRY_ASSIGN(const FakeServer* server, Find(request.id.view()));
    if (!server->up) return Fail(ErrorKind::kConflict, "the database server does not run");
    FakeSnapshot made{server->spec.id, server->spec.engine_version, server->storage_key, server->spec.encrypted, server->passwords, clock_.Now()};
    found = snapshots_.emplace(request.snapshot.str(), std::move(made)).first;
  }
  auto* response = arena.New<SnapshotDatabaseResponse>();
  response->snapshot = arena.New<SnapshotState>();
  Fill(*response->snapshot, found->first, found->second, arena);
  return response;
}

Result<RemoveSnapshotResponse*> FakeDatabaseHost::RemoveSnapshot(const RemoveSnapshotRequest& request, Arena& arena) {
  const std::lock_guard lock(mutex_);
  TRY(CheckName("snapshot", request.snapshot.view(), 255));
  snapshots_.erase(request.snapshot.str());
  return arena.New<RemoveSnapshotResponse>();
}

Result<ListSnapshotsResponse*> FakeDatabaseHost::ListSnapshots(const ListSnapshotsRequest&, Arena& arena) {
  const std::lock_guard lock(mutex_);
  auto* response = arena.New<ListSnapshotsResponse>();
  for (const auto& [name, snapshot] : snapshots_) Fill(response->snapshots.Add(arena), name, snapshot, arena);
  return response;
}

Result<DescribeEnginesResponse*> FakeDatabaseHost::DescribeEngines(const DescribeEnginesRequest&, Arena& arena) {
  auto* response = arena.New<DescribeEnginesResponse>();
  response->versions.Add(arena, {"mysql", kVersion, "mysql9.7"});
  return response;
}

Result<DescribeParametersResponse*> FakeDatabaseHost::DescribeParameters(const DescribeParametersRequest& request, Arena& arena) {
  if (request.engine != "mysql" || request.engine_version != kVersion) return Fail(ErrorKind::kUnsupported, "no such engine is installed");
  auto* response = arena.New<DescribeParametersResponse>();
  for (const auto& [name, fact] : catalog_.facts()) database::Fill(response->parameters.Add(arena), fact, arena);
  return response;
}

void FakeDatabaseHost::Crash(const std::string& id) {
  const std::lock_guard lock(mutex_);
  if (const auto found = servers_.find(id); found != servers_.end()) found->second.up = false;
}

std::string FakeDatabaseHost::PasswordOf(const std::string& id, const std::string& user) const {
  const std::lock_guard lock(mutex_);
  const auto found = servers_.find(id);
  if (found == servers_.end() || !found->second.up) return {};
  const auto password = found->second.passwords.find(user);
  return password == found->second.passwords.end() ? std::string() : password->second;
}

std::string FakeDatabaseHost::ValueOf(const std::string& id, const std::string& name) const {
  const std::lock_guard lock(mutex_);
  const auto found = servers_.find(id);
  if (found == servers_.end() || !found->second.up) return {};
  for (const auto& [option, value] : found->second.running) {
    if (option.text() == name) return ExpandSuffix(value.text()).value_or(value.text());
  }
  const ParameterFact* fact = catalog_.Find(name);
  return fact == nullptr ? std::string() : fact->default_value;
}

}  // namespace terrarium::database
