#include "runtime/task.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include "base/check.h"
#include "base/result.h"
#include "runtime/loop.h"
#include "runtime/scope.h"
#include "runtime/signal.h"

namespace terrarium::runtime {
namespace {

Task<int> Leaf(int i) { co_return i; }

Task<> SumLeaves(int n, long& out) {
  for (int i = 0; i < n; ++i) {
    const int v = co_await Leaf(i & 1);
    out += v;
  }
}

TEST(TaskTest, AMillionChildrenThatFinishAtOnceDoNotGrowTheStack) {
  SimScheduler sim(1);
  Scope scope(sim);
  long sum = 0;
  scope.Spawn(SumLeaves(1'000'000, sum));
  EXPECT_EQ(sum, 0) << "a root must not run inside Spawn";
  EXPECT_TRUE(sim.RunUntilIdle());
  EXPECT_EQ(sum, 500'000);
  EXPECT_EQ(scope.live(), 0u);
}

Task<int> Nap(Scheduler& s, Millis d) {
  co_await s.Sleep(d);
  co_return 7;
}

Task<> SumNaps(Scheduler& s, int n, long& out) {
  for (int i = 0; i < n; ++i) {
    const int v = co_await Nap(s, Millis{1});
    out += v;
  }
}

TEST(TaskTest, ChildrenThatSuspendResumeTheirParent) {
  SimScheduler sim(1);
  Scope scope(sim);
  long sum = 0;
  scope.Spawn(SumNaps(sim, 100, sum));
  EXPECT_TRUE(sim.RunUntilIdle());
  EXPECT_EQ(sum, 700);
  EXPECT_EQ(sim.Now(), Millis{100});
}

Task<Result<int>> Fails() { co_return Fail(ErrorKind::kConflict, "no"); }
Task<Result<int>> Passes() {
  CO_TRY_ASSIGN(const int v, co_await Fails());
  co_return v + 1;
}
Task<> Store(ErrorKind& kind) {
  const Result<int> r = co_await Passes();
  if (!r) kind = r.error().kind;
}

TEST(TaskTest, ErrorsReturnEarly) {
  SimScheduler sim(1);
  Scope scope(sim);
  ErrorKind kind = ErrorKind::kInvalid;
  scope.Spawn(Store(kind));
  sim.RunUntilIdle();
  EXPECT_EQ(kind, ErrorKind::kConflict);
}

Task<int> Throws(Scheduler& s) {
  co_await s.Yield();
  TERRARIUM_CHECK(s.Now() < Millis{0});
  co_return 1;
}
Task<> Boundary(Scheduler& s, std::string& caught) {
  try {
    const int v = co_await Throws(s);
    caught = std::to_string(v);
  } catch (const BugError&) {
    caught = "bug";
  }
}

TEST(TaskTest, ABugReachesTheBoundaryThroughAwaits) {
  SimScheduler sim(1);
  Scope scope(sim);
  std::string caught;
  scope.Spawn(Boundary(sim, caught));
  sim.RunUntilIdle();
  EXPECT_EQ(caught, "bug");
}

// A retrying worker against a slow host that fails one call in three, as a reconciler is.
struct ShakyHost {
  Scheduler& s;
  int running = 0;
  int calls = 0;
  Task<Result<int>> Start(std::string name) {
    co_await s.Sleep(Millis{1 + static_cast<long>(s.Random().Next() % 20)});
    ++calls;
    if (s.Random().Next() % 3 == 0) co_return Fail(ErrorKind::kUnavailable, name + ": connection refused");
    co_return ++running;
  }
};
Task<> Worker(Scheduler& s, ShakyHost& host, int want, std::shared_ptr<int> witness) {
  while (host.running < want) {
    const auto r = co_await host.Start("web");
    if (r) continue;
    const Millis pause{1 + static_cast<long>(s.Random().Next() % 4)};
    co_await s.Sleep(pause);
  }
  ++*witness;
}

TEST(SimSchedulerTest, EqualSeedsGiveEqualRuns) {
  std::vector<std::tuple<int, Millis, std::uint64_t>> runs[2];
  for (auto& list : runs) {
    for (std::uint64_t seed = 1; seed <= 50; ++seed) {
      SimScheduler sim(seed);
      ShakyHost host{sim};
      Scope scope(sim);
      auto witness = std::make_shared<int>(0);
      for (int i = 0; i < 3; ++i) scope.Spawn(Worker(sim, host, 5, witness));
      EXPECT_TRUE(sim.RunUntilIdle());
      EXPECT_EQ(*witness, 3);
      list.emplace_back(host.calls, sim.Now(), sim.Random().Next());
    }
  }
  EXPECT_EQ(runs[0], runs[1]);
  EXPECT_NE(runs[0][0], runs[0][1]) << "other seeds must explore other runs";
}

TEST(SimSchedulerTest, TheSeedOrdersEqualTimes) {
  bool forward = false;
  bool backward = false;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    SimScheduler sim(seed);
    std::string order;
    sim.At(Millis{5}, [&] { order += 'a'; });
    sim.At(Millis{5}, [&] { order += 'b'; });
    sim.RunUntilIdle();
    forward = forward || order == "ab";
    backward = backward || order == "ba";
  }
  EXPECT_TRUE(forward && backward);
}

TEST(ScopeTest, CancelledAtEveryStepLeavesNothing) {
  for (std::size_t cut = 0; cut < 40; ++cut) {
    SimScheduler sim(7);
    ShakyHost host{sim};
    auto witness = std::make_shared<int>(0);
    {
      Scope scope(sim);
      for (int i = 0; i < 4; ++i) scope.Spawn(Worker(sim, host, 9, witness));
      for (std::size_t i = 0; i < cut; ++i) sim.Step();
    }
    EXPECT_EQ(witness.use_count(), 1) << "a frame was leaked at step " << cut;
    EXPECT_EQ(sim.pending(), 0u) << "a timer of a destroyed task is still there at step " << cut;
  }
}

Task<> CountSignals(Signal& signal, int& count) {
  for (;;) {
    co_await signal.Wait();
    ++count;
  }
}

TEST(SignalTest, RaisesCoalesceAndAreNotLost) {
  SimScheduler sim(3);
  Signal signal(sim);
  Scope scope(sim);
  int count = 0;
  signal.Raise();  // before anybody waits
  scope.Spawn(CountSignals(signal, count));
  sim.RunUntilIdle();
  EXPECT_EQ(count, 1);
  signal.Raise();
  signal.Raise();
  EXPECT_EQ(count, 1) << "the waiter must not run inside Raise";
  sim.RunUntilIdle();
  EXPECT_EQ(count, 2);
  signal.Raise();
  scope.Clear();
  EXPECT_TRUE(sim.RunUntilIdle());
}

TEST(TurnHookTest, CommitComesBeforeSend) {
  SimScheduler sim(1);
  std::string order;
  sim.AddTurnHook(TurnPhase::kSend, [&] { order += 's'; });
  const HookId commit = sim.AddTurnHook(TurnPhase::kCommit, [&] { order += 'c'; });
  sim.At(Millis{0}, [&] { order += 'w'; });
  sim.RunUntilIdle();
  EXPECT_EQ(order, "wcs");
  sim.RemoveTurnHook(commit);
  sim.At(Millis{0}, [&] { order += 'w'; });
  sim.RunUntilIdle();
  EXPECT_EQ(order, "wcsws");
}

}  // namespace
}  // namespace terrarium::runtime
