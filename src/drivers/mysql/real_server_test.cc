// What only a real server can show: who it is on this machine, what it gives away, and what its master user may do.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <functional>

#include "base/file.h"
#include "base/text.h"
#include "drivers/mysql/real_harness.h"
#include "drivers/mysql/tree.h"

namespace terrarium::mysql {
namespace {

using namespace gen::host_database;  // NOLINT: the messages under test

constexpr const char* kUser = "admin";
constexpr const char* kPassword = "planted-secret-7f3a";
const std::string kKey = "planted-storage-key-0123456789ab";  // 32 bytes

// Every regular file below, with its content.
void ForEachFile(const std::string& folder, const std::function<void(const std::string& path, const std::string& content)>& visit) {
  const auto names = ListDirectory(folder);
  ASSERT_TRUE(names) << folder;
  for (const std::string& name : *names) {
    const std::string path = folder + "/" + name;
    struct stat st{};
    if (::lstat(path.c_str(), &st) != 0) continue;
    if (S_ISDIR(st.st_mode)) ForEachFile(path, visit);
    if (!S_ISREG(st.st_mode)) continue;
    const auto content = ReadFile(path, 1u << 30);
    ASSERT_TRUE(content) << path;
    visit(path, *content);
  }
}

std::vector<std::string> FilesWith(const std::string& folder, const std::string& needle) {
  std::vector<std::string> found;
  ForEachFile(folder, [&](const std::string& path, const std::string& content) {
    if (content.find(needle) != std::string::npos) found.push_back(path);
  });
  return found;
}

class RealServer : public ::testing::Test {
 protected:
  void SetUp() override {
    harness_ = RealHarness::Make();
    if (!harness_) GTEST_SKIP() << RealHarness::WhyNot();
  }
  void TearDown() override {
    if (!harness_) return;
    for (const char* id : {"db-1", "db-2"}) EXPECT_TRUE(harness_->host().RemoveDatabase({.id = id}, arena_));
  }

  Result<EnsureDatabaseResponse*> TryEnsure(const char* id, bool encrypted, int nth = 0, const std::function<void(DatabaseSpec&)>& change = {}) {
    DatabaseSpec spec;
    spec.id = id;
    spec.engine = "mysql";
    spec.engine_version = arena_.Copy(harness_->program().version);
    spec.address = "127.0.0.1";
    spec.port = harness_->Port(nth);
    spec.endpoint = "localhost";
    spec.certificate_authority = "eu-central-1";
    spec.memory_mib = 1024;
    spec.buffer_pool_mib = 16;
    spec.temporary_mib = 128;
    spec.encrypted = encrypted;
    if (change) change(spec);
    EnsureDatabaseRequest request;
    request.spec = &spec;
    request.master_user = kUser;
    request.master_password = kPassword;
    request.database = "drupal";
    if (encrypted) request.storage_key = kKey;
    return harness_->host().EnsureDatabase(request, arena_);
  }
  DatabaseState Ensure(const char* id, bool encrypted, int nth = 0, const std::function<void(DatabaseSpec&)>& change = {}) {
    const auto made = TryEnsure(id, encrypted, nth, change);
    if (!made) {
      ADD_FAILURE() << made.error().message << ": " << made.error().cause;
      return {};
    }
    return *(*made)->state;
  }
  RealHarness::Answer Ask(const std::string& statements, const char* id = "db-1", const std::vector<std::string>& more = {}) {
    return harness_->Client(id, kUser, kPassword, statements, more);
  }
  ServerPaths Paths(const char* id) { return ServerPaths(harness_->Around().layout, id); }

