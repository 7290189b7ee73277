// libFuzzer target: any bytes as a connection would deliver them, in two pieces. What is accepted must have one meaning.
// See tests/fuzz/CMakeLists.txt for how it is run.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "wire/http_parser.h"

namespace {

using terrarium::wire::ChunkedDecoder;
using terrarium::wire::Parse;
using terrarium::wire::ParseError;

void Require(bool condition) {
  if (!condition) std::abort();
}

std::string Decode(std::string_view bytes, std::size_t step, Parse& result) {
  ChunkedDecoder decoder;
  ParseError error;
  std::string body;
  result = Parse::kMore;
  for (std::size_t at = 0; at < bytes.size() && result == Parse::kMore; at += step) {
    std::string_view input = bytes.substr(at, step);
    while (!input.empty() && result == Parse::kMore) {
      std::string_view piece;
      result = decoder.Feed(input, piece, error);
      body += piece;
    }
  }
  return body;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  terrarium::wire::RequestHead head;
  std::size_t scanned = 0;
  std::size_t head_size = 0;
  ParseError error;
  const Parse whole = ParseHead(text, scanned, {}, head, head_size, error);
  Require(whole != Parse::kBad || !error.reason.empty());

  // The same bytes in two deliveries end alike.
  scanned = 0;
  terrarium::wire::RequestHead again;
  std::size_t again_size = 0;
  ParseError again_error;
  Parse split = ParseHead(text.substr(0, size / 2), scanned, {}, again, again_size, again_error);
  if (split == Parse::kMore) split = ParseHead(text, scanned, {}, again, again_size, again_error);
  Require(split == whole);

  if (whole == Parse::kDone) {
    Require(head_size <= size && text.substr(0, head_size).ends_with("\r\n\r\n"));
    std::size_t line_ends = 0;
    const std::string_view raw = text.substr(0, head_size);
    for (std::size_t i = 0; i < raw.size(); ++i) {
      Require((raw[i] == '\r') == (i + 1 < raw.size() && raw[i + 1] == '\n'));
      line_ends += raw[i] == '\n' ? 1 : 0;
    }
    Require(line_ends == head.headers.size() + 2);
    Require(head.path.starts_with('/'));
  }
  Parse at_once = Parse::kMore;
  Parse byte_wise = Parse::kMore;
  const std::string_view body = text.substr(whole == Parse::kDone ? head_size : 0);
  const std::string one = Decode(body, body.size() + 1, at_once);
  const std::string two = Decode(body, 1, byte_wise);
  Require(at_once == byte_wise && (at_once == Parse::kBad || one == two));
  return 0;
}
