#include "prove/load/load_client.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <list>
#include <mutex>
#include <thread>

#include "prove/load/answer_reader.h"
#include "prove/words.h"
#include "runtime/loop.h"

namespace terrarium::prove {
namespace {

using Steady = std::chrono::steady_clock;

constexpr std::size_t kMostFirst = 100;
constexpr Millis kSweep{20};

double Milliseconds(Steady::duration d) { return std::chrono::duration<double, std::milli>(d).count(); }

double Quantile(const std::vector<double>& sorted, double q) {
  if (sorted.empty()) return 0;
  const auto rank = static_cast<std::size_t>(std::ceil(q * static_cast<double>(sorted.size())));
  return sorted[std::clamp<std::size_t>(rank, 1, sorted.size()) - 1];
}

}  // namespace

// Everything but `mutex_`, `report_` and the two flags that Post sets belongs to the thread.
class LoadClient::Worker {
 public:
  Worker(LoadOptions options, std::unique_ptr<runtime::Loop> loop) : options_(std::move(options)), loop_(std::move(loop)) {
    request_ = "GET " + options_.path + " HTTP/1.1\r\nHost: " + options_.host + "\r\nUser-Agent: terrarium-prove\r\nAccept: */*\r\n\r\n";
  }
  ~Worker() { Join(); }

  void Start() {
    start_ = Steady::now();
    thread_ = std::thread([this] {
      loop_->At(loop_->Now(), [this] { Tick(); });
      loop_->Run();
      connections_.clear();
    });
  }
  void Finish() {
    loop_->Post([this] {
      if (!ending_) seconds_ = std::chrono::duration<double>(Steady::now() - start_).count();
      ending_ = true;
    });
  }
  void Join() {
    if (!thread_.joinable()) return;
    Finish();
    thread_.join();
  }
  LoadReport Report() {
    const std::lock_guard lock(mutex_);
    LoadReport report = report_;
    std::ranges::sort(latencies_);
    report.p50_ms = Quantile(latencies_, 0.5);
    report.p99_ms = Quantile(latencies_, 0.99);
    report.max_ms = latencies_.empty() ? 0 : latencies_.back();
    report.seconds = seconds_;
    return report;
  }
  LoadReport Counts() const {
    const std::lock_guard lock(mutex_);
    return report_;
  }

 private:
  struct Connection {
    UniqueFd socket{};
    runtime::Watch watch{};
    AnswerReader reader{};
    std::size_t written = 0;
    Steady::time_point due{};
    bool busy = false;
    bool connected = false;
    bool reused = false;
  };
  using Place = std::list<Connection>::iterator;

  void Tick() {
    const auto now = Steady::now();
    if (!ending_) {
      const auto due = static_cast<std::uint64_t>(std::chrono::duration<double>(now - start_).count() * options_.rate) + 1;
      while (issued_ < due) Issue(start_ + std::chrono::duration_cast<Steady::duration>(std::chrono::duration<double>(static_cast<double>(issued_) / options_.rate)));
    }
    if (loop_->Now() >= next_sweep_) {
      next_sweep_ = loop_->Now() + kSweep;
      for (auto it = connections_.begin(); it != connections_.end();) {
        const auto here = it++;
        if (here->busy && now - here->due > options_.timeout) Fail(here, "no answer in time");
      }
    }
    if (ending_ && busy_ == 0) {
      loop_->Stop();
      return;
    }
    loop_->At(loop_->Now() + Millis{1}, [this] { Tick(); });
  }

  void Issue(Steady::time_point due) {
    ++issued_;
    {
      const std::lock_guard lock(mutex_);
      ++report_.sent;
      report_.late_ms = std::max(report_.late_ms, Milliseconds(Steady::now() - due));
    }
    Place at;
    if (!idle_.empty()) {
      at = idle_.back();
      idle_.pop_back();
      at->reused = true;
    } else if (connections_.size() >= options_.most_connections) {
      Count(due, "the client has no connection left");
      return;
    } else {
      UniqueFd socket(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
      sockaddr_in to{};
      to.sin_family = AF_INET;
      to.sin_addr.s_addr = htonl(options_.address.value);
      to.sin_port = htons(options_.port);
      const int one = 1;
      if (!socket || ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &one, sizeof one) != 0 ||
          (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0 && errno != EINPROGRESS)) {
        Count(due, std::string("connect: ") + std::strerror(errno));
        return;
      }
      at = connections_.emplace(connections_.end());
      at->socket = std::move(socket);
      at->watch = loop_->Add(at->socket.get(), runtime::Interest::kWrite, [this, at](runtime::Ready ready) { OnReady(at, ready); });
      const std::lock_guard lock(mutex_);
      ++report_.connections;
    }
    at->reader = AnswerReader();
    at->written = 0;
    at->due = due;
    at->busy = true;
    ++busy_;
    if (at->connected) Write(at);
  }

