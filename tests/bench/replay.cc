// The instrument of scripts/bench.py.
//
//   terrarium-replay calls FILE PORT CONNECTIONS SECONDS   sends the requests of FILE (each preceded by its length in ten digits) over that many kept
//                                                          connections, each the next one as soon as its answer is whole; from the start again at the end
//   terrarium-replay first FILE PORT SECONDS               connects and sends the first request until it is answered with 200: milliseconds since the start
//   terrarium-replay sync FILE SECONDS                     appends 4 KiB and calls fdatasync, again and again
//
// One line of JSON on stdout.

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "base/file.h"
#include "base/text.h"
#include "base/unique_fd.h"
#include "prove/load/answer_reader.h"

namespace terrarium::prove {
namespace {

using Steady = std::chrono::steady_clock;

double Since(Steady::time_point start) { return std::chrono::duration<double>(Steady::now() - start).count(); }

std::vector<std::string> Requests(const char* path) {
  std::vector<std::string> out;
  const auto text = ReadFile(path, 512u << 20);
  if (!text) return out;
  for (std::size_t at = 0; at + 10 <= text->size();) {
    const auto size = static_cast<std::size_t>(ParseInt(text->substr(at, 10)).value_or(0));
    if (size == 0) break;
    out.push_back(text->substr(at + 10, size));
    at += 10 + size;
  }
  return out;
}

UniqueFd Connect(int port) {
  UniqueFd out(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  to.sin_port = htons(static_cast<std::uint16_t>(port));
  const int one = 1;
  ::setsockopt(out.get(), IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  if (::connect(out.get(), reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0) out.Reset();
  return out;
}

bool SendAll(int fd, const std::string& bytes) {
  for (std::size_t at = 0; at < bytes.size();) {
    const ssize_t n = ::send(fd, bytes.data() + at, bytes.size() - at, MSG_NOSIGNAL);
    if (n <= 0) return false;
    at += static_cast<std::size_t>(n);
  }
  return true;
}

int Calls(const char* file, int port, int connections, double seconds) {
  const auto requests = Requests(file);
  if (requests.empty()) return 2;
  struct Line {
    UniqueFd socket;
    AnswerReader reader{};
    Steady::time_point sent{};
  };
  std::vector<Line> lines(static_cast<std::size_t>(connections));
  std::vector<pollfd> waiting;
  std::size_t next = 0;
  std::uint64_t answers = 0, ok = 0, broken = 0;
  std::vector<double> latencies;
  const auto send = [&](Line& line) {
    if (!line.socket) line.socket = Connect(port);
    line.reader = AnswerReader();
    line.sent = Steady::now();
    if (!line.socket || !SendAll(line.socket.get(), requests[next++ % requests.size()])) ++broken;
  };
  const auto start = Steady::now();
  for (auto& line : lines) send(line);
  while (Since(start) < seconds && broken < 100) {
    waiting.clear();
    for (const auto& line : lines) waiting.push_back({line.socket.get(), POLLIN, 0});
    if (::poll(waiting.data(), waiting.size(), 1'000) <= 0) continue;
    for (std::size_t i = 0; i < lines.size(); ++i) {
      if (waiting[i].revents == 0) continue;
      Line& line = lines[i];
      char bytes[65536];
      const ssize_t n = ::recv(line.socket.get(), bytes, sizeof bytes, 0);
      const auto state = n <= 0 ? line.reader.End() : line.reader.Feed({bytes, static_cast<std::size_t>(n)});
      if (state == AnswerReader::State::kMore) continue;
      if (state == AnswerReader::State::kBroken) {
        ++broken;
        line.socket.Reset();
      } else {
        ++answers;
        ok += line.reader.status() == 200;
        latencies.push_back(Since(line.sent) * 1000);
        if (n <= 0 || !line.reader.reusable()) line.socket.Reset();
      }
      send(line);
    }
  }
  const double took = Since(start);
  std::ranges::sort(latencies);
  const auto quantile = [&](double q) { return latencies.empty() ? 0.0 : latencies[std::min(latencies.size() - 1, static_cast<std::size_t>(q * static_cast<double>(latencies.size())))]; };
  std::printf("{\"answers\": %llu, \"ok\": %llu, \"broken\": %llu, \"seconds\": %.3f, \"per_second\": %.1f, \"p50_ms\": %.3f, \"p99_ms\": %.3f}\n", static_cast<unsigned long long>(answers),
              static_cast<unsigned long long>(ok), static_cast<unsigned long long>(broken), took, static_cast<double>(ok) / took, quantile(0.5), quantile(0.99));
  return 0;
}

int First(const char* file, int port, double seconds) {
  const auto requests = Requests(file);
  if (requests.empty()) return 2;
  const auto start = Steady::now();
  while (Since(start) < seconds) {
    const UniqueFd socket = Connect(port);
    if (!socket) {
      ::usleep(100);
      continue;
    }
    AnswerReader reader;
    auto state = SendAll(socket.get(), requests[0]) ? AnswerReader::State::kMore : AnswerReader::State::kBroken;
    while (state == AnswerReader::State::kMore) {
      char bytes[65536];
      const ssize_t n = ::recv(socket.get(), bytes, sizeof bytes, 0);
      state = n <= 0 ? reader.End() : reader.Feed({bytes, static_cast<std::size_t>(n)});
    }
    if (state == AnswerReader::State::kDone && reader.status() == 200) {
      std::printf("{\"ms\": %.3f}\n", Since(start) * 1000);
      return 0;
    }
  }
  return 1;
}

int Sync(const char* file, double seconds) {
  const UniqueFd out(::open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  const std::string block(4096, 'x');
  std::uint64_t n = 0;
  const auto start = Steady::now();
  while (Since(start) < seconds) {
    if (::write(out.get(), block.data(), block.size()) != static_cast<ssize_t>(block.size()) || ::fdatasync(out.get()) != 0) return 1;
    ++n;
  }
  const double took = Since(start);
  ::unlink(file);
  std::printf("{\"syncs\": %llu, \"per_second\": %.1f}\n", static_cast<unsigned long long>(n), static_cast<double>(n) / took);
  return 0;
}

}  // namespace
}  // namespace terrarium::prove

int main(int argc, char** argv) {
  using namespace terrarium::prove;
  const std::string what = argc > 1 ? argv[1] : "";
  if (what == "calls" && argc == 6) return Calls(argv[2], std::atoi(argv[3]), std::atoi(argv[4]), std::atof(argv[5]));
  if (what == "first" && argc == 5) return First(argv[2], std::atoi(argv[3]), std::atof(argv[4]));
  if (what == "sync" && argc == 4) return Sync(argv[2], std::atof(argv[3]));
  std::fprintf(stderr, "terrarium-replay calls FILE PORT CONNECTIONS SECONDS | first FILE PORT SECONDS | sync FILE SECONDS\n");
  return 2;
}
