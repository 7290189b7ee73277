#include "services/rds/rds_fixture.h"

namespace terrarium::rds {
namespace {

struct Fates {
  std::map<std::string, runtime::SimBlocking::Fate> fates_;
  std::map<std::string, int> calls_;
};

// A machine whose calls a test lets fail by name.
class RdsReconcileTest : protected Fates, public RdsTest {
 protected:
  RdsReconcileTest()
      : RdsTest(1, [this](std::string_view label) {
          ++calls_[std::string(label)];
          const auto found = fates_.find(std::string(label));
          return found == fates_.end() ? runtime::SimBlocking::Fate{} : found->second;
        }) {}
  void Refuse(const char* verb, ErrorKind kind = ErrorKind::kUnavailable) { fates_[verb].refused = Error{kind, {}, "refused for the test", {}}; }
  void LoseAnswer(const char* verb) { fates_[verb].answer_lost = Error{ErrorKind::kUnknown, {}, "lost for the test", {}}; }
};

TEST_F(RdsReconcileTest, AChangedParameterReachesTheServerByItsMethod) {
  MakeInstance();
  EXPECT_EQ(Value("long_query_time"), "10.000000");
  EXPECT_EQ(Set("long_query_time", "2", "immediate"), "");
  Look();
  EXPECT_EQ(Value("long_query_time"), "2");
  EXPECT_EQ(Show()->db_parameter_groups[0].parameter_apply_status, "in-sync");
  // Dynamic, but asked to wait; and static, which must.
  EXPECT_EQ(Set("max_connections", "200", "pending-reboot"), "");
  EXPECT_EQ(Set("ngram_token_size", "3", "pending-reboot"), "");
  Look();
  EXPECT_EQ(Value("max_connections"), "85");
  EXPECT_EQ(Value("ngram_token_size"), "2");
  EXPECT_EQ(Show()->db_parameter_groups[0].parameter_apply_status, "pending-reboot");
  EXPECT_EQ(State(), "available");
  EXPECT_EQ(Reboot(), "");
  Look();
  EXPECT_EQ(Value("max_connections"), "200");
  EXPECT_EQ(Value("ngram_token_size"), "3");
  EXPECT_EQ(Show()->db_parameter_groups[0].parameter_apply_status, "in-sync");
}

TEST_F(RdsReconcileTest, AServerThatEndedIsStartedAgain) {
  MakeInstance();
  servers_.Crash(Host());
  EXPECT_EQ(Password(), "");
  Look(20);
  EXPECT_EQ(Password(), "first-pass-word");
  EXPECT_EQ(State(), "available");
}

TEST_F(RdsReconcileTest, AMachineThatRefusesForAWhileIsAskedAgain) {
  Refuse("EnsureDatabase");
  EXPECT_EQ(Code<ops::CreateDBInstance>(Instance()), "");
  Look(1);
  EXPECT_EQ(State(), "creating");
  Look(200);
  EXPECT_EQ(State(), "failed") << "so long that somebody should look";
  fates_.clear();
  Look(30);
  EXPECT_EQ(State(), "available");
  Refuse("SetMasterPassword");
  auto r = Change();
  r.master_user_password = "second-pass-word";
  EXPECT_EQ(Code<ops::ModifyDBInstance>(r), "");
  Look(200);
  EXPECT_EQ(State(), "modifying") << "the server serves meanwhile";
  fates_.clear();
  Look(30);
  EXPECT_EQ(State(), "available");
  EXPECT_EQ(Password(), "second-pass-word");
  EXPECT_EQ(Delete(), "");
  Refuse("RemoveDatabase");
  Look(60);
  EXPECT_EQ(State(), "deleting");
  EXPECT_EQ(Enis(), 1u) << "the address is the server's while there is one";
  fates_.clear();
  Look(30);
  EXPECT_EQ(State(), "gone");
  EXPECT_TRUE(Servers().empty());
  EXPECT_EQ(Enis(), 0u);
}

TEST_F(RdsReconcileTest, AnAnswerThatIsLostDoesNotDoThingsTwice) {
  LoseAnswer("EnsureDatabase");
  EXPECT_EQ(Code<ops::CreateDBInstance>(Instance()), "");
  Look(10);
  EXPECT_EQ(State(), "creating");
  EXPECT_EQ(Servers().size(), 1u);
  fates_.clear();
  Look(30);
  EXPECT_EQ(State(), "available");
  EXPECT_EQ(Servers().size(), 1u);
  EXPECT_EQ(Password(), "first-pass-word");
  LoseAnswer("StopDatabase");
  EXPECT_EQ(Stop(), "");
  Look(10);
  EXPECT_EQ(State(), "stopping");
  fates_.clear();
  Look(30);
  EXPECT_EQ(State(), "stopped");
}

TEST_F(RdsReconcileTest, AParameterThatTheServerDoesNotTakeIsSaidAndCanBeTakenBack) {
  MakeInstance();
  EXPECT_EQ(Set("long_query_time", "many", "immediate"), "");
  Look();
  EXPECT_EQ(State(), "incompatible-parameters");
  EXPECT_EQ(Set("long_query_time", "3", "immediate"), "");
  Look();
  EXPECT_EQ(State(), "available");
  EXPECT_EQ(Value("long_query_time"), "3");
}

TEST_F(RdsReconcileTest, TheDaemonDiesBetweenTheVerbAndTheRow) {
  fates_["EnsureDatabase"].after = Millis{10'000};
  EXPECT_EQ(Code<ops::CreateDBInstance>(Instance()), "");
  Look(5);
  EXPECT_EQ(Servers().size(), 1u);
  EXPECT_EQ(State(), "creating");
  fates_.clear();
  Restart();
  Look();
  EXPECT_EQ(State(), "available");
  EXPECT_EQ(Servers().size(), 1u);
  fates_["RemoveDatabase"].after = Millis{10'000};
  EXPECT_EQ(Delete(), "");
  Look(5);
  EXPECT_TRUE(Servers().empty());
  EXPECT_EQ(State(), "deleting");
  fates_.clear();
  Restart();
  Look(20);
  EXPECT_EQ(State(), "gone");
  EXPECT_EQ(Enis(), 0u);
}

TEST_F(RdsReconcileTest, WhatIsAskedForWhileItWorksIsNotLost) {
  MakeInstance();
  fates_["EnsureDatabase"].after = Millis{3'000};
  EXPECT_EQ(Reboot(), "");
  Look(1);
  EXPECT_EQ(Delete(), "");  // while the server is being looked at
  Look(30);
  EXPECT_EQ(State(), "gone");
  EXPECT_TRUE(Servers().empty());
}

struct Dice {
  explicit Dice(std::uint64_t seed) : faults_(seed * 7919 + 3) {}
  SeededRandom faults_;
  bool faulty_ = false;
};

// Answers lost, calls refused, delays, restarts between any two of them: the same end.
class RdsFaultTest : protected Dice, public RdsTest, public testing::WithParamInterface<std::uint64_t> {
 protected:
  RdsFaultTest()
      : Dice(GetParam()), RdsTest(GetParam(), [this](std::string_view) {
          runtime::SimBlocking::Fate fate;
          fate.before = Millis{faults_.Next() % 400};
          fate.after = Millis{faults_.Next() % 400};
          if (!faulty_) return fate;
          const auto dice = faults_.Next() % 5;
          if (dice == 0) fate.refused = Error{ErrorKind::kUnavailable, {}, "refused", {}};
          if (dice == 1) fate.answer_lost = Error{ErrorKind::kUnknown, {}, "lost", {}};
          return fate;
        }) {}
  void LiveThrough(int restarts) {
    faulty_ = true;
    for (int i = 0; i < restarts; ++i) {
      scheduler_.RunFor(Millis{static_cast<std::int64_t>(faults_.Next() % 1500)});
      Restart();
    }
    faulty_ = false;
    Look(60);
  }
};

TEST_P(RdsFaultTest, ConvergesAndLeavesNothing) {
  auto r = Instance();
  r.storage_encrypted = true;
  r.manage_master_user_password = true;
  r.master_user_password = {};
  EXPECT_EQ(Code<ops::CreateDBInstance>(r), "");
  LiveThrough(3);
  ASSERT_EQ(State(), "available");
  EXPECT_EQ(Servers(), std::vector<std::string>{Host() + " running"});
  const std::string secret = Show()->master_user_secret->secret_arn.str();
  EXPECT_EQ(Password(), Secret(secret, "password"));
  auto change = Change();
  change.db_instance_class = "db.t3.small";
  change.db_port_number = 3399;
  EXPECT_EQ(Code<ops::ModifyDBInstance>(change), "");
  LiveThrough(2);
  ASSERT_EQ(State(), "available");
  EXPECT_EQ(Value("max_connections"), "170");
  EXPECT_EQ(Show()->db_parameter_groups[0].parameter_apply_status, "in-sync");
  EXPECT_EQ(Stop(), "");
  LiveThrough(2);
  ASSERT_EQ(State(), "stopped");
  EXPECT_EQ(Delete(), "");
  LiveThrough(3);
  EXPECT_EQ(State(), "gone");
  EXPECT_TRUE(Servers().empty());
  EXPECT_EQ(Enis(), 0u);
  EXPECT_EQ(Secret(secret, "password"), "");
}

INSTANTIATE_TEST_SUITE_P(Seeds, RdsFaultTest, testing::Range<std::uint64_t>(1, 13));

}  // namespace
}  // namespace terrarium::rds
