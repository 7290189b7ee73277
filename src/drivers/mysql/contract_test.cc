#include <gtest/gtest.h>

#include <functional>
#include <memory>

#include "drivers/mysql/real_harness.h"
#include "host/database/database_host_contract.h"
#include "host/database/fake_database_host.h"

namespace terrarium::mysql {
namespace {

using namespace gen::host_database;  // NOLINT: the messages under test
using database::DatabaseHostHarness;

constexpr const char* kUser = "admin";
constexpr const char* kPassword = "correct-horse'\\#1";
const std::string kKey(32, 'k');

class FakeHarness final : public DatabaseHostHarness {
 public:
  host::DatabaseHost& host() override { return host_; }
  void Reopen() override {}
  bool CanLogIn(const std::string& id, const std::string& user, const std::string& password) override {
    return !password.empty() && host_.PasswordOf(id, user) == password;
  }
  std::string ValueOf(const std::string& id, const std::string& name) override { return host_.ValueOf(id, name); }
  void Crash(const std::string& id) override { host_.Crash(id); }
  std::string Address() const override { return "10.0.0.5"; }
  int Port(int nth) const override { return 3306 + nth; }

 private:
  FakeClock clock_;
  database::FakeDatabaseHost host_{clock_};
};

struct Implementation {
  const char* name;
  std::function<std::unique_ptr<DatabaseHostHarness>()> make;
};

class DatabaseHostContract : public ::testing::TestWithParam<Implementation> {
 protected:
  void SetUp() override {
    harness_ = GetParam().make();
    if (!harness_) GTEST_SKIP() << RealHarness::WhyNot();
    Arena arena;
    const auto engines = host().DescribeEngines({}, arena);
    ASSERT_TRUE(engines) << engines.error().message;
    ASSERT_GT((*engines)->versions.size(), 0u);
    version_ = (*engines)->versions[0].version.str();
  }
  void TearDown() override {
    if (!harness_) return;
    Arena arena;
    const auto left = host().ListDatabases({}, arena);
    ASSERT_TRUE(left);
    for (const auto& state : (*left)->databases) EXPECT_TRUE(host().RemoveDatabase({.id = state.id}, arena));
    const auto snapshots = host().ListSnapshots({}, arena);
    ASSERT_TRUE(snapshots);
    for (const auto& snapshot : (*snapshots)->snapshots) EXPECT_TRUE(host().RemoveSnapshot({.snapshot = snapshot.snapshot}, arena));
  }

  host::DatabaseHost& host() { return harness_->host(); }

  EnsureDatabaseRequest Request(const char* id, int nth = 0) {
    auto* spec = arena_.New<DatabaseSpec>();
    spec->id = id;
    spec->engine = "mysql";
    spec->engine_version = arena_.Copy(version_);
    spec->address = arena_.Copy(harness_->Address());
    spec->port = harness_->Port(nth);
    spec->endpoint = "localhost";
    spec->certificate_authority = "eu-central-1";
    spec->memory_mib = 1024;
    spec->buffer_pool_mib = 16;
    spec->temporary_mib = 64;
    spec->server_id = 1 + nth;
    EnsureDatabaseRequest request;
    request.spec = spec;
    request.master_user = kUser;
    request.master_password = kPassword;
    request.database = "drupal";
    return request;
  }
  void AddParameter(List<Parameter>& list, const char* name, const char* value) { list.Add(arena_, {name, value}); }

  DatabaseState Ensure(const EnsureDatabaseRequest& request) {
    const auto made = host().EnsureDatabase(request, arena_);
    if (!made) {
      ADD_FAILURE() << made.error().message << ": " << made.error().cause;
      return {};
    }
    return *(*made)->state;
  }
  std::string StatusOf(std::string_view id) {
    const auto list = host().ListDatabases({}, arena_);
    if (!list) return list.error().message;
    for (const auto& state : (*list)->databases) {
      if (state.id == id) return state.status.str();
    }
    return "absent";
  }
  static std::string Names(const List<Str>& list) {
    std::string out;
    for (const Str& name : list) out += name.str() + " ";
    return out;
  }

