#include "drivers/mysql/server.h"

#include <unistd.h>

#include <cerrno>

#include "base/file.h"
#include "base/text.h"
#include "drivers/mysql/config.h"
#include "drivers/mysql/sealed.h"
#include "drivers/mysql/tls_files.h"
#include "drivers/mysql/tree.h"

namespace terrarium::mysql {
namespace {

// Waits for open transactions and dirty pages; what is not written then is recovered from the log.
constexpr Millis kStopPatience{120'000};

Status CopyData(const std::string& source, const std::string& target, uid_t user) {
  // The target is empty and nobody else's yet. The source is the engine's own and still.
  runtime::Command copy;
  copy.argv = {"/bin/cp", "-a", "--sparse=always", "--reflink=auto", source + "/.", target};
  TRY_ASSIGN(const std::string said, runtime::RunToSuccess(std::move(copy), {}, {.timeout = Millis(3'600'000)}));
  static_cast<void>(said);
  TRY(GiveTree(target, user));
  return EnsureFolder(target, user, 0700);
}

}  // namespace

Status Server::PrepareFolders(const Record& record) const {
  TRY(MakeDirectories(around_.layout.Servers(), 0711));
  TRY(EnsureFolder(paths_.folder, 0, 0711));
  for (const std::string& folder : {paths_.Data(), paths_.Binlog(), paths_.Relay(), paths_.Logs()}) TRY(EnsureFolder(folder, record.user, 0700));
  return {};
}

Status Server::Create(Record& record, const Program& program, const std::string& source, const std::string& sealed_keyring, const Account& account,
                      std::string_view storage_key) {
  TRY(Remove());
  TRY(PrepareFolders(record));
  TRY(SaveRecord(paths_, record));
  TRY(CopyData(source, paths_.Data(), record.user));
  if (!sealed_keyring.empty()) TRY(WriteFileAtomically(paths_.SealedKeyring(), sealed_keyring, 0600));
  TRY(Start(record, program, storage_key));
  TRY(Populate(record, program, sealed_keyring.empty(), account, storage_key));
  record.initialized = true;
  return SaveRecord(paths_, record);
}

Status Server::Populate(const Record& record, const Program& program, bool from_template, const Account& account, std::string_view storage_key) {
  const Admin admin = AdminOf(record, program);
  if (record.spec.encrypted) {
    if (from_template) {
      Sql encrypt;  // the template is plain; before any account is in it
      encrypt.Text("ALTER TABLESPACE mysql ENCRYPTION='Y'").End();
      TRY(admin.Run(encrypt));
    }
    TRY(SealKeyring(record, storage_key));
  }
  if (!account.user.empty()) TRY(admin.Run(EnsureMasterUser(account.user, account.password)));
  if (!account.database.empty()) {
    Sql create;
    create.Text("CREATE DATABASE IF NOT EXISTS ").Identifier(account.database).End();
    TRY(admin.Run(create));
  }
  return {};
}

Status Server::PrepareKeyring(const Record& record, std::string_view storage_key) const {
  if (!record.spec.encrypted) return {};
  // A new server adds the keys of its own identity, so its keyring is writable until its creation is complete.
  const bool read_only = record.initialized;
  if (!storage_key.empty() && ::access(paths_.SealedKeyring().c_str(), F_OK) == 0) {
    TRY_ASSIGN(const std::string bytes, ReadFile(paths_.SealedKeyring(), 1 << 20));
    TRY_ASSIGN(const crypto::Secret keyring, Unseal(bytes, storage_key));
    TRY(WriteFileFor(paths_.Keyring(), keyring.view(), record.user, read_only ? 0400 : 0600));
  } else if (::access(paths_.Keyring().c_str(), F_OK) != 0 && (storage_key.size() != 32 || record.initialized)) {
    // Not in memory either, where it is when the server ended and the machine did not.
    return Fail(ErrorKind::kInvalid, "the storage of database " + id_ + " is encrypted and needs its key");
  }
  TRY(WriteFileFor(paths_.Data() + "/" + KeyringFiles::kManifestName, KeyringFiles::Manifest(), record.user, 0400));
  return WriteFileFor(paths_.Data() + "/" + KeyringFiles::kConfigName, KeyringFiles::Config(paths_.Keyring(), read_only), record.user, 0400);
}

Status Server::CheckStorageKey(const Record& record, std::string_view storage_key) const {
  if (!record.spec.encrypted) return {};
  if (storage_key.empty()) return Fail(ErrorKind::kInvalid, "the storage of database " + id_ + " is encrypted and needs its key");
  TRY_ASSIGN(const std::string bytes, ReadFile(paths_.SealedKeyring(), 1 << 20));
  TRY_ASSIGN(const crypto::Secret keyring, Unseal(bytes, storage_key));
  return {};
}

Status Server::SealKeyring(const Record& record, std::string_view storage_key) const {
  TRY_ASSIGN(const std::string text, ReadFileOf(paths_.Keyring(), record.user, 1 << 20));
  const crypto::Secret keyring{std::string(text)};
  TRY_ASSIGN(const std::string sealed, Seal(keyring.view(), storage_key, around_.random));
  return WriteFileAtomically(paths_.SealedKeyring(), sealed, 0600);
}

Status Server::WriteConfig(const Record& record, const Program& program) const {
  return WriteFileFor(paths_.Config(), RenderConfig(record.spec, paths_, program), 0, 0444);
}

Status Server::CheckConfig(const Record& record, const Program& program) const {
  runtime::Command command = program.Run(program.server, {"--defaults-file=" + paths_.Config() + ".check", "--log_error=stderr", "--validate-config"});
  command.uid = record.user;
  command.gid = record.user;
  TRY(WriteFileFor(paths_.Config() + ".check", RenderConfig(record.spec, paths_, program), 0, 0444));
  auto done = runtime::RunProgram(std::move(command), {}, {.timeout = Millis(120'000)});
  ::unlink((paths_.Config() + ".check").c_str());
  if (!done) return std::unexpected(done.error());
  if (done->exit.ok()) return {};
  return Fail(ErrorKind::kInvalid, "the database server does not accept the parameters", Printable(done->err.substr(0, 2000)));
}

Status Server::Start(Record& record, const Program& program, std::string_view storage_key) {
  TRY(PrepareFolders(record));
  TRY(ClearGroup(group_));
  TRY(group_.Ensure({.memory_mib = record.spec.memory_mib, .cpu_units = record.spec.cpu_units}));
  const bool has_key = !storage_key.empty() || !record.spec.encrypted;
  if (has_key) TRY(RemoveMemoryFolder(paths_.memory));  // anew, with the size that is asked for now
  TRY(EnsureMemoryFolder(paths_.memory, record.user, record.spec.temporary_mib));
  TRY(EnsureFolder(paths_.Temporary(), record.user, 0700));
  TRY(EnsureFolder(paths_.Temporary() + "/its", record.user, 0700));
  TRY_ASSIGN(const bool renewed, EnsureServerCertificate(around_.layout, paths_, record.spec, record.user, around_.clock.Now(), around_.random));
  static_cast<void>(renewed);
  TRY(PrepareKeyring(record, storage_key));
  const AdminAccount account = MakeAdminAccount(around_.random, paths_.Socket());
  TRY(WriteFileFor(paths_.InitFile(), account.init_file, record.user, 0400));
  TRY(WriteFileFor(paths_.AdminOptions(), account.options, record.user, 0400));
  TRY(CheckConfig(record, program));
  TRY(WriteConfig(record, program));
  const std::string network = record.spec.network_namespace.empty() ? std::string() : "/run/netns/" + record.spec.network_namespace;
  auto started = StartServer({.program = &program, .config = paths_.Config(), .user = record.user, .socket_for_news = paths_.NotifySocket(),
                              .console = paths_.folder + "/console.log", .network_namespace = network, .group = &group_});
  ::unlink(paths_.InitFile().c_str());
  if (!started) {
    Error error = std::move(started).error();
    error.cause += " " + Tail(paths_.ErrorLog());
    return std::unexpected(std::move(error));
  }
  record.started = record.spec;
  record.running = database::EffectiveParameters(record.spec);
  record.started_at = around_.clock.Now();
  record.wanted_running = true;
  return SaveRecord(paths_, record);
}

Status Server::Stop(Millis patience) {
  TRY_ASSIGN(auto process, Process());
  if (process) TRY(StopServer(*process, patience));
  TRY(ClearGroup(group_));
  TRY(RemoveMemoryFolder(paths_.memory));
  return group_.Remove();
}

Status Server::Remove() {
  TRY(Stop(Millis(0)));
  return RemoveTree(paths_.folder);
}

std::vector<std::string> Server::PendingReboot(const Record& record, const ParameterCatalog& catalog) const {
  if (!record.started) return {};
  const ServerSpec &now = *record.started, &wanted = record.spec;
  std::vector<std::string> pending = database::PlanParameterChange(catalog, database::EffectiveParameters(now), record.running, database::EffectiveParameters(wanted)).pending;
  const auto add = [&pending](bool differs, const char* name) {
    if (differs) pending.emplace_back(name);
  };
  add(now.network_namespace != wanted.network_namespace, "network_namespace");
  add(now.address != wanted.address, "address");
  add(now.port != wanted.port, "port");
  add(now.temporary_mib != wanted.temporary_mib, "temporary_mib");
  add(now.server_id != wanted.server_id, "server_id");
  return pending;
}

Status Server::Apply(Record& record, const Program& program, const ParameterCatalog& catalog) {
  TRY(catalog.Check(record.spec.parameters));
  TRY_ASSIGN(const auto process, Process());
  if (!process) return SaveRecord(paths_, record);
  TRY(CheckConfig(record, program));
  TRY(group_.Ensure({.memory_mib = record.spec.memory_mib, .cpu_units = record.spec.cpu_units}));
  TRY_ASSIGN(const bool renewed, EnsureServerCertificate(around_.layout, paths_, record.spec, record.user, around_.clock.Now(), around_.random));
  const Parameters wanted = database::EffectiveParameters(record.spec);
  const database::ParameterChange change =
      database::PlanParameterChange(catalog, record.started ? database::EffectiveParameters(*record.started) : Parameters{}, record.running, wanted);
  const Admin admin = AdminOf(record, program);
  Sql sql;
  for (const auto& [name, value] : change.at_once) {
    sql.Text("SET GLOBAL ").Identifier(name).Text(" = ");
    value ? sql.Parameter(*value).End() : sql.Text("DEFAULT").End();
  }
  if (renewed) sql.Text("ALTER INSTANCE RELOAD TLS").End();
  if (renewed || !change.at_once.empty()) {
    if (Status done = admin.Run(sql); !done) {
      // Some of it may have been done: the next time all of it is set again.
      TRY_ASSIGN(auto before, Load());
      if (before) {
        before->running.clear();
        TRY(SaveRecord(paths_, *before));
      }
      return Fail(ErrorKind::kInvalid, "the database server does not accept the parameters", done.error().cause);
    }
  }
  for (const auto& [name, value] : wanted) {
    const database::ParameterFact* fact = catalog.Find(name.text());
    if (fact != nullptr && fact->dynamic) record.running.insert_or_assign(name, value);
  }
  std::erase_if(record.running, [&wanted](const auto& item) { return !wanted.contains(item.first); });
  TRY(WriteConfig(record, program));
  return SaveRecord(paths_, record);
}

Status Server::SetMasterPassword(const Record& record, const Program& program, std::string_view user, std::string_view password) {
  return AdminOf(record, program).Run(EnsureMasterUser(user, password));
}

Status Server::Freeze(const Admin& admin) const {
  Sql freeze;
  freeze.Text("SET GLOBAL super_read_only=ON").End();
  freeze.Text("SELECT ID FROM information_schema.PROCESSLIST WHERE USER NOT IN ('rdsadmin', 'event_scheduler', 'system user')").End();
  TRY_ASSIGN(const auto sessions, admin.Query(freeze));
  for (const auto& row : sessions) {
    const auto session = row.empty() ? std::nullopt : ParseInt(row[0]);
    if (!session) continue;
    Sql end;
    end.Text("KILL ").Text(std::to_string(*session).c_str()).End();
    static_cast<void>(admin.Run(end));  // it may have ended by itself
  }
  return {};
}

Result<std::string> Server::Copy(const Record& record, const Program& program, const std::string& folder, bool final) {
  const Admin admin = AdminOf(record, program);
  const std::string clone = paths_.folder + "/clone";
  TRY(RemoveTree(clone));
  TRY(EnsureFolder(clone, record.user, 0700));
  if (final) TRY(Freeze(admin));
  Sql where;
  where.Text("SELECT @@GLOBAL.gtid_executed").End();
  auto position = admin.Value(where);
  Sql copy;
  copy.Text("CLONE LOCAL DATA DIRECTORY = ").Literal(clone + "/data").End();
  Status copied = position ? admin.Run(copy) : Status(std::unexpected(position.error()));
  if (copied) copied = GiveTree(clone, 0);  // nobody writes there any more
  if (copied && ::rename(clone.c_str(), folder.c_str()) != 0) copied = SystemFail(folder, errno);
  if (copied) return ReplaceAll(*position, "\n", "");
  if (final) {
    Sql thaw;
    thaw.Text("SET GLOBAL super_read_only=OFF; SET GLOBAL read_only=OFF").End();
    static_cast<void>(admin.Run(thaw));
  }
  TRY(RemoveTree(clone));
  return std::unexpected(copied.error());
}

}  // namespace terrarium::mysql
