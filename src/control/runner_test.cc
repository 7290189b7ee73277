#include "control/runner.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "gen/sample/types.h"
#include "runtime/blocking.h"
#include "store/table.h"

namespace terrarium::control {
namespace {

using runtime::SimScheduler;
using runtime::Task;

// Counts the runs of each key; what a run answers is the test's to say.
class FakeReconciler final : public Reconciler {
 public:
  FakeReconciler(runtime::Scheduler& scheduler, Millis takes) : scheduler_(scheduler), takes_(takes) {}

  Task<Result<Settled>> Reconcile(std::string key) override {
    EXPECT_FALSE(running_.contains(key)) << "two workers have " << key;
    running_.insert(key);
    most_at_once_ = std::max(most_at_once_, running_.size());
    ++runs[key];
    co_await scheduler_.Sleep(takes_);
    running_.erase(key);
    if (auto& left = failures[key]; left > 0) {
      --left;
      co_return Fail(failure_kind, "not now");
    }
    co_return answer;
  }

  std::map<std::string, int> runs;
  std::map<std::string, int> failures;
  ErrorKind failure_kind = ErrorKind::kUnavailable;
  Settled answer;
  std::size_t most_at_once() const { return most_at_once_; }

 private:
  runtime::Scheduler& scheduler_;
  Millis takes_;
  std::set<std::string> running_;
  std::size_t most_at_once_ = 0;
};

class RunnerTest : public testing::Test {
 protected:
  RunnerTest() {
    scheduler_.AddTurnHook(runtime::TurnPhase::kCommit, [this] { database_->EndTurn(); });
    runner_.Add("a/", reconciler_);
  }
  void Touch(const std::string& key) {
    scheduler_.At(scheduler_.Now(), [this, key] { ASSERT_TRUE(database_->Write([&](store::Tx& tx) -> Status { return tx.Touch(key), Status(); })); });
  }
  std::vector<Progress> Unsettled() {
    auto progress = runner_.Unsettled();
    database_->EndTurn();
    return progress;
  }

  SimScheduler scheduler_{7};
  std::unique_ptr<store::Database> database_ = store::Database::OpenInMemory();
  FakeReconciler reconciler_{scheduler_, Millis{10}};
  Runner runner_{scheduler_, *database_, scheduler_.clock(), 4};
};

TEST_F(RunnerTest, ATouchedKeyRunsOnceAndSettles) {
  runner_.Start();
  Touch("a/1");
  scheduler_.RunUntilIdle();
  EXPECT_EQ(reconciler_.runs["a/1"], 1);
  EXPECT_TRUE(Unsettled().empty());
  EXPECT_TRUE(runner_.idle());
}

TEST_F(RunnerTest, TouchingABusyKeyRunsItOnceMore) {
  runner_.Start();
  Touch("a/1");
  scheduler_.RunFor(Millis{5});
  for (int i = 0; i < 3; ++i) Touch("a/1");
  scheduler_.RunUntilIdle();
  EXPECT_EQ(reconciler_.runs["a/1"], 2);
  EXPECT_TRUE(Unsettled().empty());
}

TEST_F(RunnerTest, KeysRunSideBySideUpToTheLimit) {
  runner_.Start();
  for (int i = 0; i < 20; ++i) Touch("a/" + std::to_string(i));
  scheduler_.RunUntilIdle();
  EXPECT_EQ(reconciler_.most_at_once(), 4u);
  EXPECT_EQ(reconciler_.runs.size(), 20u);
}

TEST_F(RunnerTest, FailuresAreTriedAgainWithGrowingDelays) {
  runner_.Start();
  reconciler_.failures["a/1"] = 5;
  Touch("a/1");
  scheduler_.RunFor(Millis{60});
  const auto stuck = Unsettled();
  ASSERT_EQ(stuck.size(), 1u);
  EXPECT_EQ(stuck[0].error, "not now");
  scheduler_.RunUntilIdle();
  EXPECT_EQ(reconciler_.runs["a/1"], 6);
  EXPECT_TRUE(Unsettled().empty());
  EXPECT_GT(scheduler_.Now(), Millis{1000});
}

TEST_F(RunnerTest, AFinalErrorIsRecordedAndWaitsForTheNextTouch) {
  runner_.Start();
  reconciler_.failures["a/1"] = 1;
  reconciler_.failure_kind = ErrorKind::kInvalid;
  Touch("a/1");
  scheduler_.RunUntilIdle();
  EXPECT_EQ(reconciler_.runs["a/1"], 1);
  ASSERT_EQ(Unsettled().size(), 1u);
  Touch("a/1");
  scheduler_.RunUntilIdle();
  EXPECT_TRUE(Unsettled().empty());
}

TEST_F(RunnerTest, ARestartRunsWhatWasPending) {
  Touch("a/1");
  Touch("a/2");
  scheduler_.RunUntilIdle();
  EXPECT_TRUE(reconciler_.runs.empty());
  runner_.Start();
  scheduler_.RunUntilIdle();
  EXPECT_EQ(reconciler_.runs.size(), 2u);
  EXPECT_TRUE(Unsettled().empty());
}

TEST_F(RunnerTest, LooksAgainAndForgets) {
  runner_.Start();
  reconciler_.answer.look_again = Millis{1000};
  Touch("a/1");
  scheduler_.RunFor(Millis{3500});
  EXPECT_EQ(reconciler_.runs["a/1"], 4);
  reconciler_.answer = {.look_again = std::nullopt, .forget = true};
  scheduler_.RunUntilIdle();
  EXPECT_EQ(reconciler_.runs["a/1"], 5);
  const auto rows = database_->Read([](store::Tx& tx) -> Result<std::int64_t> {
    store::Statement& count = tx.Sql("SELECT count(*) FROM work");
    count.Step(tx);
    const auto n = count.Integer(0);
    count.Reset();
    return n;
  });
  EXPECT_EQ(rows, 0);
}

TEST_F(RunnerTest, AKeyFollowsTheTablesThatItIsMadeFrom) {
  static const store::Table<gen::sample::Child> kThings{"things"}, kOthers{"others"};
  runner_.Follow("things", "a/picture");
  runner_.Start();
  const auto put = [&](const auto& table) {
    scheduler_.At(scheduler_.Now(), [&] { ASSERT_TRUE(database_->Write([&](store::Tx& tx) -> Status { return table.Put(tx, "one", {}), Status(); })); });
  };
  put(kOthers);
  scheduler_.RunFor(Millis{100});
  EXPECT_EQ(reconciler_.runs["a/picture"], 0);
  for (int i = 0; i < 5; ++i) put(kThings);
  scheduler_.RunFor(Millis{100});
  EXPECT_EQ(reconciler_.runs["a/picture"], 1) << "what comes close together is one change";
  put(kThings);
  scheduler_.RunFor(Millis{100});
  EXPECT_EQ(reconciler_.runs["a/picture"], 2);
}

}  // namespace
}  // namespace terrarium::control
