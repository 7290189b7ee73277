#pragma once

#include <coroutine>
#include <cstdint>
#include <deque>
#include <functional>
#include <initializer_list>
#include <memory>
#include <mutex>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"
#include "runtime/scheduler.h"

namespace terrarium::runtime {

class Loop;

enum class Interest : unsigned char { kNothing = 0, kRead = 1, kWrite = 2, kBoth = 3 };

// What a descriptor is ready for. An error or a hang-up of both directions sets all: the next read or write says which it is.
struct Ready {
  bool read = false;
  bool write = false;
  bool broken = false;
};

// The watching of one descriptor, which it does not own: destroy the watch before the descriptor is closed. May be destroyed from
// its own callback; an event of the same turn that was already collected is then dropped.
class Watch {
 public:
  Watch() = default;
  Watch(Watch&& other) noexcept : loop_(std::exchange(other.loop_, nullptr)), slot_(other.slot_) {}
  Watch& operator=(Watch&& other) noexcept;
  ~Watch() { Stop(); }

  void Set(Interest interest);
  void Stop();
  explicit operator bool() const { return loop_ != nullptr; }

 private:
  friend class Loop;
  Watch(Loop* loop, std::uint32_t slot) : loop_(loop), slot_(slot) {}
  Loop* loop_ = nullptr;
  std::uint32_t slot_ = 0;
};

// The real scheduler: epoll on one thread. A turn is: wait, call back every ready descriptor, every due timer, everything posted, then
// the turn hooks (commit, then send). Only Post may be called from other threads.
class Loop final : public Scheduler {
 public:
  using OnReady = std::move_only_function<void(Ready)>;

  static Result<std::unique_ptr<Loop>> Create();
  Loop(const Loop&) = delete;
  ~Loop() override;

  Millis Now() const override;
  TimerId At(Millis when, Callback f) override;
  void Cancel(TimerId id) override { timers_.erase(id); }
  terrarium::Random& Random() override { return random_; }

  // Level-triggered. The descriptor should be non-blocking.
  Watch Add(int fd, Interest interest, OnReady f);
  // Runs `f` in a coming turn, on the loop's thread. From any thread.
  void Post(Callback f);
  // Blocks these signals for the calling thread (and those it starts) and delivers them as calls. Before any thread is started.
  Result<Watch> OnSignals(std::initializer_list<int> signals, std::move_only_function<void(int)> f);

  // Turns until Stop is called.
  void Run();
  void Stop() { stopped_ = true; }
  // One turn that waits at most `longest` for something to happen; false if nothing did.
  bool Turn(Millis longest);

  // co_await loop.ReadyFor(fd, Interest::kRead)
  class Readiness;
  Readiness ReadyFor(int fd, Interest interest);

 private:
  friend class Watch;
  struct Slot {
    int fd = -1;
    std::uint32_t generation = 0;
    Interest interest = Interest::kNothing;
    OnReady f{};
  };

  Loop(UniqueFd epoll, UniqueFd wake) : epoll_(std::move(epoll)), wake_(std::move(wake)) {}
  void Remove(std::uint32_t slot);
  void Control(int operation, std::uint32_t slot);
  void FreeRemoved();
  bool RunPosted();
  bool RunTimers();

  UniqueFd epoll_;
  UniqueFd wake_;
  SystemRandom random_;
  std::map<TimerId, Callback> timers_;
  std::uint64_t ties_ = 0;
  std::deque<Slot> slots_;  // a deque: callbacks that add watches must not move the one that runs
  std::vector<std::uint32_t> free_slots_;
  std::vector<OnReady> removed_;  // destroyed at the end of the turn
  bool stopped_ = false;

  std::mutex mutex_;  // guards posted_
  std::vector<Callback> posted_;
};

class Loop::Readiness {
 public:
  Readiness(Loop& loop, int fd, Interest interest) : loop_(loop), fd_(fd), interest_(interest) {}
  Readiness(const Readiness&) = delete;
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> waiter) {
    watch_ = loop_.Add(fd_, interest_, [this, waiter](Ready) {
      watch_.Stop();
      waiter.resume();
    });
  }
  void await_resume() const noexcept {}

 private:
  Loop& loop_;
  int fd_;
  Interest interest_;
  Watch watch_{};
};

inline Loop::Readiness Loop::ReadyFor(int fd, Interest interest) { return {*this, fd, interest}; }

}  // namespace terrarium::runtime
