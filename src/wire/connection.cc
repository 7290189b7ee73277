#include "wire/connection.h"

#include <sys/sendfile.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>

#include "base/check.h"
#include "base/log.h"
#include "wire/origin.h"
#include "wire/server.h"

namespace terrarium::wire {
namespace {

constexpr std::size_t kScratch = 256 * 1024;
constexpr std::size_t kMostAnswersATurn = 64;      // of one connection, so that one that pipelines does not starve the rest
constexpr std::uint64_t kMostDiscard = 256 * 1024;  // of an unwanted body, before closing is cheaper
constexpr std::size_t kMostLinger = 1 << 20;
constexpr Millis kLingerTime{2000};
constexpr std::size_t kFileATurn = 1 << 20;
constexpr std::size_t kPull = 64 * 1024;

}  // namespace

Response HttpHandler::LostTurn(const Response&) { return PlainResponse(500, "the change could not be made durable"); }

Responder::~Responder() {
  if (open_) Send(PlainResponse(500, "no answer was given"));
}

void Responder::Send(Response response) {
  TERRARIUM_CHECK(open_);
  open_ = false;
  if (const auto connection = connection_.lock()) connection->Answer(std::move(response));
}

Connection::Connection(Server& server, UniqueFd fd, std::string peer) : server_(server), fd_(std::move(fd)), peer_(std::move(peer)) {
  watch_ = server_.loop_.Add(fd_.get(), runtime::Interest::kRead, [this](runtime::Ready ready) { OnReady(ready); });
  Settle();
}

Connection::~Connection() = default;

void Connection::OnReady(runtime::Ready ready) {
  const auto self = shared_from_this();
  // Both directions are gone: nobody is left to answer. What was received before is not worth doing.
  if (ready.broken && (peer_closed_ || awaiting_ || !out_.empty())) return Close();
  if (ready.write && !out_.empty()) Write();
  if (!closed_ && ready.read) Read();
  if (!closed_) Settle();
}

std::size_t Connection::PendingOutput() const {
  std::size_t size = 0;
  for (const Given& given : given_) size += given.response.body.size() + 256;
  for (const Outgoing& out : out_) size += out.bytes.size() - out.sent + (out.file ? out.file->size : 0);
  return size;
}

bool Connection::CanParse() const {
  return !closed_ && !last_ && !awaiting_ && given_.size() < kMostAnswersATurn && PendingOutput() < server_.options_.pending_output;
}

void Connection::Read() {
  const ssize_t got = ::recv(fd_.get(), server_.scratch_.get(), kScratch, 0);
  if (got < 0) {
    if (errno != EAGAIN && errno != EINTR) Close();
    return;
  }
  if (lingering_) {
    lingered_ += static_cast<std::size_t>(got);
    if (got == 0 || lingered_ > kMostLinger) Close();
    return;
  }
  if (got == 0) {
    peer_closed_ = true;
    incoming_.reset();  // a body that ends in the middle
    if (!awaiting_ && given_.empty() && out_.empty()) {
      if (in_.empty()) return Close();
      server_.Continue(weak_from_this());  // whole requests may still wait there
    }
    return;
  }
  TakeInput(std::string_view(server_.scratch_.get(), static_cast<std::size_t>(got)));
}

void Connection::TakeInput(std::string_view fresh) {
  std::string held = std::exchange(in_, {});
  std::string_view data = fresh;
  if (!held.empty()) {
    held += fresh;
    data = held;
  }
  const std::size_t all = data.size();
  try {
    Parse(data);
  } catch (const BugError& bug) {  // the request boundary: this request fails, the engine goes on
    LogError("wire", bug.what());
    if (!handed_over_) Reject({500, "internal error"});
  }
  if (closed_ || last_) return;
  if (!held.empty() && data.size() == all) {
    in_ = std::move(held);  // nothing was consumed: a slow sender costs no copy
  } else {
    in_.assign(data);
  }
  if (in_.empty() || incoming_ || awaiting_) {
    head_began_ = Millis{0};
  } else if (head_began_ == Millis{0}) {
    head_began_ = server_.loop_.Now();
  }
}

void Connection::Parse(std::string_view& data) {
  Step step = Step::kAgain;
  while (step == Step::kAgain && !data.empty() && CanParse()) {
    if (discard_ > 0) {
      const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(discard_, data.size()));
      data.remove_prefix(n);
      discard_ -= n;
    } else if (incoming_) {
      step = TakeBody(data);
    } else {
      step = TakeHead(data);
    }
  }
}

