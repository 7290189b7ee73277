#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"

// What a part of the engine that answers HTTP requests implements. The server (wire/server.h) parses, frames, limits and gates; handlers
// never see a socket. Everything happens on the loop's thread.
namespace terrarium::wire {

using HeaderViews = std::vector<std::pair<std::string_view, std::string_view>>;

enum class Framing : unsigned char { kNone, kLength, kChunked };

// The head of a request. Views live as long as the call that hands it over; copy what is needed longer.
struct RequestHead {
  std::string_view method{};
  std::string_view path{};   // as sent, still encoded, without the query; begins with '/'
  std::string_view query{};  // after '?', still encoded
  HeaderViews headers{};     // in the order and with the letters received
  std::string_view host{};   // value of the Host header
  std::string_view peer{};   // IP address of the client, or "unix"
  Framing framing = Framing::kNone;
  std::uint64_t length = 0;  // with Framing::kLength
  bool http11 = true;
  bool keep_alive = true;
  bool expect_continue = false;

  // The first header of that name; empty if there is none.
  std::string_view Header(std::string_view lower_case_name) const;
};

// Bytes of an open file, sent with sendfile.
struct FileBody {
  UniqueFd fd;
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
};

// A body that is made while it is sent. Pulled when the client has taken what came before, so memory stays constant.
class BodySource {
 public:
  virtual ~BodySource() = default;
  // Appends at most about `wanted` bytes; false when that was the last piece. An error cuts the connection, so that the client
  // cannot take the part for the whole.
  virtual Result<bool> Read(std::string& out, std::size_t wanted) = 0;
};

// Content-Length, Transfer-Encoding, Connection and Date are the server's business. To HEAD, to 204 and to 304 no body is sent; Content-Length
// still says its size unless the handler gives a Content-Length header of its own (HEAD of something that it does not open).
struct Response {
  int status = 200;
  std::vector<std::pair<std::string, std::string>> headers{};
  std::string body{};
  std::optional<FileBody> file{};        // instead of body
  std::unique_ptr<BodySource> source{};  // instead of body; sent chunked, or with the length if it is known
  std::optional<std::uint64_t> source_length{};
  bool close = false;                    // end the connection after this answer
  std::uint64_t tag = 0;                 // the handler's own, for HttpHandler::LostTurn
};

class Connection;

// The right to answer one request, once, now or in a later turn. If the client has gone, Send does nothing. If it is destroyed
// without an answer, the client gets 500.
class Responder {
 public:
  explicit Responder(std::weak_ptr<Connection> connection) : connection_(std::move(connection)), open_(true) {}
  Responder(Responder&& other) noexcept : connection_(std::move(other.connection_)), open_(std::exchange(other.open_, false)) {}
  Responder& operator=(Responder&&) = delete;
  ~Responder();

  // The answer leaves at the end of the turn, after the writes of the turn are durable.
  void Send(Response response);
  // The client still waits.
  bool Alive() const { return open_ && !connection_.expired(); }

 private:
  std::weak_ptr<Connection> connection_;
  bool open_;
};

// A whole request.
struct Request {
  const RequestHead& head;
  std::string_view body;
};

// Takes a request body piece by piece. Destroyed without End if the client goes away or breaks the framing: what was written is then void.
class BodySink {
 public:
  virtual ~BodySink() = default;
  // Pieces arrive in order, of any size. An answer ends the matter: the rest of the body is not wanted, End is not called.
  virtual std::optional<Response> Write(std::string_view bytes) = 0;
  // The body is whole. The sink is destroyed after this call.
  virtual void End(Responder responder) = 0;
};

// What is to become of a request whose head is known. "100 Continue" is sent for the first two.
struct Buffer {
  std::size_t limit;  // a longer body is answered 413
};
struct Stream {
  std::unique_ptr<BodySink> sink;
};
struct Refuse {
  Response response;  // sent without reading the body
};
using BodyPlan = std::variant<Buffer, Stream, Refuse>;

class HttpHandler {
 public:
  virtual ~HttpHandler() = default;
  // The head is whole; its syntax, Host and Origin have passed. Called once for each request.
  virtual BodyPlan Begin(const RequestHead& head) = 0;
  // For Buffer plans, with the whole body. May answer in the call or keep the responder.
  virtual void Handle(const Request& request, Responder responder) = 0;
  // The turn in which `lost` was given could not be made durable: the answer that leaves instead. By default a bare 500.
  virtual Response LostTurn(const Response& lost);
};

}  // namespace terrarium::wire
