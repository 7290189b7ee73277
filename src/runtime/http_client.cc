#include "runtime/http_client.h"

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <memory>
#include <optional>

#include "base/text.h"
#include "runtime/unix_socket.h"

namespace terrarium::runtime {
namespace {

using Steady = std::chrono::steady_clock;
constexpr std::size_t kMostHead = 64 * 1024;

// One connection with a deadline and what was read ahead of need.
class Channel {
 public:
  Channel(int fd, Steady::time_point end) : fd_(fd), end_(end) {}

  Status Send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t put = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (put > 0) {
        bytes.remove_prefix(static_cast<std::size_t>(put));
      } else if (errno == EAGAIN) {
        TRY(Await(POLLOUT));
      } else if (errno != EINTR) {
        return SystemFail("send", errno);
      }
    }
    return {};
  }
  // False at the end of the stream.
  Result<bool> More() {
    for (;;) {
      char buffer[32768];
      const ssize_t got = ::recv(fd_, buffer, sizeof buffer, 0);
      if (got > 0) {
        buffer_.append(buffer, static_cast<std::size_t>(got));
        return true;
      }
      if (got == 0) return false;
      if (errno == EAGAIN) {
        TRY(Await(POLLIN));
      } else if (errno != EINTR) {
        return SystemFail("receive", errno);
      }
    }
  }
  Result<std::string> Line() {
    for (;;) {
      const std::size_t at = buffer_.find("\r\n");
      if (at != std::string::npos) {
        std::string line = buffer_.substr(0, at);
        buffer_.erase(0, at + 2);
        return line;
      }
      if (buffer_.size() > kMostHead) return Fail(ErrorKind::kUnknown, "the answer has a line without end");
      TRY_ASSIGN(const bool more, More());
      if (!more) return Fail(ErrorKind::kUnknown, "the connection was closed before the answer was whole");
    }
  }
  std::string& buffer() { return buffer_; }

 private:
  Status Await(short events) {
    pollfd p{fd_, events, 0};
    const auto left = std::chrono::ceil<Millis>(end_ - Steady::now()).count();
    if (left <= 0) return Fail(ErrorKind::kUnknown, "no answer in time");
    ::poll(&p, 1, static_cast<int>(std::min<std::int64_t>(left, 1'000'000)));
    return {};
  }

  int fd_;
  Steady::time_point end_;
  std::string buffer_;
};

Result<UniqueFd> ConnectTcp(const HttpEndpoint& endpoint, Steady::time_point end) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  // Names under localhost are the machine itself (RFC 6761), whether or not the resolver knows that.
  const bool local = endpoint.host == "localhost" || endpoint.host.ends_with(".localhost");
  std::string name = local ? "127.0.0.1" : endpoint.host;
  if (name.starts_with('[') && name.ends_with(']')) name = name.substr(1, name.size() - 2);
  if (const int e = ::getaddrinfo(name.c_str(), std::to_string(endpoint.port).c_str(), &hints, &found); e != 0) {
    return Fail(ErrorKind::kUnavailable, "cannot resolve " + endpoint.host + ": " + ::gai_strerror(e));
  }
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owner(found, ::freeaddrinfo);
  int error = ECONNREFUSED;
  for (const addrinfo* a = found; a != nullptr; a = a->ai_next) {
    UniqueFd fd(::socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!fd) continue;
    if (::connect(fd.get(), a->ai_addr, a->ai_addrlen) == 0) return fd;
    error = errno;
    if (error != EINPROGRESS) continue;
    pollfd p{fd.get(), POLLOUT, 0};
    const auto left = std::chrono::ceil<Millis>(end - Steady::now()).count();
    socklen_t size = sizeof error;
    if (left <= 0 || ::poll(&p, 1, static_cast<int>(std::min<std::int64_t>(left, 1'000'000))) <= 0) {
      error = ETIMEDOUT;
    } else if (::getsockopt(fd.get(), SOL_SOCKET, SO_ERROR, &error, &size) == 0 && error == 0) {
      return fd;
    }
  }
  return SystemFail("connect to " + HostHeader(endpoint), error);
}

