#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/ip.h"
#include "base/result.h"

namespace terrarium::prove {

struct LoadOptions {
  Ipv4 address{0x7f000001};
  std::uint16_t port = 80;
  std::string host{"localhost"};  // of the Host header
  std::string path{"/"};
  double rate = 100;              // requests a second
  Millis timeout{10'000};         // from the moment at which a request was due to the last byte of its answer
  std::size_t most_connections = 1'000;
};

struct LoadFailure {
  Millis at{};         // since the start: when the request was due
  std::string reason{};
};

struct LoadReport {
  std::uint64_t sent = 0;
  std::uint64_t ok = 0;
  std::uint64_t failed = 0;
  std::uint64_t connections = 0;                     // opened in all
  std::map<std::string, std::uint64_t> reasons{};    // of what failed
  std::vector<LoadFailure> first{};                  // the first failures, at most 100
  double seconds = 0;
  // Of the answers that were right, from the moment at which the request was due: a stall delays every request that was due in it.
  double p50_ms = 0, p99_ms = 0, max_ms = 0;
  // How late the client itself sent a request, at worst. A large one says that the figures are the client's, not the site's.
  double late_ms = 0;
};

// A strict client under a constant rate: requests are sent when they are due, whether or not earlier ones were answered (open loop), over
// kept connections where one is idle. Anything but a whole answer of 200 counts as failed: another status, a reset, a refused connection,
// a truncated or malformed answer, a time-out. Nothing is repeated. Runs on a thread of its own.
class LoadClient {
 public:
  static Result<std::unique_ptr<LoadClient>> Start(LoadOptions options);
  LoadClient(const LoadClient&) = delete;
  ~LoadClient();

  // So far, for a progress line: without the quantiles.
  LoadReport Now() const;
  // Sends no more, waits for what is under way (at most the time-out) and gives the account. Once.
  LoadReport Stop();

 private:
  class Worker;
  explicit LoadClient(std::unique_ptr<Worker> worker);
  std::unique_ptr<Worker> worker_;
};

// "30,114 of 30,114 were 200, p50 0.9 ms, p99 4.1 ms, max 31 ms", or with what failed.
std::string Describe(const LoadReport& report);

}  // namespace terrarium::prove
