#include "runtime/loop.h"

#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "base/check.h"

namespace terrarium::runtime {
namespace {

constexpr std::uint64_t kWakeKey = ~std::uint64_t{0};

std::uint32_t EventsOf(Interest interest) {
  const auto bits = static_cast<unsigned>(interest);
  return ((bits & 1) != 0 ? static_cast<std::uint32_t>(EPOLLIN | EPOLLRDHUP) : 0u) | ((bits & 2) != 0 ? static_cast<std::uint32_t>(EPOLLOUT) : 0u);
}

}  // namespace

Watch& Watch::operator=(Watch&& other) noexcept {
  if (this == &other) return *this;
  Stop();
  loop_ = std::exchange(other.loop_, nullptr);
  slot_ = other.slot_;
  return *this;
}

void Watch::Set(Interest interest) {
  if (loop_ == nullptr || loop_->slots_[slot_].interest == interest) return;
  loop_->slots_[slot_].interest = interest;
  loop_->Control(EPOLL_CTL_MOD, slot_);
}

void Watch::Stop() {
  if (Loop* loop = std::exchange(loop_, nullptr)) loop->Remove(slot_);
}

Result<std::unique_ptr<Loop>> Loop::Create() {
  UniqueFd epoll(::epoll_create1(EPOLL_CLOEXEC));
  if (!epoll) return SystemFail("epoll", errno);
  UniqueFd wake(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!wake) return SystemFail("eventfd", errno);
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = kWakeKey;
  if (::epoll_ctl(epoll.get(), EPOLL_CTL_ADD, wake.get(), &event) != 0) return SystemFail("epoll", errno);
  return std::unique_ptr<Loop>(new Loop(std::move(epoll), std::move(wake)));
}

Loop::~Loop() {
  // What callbacks captured may hold watches of this loop: they go while it is whole.
  timers_.clear();
  posted_.clear();
  for (Slot& slot : slots_) slot.f = nullptr;
  FreeRemoved();
}

void Loop::FreeRemoved() {
  while (!removed_.empty()) {
    std::vector<OnReady> now;
    now.swap(removed_);  // their destructors may remove more watches
  }
}

Millis Loop::Now() const {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return Millis{now.tv_sec * 1000 + now.tv_nsec / 1'000'000};
}

TimerId Loop::At(Millis when, Callback f) {
  const TimerId id{when, ++ties_};  // equal times: first come, first served
  timers_.emplace(id, std::move(f));
  return id;
}

void Loop::Control(int operation, std::uint32_t index) {
  const Slot& slot = slots_[index];
  epoll_event event{};
  event.events = EventsOf(slot.interest);
  event.data.u64 = (static_cast<std::uint64_t>(slot.generation) << 32) | index;
  TERRARIUM_CHECK(::epoll_ctl(epoll_.get(), operation, slot.fd, &event) == 0);
}

Watch Loop::Add(int fd, Interest interest, OnReady f) {
  std::uint32_t index = 0;
  if (free_slots_.empty()) {
    index = static_cast<std::uint32_t>(slots_.size());
    slots_.emplace_back();
  } else {
    index = free_slots_.back();
    free_slots_.pop_back();
  }
  Slot& slot = slots_[index];
  slot.fd = fd;
  slot.interest = interest;
  slot.f = std::move(f);
  Control(EPOLL_CTL_ADD, index);
  return Watch(this, index);
}

void Loop::Remove(std::uint32_t index) {
  Slot& slot = slots_[index];
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, slot.fd, nullptr);
  slot.fd = -1;
  ++slot.generation;  // events of this turn that name the old generation are stale
  removed_.push_back(std::move(slot.f));
  slot.f = nullptr;
  free_slots_.push_back(index);
}

void Loop::Post(Callback f) {
  bool first = false;
  {
    const std::lock_guard lock(mutex_);
    first = posted_.empty();
    posted_.push_back(std::move(f));
  }
  if (!first) return;
  const std::uint64_t one = 1;
  (void)!::write(wake_.get(), &one, sizeof one);  // fails only when it is already signalled
}

Result<Watch> Loop::OnSignals(std::initializer_list<int> signals, std::move_only_function<void(int)> f) {
  sigset_t set;
  ::sigemptyset(&set);
  for (int signal : signals) ::sigaddset(&set, signal);
  if (const int e = ::pthread_sigmask(SIG_BLOCK, &set, nullptr); e != 0) return SystemFail("signal mask", e);
  auto fd = std::make_shared<UniqueFd>(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!*fd) return SystemFail("signalfd", errno);
  const int raw = fd->get();
  return Add(raw, Interest::kRead, [fd = std::move(fd), f = std::move(f)](Ready) mutable {
    signalfd_siginfo info{};
    while (::read(fd->get(), &info, sizeof info) == static_cast<ssize_t>(sizeof info)) f(static_cast<int>(info.ssi_signo));
  });
}

bool Loop::RunPosted() {
  std::vector<Callback> now;
  {
    const std::lock_guard lock(mutex_);
    now.swap(posted_);
  }
  for (Callback& f : now) f();
  return !now.empty();
}

bool Loop::RunTimers() {
  if (timers_.empty()) return false;
  // Those added by the calls of this turn wait for the next one, so that descriptors get their share.
  const TimerId last{Now(), ties_ + 1};
  bool any = false;
  while (!timers_.empty() && timers_.begin()->first < last) {
    auto node = timers_.extract(timers_.begin());
    if (node.key().tie >= last.tie) {
      timers_.insert(std::move(node));
      break;
    }
    node.mapped()();
    any = true;
  }
  return any;
}

bool Loop::Turn(Millis longest) {
  Millis wait = longest;
  if (!timers_.empty()) wait = std::clamp(timers_.begin()->first.when - Now(), Millis{0}, longest);
  std::array<epoll_event, 256> events;
  const int count = ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), static_cast<int>(wait.count()));
  bool any = false;
  for (int i = 0; i < count; ++i) {
    const epoll_event& event = events[static_cast<std::size_t>(i)];
    if (event.data.u64 == kWakeKey) {
      std::uint64_t value = 0;
      (void)!::read(wake_.get(), &value, sizeof value);
      continue;
    }
    const auto index = static_cast<std::uint32_t>(event.data.u64);
    Slot& slot = slots_[index];
    if (slot.generation != static_cast<std::uint32_t>(event.data.u64 >> 32) || slot.fd < 0) continue;
    const bool broken = (event.events & (EPOLLERR | EPOLLHUP)) != 0;
    any = true;
    // Runs outside of its slot, so that it may remove itself, or be replaced, while it runs.
    OnReady running = std::move(slot.f);
    const std::uint32_t generation = slot.generation;
    running(Ready{broken || (event.events & (EPOLLIN | EPOLLRDHUP)) != 0, broken || (event.events & EPOLLOUT) != 0, broken});
    if (slot.generation == generation) slot.f = std::move(running);
  }
  any = RunTimers() || any;
  any = RunPosted() || any;
  FreeRemoved();
  if (any) RunTurnHooks();
  return any;
}

void Loop::Run() {
  stopped_ = false;
  while (!stopped_) Turn(Millis{60'000});
}

}  // namespace terrarium::runtime