Result<UniqueFd> Connect(const HttpEndpoint& endpoint, Steady::time_point end) {
  auto fd = endpoint.unix_path.empty() ? ConnectTcp(endpoint, end) : ConnectUnix(endpoint.unix_path, Blocks::kNo);
  if (!fd) {
    fd.error().kind = ErrorKind::kUnavailable;
    return fd;
  }
  const int one = 1;
  ::setsockopt(fd->get(), IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  return fd;
}

// A kept connection is good if it is open and silent.
bool StillOpen(int fd) {
  char byte;
  return ::recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 && errno == EAGAIN;
}

std::string RenderHead(const HttpEndpoint& endpoint, const HttpCall& call) {
  std::string head = call.method + " " + call.target + " HTTP/1.1\r\n";
  bool host = false;
  bool length = false;
  for (const auto& [name, value] : call.headers) {
    host = host || EqualsIgnoreCase(name, "host");
    length = length || EqualsIgnoreCase(name, "content-length");
    head += name + ": " + value + "\r\n";
  }
  if (!host) head += "Host: " + HostHeader(endpoint) + "\r\n";
  if (!length && (!call.body.empty() || (call.method != "GET" && call.method != "HEAD"))) head += "Content-Length: " + std::to_string(call.body.size()) + "\r\n";
  return head + "\r\n";
}

bool HasControl(std::string_view s) {
  return std::ranges::any_of(s, [](char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f; });
}

Status CheckCall(const HttpCall& call) {
  const auto bad_target = [](char c) { return static_cast<unsigned char>(c) <= 0x20 || c == 0x7f; };
  bool bad = call.method.empty() || call.target.empty() || HasControl(call.method) || std::ranges::any_of(call.target, bad_target);
  for (const auto& [name, value] : call.headers) bad = bad || name.empty() || HasControl(name) || HasControl(value);
  if (bad) return Fail(ErrorKind::kInvalid, "a request line or header holds a character that HTTP does not allow");
  return {};
}

class BodyReader {
 public:
  BodyReader(Channel& channel, const HttpCall& call, HttpAnswer& answer) : channel_(channel), call_(call), answer_(answer) {}

  Status Exactly(std::uint64_t size) {
    while (size > 0) {
      std::string& buffer = channel_.buffer();
      if (buffer.empty()) {
        TRY_ASSIGN(const bool more, channel_.More());
        if (!more) return Fail(ErrorKind::kUnknown, "the connection was closed before the answer was whole");
      }
      const std::size_t n = static_cast<std::size_t>(std::min<std::uint64_t>(size, buffer.size()));
      TRY(Take(n));
      size -= n;
    }
    return {};
  }
  Status Chunked() {
    for (;;) {
      TRY_ASSIGN(const std::string line, channel_.Line());
      std::uint64_t size = 0;
      std::size_t digits = 0;
      for (char c : line) {
        const int v = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
        if (v < 0) break;
        size = size * 16 + static_cast<std::uint64_t>(v);
        ++digits;
      }
      if (digits == 0 || digits > 15) return Fail(ErrorKind::kUnknown, "the answer is not valid HTTP");
      if (size == 0) break;
      TRY(Exactly(size));
      TRY_ASSIGN(const std::string end, channel_.Line());
      if (!end.empty()) return Fail(ErrorKind::kUnknown, "the answer is not valid HTTP");
    }
    for (;;) {  // trailers are not used
      TRY_ASSIGN(const std::string line, channel_.Line());
      if (line.empty()) return {};
    }
  }
  Status UntilClose() {
    for (;;) {
      TRY(Take(channel_.buffer().size()));
      TRY_ASSIGN(const bool more, channel_.More());
      if (!more) return {};
    }
  }

 private:
  Status Take(std::size_t n) {
    std::string& buffer = channel_.buffer();
    const std::string_view bytes = std::string_view(buffer).substr(0, n);
    if (call_.sink && answer_.status / 100 == 2) {
      TRY(call_.sink(bytes));
    } else {
      if (answer_.body.size() + n > call_.limit) return Fail(ErrorKind::kLimit, "the answer is larger than allowed");
      answer_.body += bytes;
    }
    buffer.erase(0, n);
    return {};
  }

  Channel& channel_;
  const HttpCall& call_;
  HttpAnswer& answer_;
};

Status ReadHead(Channel& channel, HttpAnswer& answer) {
  do {
    TRY_ASSIGN(const std::string line, channel.Line());
    const auto status = line.size() >= 12 && line.starts_with("HTTP/1.") && line[8] == ' ' ? ParseInt(std::string_view(line).substr(9, 3)) : std::nullopt;
    if (!status || *status < 100) return Fail(ErrorKind::kUnknown, "the answer is not valid HTTP");
    answer.status = static_cast<int>(*status);
    answer.headers.clear();
    std::size_t size = 0;
    for (;;) {
      TRY_ASSIGN(const std::string header, channel.Line());
      if (header.empty()) break;
      size += header.size();
      const std::size_t colon = header.find(':');
      if (colon == std::string::npos || colon == 0 || size > kMostHead) return Fail(ErrorKind::kUnknown, "the answer is not valid HTTP");
      answer.headers.emplace_back(header.substr(0, colon), std::string(Trim(std::string_view(header).substr(colon + 1))));
    }
  } while (answer.status / 100 == 1 && answer.status != 101);
  return {};
}

// Sets `keep` if the connection can carry another call.
Result<HttpAnswer> Exchange(Channel& channel, const HttpEndpoint& endpoint, const HttpCall& call, bool& keep) {
  // The answer may come before the body is taken (a refusal), so a failed send still looks for one.
  const std::string head = RenderHead(endpoint, call);
  auto sent = call.body.size() < 64 * 1024 ? channel.Send(head + call.body) : channel.Send(head);
  if (sent && call.body.size() >= 64 * 1024) sent = channel.Send(call.body);

  HttpAnswer answer;
  if (auto read = ReadHead(channel, answer); !read) return std::unexpected(sent ? read.error() : sent.error());
  const std::string_view length = answer.Header("content-length");
  const std::string_view coding = answer.Header("transfer-encoding");
  const bool empty = call.method == "HEAD" || answer.status == 204 || answer.status == 304;
  keep = sent.has_value() && !EqualsIgnoreCase(answer.Header("connection"), "close");
  BodyReader body(channel, call, answer);
  if (empty) return answer;
  if (!coding.empty()) {
    if (!EqualsIgnoreCase(coding, "chunked")) return Fail(ErrorKind::kUnknown, "the answer uses a transfer coding that is not known");
    TRY(body.Chunked());
  } else if (!length.empty()) {
    const auto size = ParseInt(length);
    if (!size || *size < 0) return Fail(ErrorKind::kUnknown, "the answer is not valid HTTP");
    TRY(body.Exactly(static_cast<std::uint64_t>(*size)));
  } else {
    keep = false;
    TRY(body.UntilClose());
  }
  return answer;
}

}  // namespace

