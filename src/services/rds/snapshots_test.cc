#include "services/rds/rds_fixture.h"

namespace terrarium::rds {
namespace {

struct SnapshotFates {
  std::map<std::string, runtime::SimBlocking::Fate> fates_;
};

class RdsSnapshotTest : protected SnapshotFates, public RdsTest {
 protected:
  RdsSnapshotTest()
      : RdsTest(1, [this](std::string_view label) {
          const auto found = fates_.find(std::string(label));
          return found == fates_.end() ? runtime::SimBlocking::Fate{} : found->second;
        }) {}
  std::string Take(const char* snapshot, const char* instance = "site") {
    wire::CreateDBSnapshotMessage r;
    r.db_snapshot_identifier = snapshot;
    r.db_instance_identifier = instance;
    return Code<ops::CreateDBSnapshot>(r);
  }
  std::string SnapshotState(const char* name) {
    wire::DescribeDBSnapshotsMessage r;
    r.db_snapshot_identifier = name;
    const auto found = Run<ops::DescribeDBSnapshots>(r);
    return found ? (*found)->db_snapshots[0].status.str() : found.error().code;
  }
  std::string Drop(const char* name) {
    wire::DeleteDBSnapshotMessage r;
    r.db_snapshot_identifier = name;
    return Code<ops::DeleteDBSnapshot>(r);
  }
  wire::DeleteDBInstanceMessage Last(const char* snapshot = "last") {
    wire::DeleteDBInstanceMessage r;
    r.db_instance_identifier = "site";
    r.final_db_snapshot_identifier = snapshot;
    return r;
  }
  wire::RestoreDBInstanceFromDBSnapshotMessage Restored(const char* name, const char* snapshot) {
    wire::RestoreDBInstanceFromDBSnapshotMessage r;
    r.db_instance_identifier = name;
    r.db_snapshot_identifier = snapshot;
    r.db_subnet_group_name = "db";
    return r;
  }
  std::size_t OnHost() {
    Arena arena;
    return (*servers_.ListSnapshots({}, arena))->snapshots.size();
  }
  void MakeEncrypted() {
    auto r = Instance();
    r.storage_encrypted = true;
    EXPECT_EQ(Code<ops::CreateDBInstance>(r), "");
    Look();
    EXPECT_EQ(State(), "available");
  }
};

TEST_F(RdsSnapshotTest, IsTakenShownRestoredAndDeleted) {
  MakeInstance();
  EXPECT_EQ(Take("First"), "");
  EXPECT_EQ(State(), "backing-up");
  EXPECT_EQ(SnapshotState("first"), "creating");
  EXPECT_EQ(Delete(), "InvalidDBInstanceState") << "not while it is copied";
  Look();
  EXPECT_EQ(State(), "available");
  EXPECT_EQ(SnapshotState("first"), "available");
  EXPECT_EQ(Take("first"), "DBSnapshotAlreadyExists");
  auto r = Restored("copy", "first");
  r.manage_master_user_password = true;
  EXPECT_EQ(Code<ops::RestoreDBInstanceFromDBSnapshot>(r), "");
  EXPECT_EQ(Drop("first"), "InvalidDBSnapshotState") << "it is being restored from";
  EXPECT_EQ(Code<ops::RestoreDBInstanceFromDBSnapshot>(Restored("twin", "first")), "");
  Look();
  EXPECT_EQ(State("copy"), "available");
  EXPECT_EQ(Show("copy")->master_username, "admin");
  EXPECT_EQ(Show("copy")->db_name, "drupal");
  EXPECT_EQ(Password("copy"), Secret(Show("copy")->master_user_secret->secret_arn.str(), "password"));
  EXPECT_EQ(Password("twin"), "first-pass-word") << "as it was in the snapshot";
  EXPECT_EQ(Drop("first"), "");
  Look();
  EXPECT_EQ(SnapshotState("first"), "DBSnapshotNotFound");
  EXPECT_EQ(OnHost(), 0u);
  EXPECT_EQ(Take("first"), "") << "the name is free again";
}

TEST_F(RdsSnapshotTest, TheFinalOneIsWholeBeforeAnythingGoes) {
  MakeEncrypted();
  fates_["SnapshotDatabase"].refused = Error{ErrorKind::kUnavailable, {}, "no space", {}};
  EXPECT_EQ(Code<ops::DeleteDBInstance>(Last()), "");
  Look(60);
  EXPECT_EQ(State(), "deleting");
  EXPECT_EQ(Servers().size(), 1u) << "no snapshot, no removal";
  fates_.clear();
  Look(40);
  EXPECT_EQ(State(), "gone");
  EXPECT_TRUE(Servers().empty());
  EXPECT_EQ(SnapshotState("last"), "available");
  EXPECT_EQ(OnHost(), 1u);
  EXPECT_EQ(Code<ops::RestoreDBInstanceFromDBSnapshot>(Restored("again", "last")), "");
  Look();
  EXPECT_EQ(State("again"), "available") << "its key outlived the instance";
  EXPECT_TRUE(*Show("again")->storage_encrypted);
  EXPECT_EQ(Password("again"), "first-pass-word");
}

TEST_F(RdsSnapshotTest, AStoppedOneIsStartedForItsFinalSnapshot) {
  MakeEncrypted();
  EXPECT_EQ(Stop(), "");
  Look();
  EXPECT_EQ(Code<ops::DeleteDBInstance>(Last()), "");
  Look(40);
  EXPECT_EQ(State(), "gone");
  EXPECT_EQ(SnapshotState("last"), "available");
}

TEST_F(RdsSnapshotTest, ADaemonThatDiesWhileItCopiesTakesOneSnapshot) {
  MakeInstance();
  fates_["SnapshotDatabase"].after = Millis{10'000};
  EXPECT_EQ(Code<ops::DeleteDBInstance>(Last()), "");
  Look(5);
  EXPECT_EQ(OnHost(), 1u);
  EXPECT_EQ(SnapshotState("last"), "creating");
  fates_.clear();
  Restart();
  Look(40);
  EXPECT_EQ(State(), "gone");
  EXPECT_EQ(SnapshotState("last"), "available");
  EXPECT_EQ(OnHost(), 1u);
}

TEST_F(RdsSnapshotTest, RefusesByName) {
  MakeInstance();
  auto nameless = Last();
  nameless.final_db_snapshot_identifier = {};
  ExpectRefused<ops::DeleteDBInstance>(nameless, "InvalidParameterCombination", "FinalDBSnapshotIdentifier");
  EXPECT_EQ(Take("under_score"), "InvalidParameterValue");
  EXPECT_EQ(Take("first", "absent"), "DBInstanceNotFound");
  EXPECT_EQ(Drop("absent"), "DBSnapshotNotFound");
  EXPECT_EQ(Take("first"), "");
  EXPECT_EQ(Drop("first"), "InvalidDBSnapshotState");
  EXPECT_EQ(Code<ops::RestoreDBInstanceFromDBSnapshot>(Restored("copy", "first")), "InvalidDBSnapshotState");
  Look();
  auto r = Restored("copy", "first");
  r.db_name = "other";
  ExpectRefused<ops::RestoreDBInstanceFromDBSnapshot>(r, "InvalidParameterCombination", "DBName");
  r = Restored("copy", "first");
  r.allocated_storage = 19;
  ExpectRefused<ops::RestoreDBInstanceFromDBSnapshot>(r, "InvalidParameterCombination", "19");
  r = Restored("copy", "first");
  r.multi_az = true;
  ExpectRefused<ops::RestoreDBInstanceFromDBSnapshot>(r, "InvalidParameterCombination", "MultiAZ");
  ExpectRefused<ops::RestoreDBInstanceFromDBSnapshot>(Restored("site", "first"), "DBInstanceAlreadyExists", "already exists");
  EXPECT_EQ(Stop(), "");
  Look();
  EXPECT_EQ(Take("second"), "InvalidDBInstanceState");
}

TEST_F(RdsSnapshotTest, AServerThatComesBackAfterItsRemovalIsRemovedAndAStrangerIsNot) {
  MakeInstance();
  EXPECT_EQ(Take("first"), "");
  Look();
  gen::host_database::EnsureDatabaseRequest late;
  late.spec = arena_.New<gen::host_database::DatabaseSpec>();
  *late.spec = {.id = arena_.Copy(Host()), .engine = "mysql", .engine_version = "9.7.4", .address = "10.0.0.9", .port = 3306, .endpoint = "x", .certificate_authority = "a"};
  late.master_user = "admin";
  late.master_password = "first-pass-word";
  EXPECT_EQ(Delete(), "");
  Look(20);
  EXPECT_TRUE(Servers().empty());
  ASSERT_TRUE(servers_.EnsureDatabase(late, arena_));  // what the dead daemon had begun
  late.spec->id = "db-stranger";
  ASSERT_TRUE(servers_.EnsureDatabase(late, arena_));
  Look(90);
  EXPECT_EQ(Servers(), std::vector<std::string>{"db-stranger running"});
  EXPECT_EQ(OnHost(), 1u);
}

TEST_F(RdsSnapshotTest, AManagedPasswordRotatesWhenTheServerHasTheNewOne) {
  auto r = Instance();
  r.master_user_password = {};
  r.manage_master_user_password = true;
  EXPECT_EQ(Code<ops::CreateDBInstance>(r), "");
  Look();
  const std::string arn = Show()->master_user_secret->secret_arn.str(), old = Password();
  auto change = Change();
  change.rotate_master_user_password = true;
  fates_["SetMasterPassword"].answer_lost = Error{ErrorKind::kUnknown, {}, "lost", {}};
  EXPECT_EQ(Code<ops::ModifyDBInstance>(change), "");
  EXPECT_EQ(Show()->master_user_secret->secret_status, "rotating");
  Look(1);
  EXPECT_EQ(Secret(arn, "password"), old);
  fates_.clear();
  Look(30);
  EXPECT_EQ(State(), "available");
  EXPECT_NE(Password(), old);
  EXPECT_EQ(Secret(arn, "password"), Password());
  change = Change();
  change.manage_master_user_password = false;
  ExpectRefused<ops::ModifyDBInstance>(change, "InvalidParameterCombination", "MasterUserPassword");
  change.master_user_password = "my-own-password";
  EXPECT_EQ(Code<ops::ModifyDBInstance>(change), "");
  Look();
  EXPECT_EQ(Password(), "my-own-password");
  EXPECT_EQ(Show()->master_user_secret, nullptr);
  EXPECT_EQ(Secret(arn, "password"), "");
}

}  // namespace
}  // namespace terrarium::rds
