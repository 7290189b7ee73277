#pragma once

#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/unique_fd.h"
#include "runtime/loop.h"
#include "wire/http_handler.h"
#include "wire/http_parser.h"
#include "wire/response_writer.h"

namespace terrarium::wire {

class Server;

// One client. Requests are taken one after the other: the next is parsed when the one before has its answer.
// It is small while idle: reads go through the server's buffer and only an incomplete tail is kept.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(Server& server, UniqueFd fd, std::string peer);
  ~Connection();

  void OnReady(runtime::Ready ready);
  // From a Responder.
  void Answer(Response response);
  // At the end of a turn that gave it answers.
  void Flush(bool durable);
  // Parses what came before it had to stop.
  void Continue();
  bool Expired(Millis now) const { return deadline_ != Millis{0} && now >= deadline_; }
  void Expire();

 private:
  // A request whose body is not whole yet.
  struct Incoming {
    explicit Incoming(std::size_t& all_buffered) : buffered(all_buffered) {}
    Incoming(const Incoming&) = delete;
    ~Incoming() { buffered -= body.size(); }
    std::size_t& buffered;  // the server's count, of which `body` is part
    std::string head_text;  // what the head's views point into
    RequestHead head;
    std::unique_ptr<BodySink> sink;  // or
    std::size_t limit = 0;           // of body
    std::string body;
    std::uint64_t left = 0;  // with Framing::kLength
    ChunkedDecoder chunks;   // with Framing::kChunked
    Millis began{0};
    std::uint64_t received = 0;
  };
  // An answer of this turn. With no status it is "100 Continue".
  struct Given {
    Response response;
    ResponseContext context;
    HttpHandler* handler;
    bool interim = false;
  };
  // Bytes on their way out, then a file or a source.
  struct Outgoing {
    std::string bytes;
    std::size_t sent = 0;
    std::optional<FileBody> file{};
    std::unique_ptr<BodySource> source{};
    bool chunked = false;
  };
  enum class Step : unsigned char { kAgain, kStop };

  bool CanParse() const;
  std::size_t PendingOutput() const;
  void Read();
  void TakeInput(std::string_view fresh);
  void Parse(std::string_view& data);
  Step TakeHead(std::string_view& data);
  Step Dispatch(const RequestHead& head, std::string_view head_text, std::string_view& data);
  Step TakeBody(std::string_view& data);
  Step Deliver(std::string_view piece);
  void FinishBody();
  void HandOver(const RequestHead& head, std::string_view body);
  void AnswerEarly(Response response, Framing framing, std::uint64_t left, bool must_close);
  void Reject(const ParseError& error);
  void Queue(Given& answer);
  void Write();
  bool WriteBytes(Outgoing& out, bool more_follows);
  bool WriteFile(Outgoing& out, std::size_t& budget);
  bool PullSource(Outgoing& out);
  void Linger();
  void Close();
  void Settle();  // interest and deadline, from the state

  Server& server_;
  UniqueFd fd_;
  runtime::Watch watch_;
  std::string peer_;
  std::string in_;  // received, not yet consumed
  std::size_t scanned_ = 0;
  std::unique_ptr<Incoming> incoming_;
  std::uint64_t discard_ = 0;  // body bytes that nobody wants
  HttpHandler* handler_ = nullptr;
  ResponseContext context_{};
  std::vector<Given> given_;
  std::vector<Outgoing> out_;
  Millis deadline_{0};  // zero: none
  Millis head_began_{0};
  std::size_t lingered_ = 0;
  bool awaiting_ = false;      // a handler owes an answer
  bool handed_over_ = false;   // a responder went out for this request
  bool last_ = false;          // no request after the answers that are there
  bool peer_closed_ = false;   // the client sends nothing more, but may still read
  bool lingering_ = false;     // our side is shut; what still comes is dropped, so that no reset overtakes the answer
  bool closed_ = false;
};

}  // namespace terrarium::wire