Connection::Step Connection::TakeHead(std::string_view& data) {
  RequestHead& head = server_.head_;
  head.peer = peer_;
  std::size_t size = 0;
  ParseError error;
  const wire::Parse parse = ParseHead(data, scanned_, server_.options_.head, head, size, error);
  if (parse == wire::Parse::kMore) return Step::kStop;
  scanned_ = 0;
  head_began_ = Millis{0};
  handed_over_ = false;
  if (parse == wire::Parse::kBad) {
    Reject(error);
    return Step::kStop;
  }
  const std::string_view text = data.substr(0, size);
  data.remove_prefix(size);
  return Dispatch(head, text, data);
}

Connection::Step Connection::Dispatch(const RequestHead& head, std::string_view head_text, std::string_view& data) {
  context_ = {head.method == "HEAD", head.http11, head.keep_alive};
  handler_ = nullptr;
  const auto length = head.framing == Framing::kChunked ? ~std::uint64_t{0} : head.length;
  if (const ParseError foreign = CheckOrigin(head, server_.options_); !foreign.reason.empty()) {
    AnswerEarly(PlainResponse(foreign.status, foreign.reason), head.framing, length, true);
    return Step::kAgain;
  }
  handler_ = &server_.route_(head);
  BodyPlan plan = handler_->Begin(head);
  if (auto* refuse = std::get_if<Refuse>(&plan)) {
    AnswerEarly(std::move(refuse->response), head.framing, length, head.expect_continue);
    return Step::kAgain;
  }
  auto* buffer = std::get_if<Buffer>(&plan);
  if (buffer != nullptr && head.framing == Framing::kLength && head.length > buffer->limit) {
    AnswerEarly(PlainResponse(413, "the body is too large"), head.framing, length, true);
    return Step::kAgain;
  }
  if (buffer != nullptr && head.framing != Framing::kChunked && data.size() >= head.length) {
    const std::string_view body = data.substr(0, static_cast<std::size_t>(head.length));
    data.remove_prefix(body.size());
    HandOver(head, body);
    return Step::kAgain;
  }
  incoming_ = std::make_unique<Incoming>(server_.buffered_);
  Incoming& incoming = *incoming_;
  incoming.began = server_.loop_.Now();
  incoming.left = head.framing == Framing::kChunked ? 0 : head.length;
  // The head moves to memory that stays while the body comes; parsing it again sets the views.
  incoming.head_text = std::string(head_text);
  std::size_t scanned = 0;
  std::size_t size = 0;
  ParseError error;
  incoming.head.peer = peer_;
  const wire::Parse again = ParseHead(incoming.head_text, scanned, server_.options_.head, incoming.head, size, error);
  TERRARIUM_CHECK(again == wire::Parse::kDone);
  if (buffer != nullptr) {
    incoming.limit = buffer->limit;
  } else {
    incoming.sink = std::move(std::get<Stream>(plan).sink);
  }
  if (incoming.head.expect_continue && data.empty()) {
    given_.push_back({{}, context_, handler_, true});
    server_.MarkDirty(weak_from_this());
  }
  if (incoming.head.framing != Framing::kChunked && incoming.left == 0) FinishBody();
  return Step::kAgain;
}

Connection::Step Connection::TakeBody(std::string_view& data) {
  Incoming& incoming = *incoming_;
  if (incoming.head.framing == Framing::kLength) {
    const std::string_view piece = data.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(incoming.left, data.size())));
    data.remove_prefix(piece.size());
    incoming.left -= piece.size();
    const bool whole = incoming.left == 0;
    const Step step = Deliver(piece);
    if (whole && incoming_) FinishBody();
    return step;
  }
  ParseError error;
  std::string_view piece;
  const wire::Parse parse = incoming.chunks.Feed(data, piece, error);
  if (parse == wire::Parse::kBad) {
    Reject(error);
    return Step::kStop;
  }
  Step step = Step::kAgain;
  if (!piece.empty()) step = Deliver(piece);
  if (parse == wire::Parse::kDone && incoming_) FinishBody();
  return step;
}