  Arena arena_;
  std::unique_ptr<DatabaseHostHarness> harness_;
  std::string version_;
};

TEST_P(DatabaseHostContract, EnsureMakesAServerThatItsMasterUserLogsInTo) {
  EnsureDatabaseRequest request = Request("db-1");
  const auto made = host().EnsureDatabase(request, arena_);
  ASSERT_TRUE(made) << made.error().message << ": " << made.error().cause;
  const DatabaseState& state = *(*made)->state;
  EXPECT_EQ(state.status, "running");
  EXPECT_EQ(state.engine_version.view(), version_);
  EXPECT_GT(state.process_id.value_or(0), 0);
  EXPECT_NE(state.user_id.value_or(0), 0);
  EXPECT_EQ(state.initialized, true);
  EXPECT_EQ(state.pending_reboot.size(), 0u);
  EXPECT_TRUE((*made)->certificate_authority.view().starts_with("-----BEGIN CERTIFICATE-----"));
  EXPECT_TRUE(harness_->CanLogIn("db-1", kUser, kPassword));
  EXPECT_FALSE(harness_->CanLogIn("db-1", kUser, "another-password"));
  EXPECT_FALSE(harness_->CanLogIn("db-1", "nobody", kPassword));

  // Again: the same process. After a restart of the host process: still the same.
  EXPECT_EQ(Ensure(request).process_id, state.process_id);
  harness_->Reopen();
  EXPECT_EQ(StatusOf("db-1"), "running");
  EXPECT_EQ(Ensure(request).process_id, state.process_id);

  // A new password lets in, the old one does not.
  ASSERT_TRUE(host().SetMasterPassword({.id = "db-1", .master_user = kUser, .master_password = "rotated-pass-2"}, arena_));
  EXPECT_TRUE(harness_->CanLogIn("db-1", kUser, "rotated-pass-2"));
  EXPECT_FALSE(harness_->CanLogIn("db-1", kUser, kPassword));
  EXPECT_EQ(host().SetMasterPassword({.id = "db-1", .master_user = "rdsadmin", .master_password = "rotated-pass-2"}, arena_).error().kind, ErrorKind::kInvalid);

  // Gone, and gone again.
  ASSERT_TRUE(host().RemoveDatabase({.id = "db-1"}, arena_));
  EXPECT_EQ(StatusOf("db-1"), "absent");
  EXPECT_TRUE(host().RemoveDatabase({.id = "db-1"}, arena_));
  EXPECT_EQ(host().StopDatabase({.id = "db-1"}, arena_).error().kind, ErrorKind::kNotFound);
}

TEST_P(DatabaseHostContract, ParametersWorkAtOnceOrWithTheNextStart) {
  EnsureDatabaseRequest request = Request("db-1");
  AddParameter(request.spec->parameters, "transaction_isolation", "READ-COMMITTED");
  AddParameter(request.spec->parameters, "max_connections", "70");
  const DatabaseState first = Ensure(request);
  EXPECT_EQ(harness_->ValueOf("db-1", "transaction_isolation"), "READ-COMMITTED");
  EXPECT_EQ(harness_->ValueOf("db-1", "max_connections"), "70");

  ApplyParametersRequest apply{.id = "db-1", .parameters = {}};
  AddParameter(apply.parameters, "long_query_time", "0.5");
  AddParameter(apply.parameters, "innodb_log_buffer_size", "2M");
  AddParameter(apply.parameters, "ngram_token_size", "3");
  AddParameter(apply.parameters, "performance_schema", "0");  // as it is, in other words
  auto applied = host().ApplyParameters(apply, arena_);
  ASSERT_TRUE(applied) << applied.error().message << applied.error().cause;
  EXPECT_NE(Names((*applied)->pending_reboot).find("ngram_token_size"), std::string::npos);
  EXPECT_EQ(harness_->ValueOf("db-1", "innodb_log_buffer_size"), "2097152");
  EXPECT_EQ(harness_->ValueOf("db-1", "max_connections"), "66") << "taken back: the default of the class";
  EXPECT_EQ(harness_->ValueOf("db-1", "transaction_isolation"), "REPEATABLE-READ");

  const auto restarted = host().RestartDatabase({.id = "db-1", .storage_key = {}}, arena_);
  ASSERT_TRUE(restarted) << restarted.error().message << restarted.error().cause;
  EXPECT_EQ((*restarted)->state->pending_reboot.size(), 0u) << Names((*restarted)->state->pending_reboot);
  EXPECT_NE((*restarted)->state->process_id, first.process_id);
  EXPECT_EQ(harness_->ValueOf("db-1", "innodb_log_buffer_size"), "2097152");
  EXPECT_EQ(harness_->ValueOf("db-1", "ngram_token_size"), "3");

  const std::pair<std::pair<const char*, const char*>, ErrorKind> refused[] = {
      {{"sync_binlog", "0"}, ErrorKind::kUnsupported},      {{"datadir", "/tmp"}, ErrorKind::kUnsupported},
      {{"no_such_parameter", "1"}, ErrorKind::kInvalid},    {{"max_connections", "many"}, ErrorKind::kInvalid},
      {{"max_connections", "1\n[client]"}, ErrorKind::kInvalid}, {{"bad name", "1"}, ErrorKind::kInvalid},
  };
  for (const auto& [parameter, kind] : refused) {
    ApplyParametersRequest bad{.id = "db-1", .parameters = {}};
    AddParameter(bad.parameters, parameter.first, parameter.second);
    const auto answer = host().ApplyParameters(bad, arena_);
    ASSERT_FALSE(answer) << parameter.first;
    EXPECT_EQ(answer.error().kind, kind) << parameter.first;
  }
  EXPECT_EQ(harness_->ValueOf("db-1", "ngram_token_size"), "3") << "a refused change leaves everything as it was";
  EXPECT_EQ(host().ApplyParameters({.id = "absent", .parameters = {}}, arena_).error().kind, ErrorKind::kNotFound);
}

TEST_P(DatabaseHostContract, StopKeepsTheDataAndACrashIsSeen) {
  const EnsureDatabaseRequest request = Request("db-1");
  Ensure(request);
  ASSERT_TRUE(host().StopDatabase({.id = "db-1"}, arena_));
  EXPECT_EQ(StatusOf("db-1"), "stopped");
  EXPECT_TRUE(host().StopDatabase({.id = "db-1"}, arena_)) << "stopped already";
  EXPECT_FALSE(harness_->CanLogIn("db-1", kUser, kPassword));
  EXPECT_EQ(host().SetMasterPassword({.id = "db-1", .master_user = kUser, .master_password = "rotated-pass-2"}, arena_).error().kind, ErrorKind::kConflict);
  EXPECT_EQ(host().SnapshotDatabase({.id = "db-1", .snapshot = "s"}, arena_).error().kind, ErrorKind::kConflict);
  EXPECT_EQ(Ensure(request).status, "running");
  EXPECT_TRUE(harness_->CanLogIn("db-1", kUser, kPassword));

  harness_->Crash("db-1");
  EXPECT_EQ(StatusOf("db-1"), "failed");
  EXPECT_EQ(Ensure(request).status, "running");
  EXPECT_TRUE(harness_->CanLogIn("db-1", kUser, kPassword));
}

TEST_P(DatabaseHostContract, SnapshotsOutliveTheirServer) {
  Ensure(Request("db-1"));
  auto taken = host().SnapshotDatabase({.id = "db-1", .snapshot = "final-1", .final = true}, arena_);
  ASSERT_TRUE(taken) << taken.error().message << taken.error().cause;
  EXPECT_EQ((*taken)->snapshot->database, "db-1");
  EXPECT_GT((*taken)->snapshot->size_bytes.value_or(0), 0);
  const auto created = (*taken)->snapshot->created_at;
  taken = host().SnapshotDatabase({.id = "db-1", .snapshot = "final-1"}, arena_);
  ASSERT_TRUE(taken);
  EXPECT_EQ((*taken)->snapshot->created_at, created) << "an existing one is answered, not made again";
  ASSERT_TRUE(host().RemoveDatabase({.id = "db-1"}, arena_));

  EnsureDatabaseRequest restore = Request("db-2", 1);
  restore.master_user = {};
  restore.master_password = {};
  restore.database = {};
  EXPECT_EQ(host().EnsureDatabase(restore, arena_).error().kind, ErrorKind::kInvalid) << "neither user nor snapshot";
  restore.snapshot = "absent";
  EXPECT_EQ(host().EnsureDatabase(restore, arena_).error().kind, ErrorKind::kNotFound);
  EXPECT_EQ(StatusOf("db-2"), "absent") << "what could not be made leaves nothing";
  restore.snapshot = "final-1";
  EXPECT_EQ(Ensure(restore).status, "running");
  EXPECT_TRUE(harness_->CanLogIn("db-2", kUser, kPassword));
  ASSERT_TRUE(host().RemoveSnapshot({.snapshot = "final-1"}, arena_));
  EXPECT_TRUE(host().RemoveSnapshot({.snapshot = "final-1"}, arena_));
  EXPECT_EQ((*host().ListSnapshots({}, arena_))->snapshots.size(), 0u);
}

TEST_P(DatabaseHostContract, EncryptedStorageNeedsItsKey) {
  EnsureDatabaseRequest request = Request("db-1");
  request.spec->encrypted = true;
  EXPECT_EQ(host().EnsureDatabase(request, arena_).error().kind, ErrorKind::kInvalid) << "no key";
  EXPECT_EQ(StatusOf("db-1"), "absent");
  request.storage_key = kKey;
  EXPECT_EQ(Ensure(request).encrypted, true);
  EXPECT_TRUE(harness_->CanLogIn("db-1", kUser, kPassword));

  const std::string wrong(32, 'w');
  EXPECT_EQ(host().RestartDatabase({.id = "db-1", .storage_key = {}}, arena_).error().kind, ErrorKind::kInvalid);
  EXPECT_EQ(host().RestartDatabase({.id = "db-1", .storage_key = wrong}, arena_).error().kind, ErrorKind::kDenied);
  EXPECT_EQ(StatusOf("db-1"), "running") << "a refused restart stops nothing";
  ASSERT_TRUE(host().StopDatabase({.id = "db-1"}, arena_));
  request.storage_key = {};
  EXPECT_EQ(host().EnsureDatabase(request, arena_).error().kind, ErrorKind::kInvalid) << "the key is gone from memory";
  request.storage_key = wrong;
  EXPECT_EQ(host().EnsureDatabase(request, arena_).error().kind, ErrorKind::kDenied);
  request.storage_key = kKey;
  EXPECT_EQ(Ensure(request).status, "running");
  EXPECT_TRUE(harness_->CanLogIn("db-1", kUser, kPassword));

  request.spec->encrypted = false;
  EXPECT_EQ(host().EnsureDatabase(request, arena_).error().kind, ErrorKind::kConflict);

  ASSERT_TRUE(host().SnapshotDatabase({.id = "db-1", .snapshot = "s-1"}, arena_));
  EnsureDatabaseRequest restore = Request("db-2", 1);
  restore.snapshot = "s-1";
  restore.master_user = {};
  restore.master_password = {};
  EXPECT_EQ(host().EnsureDatabase(restore, arena_).error().kind, ErrorKind::kConflict) << "not as plain storage";
  restore.spec->encrypted = true;
  restore.storage_key = wrong;
  EXPECT_EQ(host().EnsureDatabase(restore, arena_).error().kind, ErrorKind::kDenied);
  EXPECT_EQ(StatusOf("db-2"), "absent");
  restore.storage_key = kKey;
  EXPECT_EQ(Ensure(restore).status, "running");
  EXPECT_TRUE(harness_->CanLogIn("db-2", kUser, kPassword));
}

TEST_P(DatabaseHostContract, WhatCannotBeIsRefusedByName) {
  const std::pair<const char*, std::function<ErrorKind(EnsureDatabaseRequest&)>> wrong[] = {
      {"mariadb", [](auto& r) { r.spec->engine = "mariadb"; return ErrorKind::kUnsupported; }},
      {"8.0.99", [](auto& r) { r.spec->engine_version = "8.0.99"; return ErrorKind::kUnsupported; }},
      {"id", [](auto& r) { r.spec->id = "../escape"; return ErrorKind::kInvalid; }},
      {"address", [](auto& r) { r.spec->address = "0.0.0.0"; return ErrorKind::kInvalid; }},
      {"endpoint", [](auto& r) { r.spec->endpoint = "x\ny"; return ErrorKind::kInvalid; }},
      {"master user", [](auto& r) { r.master_user = "root"; return ErrorKind::kInvalid; }},
      {"master password", [](auto& r) { r.master_password = "short"; return ErrorKind::kInvalid; }},
      {"database name", [](auto& r) { r.database = "mysql"; return ErrorKind::kInvalid; }},
      {"sync_binlog", [this](auto& r) { AddParameter(r.spec->parameters, "sync_binlog", "0"); return ErrorKind::kUnsupported; }},
  };
  for (const auto& [what, change] : wrong) {
    EnsureDatabaseRequest request = Request("db-1");
    const ErrorKind kind = change(request);
    const auto made = host().EnsureDatabase(request, arena_);
    ASSERT_FALSE(made) << what;
    EXPECT_EQ(made.error().kind, kind) << what;
    EXPECT_NE(made.error().message.find(what), std::string::npos) << made.error().message;
    EXPECT_EQ(made.error().message.find(kPassword), std::string::npos);
  }
  EXPECT_EQ((*host().ListDatabases({}, arena_))->databases.size(), 0u);
  EXPECT_EQ(host().RemoveDatabase({.id = "../x"}, arena_).error().kind, ErrorKind::kInvalid);
  EXPECT_EQ(host().RemoveSnapshot({.snapshot = "../x"}, arena_).error().kind, ErrorKind::kInvalid);
}

TEST_P(DatabaseHostContract, ParametersAreDescribed) {
  const auto described = host().DescribeParameters({.engine = "mysql", .engine_version = version_}, arena_);
  ASSERT_TRUE(described) << described.error().message << described.error().cause;
  const auto find = [&](const char* name) {
    for (const auto& p : (*described)->parameters) {
      if (p.name == name) return &p;
    }
    return static_cast<const ParameterDescription*>(nullptr);
  };
  const auto* connections = find("max_connections");
  ASSERT_NE(connections, nullptr);
  EXPECT_EQ(connections->data_type, "integer");
  EXPECT_EQ(connections->allowed_values, "1-100000");
  EXPECT_EQ(connections->default_value, "151");
  EXPECT_EQ(connections->dynamic, true);
  EXPECT_EQ(connections->modifiable, true);
  ASSERT_NE(find("performance_schema"), nullptr);
  EXPECT_EQ(find("performance_schema")->dynamic, false);
  EXPECT_EQ(find("performance_schema")->data_type, "boolean");
  ASSERT_NE(find("sync_binlog"), nullptr);
  EXPECT_EQ(find("sync_binlog")->modifiable, false);
  EXPECT_FALSE(host().DescribeParameters({.engine = "mysql", .engine_version = "1.2.3"}, arena_));
}

INSTANTIATE_TEST_SUITE_P(All, DatabaseHostContract,
                         ::testing::Values(Implementation{"Fake", [] { return std::make_unique<FakeHarness>(); }},
                                           Implementation{"Real", []() -> std::unique_ptr<DatabaseHostHarness> { return RealHarness::Make(); }}),
                         [](const auto& instance) { return std::string(instance.param.name); });

}  // namespace
}  // namespace terrarium::mysql