  void OnReady(Place at, runtime::Ready ready) {
    if (!at->busy) {  // an idle connection that speaks or ends: not used again
      idle_.erase(std::ranges::find(idle_, at));
      connections_.erase(at);
      return;
    }
    if (!at->connected) {
      int error = 0;
      socklen_t size = sizeof error;
      ::getsockopt(at->socket.get(), SOL_SOCKET, SO_ERROR, &error, &size);
      if (error != 0) return Fail(at, std::string("connect: ") + std::strerror(error));
      at->connected = true;
    }
    if (at->written < request_.size() && !Write(at)) return;
    if (ready.read || ready.broken) Read(at);
  }

  // False once the connection is gone.
  bool Write(Place at) {
    while (at->written < request_.size()) {
      const ssize_t n = ::send(at->socket.get(), request_.data() + at->written, request_.size() - at->written, MSG_NOSIGNAL);
      if (n < 0 && errno == EAGAIN) {
        at->watch.Set(runtime::Interest::kBoth);
        return true;
      }
      if (n < 0) {
        Fail(at, std::string("send: ") + std::strerror(errno) + (at->reused ? " (kept connection)" : ""));
        return false;
      }
      at->written += static_cast<std::size_t>(n);
    }
    at->watch.Set(runtime::Interest::kRead);
    return true;
  }

  void Read(Place at) {
    char bytes[16384];
    for (;;) {
      const ssize_t n = ::recv(at->socket.get(), bytes, sizeof bytes, 0);
      if (n < 0 && errno == EAGAIN) return;
      if (n < 0) return Fail(at, std::string("read: ") + std::strerror(errno) + (at->reused ? " (kept connection)" : ""));
      const auto state = n == 0 ? at->reader.End() : at->reader.Feed({bytes, static_cast<std::size_t>(n)});
      if (state == AnswerReader::State::kMore) continue;
      if (state == AnswerReader::State::kBroken)
        return Fail(at, std::string(at->reader.problem()) + (at->reused && !at->reader.started() ? " (kept connection)" : ""));
      return Done(at, n != 0);
    }
  }

  void Done(Place at, bool open) {
    const auto latency = Milliseconds(Steady::now() - at->due);
    if (at->reader.status() != 200) {
      Count(at->due, "status " + std::to_string(at->reader.status()));
    } else {
      const std::lock_guard lock(mutex_);
      ++report_.ok;
      latencies_.push_back(latency);
    }
    --busy_;
    at->busy = false;
    if (open && at->reader.reusable()) {
      idle_.push_back(at);
    } else {
      connections_.erase(at);
    }
  }

  void Fail(Place at, std::string reason) {
    Count(at->due, std::move(reason));
    --busy_;
    connections_.erase(at);
  }

  void Count(Steady::time_point due, std::string reason) {
    const std::lock_guard lock(mutex_);
    ++report_.failed;
    ++report_.reasons[reason];
    if (report_.first.size() < kMostFirst) report_.first.push_back({std::chrono::duration_cast<Millis>(due - start_), std::move(reason)});
  }

  const LoadOptions options_;
  std::string request_;
  std::unique_ptr<runtime::Loop> loop_;
  Steady::time_point start_{};
  std::thread thread_;
  bool ending_ = false;
  double seconds_ = 0;
  std::uint64_t issued_ = 0;
  std::size_t busy_ = 0;
  Millis next_sweep_{0};
  std::list<Connection> connections_;
  std::vector<Place> idle_;  // the last used first, so that few stay open

  mutable std::mutex mutex_;  // of what follows
  LoadReport report_{};
  std::vector<double> latencies_{};
};

LoadClient::LoadClient(std::unique_ptr<Worker> worker) : worker_(std::move(worker)) {}
LoadClient::~LoadClient() = default;

Result<std::unique_ptr<LoadClient>> LoadClient::Start(LoadOptions options) {
  if (!(options.rate > 0) || options.rate > 100'000) return terrarium::Fail(ErrorKind::kInvalid, "the rate of a load must be above 0 and at most 100,000 a second");
  TRY_ASSIGN(auto loop, runtime::Loop::Create());
  auto worker = std::make_unique<Worker>(std::move(options), std::move(loop));
  worker->Start();
  return std::unique_ptr<LoadClient>(new LoadClient(std::move(worker)));
}

LoadReport LoadClient::Now() const { return worker_->Counts(); }

LoadReport LoadClient::Stop() {
  worker_->Join();
  return worker_->Report();
}

std::string Describe(const LoadReport& report) {
  char times[96];
  std::snprintf(times, sizeof times, ", p50 %.1f ms, p99 %.1f ms, max %.0f ms", report.p50_ms, report.p99_ms, report.max_ms);
  std::string text = Grouped(report.ok) + " of " + Grouped(report.sent) + " were 200" + times;
  for (const auto& [reason, count] : report.reasons) text += ", " + Grouped(count) + " x " + reason;
  return text;
}

}  // namespace terrarium::prove