Connection::Step Connection::Deliver(std::string_view piece) {
  Incoming& incoming = *incoming_;
  incoming.received += piece.size();
  std::optional<Response> early;
  if (incoming.sink) {
    early = incoming.sink->Write(piece);
  } else if (incoming.body.size() + piece.size() > incoming.limit) {
    early = PlainResponse(413, "the body is too large");
    early->close = true;
  } else if (server_.buffered_ + piece.size() > server_.options_.buffered_bodies) {
    early = PlainResponse(503, "too many large requests at once");
    early->close = true;
  } else {
    incoming.body += piece;
    server_.buffered_ += piece.size();
  }
  if (!early) return Step::kAgain;
  const Framing framing = incoming.head.framing;
  const std::uint64_t left = framing == Framing::kChunked ? ~std::uint64_t{0} : incoming.left;
  incoming_.reset();
  AnswerEarly(*std::move(early), framing, left, false);
  return Step::kAgain;
}

void Connection::FinishBody() {
  const std::unique_ptr<Incoming> incoming = std::move(incoming_);
  if (!incoming->sink) return HandOver(incoming->head, incoming->body);
  awaiting_ = true;
  handed_over_ = true;
  incoming->sink->End(Responder(weak_from_this()));
}

void Connection::HandOver(const RequestHead& head, std::string_view body) {
  awaiting_ = true;
  handed_over_ = true;
  handler_->Handle({head, body}, Responder(weak_from_this()));
}

// An answer before the end of the body: the rest of it is dropped if that is cheap and sure to come, else the connection ends.
void Connection::AnswerEarly(Response response, Framing framing, std::uint64_t left, bool must_close) {
  if (framing != Framing::kNone && left > 0) {
    if (must_close || left > kMostDiscard) {
      response.close = true;
    } else {
      discard_ = left;
    }
  }
  awaiting_ = true;
  Answer(std::move(response));
}

void Connection::Reject(const ParseError& error) {
  incoming_.reset();
  context_ = {false, true, false};
  handler_ = nullptr;
  Response response = PlainResponse(error.status, error.reason);
  response.close = true;
  awaiting_ = true;
  Answer(std::move(response));
}

void Connection::Answer(Response response) {
  if (closed_ || !awaiting_) return;
  awaiting_ = false;
  if (response.close || !context_.keep_alive) last_ = true;
  given_.push_back({std::move(response), context_, handler_, false});
  server_.MarkDirty(weak_from_this());
}

// Appends an answer to what is on its way out.
void Connection::Queue(Given& answer) {
  if (out_.empty() || out_.back().file || out_.back().source) out_.emplace_back();
  Outgoing& out = out_.back();
  if (answer.interim) {
    out.bytes += "HTTP/1.1 100 Continue\r\n\r\n";
    return;
  }
  const std::size_t before = out.bytes.size();
  RenderedHead rendered;
  try {
    rendered = RenderHead(answer.response, answer.context, server_.DateNow(), out.bytes);
  } catch (const BugError& bug) {  // the request boundary
    LogError("wire", bug.what());
    out.bytes.resize(before);
    answer.response = PlainResponse(500, "internal error");
    rendered = RenderHead(answer.response, answer.context, server_.DateNow(), out.bytes);
  }
  last_ = last_ || rendered.close;
  if (!rendered.send_body) return;
  if (answer.response.source) {
    out.source = std::move(answer.response.source);
    out.chunked = rendered.chunked;
  } else if (answer.response.file) {
    out.file = std::move(answer.response.file);
  } else {
    out.bytes += answer.response.body;
  }
}

void Connection::Flush(bool durable) {
  if (closed_ || given_.empty()) return;
  for (Given& answer : std::exchange(given_, {})) {
    if (!durable && answer.handler != nullptr) {
      const bool close = answer.response.close;
      answer.response = answer.handler->LostTurn(answer.response);
      answer.response.close = answer.response.close || close;
    }
    Queue(answer);
  }
  Write();
  if (!closed_) Settle();
  if (!closed_ && !in_.empty() && CanParse()) server_.Continue(weak_from_this());
}

void Connection::Continue() {
  const auto self = shared_from_this();
  if (closed_ || in_.empty() || !CanParse()) return;
  TakeInput({});
  // What a client that sends nothing more has left unfinished stays unfinished.
  if (!closed_ && peer_closed_ && !awaiting_ && given_.empty() && out_.empty()) return Close();
  if (!closed_) Settle();
}

bool Connection::WriteBytes(Outgoing& out, bool more_follows) {
  while (out.sent < out.bytes.size()) {
    const ssize_t put = ::send(fd_.get(), out.bytes.data() + out.sent, out.bytes.size() - out.sent, MSG_NOSIGNAL | (more_follows ? MSG_MORE : 0));
    if (put >= 0) {
      out.sent += static_cast<std::size_t>(put);
      continue;
    }
    if (errno == EINTR) continue;
    if (errno != EAGAIN) Close();
    return false;
  }
  return true;
}