  Arena arena_;
  std::unique_ptr<RealHarness> harness_;
};

TEST_F(RealServer, RunsAsItsOwnUserAndGivesNoSecretAway) {
  const DatabaseState state = Ensure("db-1", true);
  const std::string process = "/proc/" + std::to_string(*state.process_id);
  const auto status = ReadFile(process + "/status", 1 << 20);
  ASSERT_TRUE(status);
  const std::string user = std::to_string(*state.user_id);
  EXPECT_NE(status->find("Uid:\t" + user + "\t" + user + "\t" + user + "\t" + user), std::string::npos);
  EXPECT_NE(status->find("CapEff:\t0000000000000000"), std::string::npos);
  EXPECT_NE(status->find("NoNewPrivs:\t1"), std::string::npos);
  const auto group = ReadFile(process + "/cgroup", 1 << 20);
  ASSERT_TRUE(group);
  EXPECT_NE(group->find("/terrarium-" + harness_->options().instance + "/mysql/db-1"), std::string::npos);

  const ServerPaths paths = Paths("db-1");
  const auto options = ReadFile(paths.AdminOptions(), 1 << 20);
  ASSERT_TRUE(options);
  const std::string admin = options->substr(options->find("password=") + 9, 48);
  for (const std::string& secret : {std::string(kPassword), kKey, HexEncode(kKey), admin}) {
    for (const char* file : {"/cmdline", "/environ"}) EXPECT_EQ(ReadFile(process + file, 1 << 20)->find(secret), std::string::npos);
    EXPECT_EQ(FilesWith(harness_->options().state_dir, secret), std::vector<std::string>{});
  }
  EXPECT_NE(::access(paths.InitFile().c_str(), F_OK), 0) << "the statements of the start are gone";
  struct stat st{};
  ASSERT_EQ(::stat(paths.memory.c_str(), &st), 0);
  EXPECT_EQ(st.st_mode & 0777, 0700u);
  EXPECT_EQ(st.st_uid, *state.user_id);
  for (const std::string& file : {paths.AdminOptions(), paths.Tls() + "/server.key"}) {
    ASSERT_EQ(::stat(file.c_str(), &st), 0);
    EXPECT_EQ(st.st_mode & 0777, 0400u) << file;
  }
  // The keys of the storage: in memory alone, and for the server's user alone. From the second start on it cannot write them either.
  ASSERT_TRUE(harness_->host().RestartDatabase({.id = "db-1", .storage_key = kKey}, arena_));
  ASSERT_EQ(::stat(paths.Keyring().c_str(), &st), 0);
  EXPECT_EQ(st.st_mode & 0777, 0400u);
  const auto keyring = ReadFile(paths.Keyring(), 1 << 20);
  const auto at = keyring->find("\"data\":\"");
  ASSERT_NE(at, std::string::npos) << "the keyring is not read as it is written";
  EXPECT_EQ(FilesWith(harness_->options().state_dir, keyring->substr(at + 8, 32)), std::vector<std::string>{});
}

TEST_F(RealServer, EncryptedStorageHoldsNoMarker) {
  const std::string marker = "marker-c0ffee-5ca1ab1e";
  const std::string work =
      "USE drupal; CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, v VARCHAR(200), KEY (v));"
      "INSERT INTO t (v) SELECT CONCAT('" + marker + "', UUID()) FROM information_schema.COLUMNS LIMIT 2000;"
      "UPDATE t SET v = CONCAT(v, 'x'); CREATE TEMPORARY TABLE u AS SELECT * FROM t; SELECT COUNT(*) FROM (SELECT v FROM t ORDER BY v) s;";
  for (const auto& [id, encrypted, nth] : {std::tuple{"db-1", true, 0}, std::tuple{"db-2", false, 1}}) {
    Ensure(id, encrypted, nth);
    const auto done = Ask(work, id);
    ASSERT_TRUE(done.ok) << done.errors;
    ASSERT_TRUE(harness_->host().StopDatabase({.id = id}, arena_));  // all pages are written
  }
  EXPECT_EQ(FilesWith(Paths("db-1").folder, marker), std::vector<std::string>{});
  EXPECT_FALSE(FilesWith(Paths("db-2").folder, marker).empty()) << "the search would not see it";
}

TEST_F(RealServer, LetsInOnlyOverVerifiedTls) {
  Ensure("db-1", false);
  EXPECT_TRUE(Ask("SELECT 1;").ok);
  const auto tls = Ask("SHOW STATUS LIKE 'Ssl_version';");
  EXPECT_EQ(tls.output, "Ssl_version\tTLSv1.3\n");
  const auto plain = Ask("SELECT 1;", "db-1", {"--ssl-mode=DISABLED"});
  EXPECT_FALSE(plain.ok);
  EXPECT_NE(plain.errors.find("3159"), std::string::npos) << plain.errors;
  Ensure("db-2", false, 1, [](DatabaseSpec& spec) {
    spec.certificate_authority = "other-region";
    spec.endpoint = "db-2.example";
  });
  EXPECT_FALSE(Ask("SELECT 1;", "db-2").ok) << "the certificate is for another name";
  EXPECT_TRUE(Ask("SELECT 1;", "db-2", {"--ssl-mode=VERIFY_CA"}).ok);
  EXPECT_FALSE(Ask("SELECT 1;", "db-2", {"--ssl-mode=VERIFY_CA", "--ssl-ca=" + Paths("db-1").Tls() + "/ca.pem"}).ok) << "another region's authority";
}

TEST_F(RealServer, MasterUserMayDoHisWorkAndNoMore) {
  Ensure("db-1", false);
  for (const char* allowed : {
           "CREATE DATABASE a1", "CREATE TABLE a1.t (id INT PRIMARY KEY, v TEXT)", "INSERT INTO a1.t VALUES (1, MD5('a'))", "ALTER TABLE a1.t ADD w INT",
           "CREATE USER 'app'@'%' IDENTIFIED BY 'app-password-1'", "GRANT ALL ON a1.* TO 'app'@'%'", "CREATE VIEW a1.v AS SELECT * FROM a1.t",
           "CREATE PROCEDURE a1.p() SELECT 1", "CALL a1.p()", "CREATE EVENT a1.e ON SCHEDULE EVERY 1 DAY DO SELECT 1", "CREATE ROLE r1", "GRANT r1 TO 'app'@'%'",
           "SHOW PROCESSLIST", "SHOW ENGINE INNODB STATUS", "SHOW BINARY LOG STATUS", "FLUSH TABLES", "FLUSH PRIVILEGES", "SELECT COUNT(*) FROM mysql.user",
           "SELECT CONVERT_TZ('2026-01-01 12:00:00','UTC','Europe/Berlin')", "DROP USER 'app'@'%'", "DROP DATABASE a1"}) {
    const auto done = Ask(std::string(allowed) + ";");
    EXPECT_TRUE(done.ok) << allowed << ": " << done.errors;
  }
  for (const char* refused : {
           "SET GLOBAL max_connections = 10", "SET GLOBAL read_only = ON", "SET PERSIST max_connections = 10", "SET SESSION sql_log_bin = 0",
           "SHUTDOWN", "RESTART", "RESET BINARY LOGS AND GTIDS", "PURGE BINARY LOGS BEFORE NOW()", "FLUSH BINARY LOGS", "FLUSH LOGS",
           "CHANGE REPLICATION SOURCE TO SOURCE_HOST='x'", "START REPLICA", "INSTALL PLUGIN x SONAME 'auth_socket.so'", "INSTALL COMPONENT 'file://component_validate_password'",
           "CREATE FUNCTION f RETURNS INTEGER SONAME 'x.so'", "SELECT 1 INTO OUTFILE '/tmp/terrarium-x'", "LOAD DATA INFILE '/etc/passwd' INTO TABLE drupal.x",
           "GRANT SUPER ON *.* TO admin@'%'", "GRANT FILE ON *.* TO admin@'%'", "GRANT RELOAD ON *.* TO admin@'%'", "GRANT REPLICATION SLAVE ON *.* TO admin@'%'",
           "GRANT SYSTEM_USER ON *.* TO admin@'%'", "UPDATE mysql.user SET Super_priv='Y'", "DROP DATABASE mysql", "CREATE TABLE mysql.x (i INT)", "DROP DATABASE sys",
           "ALTER USER root@localhost IDENTIFIED BY 'x'", "ALTER USER rdsadmin@localhost IDENTIFIED BY 'x'", "DROP USER rdsadmin@localhost", "GRANT root@localhost TO admin@'%'",
           "RENAME USER rdsadmin@localhost TO x@localhost", "CREATE DEFINER=rdsadmin@localhost PROCEDURE drupal.p() SELECT 1", "CLONE LOCAL DATA DIRECTORY = '/tmp/terrarium-clone'",
           "ALTER INSTANCE ROTATE INNODB MASTER KEY", "LOCK INSTANCE FOR BACKUP", "CREATE TABLESPACE s ADD DATAFILE 's.ibd'", "CREATE TABLE drupal.m (i INT) ENGINE=MyISAM"}) {
    const auto done = Ask(std::string(refused) + ";");
    EXPECT_NE(done.errors.find("ERROR"), std::string::npos) << refused << ": " << done.output;
  }
  EXPECT_EQ(harness_->ValueOf("db-1", "max_connections"), "66");
}

TEST_F(RealServer, OutlivesTheProcessThatStartedIt) {
  const pid_t starter = ::fork();
  ASSERT_GE(starter, 0);
  if (starter == 0) {
    const DatabaseState state = Ensure("db-1", true);
    if (state.process_id.value_or(0) == 0) ::_exit(1);
    ::kill(::getpid(), SIGKILL);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(starter, &status, 0), starter);
  ASSERT_TRUE(WIFSIGNALED(status));
  harness_->Reopen();
  const auto list = harness_->host().ListDatabases({}, arena_);
  ASSERT_TRUE(list);
  ASSERT_EQ((*list)->databases.size(), 1u);
  EXPECT_EQ((*list)->databases[0].status, "running");
  EXPECT_TRUE(harness_->CanLogIn("db-1", kUser, kPassword));
  // It ends by itself while the machine goes on: its keys are still in memory, so it starts without a question to KMS.
  const auto before = (*list)->databases[0].process_id;
  harness_->Crash("db-1");
  DatabaseSpec spec;
  EnsureDatabaseRequest again;
  const auto record = LoadRecord(Paths("db-1"));
  ASSERT_TRUE(record && *record);
  spec.id = "db-1";
  spec.engine = "mysql";
  spec.engine_version = arena_.Copy((*record)->spec.engine_version);
  spec.address = "127.0.0.1";
  spec.port = harness_->Port(0);
  spec.endpoint = "localhost";
  spec.certificate_authority = "eu-central-1";
  spec.buffer_pool_mib = 16;
  spec.temporary_mib = 128;
  spec.encrypted = true;
  again.spec = &spec;
  const auto started = harness_->host().EnsureDatabase(again, arena_);
  ASSERT_TRUE(started) << started.error().message << started.error().cause;
  EXPECT_NE((*started)->state->process_id, before);
}

TEST_F(RealServer, RemovalLeavesNothing) {
  const DatabaseState state = Ensure("db-1", true);
  const ServerPaths paths = Paths("db-1");
  const ControlGroup group("/sys/fs/cgroup", harness_->options().instance, "db-1");
  for (const std::string& folder : group.folders()) EXPECT_EQ(::access(folder.c_str(), F_OK), 0) << folder;
  ASSERT_TRUE(harness_->host().RemoveDatabase({.id = "db-1"}, arena_));
  EXPECT_NE(::access(paths.folder.c_str(), F_OK), 0);
  EXPECT_NE(::access(paths.memory.c_str(), F_OK), 0);
  EXPECT_EQ(ReadFile("/proc/self/mountinfo", 1 << 22)->find(paths.memory), std::string::npos);
  for (const std::string& folder : group.folders()) EXPECT_NE(::access(folder.c_str(), F_OK), 0) << folder;
  const auto line = ReadFile("/proc/" + std::to_string(*state.process_id) + "/cmdline", 1 << 20);
  EXPECT_TRUE(!line || line->find(paths.Config()) == std::string::npos);
}

TEST_F(RealServer, InterruptedCreationBeginsAnew) {
  Ensure("db-1", false);
  auto record = LoadRecord(Paths("db-1"));
  ASSERT_TRUE(record && *record);
  (*record)->initialized = false;
  ASSERT_TRUE(SaveRecord(Paths("db-1"), **record));
  ASSERT_TRUE(Ask("CREATE TABLE drupal.left_behind (i INT);").ok);
  EXPECT_EQ(Ensure("db-1", false).status, "running");
  EXPECT_EQ(Ask("SHOW TABLES IN drupal;").output, "");
  // A folder that nobody wrote down is listed, so that it can be removed.
  ASSERT_EQ(::unlink(Paths("db-1").Record().c_str()), 0);
  const auto list = harness_->host().ListDatabases({}, arena_);
  ASSERT_TRUE(list);
  ASSERT_EQ((*list)->databases.size(), 1u);
  EXPECT_EQ((*list)->databases[0].initialized, false);
}

// A namespace with one more address on its loopback interface; goes with the test.
class NetworkNamespace {
 public:
  explicit NetworkNamespace(std::string name) : name_(std::move(name)) {
    Ip({"netns", "add", name_});
    Ip({"-n", name_, "link", "set", "lo", "up"});
    Ip({"-n", name_, "address", "add", "10.213.7.5/32", "dev", "lo"});
  }
  ~NetworkNamespace() { Ip({"netns", "delete", name_}); }
  const std::string& name() const { return name_; }

