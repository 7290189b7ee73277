#pragma once

#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "base/unique_fd.h"
#include "runtime/loop.h"
#include "wire/http_handler.h"
#include "wire/http_parser.h"

namespace terrarium::wire {

struct ServerOptions {
  // Host names, without port, that requests may name; ".x" stands for every name under x. Anything else is refused before routing: a page
  // that a browser loads under a foreign name must not reach us (DNS rebinding). Case does not matter.
  std::vector<std::string> hosts{"localhost", ".localhost", "127.0.0.1", "[::1]"};
  // Origins whose pages may call, as the Origin header says them. No other page may, whatever it sends.
  std::vector<std::string> origins{};
  HeadLimits head{};
  Millis head_timeout{10'000};     // from the first byte of a head to its end
  Millis body_timeout{30'000};     // longest pause within a body, which must also keep up with `slowest`
  Millis send_timeout{60'000};     // a client that takes nothing for so long is cut
  Millis idle_timeout{300'000};    // between requests
  std::size_t slowest = 1024;      // bytes of body a second, beyond one body_timeout of grace
  std::size_t connections = 16'384;
  std::size_t buffered_bodies = 512u << 20;  // bytes of unfinished bodies that Buffer plans hold, of all clients together; beyond it 503
  std::size_t pending_output = 256 * 1024;  // bytes of answers that wait for a client; beyond it, nothing more is read from it
  // Asked once at the end of each turn that gave answers: are the turn's writes durable? If not, HttpHandler::LostTurn answers.
  std::function<bool()> turn_durable{};
};

// Speaks HTTP/1.1 on listening sockets. Answers of a turn leave in TurnPhase::kSend.
class Server {
 public:
  // Which handler takes the request.
  using Route = std::function<HttpHandler&(const RequestHead&)>;

  Server(runtime::Loop& loop, const Clock& clock, ServerOptions options, Route route);
  Server(const Server&) = delete;
  ~Server();

  // A non-blocking listening socket, TCP or unix.
  void Listen(UniqueFd listener);
  // No more connections; those that are there go on.
  void StopListening() { listeners_.clear(); }
  std::size_t connections() const { return connections_.size(); }

 private:
  friend class Connection;
  friend class Responder;
  struct Listener {
    UniqueFd fd;
    runtime::Watch watch;
  };

  void Accept(Listener& listener);
  void PauseAccepting();
  void Sweep();
  void EndTurn();
  void Remove(Connection& connection) { connections_.erase(&connection); }
  void MarkDirty(std::weak_ptr<Connection> connection) { dirty_.push_back(std::move(connection)); }
  // Lets it parse what it already received, in a coming turn.
  void Continue(std::weak_ptr<Connection> connection);
  std::string_view DateNow();

  runtime::Loop& loop_;
  const Clock& clock_;
  ServerOptions options_;
  Route route_;
  std::vector<std::unique_ptr<Listener>> listeners_;
  std::unordered_map<Connection*, std::shared_ptr<Connection>> connections_;
  std::vector<std::weak_ptr<Connection>> dirty_;      // gave answers in this turn
  std::vector<std::weak_ptr<Connection>> continued_;
  runtime::TimerId continue_timer_{};
  runtime::TimerId sweep_timer_{};
  runtime::TimerId accept_timer_{};
  runtime::HookId hook_ = 0;
  std::unique_ptr<char[]> scratch_;  // what a read delivers: connections keep only an incomplete tail
  std::size_t buffered_ = 0;         // see ServerOptions::buffered_bodies
  RequestHead head_{};               // of the request being parsed; its memory is used again
  UnixMillis date_at_ = 0;
  std::string date_;
};

}  // namespace terrarium::wire
