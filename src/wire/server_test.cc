#include "wire/server.h"

#include <fcntl.h>
#include <gtest/gtest.h>

#include <netinet/in.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cstdio>
#include <functional>
#include <optional>

#include "base/check.h"
#include "base/file.h"
#include "base/random.h"
#include "base/text.h"
#include "runtime/unix_socket.h"

namespace terrarium::wire {
namespace {

using runtime::Loop;

// Answers by path; the tests set what it does.
class TestHandler final : public HttpHandler {
 public:
  std::size_t limit = 1000;
  std::function<BodyPlan(const RequestHead&)> begin;
  std::function<void(const Request&, Responder)> handle = [](const Request& request, Responder responder) {
    Response response;
    response.body = std::string(request.head.method) + " " + std::string(request.head.path) + " [" + std::string(request.body) + "]";
    responder.Send(std::move(response));
  };
  int begun = 0;

  BodyPlan Begin(const RequestHead& head) override {
    ++begun;
    return begin ? begin(head) : BodyPlan(Buffer{limit});
  }
  void Handle(const Request& request, Responder responder) override { handle(request, std::move(responder)); }
};

class ServerTest : public ::testing::Test {
 protected:
  void StartServer(ServerOptions options = {}) {
    server.emplace(*loop, clock, std::move(options), [this](const RequestHead&) -> HttpHandler& { return handler; });
    UniqueFd listener = std::move(*runtime::ListenTcp("127.0.0.1", 0));
    endpoint = *runtime::LocalPort(listener.get());
    server->Listen(std::move(listener));
  }
  UniqueFd Connect() {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(endpoint);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    EXPECT_EQ(::connect(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    ::fcntl(fd.get(), F_SETFL, O_NONBLOCK);
    return fd;
  }
  template <class Done>
  bool Until(Done until) {
    const Millis end = loop->Now() + Millis{30'000};
    while (!until()) {
      if (loop->Now() >= end) return false;
      loop->Turn(Millis{2});
    }
    return true;
  }
  void Send(const UniqueFd& fd, std::string_view bytes) {
    EXPECT_TRUE(Until([&] {
      const ssize_t put = ::send(fd.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (put > 0) bytes.remove_prefix(static_cast<std::size_t>(put));
      cut = put < 0 && errno != EAGAIN;
      return bytes.empty() || cut;
    }));
  }
  // Turns the loop until `enough` of what came or the end of the stream.
  std::string Receive(const UniqueFd& fd, const std::function<bool(const std::string&)>& enough) {
    std::string got;
    eof = false;
    EXPECT_TRUE(Until([&] {
      char buffer[65536];
      ssize_t n = 0;
      while ((n = ::recv(fd.get(), buffer, sizeof buffer, 0)) > 0) got.append(buffer, static_cast<std::size_t>(n));
      eof = n == 0 || (n < 0 && errno != EAGAIN);
      reset = reset || (n < 0 && errno == ECONNRESET);
      return eof || enough(got);
    })) << Printable(got);
    return got;
  }
  std::string ReceiveAll(const UniqueFd& fd) {
    return Receive(fd, [](const std::string&) { return false; });
  }
  std::string ReceiveUntil(const UniqueFd& fd, const std::string& what) {
    return Receive(fd, [&](const std::string& got) { return got.find(what) != std::string::npos; });
  }
  void Turns(int n) {
    for (int i = 0; i < n; ++i) loop->Turn(Millis{0});
  }

  std::unique_ptr<Loop> loop = Loop::Create().value();
  FakeClock clock;
  TestHandler handler;
  std::optional<Server> server;
  std::uint16_t endpoint = 0;
  bool eof = false;
  bool reset = false;
  bool cut = false;  // the last Send met a closed connection
};

std::size_t Count(const std::string& text, const std::string& what) {
  std::size_t n = 0;
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + what.size())) ++n;
  return n;
}

TEST_F(ServerTest, AnswersAndKeepsTheConnection) {
  StartServer();
  const UniqueFd fd = Connect();
  Send(fd, "POST /a HTTP/1.1\r\nHost: localhost:1\r\nContent-Length: 5\r\n\r\nhello");
  const std::string first = ReceiveUntil(fd, "[hello]");
  EXPECT_EQ(first, "HTTP/1.1 200 OK\r\nDate: Tue, 14 Nov 2023 22:13:20 GMT\r\nContent-Length: 15\r\n\r\nPOST /a [hello]");
  Send(fd, "HEAD /b HTTP/1.1\r\nHost: localhost\r\n\r\nGET /c HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  const std::string rest = ReceiveAll(fd);
  EXPECT_TRUE(rest.starts_with("HTTP/1.1 200 OK\r\nDate: Tue, 14 Nov 2023 22:13:20 GMT\r\nContent-Length: 10\r\n\r\nHTTP/1.1 200 OK")) << rest;
  EXPECT_TRUE(rest.ends_with("Connection: close\r\n\r\nGET /c []")) << rest;
}

TEST_F(ServerTest, RequestsByteByByteAndChunked) {
  StartServer();
  const UniqueFd fd = Connect();
  for (char c : std::string("POST /a HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n")) {
    Send(fd, std::string_view(&c, 1));
    Turns(1);
  }
  EXPECT_NE(ReceiveUntil(fd, "]").find("[abcde]"), std::string::npos);
}

TEST_F(ServerTest, ForeignHostAndOriginAreRefusedBeforeRouting) {
  StartServer({.hosts = {"localhost", ".elb.localhost", "127.0.0.1"}, .origins = {"http://localhost:8080"}});
  const std::pair<const char*, bool> cases[] = {
      {"Host: localhost:4566", true},
      {"Host: LOCALHOST", true},
      {"Host: a.elb.localhost", true},
      {"Host: 127.0.0.1", true},
      {"Host: evil.example", false},
      {"Host: localhost.evil.example", false},
      {"Host: elb.localhost", false},
      {"Host: xelb.localhost", false},
      {"Host: localhost:x", false},
      {"Host: ", false},
      {"Host: [::1]:80", false},
      {"Host: localhost\r\nOrigin: http://localhost:8080", true},
      {"Host: localhost\r\nOrigin: http://localhost:8081", false},
      {"Host: localhost\r\nOrigin: null", false},
      {"Host: localhost\r\nOrigin: http://localhost:8080\r\nOrigin: http://evil.example", false},
      {"Host: localhost\r\nSec-Fetch-Site: cross-site", false},
      {"Host: localhost\r\nSec-Fetch-Site: none", true},
  };
  for (const auto& [headers, served] : cases) {
    handler.begun = 0;
    const UniqueFd fd = Connect();
    Send(fd, std::string("GET / HTTP/1.1\r\nConnection: close\r\n") + headers + "\r\n\r\n");
    const std::string got = ReceiveAll(fd);
    EXPECT_TRUE(got.starts_with(served ? "HTTP/1.1 200" : "HTTP/1.1 403")) << headers << "\n" << got;
    EXPECT_EQ(handler.begun, served ? 1 : 0) << headers;
  }
}

TEST_F(ServerTest, MalformedRequestsAreAnsweredAndClosed) {
  StartServer();
  const UniqueFd fd = Connect();
  Send(fd, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\nGET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n");
  const std::string got = ReceiveAll(fd);
  EXPECT_EQ(Count(got, "HTTP/1.1 200"), 1u);
  EXPECT_EQ(Count(got, "HTTP/1.1 400"), 1u);
  EXPECT_EQ(got.find("smuggled"), std::string::npos);
  EXPECT_FALSE(reset);
}

TEST_F(ServerTest, BodiesOverTheLimitAre413) {
  StartServer();
  handler.limit = 10;
  const UniqueFd a = Connect();
  // More than one read takes: what is left unread at a plain close would become a reset.
  Send(a, "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 900000\r\n\r\n" + std::string(900'000, 'x'));
  EXPECT_FALSE(cut);
  EXPECT_TRUE(ReceiveUntil(a, "too large").starts_with("HTTP/1.1 413"));
  ::shutdown(a.get(), SHUT_WR);
  ReceiveAll(a);
  EXPECT_FALSE(reset) << "the answer must not be overtaken by a reset";
  const UniqueFd b = Connect();
  Send(b, "POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n6\r\n123456\r\n5\r\n78901\r\n0\r\n\r\n");
  EXPECT_TRUE(ReceiveAll(b).starts_with("HTTP/1.1 413"));
}

TEST_F(ServerTest, AnswersWaitForTheCommitOfTheirTurn) {
  std::string order;
  bool durable = true;
  loop->AddTurnHook(runtime::TurnPhase::kCommit, [&] { order += order.empty() || order.back() == 'c' ? "" : "c"; });
  StartServer({.turn_durable = [&] {
    order += 'd';
    return durable;
  }});
  handler.handle = [&](const Request&, Responder responder) {
    order += 'h';
    Response response;
    response.body = "secret";
    responder.Send(std::move(response));
  };
  const UniqueFd fd = Connect();
  Send(fd, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\nGET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
  ReceiveUntil(fd, "secret");
  EXPECT_EQ(order, "hhcd") << "both requests, then one commit";
  durable = false;
  Send(fd, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
  const std::string lost = ReceiveUntil(fd, "durable");
  EXPECT_EQ(Count(lost, "HTTP/1.1 500"), 1u);
  EXPECT_EQ(lost.find("secret"), std::string::npos);
}

TEST_F(ServerTest, LateAnswersKeepTheOrderOfPipelinedRequests) {
  StartServer();
  std::vector<Responder> kept;
  std::vector<std::string> seen;
  handler.handle = [&](const Request& request, Responder responder) {
    seen.emplace_back(request.head.path);
    kept.push_back(std::move(responder));
  };
  const UniqueFd fd = Connect();
  Send(fd, "GET /1 HTTP/1.1\r\nHost: localhost\r\n\r\nGET /2 HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_TRUE(Until([&] { return kept.size() == 1; }));
  Turns(5);
  EXPECT_EQ(seen.size(), 1u) << "the second request waits for the first answer";
  const auto answer = [&](const char* text) {
    loop->Post([&, text] {
      Response response;
      response.body = text;
      kept.back().Send(std::move(response));
    });
  };
  answer("one");
  EXPECT_NE(ReceiveUntil(fd, "one").find("200"), std::string::npos);
  EXPECT_TRUE(Until([&] { return kept.size() == 2; }));
  answer("two");
  ReceiveUntil(fd, "two");
  // A responder that is dropped answers 500; one whose client has gone does nothing.
  handler.handle = [](const Request&, Responder) {};
  Send(fd, "GET /3 HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_NE(ReceiveUntil(fd, "no answer").find("HTTP/1.1 500"), std::string::npos);
}

TEST_F(ServerTest, AClientThatGoesAwayLeavesADeadResponder) {
  StartServer();
  std::optional<Responder> kept;
  handler.handle = [&](const Request&, Responder responder) { kept.emplace(std::move(responder)); };
  UniqueFd fd = Connect();
  Send(fd, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_TRUE(Until([&] { return kept.has_value(); }));
  EXPECT_TRUE(kept->Alive());
  const linger now{1, 0};
  ::setsockopt(fd.get(), SOL_SOCKET, SO_LINGER, &now, sizeof now);
  fd.Reset();
  EXPECT_TRUE(Until([&] { return server->connections() == 0; }));
  EXPECT_FALSE(kept->Alive());
  kept->Send({});
}

TEST_F(ServerTest, AHalfClosedClientGetsAllItsAnswers) {
  StartServer();
  const UniqueFd fd = Connect();
  std::string many;
  for (int i = 0; i < 200; ++i) many += "GET /" + std::to_string(i) + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
  Send(fd, many + "GET /unfinished HTTP/1.1\r\nHo");
  ::shutdown(fd.get(), SHUT_WR);
  const std::string got = ReceiveAll(fd);
  EXPECT_EQ(Count(got, "HTTP/1.1 200"), 200u);
  EXPECT_TRUE(got.ends_with("GET /199 []"));
  EXPECT_TRUE(Until([&] { return server->connections() == 0; }));
}

TEST_F(ServerTest, AClientThatDoesNotReadIsNotReadFrom) {
  StartServer({.pending_output = 100'000});
  int handled = 0;
  handler.handle = [&](const Request&, Responder responder) {
    ++handled;
    Response response;
    response.body.assign(50'000, 'x');
    responder.Send(std::move(response));
  };
  const UniqueFd fd = Connect();
  std::string many;
  for (int i = 0; i < 600; ++i) many += "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";
  Send(fd, many);
  int before = -1;
  EXPECT_TRUE(Until([&] {
    Turns(20);
    return std::exchange(before, handled) == handled && handled > 0;
  }));
  EXPECT_LT(handled, 400) << "what the socket buffers hold and a little more, not all of it";
  const std::string got = Receive(fd, [](const std::string& s) { return s.size() > 600u * 50'000; });
  EXPECT_EQ(Count(got, "HTTP/1.1 200"), 600u);
  EXPECT_EQ(handled, 600);
}

class CountingSink final : public BodySink {
 public:
  struct Seen {
    std::uint64_t bytes = 0;
    std::size_t largest = 0;
    bool ended = false;
    bool destroyed = false;
    std::uint64_t refuse_after = ~0ull;
  };
  explicit CountingSink(Seen& seen) : seen_(seen) {}
  ~CountingSink() override { seen_.destroyed = true; }
  std::optional<Response> Write(std::string_view bytes) override {
    seen_.bytes += bytes.size();
    seen_.largest = std::max(seen_.largest, bytes.size());
    if (seen_.bytes <= seen_.refuse_after) return std::nullopt;
    Response response;
    response.status = 400;
    response.body = "enough";
    return response;
  }
  void End(Responder responder) override {
    seen_.ended = true;
    Response response;
    response.status = 201;
    response.body = "took " + std::to_string(seen_.bytes);
    responder.Send(std::move(response));
  }

 private:
  Seen& seen_;
};

TEST_F(ServerTest, BodiesAreStreamedInPieces) {
  StartServer();
  CountingSink::Seen seen;
  handler.begin = [&](const RequestHead&) -> BodyPlan { return Stream{std::make_unique<CountingSink>(seen)}; };
  const UniqueFd fd = Connect();
  const std::string part(1 << 20, 'x');
  Send(fd, "PUT / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 20971520\r\n\r\n");
  for (int i = 0; i < 20; ++i) Send(fd, part);
  EXPECT_NE(ReceiveUntil(fd, "took 20971520").find("201"), std::string::npos);
  EXPECT_LE(seen.largest, 256u * 1024);
  EXPECT_TRUE(seen.destroyed);

  seen = {};
  Send(fd, "PATCH / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n100000\r\n" + part + "\r\n0\r\n\r\n");
  ReceiveUntil(fd, "took 1048576");
  seen = {};
  Send(fd, "PUT / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n");
  ReceiveUntil(fd, "took 0");

  seen = {};
  Send(fd, "PUT / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n12345");
  EXPECT_TRUE(Until([&] { return seen.bytes == 5; }));
  ::shutdown(fd.get(), SHUT_WR);
  EXPECT_TRUE(Until([&] { return seen.destroyed; }));
  EXPECT_FALSE(seen.ended) << "half a body is no body";
}

TEST_F(ServerTest, ASinkMayAnswerEarly) {
  StartServer();
  CountingSink::Seen seen{.refuse_after = 5};
  handler.begin = [&](const RequestHead& head) -> BodyPlan {
    if (head.method == "GET") return Buffer{0};
    return Stream{std::make_unique<CountingSink>(seen)};
  };
  const UniqueFd fd = Connect();
  // A small rest is dropped and the connection goes on.
  Send(fd, "PUT / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 20\r\n\r\n1234567890");
  ReceiveUntil(fd, "enough");
  EXPECT_TRUE(seen.destroyed && !seen.ended);
  Send(fd, "abcdefghijGET /next HTTP/1.1\r\nHost: localhost\r\n\r\n");
  ReceiveUntil(fd, "GET /next []");
  // A large or unknown one ends it.
  seen = {.refuse_after = 5};
  Send(fd, "PUT / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nA\r\n1234567890\r\n");
  const std::string got = ReceiveAll(fd);
  EXPECT_NE(got.find("Connection: close"), std::string::npos);
  EXPECT_FALSE(reset);
}

TEST_F(ServerTest, ContinueIsSentBeforeTheBodyAndNotForRefusals) {
  StartServer();
  handler.begin = [&](const RequestHead& head) -> BodyPlan {
    if (head.path == "/no") {
      Response response;
      response.status = 403;
      return Refuse{std::move(response)};
    }
    return Buffer{1000};
  };
  const UniqueFd fd = Connect();
  Send(fd, "PUT / HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n");
  EXPECT_EQ(ReceiveUntil(fd, "\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  Send(fd, "abc");
  EXPECT_NE(ReceiveUntil(fd, "]").find("[abc]"), std::string::npos);
  Send(fd, "PUT /no HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n");
  const std::string refused = ReceiveAll(fd);
  EXPECT_TRUE(refused.starts_with("HTTP/1.1 403")) << refused;
}

class PieceSource final : public BodySource {
 public:
  explicit PieceSource(int pieces, bool fail = false) : left_(pieces), fail_(fail) {}
  Result<bool> Read(std::string& out, std::size_t) override {
    if (left_ == 0 && fail_) return Fail(ErrorKind::kUnavailable, "disk is gone");
    out.assign(30'000, 'p');
    return --left_ > 0 || fail_;
  }

 private:
  int left_;
  bool fail_;
};

TEST_F(ServerTest, FilesAndSourcesAreStreamedOut) {
  StartServer();
  UniqueFd file(::memfd_create("blob", MFD_CLOEXEC));
  const std::string content = "head" + std::string(5 << 20, 'f') + "tail";
  ASSERT_TRUE(WriteAll(file.get(), content));
  handler.handle = [&](const Request& request, Responder responder) {
    Response response;
    if (request.head.path == "/file") {
      response.file = FileBody{UniqueFd(::dup(file.get())), 2, content.size() - 4};
    } else if (request.head.path == "/short") {
      response.file = FileBody{UniqueFd(::dup(file.get())), 0, content.size() + 1};
    } else if (request.head.path == "/empty") {
      response.file = FileBody{UniqueFd(::dup(file.get())), 0, 0};
    } else {
      response.source = std::make_unique<PieceSource>(10, request.head.path == "/fail");
      if (request.head.path == "/known") response.source_length = 300'000;
    }
    responder.Send(std::move(response));
  };
  const UniqueFd fd = Connect();
  Send(fd, "GET /file HTTP/1.1\r\nHost: localhost\r\n\r\nHEAD /file HTTP/1.1\r\nHost: localhost\r\n\r\nGET /empty HTTP/1.1\r\nHost: localhost\r\n\r\nGET /known HTTP/1.1\r\nHost: localhost\r\n\r\n");
  std::string got = Receive(fd, [&](const std::string& s) { return s.size() > content.size() + 300'000 + 300; });
  const std::size_t body = got.find("\r\n\r\n") + 4;
  EXPECT_EQ(got.substr(body, content.size() - 4), content.substr(2, content.size() - 4));
  EXPECT_EQ(Count(got, "HTTP/1.1 200"), 4u);
  EXPECT_EQ(Count(got, "p"), 300'000u);

  Send(fd, "GET /source HTTP/1.1\r\nHost: localhost\r\n\r\n");
  got = ReceiveUntil(fd, "\r\n0\r\n\r\n");
  EXPECT_NE(got.find("Transfer-Encoding: chunked\r\n\r\n7530\r\nppp"), std::string::npos) << got.substr(0, 200);
  EXPECT_EQ(Count(got, "p"), 300'000u);

  Send(fd, "GET /fail HTTP/1.1\r\nHost: localhost\r\n\r\n");
  got = ReceiveAll(fd);
  EXPECT_FALSE(got.ends_with("0\r\n\r\n")) << "a cut answer must not look whole";
  const UniqueFd other = Connect();
  Send(other, "GET /short HTTP/1.1\r\nHost: localhost\r\n\r\n");
  got = ReceiveAll(other);
  EXPECT_LT(got.size() - got.find("\r\n\r\n") - 4, content.size() + 1);

  const UniqueFd old = Connect();
  Send(old, "GET /source HTTP/1.0\r\nHost: localhost\r\n\r\n");
  got = ReceiveAll(old);
  EXPECT_EQ(got.find("chunked"), std::string::npos) << "HTTP/1.0 does not know chunks";
  EXPECT_EQ(Count(got, "p"), 300'000u);
}

TEST_F(ServerTest, SlowClientsAreCut) {
  StartServer({.head_timeout = Millis{40}, .body_timeout = Millis{40}, .send_timeout = Millis{40}, .idle_timeout = Millis{40}});
  const UniqueFd head = Connect();
  Send(head, "GET / HTTP/1.1\r\nHost: loc");
  EXPECT_TRUE(ReceiveAll(head).starts_with("HTTP/1.1 408"));
  // A byte now and then does not help: the head as a whole has a deadline.
  const UniqueFd drip = Connect();
  std::string answer;
  Send(drip, "GET / HTTP/1.1\r\n");
  EXPECT_TRUE(Until([&] {
    (void)::send(drip.get(), "A", 1, MSG_NOSIGNAL);
    loop->Turn(Millis{5});
    char buffer[4096];
    const ssize_t n = ::recv(drip.get(), buffer, sizeof buffer, 0);
    if (n > 0) answer.append(buffer, static_cast<std::size_t>(n));
    return n == 0 || (n < 0 && errno != EAGAIN) || !answer.empty();
  }));
  const UniqueFd body = Connect();
  Send(body, "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nab");
  EXPECT_TRUE(ReceiveAll(body).starts_with("HTTP/1.1 408"));
  const UniqueFd idle = Connect();
  EXPECT_EQ(ReceiveAll(idle), "");
  EXPECT_TRUE(Until([&] { return server->connections() <= 2; })) << "those that were told linger at most two seconds";
}

TEST_F(ServerTest, ABodyThatDripsIsCutWhateverItsPauses) {
  StartServer({.body_timeout = Millis{60}, .slowest = 100'000});
  const UniqueFd fd = Connect();
  Send(fd, "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 900\r\n\r\n");
  std::string answer;
  EXPECT_TRUE(Until([&] {
    (void)::send(fd.get(), "x", 1, MSG_NOSIGNAL);
    loop->Turn(Millis{5});
    char buffer[4096];
    const ssize_t n = ::recv(fd.get(), buffer, sizeof buffer, 0);
    if (n > 0) answer.append(buffer, static_cast<std::size_t>(n));
    return n == 0 || (n < 0 && errno != EAGAIN) || !answer.empty();
  }));
  EXPECT_TRUE(answer.empty() || answer.starts_with("HTTP/1.1 408")) << answer;
}

TEST_F(ServerTest, ABugInAHandlerIsA500AndTheServerGoesOn) {
  StartServer();
  handler.begin = [](const RequestHead& head) -> BodyPlan {
    TERRARIUM_CHECK(head.path != "/begin");
    return Buffer{100};
  };
  handler.handle = [](const Request& request, Responder responder) {
    TERRARIUM_CHECK(request.head.path != "/handle");
    Response response;
    if (request.head.path == "/header") response.headers.emplace_back("A", "b\r\nInjected: c");
    responder.Send(std::move(response));
  };
  for (const char* path : {"/begin", "/handle", "/header"}) {
    const UniqueFd fd = Connect();
    Send(fd, std::string("GET ") + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    const std::string got = ReceiveAll(fd);
    EXPECT_TRUE(got.starts_with("HTTP/1.1 500")) << path << got;
    EXPECT_EQ(Count(got, "HTTP/1.1"), 1u);
    EXPECT_EQ(got.find("Injected"), std::string::npos);
  }
}

TEST_F(ServerTest, ConnectionsAreCapped) {
  StartServer({.connections = 2});
  const UniqueFd a = Connect();
  const UniqueFd b = Connect();
  EXPECT_TRUE(Until([&] { return server->connections() == 2; }));
  const UniqueFd c = Connect();
  EXPECT_EQ(ReceiveAll(c), "");
  EXPECT_EQ(server->connections(), 2u);
}

TEST_F(ServerTest, UnfinishedBodiesTogetherAreBounded) {
  StartServer({.buffered_bodies = 1000});
  handler.limit = 800;
  const std::string head = "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 800\r\n\r\n";
  UniqueFd a = Connect();
  Send(a, head + std::string(700, 'a'));
  Turns(5);
  const UniqueFd b = Connect();
  Send(b, head + std::string(700, 'b'));
  EXPECT_TRUE(ReceiveAll(b).starts_with("HTTP/1.1 503"));
  // What a client that goes away held is free again.
  a.Reset();
  EXPECT_TRUE(Until([&] { return server->connections() <= 1; }));
  const UniqueFd c = Connect();
  Send(c, head + std::string(700, 'c'));
  Turns(5);
  Send(c, std::string(100, 'c'));
  EXPECT_NE(ReceiveUntil(c, "]").find(std::string(800, 'c')), std::string::npos);
}

TEST_F(ServerTest, MutatedTrafficInRandomPiecesNeverBreaksTheServer) {
  StartServer();
  CountingSink::Seen seen;
  handler.begin = [&](const RequestHead& head) -> BodyPlan {
    if (head.method == "PUT") return Stream{std::make_unique<CountingSink>(seen)};
    return Buffer{20};
  };
  const std::string parts[] = {"GET /a HTTP/1.1\r\nHost: localhost\r\n\r\n", "POST /b HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nhello",
                               "PUT /c HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", "HEAD /d HTTP/1.0\r\nHost: localhost\r\nConnection: keep-alive\r\n\r\n"};
  SeededRandom random(1125);
  for (int i = 0; i < 300; ++i) {
    std::string text;
    for (std::uint64_t n = 1 + random.Next() % 4; n > 0; --n) text += parts[random.Next() % 4];
    const bool whole = random.Next() % 4 == 0;
    for (std::uint64_t n = whole ? 0 : 1 + random.Next() % 3; n > 0; --n) {
      const std::size_t at = random.Next() % text.size();
      if (random.Next() % 2 == 0) text[at] = "\r\n :0\0;"[random.Next() % 7];
      else text.insert(at, text.substr(random.Next() % text.size(), random.Next() % 30));
    }
    UniqueFd fd = Connect();
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t n = 1 + random.Next() % 60;
      if (::send(fd.get(), text.data() + at, std::min(n, text.size() - at), MSG_NOSIGNAL) < 0) break;
      at += n;
      Turns(1);
    }
    if (random.Next() % 3 == 0) continue;  // gone without a word
    ::shutdown(fd.get(), SHUT_WR);
    const std::string got = ReceiveAll(fd);
    if (whole) {
      EXPECT_EQ(Count(got, "HTTP/1.1 20"), Count(text, "Host")) << text << got;
    }
  }
  EXPECT_TRUE(Until([&] { return server->connections() == 0; }));
}

std::size_t ResidentKib() {
  const std::string statm = ReadFile("/proc/self/statm").value();
  return static_cast<std::size_t>(*ParseInt(Split(statm, ' ')[1])) * 4;
}

TEST_F(ServerTest, ThousandsOfIdleConnectionsAreServed) {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  const std::size_t many = std::min<std::size_t>(10'000, (limit.rlim_cur - 500) / 2);  // both ends are in this process
  StartServer();
  std::vector<UniqueFd> clients;
  const std::size_t before = ResidentKib();
  for (std::size_t i = 0; i < many; ++i) {
    UniqueFd fd = Connect();
    clients.push_back(std::move(fd));
    if (i % 100 == 99) Turns(3);
  }
  EXPECT_TRUE(Until([&] { return server->connections() == many; }));
  Send(clients[many / 2], "GET /mid HTTP/1.1\r\nHost: localhost\r\n\r\n");
  ReceiveUntil(clients[many / 2], "GET /mid []");
  std::printf("%zu idle connections: %zu KiB, both ends and the build's overhead included\n", many, ResidentKib() - before);
}

}  // namespace
}  // namespace terrarium::wire
