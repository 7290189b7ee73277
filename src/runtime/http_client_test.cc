#include "runtime/http_client.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <thread>

#include "base/file.h"
#include "runtime/unix_socket.h"

namespace terrarium::runtime {
namespace {

// Answers each connection's first head with the next scripted bytes, then closes; keeps what it was sent.
class ScriptedServer {
 public:
  explicit ScriptedServer(std::vector<std::string> answers) : answers_(std::move(answers)) {
    listener_ = std::move(*ListenTcp("127.0.0.1", 0));
    port_ = *LocalPort(listener_.get());
    thread_ = std::thread([this] { Serve(); });
  }
  ~ScriptedServer() { thread_.join(); }
  HttpEndpoint endpoint() const { return {"127.0.0.1", port_, {}}; }
  void Join() {
    thread_.join();
    thread_ = std::thread([] {});
  }
  std::string got;

 private:
  void Serve() {
    for (const std::string& answer : answers_) {
      const UniqueFd fd(::accept4(BlockingListener(), nullptr, nullptr, SOCK_CLOEXEC));
      std::string head;
      char byte;
      while (!head.ends_with("\r\n\r\n") && ::recv(fd.get(), &byte, 1, 0) == 1) head += byte;
      got += head;
      (void)WriteAll(fd.get(), answer);
    }
  }
  int BlockingListener() {
    fd_set set;
    FD_ZERO(&set);
    FD_SET(listener_.get(), &set);
    ::select(listener_.get() + 1, &set, nullptr, nullptr, nullptr);
    return listener_.get();
  }
  std::vector<std::string> answers_;
  UniqueFd listener_;
  std::uint16_t port_ = 0;
  std::thread thread_;
};

TEST(HttpClientTest, LengthChunkedAndCloseDelimitedBodies) {
  ScriptedServer server({"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-A:  b \r\nConnection: close\r\n\r\nhello",
                         "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Created\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nA;x=y\r\n0123456789\r\n0\r\nT: r\r\n\r\n",
                         "HTTP/1.0 404 Not Found\r\n\r\nuntil the end", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort", "junk\r\n\r\n"});
  HttpClient client(server.endpoint());
  auto a = client.Send({.target = "/x?y=1"});
  ASSERT_TRUE(a) << a.error().message;
  EXPECT_EQ(a->status, 200);
  EXPECT_EQ(a->body, "hello");
  EXPECT_EQ(a->Header("x-a"), "b");
  a = client.Send({.method = "POST"});
  ASSERT_TRUE(a) << a.error().message;
  EXPECT_EQ(a->status, 201);
  EXPECT_EQ(a->body, "abc0123456789");
  a = client.Send({});
  ASSERT_TRUE(a) << a.error().message;
  EXPECT_EQ(a->body, "until the end");
  EXPECT_EQ(client.Send({}).error().kind, ErrorKind::kUnknown);
  EXPECT_EQ(client.Send({}).error().kind, ErrorKind::kUnknown);
  server.Join();
  EXPECT_TRUE(server.got.starts_with("GET /x?y=1 HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(server.endpoint().port) + "\r\n\r\nPOST / HTTP/1.1\r\n")) << server.got;
  EXPECT_NE(server.got.find("Content-Length: 0\r\n"), std::string::npos);
}

TEST(HttpClientTest, LimitsSinkAndInjection) {
  ScriptedServer server({"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello", "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello"});
  HttpClient client(server.endpoint());
  EXPECT_EQ(client.Send({.limit = 4}).error().kind, ErrorKind::kLimit);
  std::string sunk;
  const auto a = client.Send({.limit = 1, .sink = [&](std::string_view bytes) {
                                sunk += bytes;
                                return Status{};
                              }});
  ASSERT_TRUE(a);
  EXPECT_EQ(sunk, "hello");
  EXPECT_EQ(a->body, "");
  EXPECT_EQ(client.Send({.target = "/ HTTP/1.1\r\nX: y"}).error().kind, ErrorKind::kInvalid);
  EXPECT_EQ(client.Send({.headers = {{"A", "b\r\nC: d"}}}).error().kind, ErrorKind::kInvalid);
}

TEST(HttpClientTest, NobodyThereIsUnavailable) {
  UniqueFd listener = std::move(*ListenTcp("127.0.0.1", 0));
  const std::uint16_t port = *LocalPort(listener.get());
  listener.Reset();
  HttpClient client({"localhost", port, {}});
  EXPECT_EQ(client.Send({}).error().kind, ErrorKind::kUnavailable);
  HttpClient unix_client({"localhost", 80, "/nonexistent/socket"});
  EXPECT_EQ(unix_client.Send({}).error().kind, ErrorKind::kUnavailable);
}

TEST(HttpClientTest, SilenceEndsAtTheTimeout) {
  const UniqueFd listener = std::move(*ListenTcp("127.0.0.1", 0));
  HttpClient client({"127.0.0.1", *LocalPort(listener.get()), {}});
  EXPECT_EQ(client.Send({.timeout = Millis{30}}).error().kind, ErrorKind::kUnknown);
}

TEST(HttpClientTest, Urls) {
  auto u = ParseHttpUrl("http://127.0.0.1:4566");
  ASSERT_TRUE(u);
  EXPECT_EQ(HostHeader(u->first), "127.0.0.1:4566");
  EXPECT_EQ(u->second, "/");
  u = ParseHttpUrl("http://[::1]:80/a?b");
  ASSERT_TRUE(u);
  EXPECT_EQ(HostHeader(u->first), "[::1]");
  EXPECT_EQ(u->second, "/a?b");
  EXPECT_EQ(ParseHttpUrl("https://x").error().kind, ErrorKind::kUnsupported);
  for (const char* bad : {"x", "http://", "http://a:b", "http://a:0", "http://u@h/"}) EXPECT_FALSE(ParseHttpUrl(bad)) << bad;
}

}  // namespace
}  // namespace terrarium::runtime
