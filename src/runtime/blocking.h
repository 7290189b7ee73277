#pragma once

#include <condition_variable>
#include <coroutine>
#include <deque>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>
#include <thread>
#include <type_traits>
#include <vector>

#include "base/result.h"
#include "runtime/loop.h"
#include "runtime/scheduler.h"
#include "runtime/task.h"

namespace terrarium::runtime {

namespace detail {
template <class T>
inline constexpr bool kIsResult = false;
template <class T>
inline constexpr bool kIsResult<Result<T>> = true;
}  // namespace detail

// The seam to calls that can only block: host verbs, password hashing, file copies.
//
//   const auto made = co_await blocking.Run("EnsureVpc", [&] { return network.EnsureVpc(request, arena); });
//
// The call may refer to the awaiting frame: destroying that frame drops a call that has not begun and waits for one that has. It runs
// on another thread and touches nothing that the loop's thread uses meanwhile. It returns Result<T>.
class Blocking {
 public:
  virtual ~Blocking() = default;

  // Work that waits for its turn or runs. Lives in the frame of the coroutine that awaits it.
  class Job {
   public:
    explicit Job(std::string_view label) : label_(label) {}
    Job(const Job&) = delete;
    virtual ~Job() = default;
    std::string_view label() const { return label_; }
    virtual void Execute() = 0;        // on any thread
    virtual void Refuse(Error e) = 0;  // the answer is this error instead, whatever Execute did
    void Resume() { waiter_.resume(); }  // on the loop's thread
    std::coroutine_handle<> waiter_{};

   private:
    std::string_view label_;
  };

  template <class F>
  auto Run(std::string_view label, F f) {
    using R = std::invoke_result_t<F&>;
    static_assert(detail::kIsResult<R>, "a blocking call returns Result<T>");
    return Call<F, R>(*this, label, std::move(f));
  }
  template <class F>
  auto Run(F f) {
    return Run(std::string_view{}, std::move(f));
  }

 protected:
  // Takes the job; true if it is already over, in which case Resume is not called.
  virtual bool Submit(Job& job) = 0;
  // The waiter goes away. Afterwards nothing touches the job.
  virtual void Abandon(Job& job) = 0;

 private:
  template <class F, class R>
  class [[nodiscard]] Call final : public Job {
   public:
    Call(Blocking& blocking, std::string_view label, F f) : Job(label), blocking_(blocking), f_(std::move(f)) {}
    ~Call() override {
      if (pending_) blocking_.Abandon(*this);
    }
    bool await_ready() const noexcept { return false; }
    bool await_suspend(std::coroutine_handle<> waiter) {
      waiter_ = waiter;
      pending_ = true;
      const bool over = blocking_.Submit(*this);
      if (over) pending_ = false;
      return !over;
    }
    R await_resume() {
      pending_ = false;
      if (error_) std::rethrow_exception(error_);
      return std::move(*result_);
    }
    void Execute() override {
      try {
        result_.emplace(f_());
      } catch (...) {  // carried to the awaiting task, where the boundaries are
        error_ = std::current_exception();
      }
    }
    void Refuse(Error e) override { result_.emplace(std::unexpected(std::move(e))); }

   private:
    Blocking& blocking_;
    F f_;
    std::optional<R> result_{};
    std::exception_ptr error_{};
    bool pending_ = false;
  };
};

// Runs calls on threads that are started as needed, at most `most`; results return to the loop by Post.
class ThreadPool final : public Blocking {
 public:
  ThreadPool(Loop& loop, std::size_t most) : loop_(loop), most_(most) {}
  ThreadPool(const ThreadPool&) = delete;
  // Every waiter must be gone.
  ~ThreadPool() override;

 protected:
  bool Submit(Job& job) override;
  void Abandon(Job& job) override;

 private:
  void Work();
  void Deliver();

  Loop& loop_;
  const std::size_t most_;
  std::vector<std::thread> threads_;  // loop's thread only

  std::mutex mutex_;  // guards what follows
  std::condition_variable work_;
  std::condition_variable done_;
  std::deque<Job*> queue_;
  std::vector<Job*> running_;
  std::deque<Job*> finished_;
  std::size_t idle_ = 0;
  bool delivery_posted_ = false;
  bool stopping_ = false;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // loop's thread only: a posted delivery may outlive the pool
};

// Runs calls at once on the calling thread. For unit tests.
class InlineBlocking final : public Blocking {
 protected:
  bool Submit(Job& job) override {
    job.Execute();
    return true;
  }
  void Abandon(Job&) override {}
};

// Runs calls in virtual time, with the delays and faults that a test decides for each.
class SimBlocking final : public Blocking {
 public:
  struct Fate {
    Millis before{0};                    // until the call has its effect
    Millis after{0};                     // from the effect to the answer
    std::optional<Error> refused{};      // no effect, this answer
    std::optional<Error> answer_lost{};  // effect, this answer
  };
  using Decide = std::function<Fate(std::string_view label)>;

  explicit SimBlocking(Scheduler& scheduler, Decide decide = {}) : scheduler_(scheduler), decide_(std::move(decide)) {}

 protected:
  bool Submit(Job& job) override;
  void Abandon(Job& job) override;

 private:
  Scheduler& scheduler_;
  Decide decide_;
  std::map<Job*, TimerId> timers_;
};

}  // namespace terrarium::runtime
