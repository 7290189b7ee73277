#include "runtime/blocking.h"

#include <signal.h>

#include <algorithm>

#include "base/check.h"

namespace terrarium::runtime {

ThreadPool::~ThreadPool() {
  *alive_ = false;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  work_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

bool ThreadPool::Submit(Job& job) {
  bool start = false;
  {
    const std::lock_guard lock(mutex_);
    queue_.push_back(&job);
    start = idle_ < queue_.size() && threads_.size() < most_;
  }
  if (start) {
    // Threads take no signals: those belong to the loop's signalfd.
    sigset_t all;
    sigset_t before;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before);
    threads_.emplace_back([this] { Work(); });
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  }
  work_.notify_one();
  return false;
}

void ThreadPool::Work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    ++idle_;
    work_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
    --idle_;
    if (stopping_) return;
    Job* job = queue_.front();
    queue_.pop_front();
    running_.push_back(job);
    lock.unlock();
    job->Execute();
    lock.lock();
    std::erase(running_, job);
    finished_.push_back(job);
    done_.notify_all();
    if (!delivery_posted_) {
      delivery_posted_ = true;
      loop_.Post([this, alive = alive_] {
        if (*alive) Deliver();
      });
    }
  }
}

void ThreadPool::Deliver() {
  std::unique_lock lock(mutex_);
  delivery_posted_ = false;
  // One at a time: what a resumed task does may abandon another job of the list.
  while (!finished_.empty()) {
    Job* job = finished_.front();
    finished_.pop_front();
    lock.unlock();
    job->Resume();
    lock.lock();
  }
}

void ThreadPool::Abandon(Job& job) {
  std::unique_lock lock(mutex_);
  if (std::erase(queue_, &job) > 0) return;
  done_.wait(lock, [&] { return std::ranges::find(running_, &job) == running_.end(); });
  std::erase(finished_, &job);
}

bool SimBlocking::Submit(Job& job) {
  Fate fate = decide_ ? decide_(job.label()) : Fate{};
  timers_[&job] = scheduler_.At(scheduler_.Now() + fate.before, [this, &job, fate = std::move(fate)]() mutable {
    if (fate.refused) {
      job.Refuse(*std::move(fate.refused));
    } else {
      job.Execute();
      if (fate.answer_lost) job.Refuse(*std::move(fate.answer_lost));
    }
    timers_[&job] = scheduler_.At(scheduler_.Now() + fate.after, [this, &job] {
      timers_.erase(&job);
      job.Resume();
    });
  });
  return false;
}

void SimBlocking::Abandon(Job& job) {
  const auto it = timers_.find(&job);
  if (it == timers_.end()) return;
  scheduler_.Cancel(it->second);
  timers_.erase(it);
}

}  // namespace terrarium::runtime
