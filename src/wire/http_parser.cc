#include "wire/http_parser.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "base/text.h"

namespace terrarium::wire {
namespace {

constexpr std::size_t kMostSizeLine = 1024;
constexpr std::size_t kMostTrailer = 8 * 1024;

constexpr auto kTokenCharacters = [] {
  std::array<bool, 256> table{};
  for (unsigned c = 0; c < 128; ++c) {
    const char ch = static_cast<char>(c);
    table[c] = (ch >= '0' && ch <= '9') || (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') || std::string_view("!#$%&'*+-.^_`|~").find(ch) != std::string_view::npos;
  }
  return table;
}();

bool IsToken(char c) { return kTokenCharacters[static_cast<unsigned char>(c)]; }

bool IsFieldCharacter(char c) {
  const auto u = static_cast<unsigned char>(c);
  return (u >= 0x20 && u != 0x7f) || u == '\t';
}

// Splits "name: value" (no line end) and checks both. False if it is not a header field.
bool ParseField(std::string_view line, std::string_view& name, std::string_view& value) {
  std::size_t colon = 0;
  while (colon < line.size() && IsToken(line[colon])) ++colon;
  if (colon == 0 || colon == line.size() || line[colon] != ':') return false;  // also obs-fold and a blank before the colon
  name = line.substr(0, colon);
  value = Trim(line.substr(colon + 1));
  return std::ranges::all_of(value, IsFieldCharacter);
}

int HexValue(char c) { return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1; }

struct Seen {
  bool host = false;
  bool length = false;
  bool coding = false;
};

// Headers that decide about framing, connection or routing. An empty reason means well.
ParseError TakeField(std::string_view name, std::string_view value, RequestHead& head, Seen& seen) {
  const ParseError fine{0, {}};
  if (EqualsIgnoreCase(name, "host")) {
    if (seen.host) return {400, "more than one Host header"};
    seen.host = true;
    head.host = value;
  } else if (EqualsIgnoreCase(name, "content-length")) {
    if (seen.length) return {400, "more than one Content-Length header"};
    seen.length = true;
    const bool digits = !value.empty() && value.size() <= 15 && std::ranges::all_of(value, [](char c) { return c >= '0' && c <= '9'; });
    if (!digits) return {400, "Content-Length is not a number"};
    for (char c : value) head.length = head.length * 10 + static_cast<std::uint64_t>(c - '0');
    head.framing = Framing::kLength;
  } else if (EqualsIgnoreCase(name, "transfer-encoding")) {
    if (seen.coding) return {400, "more than one Transfer-Encoding header"};
    seen.coding = true;
    if (!EqualsIgnoreCase(value, "chunked")) return {501, "the only transfer coding is chunked"};
  } else if (EqualsIgnoreCase(name, "connection")) {
    for (std::string_view option : Split(value, ',')) {
      option = Trim(option);
      if (EqualsIgnoreCase(option, "close")) head.keep_alive = false;
      if (EqualsIgnoreCase(option, "keep-alive") && !head.http11) head.keep_alive = true;
    }
  } else if (EqualsIgnoreCase(name, "expect")) {
    if (!EqualsIgnoreCase(value, "100-continue")) return {417, "the only expectation is 100-continue"};
    head.expect_continue = head.http11;
  }
  return fine;
}

// "METHOD SP target SP HTTP/1.x"; one blank between, nothing else.
ParseError TakeRequestLine(std::string_view line, RequestHead& head) {
  std::size_t at = 0;
  while (at < line.size() && IsToken(line[at])) ++at;
  if (at == 0 || at == line.size() || line[at] != ' ') return {400, "malformed request line"};
  head.method = line.substr(0, at);
  const std::size_t begin = ++at;
  while (at < line.size() && static_cast<unsigned char>(line[at]) > 0x20 && line[at] != 0x7f) ++at;
  const std::string_view target = line.substr(begin, at - begin);
  if (at == line.size() || line[at] != ' ' || target.empty() || target.front() != '/') return {400, "malformed request target"};
  const std::string_view version = line.substr(at + 1);
  if (version != "HTTP/1.1" && version != "HTTP/1.0") return {version.starts_with("HTTP/") && version.size() == 8 ? 505 : 400, "HTTP version is not 1.1"};
  head.http11 = version == "HTTP/1.1";
  head.keep_alive = head.http11;
  const std::size_t question = target.find('?');
  head.path = target.substr(0, question);
  head.query = question == std::string_view::npos ? std::string_view() : target.substr(question + 1);
  return {0, {}};
}

}  // namespace

std::string_view RequestHead::Header(std::string_view lower_case_name) const {
  for (const auto& [name, value] : headers) {
    if (EqualsIgnoreCase(name, lower_case_name)) return value;
  }
  return {};
}

Parse ParseHead(std::string_view buffer, std::size_t& scanned, const HeadLimits& limits, RequestHead& head, std::size_t& size, ParseError& error) {
  const std::size_t end = buffer.find("\r\n\r\n", scanned > 3 ? scanned - 3 : 0);
  scanned = buffer.size();
  if (end == std::string_view::npos ? buffer.size() > limits.head : end + 4 > limits.head) {
    error = {431, "the request head is too large"};
    return Parse::kBad;
  }
  if (end == std::string_view::npos) {
    // What can never become a head is refused at once: another protocol, a TLS hello, an empty line.
    if (!buffer.empty() && !IsToken(buffer.front())) {
      error = {400, "malformed request line"};
      return Parse::kBad;
    }
    return Parse::kMore;
  }
  HeaderViews headers = std::move(head.headers);  // its memory is used again
  headers.clear();
  head = RequestHead{.headers = std::move(headers), .peer = head.peer};
  size = end + 4;
  std::string_view rest = buffer.substr(0, end + 2);  // every line of it ends by CRLF
  Seen seen;
  for (bool first = true; !rest.empty(); first = false) {
    // A bare CR or LF stays inside of its line, where it is a character that no field may hold.
    const std::size_t line_end = rest.find("\r\n");
    const std::string_view line = rest.substr(0, line_end);
    rest.remove_prefix(line_end + 2);
    if (first) {
      error = TakeRequestLine(line, head);
    } else {
      std::string_view name;
      std::string_view value;
      if (!ParseField(line, name, value)) {
        error = {400, "malformed header"};
      } else if (head.headers.size() == limits.headers) {
        error = {431, "too many headers"};
      } else {
        head.headers.emplace_back(name, value);
        error = TakeField(name, value, head, seen);
      }
    }
    if (!error.reason.empty()) return Parse::kBad;
  }
  if (head.http11 && !seen.host) {
    error = {400, "no Host header"};
    return Parse::kBad;
  }
  if (seen.coding) {
    if (seen.length) error = {400, "Content-Length with Transfer-Encoding"};
    if (!head.http11) error = {400, "Transfer-Encoding with HTTP/1.0"};
    if (!error.reason.empty()) return Parse::kBad;
    head.framing = Framing::kChunked;
  }
  return Parse::kDone;
}

Parse ChunkedDecoder::Bad(ParseError& error, std::string_view reason) {
  error = {400, reason};
  return Parse::kBad;
}

// "hex[;extension]" in line_, without its line end.
Parse ChunkedDecoder::TakeSizeLine(ParseError& error) {
  std::size_t digits = 0;
  left_ = 0;
  while (digits < line_.size() && HexValue(line_[digits]) >= 0) {
    if (digits == 15) return Bad(error, "chunk size is too large");
    left_ = left_ * 16 + static_cast<std::uint64_t>(HexValue(line_[digits++]));
  }
  if (digits == 0) return Bad(error, "malformed chunk size");
  const std::string_view extension = std::string_view(line_).substr(digits);
  if (!extension.empty() && (extension.front() != ';' || !std::ranges::all_of(extension, IsFieldCharacter))) return Bad(error, "malformed chunk size");
  line_.clear();
  state_ = left_ == 0 ? State::kTrailer : State::kData;
  return Parse::kMore;
}

Parse ChunkedDecoder::Feed(std::string_view& input, std::string_view& piece, ParseError& error) {
  piece = {};
  while (!input.empty() && state_ != State::kDone) {
    if (state_ == State::kData) {
      piece = input.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(left_, input.size())));
      input.remove_prefix(piece.size());
      left_ -= piece.size();
      if (left_ == 0) state_ = State::kDataEnd;
      return Parse::kMore;
    }
    const char c = input.front();
    input.remove_prefix(1);
    if (c != '\n') {
      // CR only before LF: it is kept in the line until then, so that a bare one is found.
      if (!line_.empty() && line_.back() == '\r') return Bad(error, "bare CR in the chunked body");
      line_ += c;
      if (state_ == State::kDataEnd && line_ != "\r") return Bad(error, "a chunk is longer than its size");
      if (line_.size() > (state_ == State::kTrailer ? kMostTrailer : kMostSizeLine)) return Bad(error, "a line of the chunked body is too long");
      continue;
    }
    if (line_.empty() || line_.back() != '\r') return Bad(error, "bare LF in the chunked body");
    line_.pop_back();
    if (state_ == State::kSize) {
      if (TakeSizeLine(error) == Parse::kBad) return Parse::kBad;
    } else if (state_ == State::kDataEnd) {
      state_ = State::kSize;
    } else if (line_.empty()) {
      state_ = State::kDone;
    } else {
      std::string_view name;
      std::string_view value;
      trailer_size_ += line_.size();
      if (trailer_size_ > kMostTrailer || !ParseField(line_, name, value)) return Bad(error, "malformed trailer");
      line_.clear();
    }
  }
  return state_ == State::kDone ? Parse::kDone : Parse::kMore;
}

}  // namespace terrarium::wire
