#include "runtime/loop.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <string>
#include <thread>

#include "runtime/blocking.h"
#include "runtime/scope.h"
#include "runtime/unix_socket.h"

namespace terrarium::runtime {
namespace {

std::unique_ptr<Loop> MakeLoop() { return Loop::Create().value(); }

template <class Until>
void RunUntil(Loop& loop, Until until) {
  const Millis end = loop.Now() + Millis{20'000};
  while (!until() && loop.Now() < end) loop.Turn(Millis{1000});
  EXPECT_TRUE(until());
}

TEST(LoopTest, TimersRunInOrderAndCancelledOnesDoNot) {
  auto loop = MakeLoop();
  std::string order;
  const Millis now = loop->Now();
  loop->At(now + Millis{2}, [&] { order += 'c'; });
  loop->At(now, [&] { order += 'a'; });
  loop->At(now, [&] { order += 'b'; });
  loop->Cancel(loop->At(now + Millis{1}, [&] { order += 'x'; }));
  RunUntil(*loop, [&] { return order.size() == 3; });
  EXPECT_EQ(order, "abc");
}

TEST(LoopTest, ATimerThatAddsTimersDoesNotStarveDescriptors) {
  auto loop = MakeLoop();
  auto pair = UnixPair().value();
  bool read = false;
  std::function<void()> again = [&] { loop->At(loop->Now(), [&] { again(); }); };
  again();
  Watch watch = loop->Add(pair.first.get(), Interest::kRead, [&](Ready) { read = true; });
  ASSERT_EQ(::write(pair.second.get(), "x", 1), 1);
  for (int i = 0; i < 3; ++i) loop->Turn(Millis{1000});
  EXPECT_TRUE(read);
}

TEST(LoopTest, AWatchMayRemoveItselfAndOthersOfTheSameTurn) {
  auto loop = MakeLoop();
  auto one = UnixPair().value();
  auto two = UnixPair().value();
  ASSERT_EQ(::write(one.second.get(), "x", 1), 1);
  ASSERT_EQ(::write(two.second.get(), "x", 1), 1);
  int calls = 0;
  Watch a;
  Watch b;
  const auto remove_both = [&, keep = std::make_shared<int>(1)](Ready) {
    ++calls;
    a.Stop();
    b.Stop();
    EXPECT_EQ(*keep, 1) << "what a callback captured must live until it returns";
  };
  a = loop->Add(one.first.get(), Interest::kRead, remove_both);
  b = loop->Add(two.first.get(), Interest::kRead, remove_both);
  loop->Turn(Millis{1000});
  loop->Turn(Millis{0});
  EXPECT_EQ(calls, 1);
}

TEST(LoopTest, AReusedSlotGetsNoStaleEvent) {
  auto loop = MakeLoop();
  auto one = UnixPair().value();
  auto two = UnixPair().value();
  auto quiet = UnixPair().value();
  ASSERT_EQ(::write(one.second.get(), "x", 1), 1);
  ASSERT_EQ(::write(two.second.get(), "x", 1), 1);
  bool stale = false;
  Watch a;
  Watch b;
  Watch fresh;
  const auto replace = [&](Ready) {
    a.Stop();
    b.Stop();
    fresh = loop->Add(quiet.first.get(), Interest::kRead, [&](Ready) { stale = true; });
  };
  a = loop->Add(one.first.get(), Interest::kRead, replace);
  b = loop->Add(two.first.get(), Interest::kRead, replace);
  loop->Turn(Millis{1000});
  loop->Turn(Millis{0});
  EXPECT_FALSE(stale);
}

TEST(LoopTest, InterestIsObeyed) {
  auto loop = MakeLoop();
  auto pair = UnixPair().value();
  int reads = 0;
  Watch watch = loop->Add(pair.first.get(), Interest::kNothing, [&](Ready) { ++reads; });
  ASSERT_EQ(::write(pair.second.get(), "x", 1), 1);
  loop->Turn(Millis{0});
  EXPECT_EQ(reads, 0);
  watch.Set(Interest::kRead);
  loop->Turn(Millis{1000});
  EXPECT_EQ(reads, 1);
}

TEST(LoopTest, PostFromAnotherThreadAndHooksAtTheEndOfTheTurn) {
  auto loop = MakeLoop();
  std::string order;
  loop->AddTurnHook(TurnPhase::kSend, [&] { order += 's'; });
  loop->AddTurnHook(TurnPhase::kCommit, [&] { order += 'c'; });
  EXPECT_FALSE(loop->Turn(Millis{0}));
  EXPECT_EQ(order, "") << "a turn in which nothing happened runs no hook";
  std::thread other([&] {
    loop->Post([&] { order += 'a'; });
    loop->Post([&] { order += 'b'; });
  });
  other.join();
  EXPECT_TRUE(loop->Turn(Millis{1000}));
  EXPECT_EQ(order, "abcs");
}

TEST(LoopTest, SignalsBecomeCalls) {
  auto loop = MakeLoop();
  int got = 0;
  auto watch = loop->OnSignals({SIGUSR1}, [&](int signal) { got = signal; });
  ASSERT_TRUE(watch);
  ::raise(SIGUSR1);
  loop->Turn(Millis{1000});
  EXPECT_EQ(got, SIGUSR1);
}

TEST(LoopTest, DestroyedWithWatchesInsideCallbacks) {
  auto loop = MakeLoop();
  auto pair = UnixPair().value();
  auto inner = std::make_shared<Watch>(loop->Add(pair.first.get(), Interest::kRead, [](Ready) {}));
  loop->At(loop->Now() + Millis{1'000'000}, [inner] {});
  inner.reset();
  loop.reset();
}

Task<> ReadByte(Loop& loop, int fd, char& out) {
  co_await loop.ReadyFor(fd, Interest::kRead);
  if (::read(fd, &out, 1) != 1) out = '?';
}

TEST(LoopTest, TasksAwaitDescriptors) {
  auto loop = MakeLoop();
  auto pair = UnixPair().value();
  char out = 0;
  Scope scope(*loop);
  scope.Spawn(ReadByte(*loop, pair.first.get(), out));
  loop->Turn(Millis{1000});
  ASSERT_EQ(::write(pair.second.get(), "k", 1), 1);
  RunUntil(*loop, [&] { return out != 0; });
  EXPECT_EQ(out, 'k');
  scope.Spawn(ReadByte(*loop, pair.first.get(), out));
  loop->Turn(Millis{1000});
  scope.Clear();  // cancelled while it waits
}

Task<> AwaitBlocking(Blocking& blocking, std::function<Result<int>()> f, std::optional<Result<int>>& out) {
  Result<int> r = co_await blocking.Run("call", [&f] { return f(); });
  out = std::move(r);
}

TEST(ThreadPoolTest, ResultsComeBackToTheLoop) {
  auto loop = MakeLoop();
  ThreadPool pool(*loop, 3);
  Scope scope(*loop);
  std::vector<std::optional<Result<int>>> out(20);
  const auto here = std::this_thread::get_id();
  for (std::size_t i = 0; i < out.size(); ++i) {
    scope.Spawn(AwaitBlocking(pool, [i, here] { return std::this_thread::get_id() == here ? Result<int>(-1) : Result<int>(static_cast<int>(i)); }, out[i]));
  }
  RunUntil(*loop, [&] { return scope.live() == 0; });
  for (std::size_t i = 0; i < out.size(); ++i) EXPECT_EQ(out[i]->value(), static_cast<int>(i));
}

TEST(ThreadPoolTest, CancellingWaitsForARunningCallAndDropsAQueuedOne) {
  auto loop = MakeLoop();
  ThreadPool pool(*loop, 1);
  Scope scope(*loop);
  std::atomic<bool> entered = false;
  std::atomic<bool> release = false;
  std::atomic<bool> left = false;
  std::atomic<bool> second = false;
  std::optional<Result<int>> out;
  scope.Spawn(AwaitBlocking(pool, [&] {
    entered = true;
    entered.notify_all();
    release.wait(false);
    left = true;
    return Result<int>(1);
  }, out));
  loop->Turn(Millis{1000});
  entered.wait(false);
  Scope queued(*loop);
  queued.Spawn(AwaitBlocking(pool, [&] {
    second = true;
    return Result<int>(2);
  }, out));
  loop->Turn(Millis{1000});
  queued.Clear();
  std::thread releaser([&] {
    release = true;
    release.notify_all();
  });
  scope.Clear();
  EXPECT_TRUE(left) << "the frame went while the call still used it";
  EXPECT_FALSE(second);
  releaser.join();
  loop->Turn(Millis{0});
  EXPECT_FALSE(out);
}

TEST(ThreadPoolTest, ADeliveryThatOutlivesThePoolIsHarmless) {
  auto loop = MakeLoop();
  {
    ThreadPool pool(*loop, 1);
    Scope scope(*loop);
    std::optional<Result<int>> out;
    scope.Spawn(AwaitBlocking(pool, [] { return Result<int>(1); }, out));
    loop->Turn(Millis{1000});
  }
  loop->Turn(Millis{0});
}

TEST(InlineBlockingTest, RunsAtOnce) {
  SimScheduler sim(1);
  InlineBlocking blocking;
  Scope scope(sim);
  std::optional<Result<int>> out;
  scope.Spawn(AwaitBlocking(blocking, [] { return Result<int>(4); }, out));
  sim.Step();
  EXPECT_EQ(out->value(), 4);
}

TEST(SimBlockingTest, DelaysFaultsAndLostAnswers) {
  SimScheduler sim(1);
  SimBlocking::Fate fate{Millis{10}, Millis{5}, {}, {}};
  SimBlocking blocking(sim, [&](std::string_view label) {
    EXPECT_EQ(label, "call");
    return fate;
  });
  int effects = 0;
  std::optional<Result<int>> out;
  Scope scope(sim);
  const auto f = [&] { return Result<int>(++effects); };
  scope.Spawn(AwaitBlocking(blocking, f, out));
  sim.RunFor(Millis{12});
  EXPECT_EQ(effects, 1);
  EXPECT_FALSE(out) << "the effect comes before the answer";
  sim.RunFor(Millis{3});
  EXPECT_EQ(out->value(), 1);

  fate.refused = Error{ErrorKind::kUnavailable};
  scope.Spawn(AwaitBlocking(blocking, f, out));
  sim.RunUntilIdle();
  EXPECT_EQ(effects, 1);
  EXPECT_EQ(out->error().kind, ErrorKind::kUnavailable);

  fate.refused.reset();
  fate.answer_lost = Error{ErrorKind::kUnknown};
  scope.Spawn(AwaitBlocking(blocking, f, out));
  sim.RunUntilIdle();
  EXPECT_EQ(effects, 2);
  EXPECT_EQ(out->error().kind, ErrorKind::kUnknown);

  scope.Spawn(AwaitBlocking(blocking, f, out));
  sim.Step();
  scope.Clear();
  EXPECT_EQ(sim.pending(), 0u);
  EXPECT_EQ(effects, 2);
}

}  // namespace
}  // namespace terrarium::runtime