bool Connection::WriteFile(Outgoing& out, std::size_t& budget) {
  FileBody& file = *out.file;
  while (file.size > 0) {
    if (budget == 0) return false;
    auto offset = static_cast<off_t>(file.offset);
    const ssize_t put = ::sendfile(fd_.get(), file.fd.get(), &offset, static_cast<std::size_t>(std::min<std::uint64_t>(file.size, budget)));
    if (put > 0) {
      file.offset += static_cast<std::uint64_t>(put);
      file.size -= static_cast<std::uint64_t>(put);
      budget -= static_cast<std::size_t>(put);
      continue;
    }
    if (put < 0 && errno == EINTR) continue;
    if (put == 0 || errno != EAGAIN) Close();  // the file is shorter than promised: the client must see a broken answer
    return false;
  }
  return true;
}

// Fills `out.bytes` with the next piece of its source.
bool Connection::PullSource(Outgoing& out) {
  std::string piece;
  const auto more = out.source->Read(piece, kPull);
  if (!more) {
    LogError("wire", "an answer was cut: " + more.error().message + " " + more.error().cause);
    Close();
    return false;
  }
  out.sent = 0;
  out.bytes.clear();
  if (!out.chunked) {
    out.bytes = std::move(piece);
  } else {
    if (!piece.empty()) {
      char size[20];
      out.bytes.append(size, static_cast<std::size_t>(std::snprintf(size, sizeof size, "%zx\r\n", piece.size())));
      out.bytes += piece;
      out.bytes += "\r\n";
    }
    if (!*more) out.bytes += "0\r\n\r\n";
  }
  if (!*more) out.source.reset();
  return true;
}

void Connection::Write() {
  std::size_t budget = kFileATurn;
  while (!out_.empty()) {
    Outgoing& out = out_.front();
    if (!WriteBytes(out, out.file && out.file->size > 0)) break;
    if (out.file && !WriteFile(out, budget)) break;
    out.file.reset();
    if (out.source) {
      if (budget < kPull || !PullSource(out)) break;
      budget -= kPull;
      continue;
    }
    out_.erase(out_.begin());
  }
  if (closed_ || !out_.empty() || !given_.empty() || awaiting_) return;
  if (last_) return Linger();
  if (!in_.empty()) return server_.Continue(weak_from_this());
  if (peer_closed_) Close();
}

void Connection::Linger() {
  if (lingering_) return;
  in_.clear();
  if (peer_closed_) return Close();
  lingering_ = true;
  ::shutdown(fd_.get(), SHUT_WR);
}

void Connection::Expire() {
  const auto self = shared_from_this();
  // A request that began is told why it ends; an idle connection or one that does not read is just closed.
  if ((incoming_ || !in_.empty()) && out_.empty() && given_.empty() && !lingering_ && !awaiting_) {
    Reject({408, "the request came too slowly"});
    Settle();
    return;
  }
  Close();
}

void Connection::Close() {
  if (closed_) return;
  closed_ = true;
  const auto self = shared_from_this();
  incoming_.reset();
  out_.clear();
  given_.clear();
  watch_.Stop();
  fd_.Reset();
  server_.Remove(*this);
}

void Connection::Settle() {
  if (closed_) return;
  const ServerOptions& options = server_.options_;
  const Millis now = server_.loop_.Now();
  const bool want_read = !peer_closed_ && (lingering_ || CanParse());
  const bool want_write = !out_.empty();
  watch_.Set(static_cast<runtime::Interest>((want_read ? 1 : 0) | (want_write ? 2 : 0)));
  if (lingering_) {
    deadline_ = deadline_ == Millis{0} || lingered_ == 0 ? now + kLingerTime : deadline_;
  } else if (want_write) {
    deadline_ = now + options.send_timeout;  // Settle runs when it took something
  } else if (awaiting_ || !given_.empty()) {
    deadline_ = Millis{0};
  } else if (incoming_) {
    // Never longer than body_timeout without a byte, and on the whole no slower than `slowest`.
    const Millis earned{static_cast<std::int64_t>(incoming_->received * 1000 / options.slowest)};
    deadline_ = std::min(now, incoming_->began + earned) + options.body_timeout;
  } else if (head_began_ != Millis{0}) {
    deadline_ = head_began_ + options.head_timeout;
  } else {
    deadline_ = now + options.idle_timeout;
  }
}

}  // namespace terrarium::wire