 private:
  static void Ip(std::vector<std::string> arguments) {
    runtime::Command command;
    command.argv = {"ip"};
    command.argv.insert(command.argv.end(), arguments.begin(), arguments.end());
    const auto done = runtime::RunToSuccess(command);
    EXPECT_TRUE(done) << done.error().cause;
  }
  std::string name_;
};

TEST_F(RealServer, WhatMadeATemplateEndsWithTheNextStart) {
  const ControlGroup group(harness_->options().cgroup_mount, harness_->options().instance, "template");
  ASSERT_TRUE(group.Ensure({.memory_mib = 512}));
  runtime::Command command;
  command.argv = {"sleep", "1000"};
  command.cgroups = group.folders();
  auto left = runtime::DetachedProcess::Start(command);
  ASSERT_TRUE(left);
  const std::string folder = harness_->Around().layout.Templates() + "/new";
  ASSERT_TRUE(MakeDirectories(folder + "/data", 0711));
  harness_->Reopen();
  EXPECT_FALSE(left->Running());
  EXPECT_NE(::access(folder.c_str(), F_OK), 0);
  EXPECT_NE(::access(group.folders().front().c_str(), F_OK), 0);
  if (left->Running()) static_cast<void>(left->Signal(SIGKILL));
}

TEST_F(RealServer, LivesInNoNamespaceButThisInstancesInterfaces) {
  const std::string own = "trm-" + harness_->options().instance;
  for (const std::string& other : {std::string("trm-other-eni-0"), own + "-inet", own + "-vpc-0"}) {
    const auto refused = TryEnsure("db-1", false, 0, [&](DatabaseSpec& spec) { spec.network_namespace = Str(other); });
    ASSERT_FALSE(refused) << other;
    EXPECT_EQ(refused.error().kind, ErrorKind::kInvalid) << other;
  }
}

TEST_F(RealServer, ListensOnItsAddressInItsNamespaceAlone) {
  const NetworkNamespace network("trm-" + harness_->options().instance + "-eni-0");
  Ensure("db-1", false, 0, [&](DatabaseSpec& spec) {
    spec.network_namespace = network.name();
    spec.address = "10.213.7.5";
    spec.port = 3306;
  });
  const auto inside = harness_->Client("db-1", kUser, kPassword, "SELECT @@bind_address;", {"--ssl-mode=VERIFY_CA"}, network.name());
  EXPECT_EQ(inside.output, "10.213.7.5\n") << inside.errors;
  const auto loopback = harness_->Client("db-1", kUser, kPassword, "SELECT 1;", {"--ssl-mode=VERIFY_CA", "--host=127.0.0.1"}, network.name());
  EXPECT_NE(loopback.errors.find("2003"), std::string::npos) << loopback.errors;
  const auto outside = harness_->Client("db-1", kUser, kPassword, "SELECT 1;", {"--ssl-mode=VERIFY_CA", "--host=127.0.0.1"});
  EXPECT_NE(outside.errors.find("2003"), std::string::npos) << outside.errors;
  ASSERT_TRUE(harness_->host().RemoveDatabase({.id = "db-1"}, arena_));
}

}  // namespace
}  // namespace terrarium::mysql