std::string HostHeader(const HttpEndpoint& endpoint) {
  if (!endpoint.unix_path.empty()) return endpoint.host.empty() ? "localhost" : endpoint.host;
  return endpoint.port == 80 ? endpoint.host : endpoint.host + ":" + std::to_string(endpoint.port);
}

Result<std::pair<HttpEndpoint, std::string>> ParseHttpUrl(std::string_view url) {
  const std::string shown(url);
  if (url.starts_with("https://")) return Fail(ErrorKind::kUnsupported, "https is not supported here: " + shown);
  if (!url.starts_with("http://")) return Fail(ErrorKind::kInvalid, "not an http URL: " + shown);
  url.remove_prefix(7);
  const std::size_t slash = std::min(url.find('/'), url.size());
  std::string_view authority = url.substr(0, slash);
  HttpEndpoint endpoint;
  const std::size_t bracket = authority.find(']');
  const std::size_t colon = authority.find(':', bracket == std::string_view::npos ? 0 : bracket);
  if (colon != std::string_view::npos) {
    const auto port = ParseInt(authority.substr(colon + 1));
    if (!port || *port < 1 || *port > 65535) return Fail(ErrorKind::kInvalid, "not a port number: " + shown);
    endpoint.port = static_cast<std::uint16_t>(*port);
    authority = authority.substr(0, colon);
  }
  if (authority.empty() || authority.find('@') != std::string_view::npos) return Fail(ErrorKind::kInvalid, "not an http URL: " + shown);
  endpoint.host = std::string(authority);
  return std::pair{std::move(endpoint), slash == url.size() ? std::string("/") : std::string(url.substr(slash))};
}

std::string_view HttpAnswer::Header(std::string_view name) const {
  const auto it = std::ranges::find_if(headers, [&](const auto& h) { return EqualsIgnoreCase(h.first, name); });
  return it == headers.end() ? std::string_view() : std::string_view(it->second);
}

Result<HttpAnswer> HttpClient::Send(const HttpCall& call) {
  TRY(CheckCall(call));
  const auto end = Steady::now() + call.timeout;
  if (socket_ && !StillOpen(socket_.get())) socket_.Reset();
  if (!socket_) {
    TRY_ASSIGN(socket_, Connect(endpoint_, end));
  }
  Channel channel(socket_.get(), end);
  bool keep = false;
  auto answer = Exchange(channel, endpoint_, call, keep);
  if (!answer && answer.error().kind == ErrorKind::kUnavailable) answer.error().kind = ErrorKind::kUnknown;
  if (!answer || !keep || !channel.buffer().empty()) socket_.Reset();
  return answer;
}

}  // namespace terrarium::runtime
