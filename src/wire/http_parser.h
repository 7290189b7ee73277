#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "wire/http_handler.h"

// A strict HTTP/1.1 request parser. What two parsers could read differently is refused: that is how requests are smuggled.
namespace terrarium::wire {

enum class Parse : unsigned char { kMore, kDone, kBad };

// Why a request is refused; the connection is closed after the answer.
struct ParseError {
  int status = 400;
  std::string_view reason{};
};

struct HeadLimits {
  std::size_t head = 64 * 1024;
  std::size_t headers = 128;
};

// Parses a request head at the start of `buffer`. kDone: `head` holds views into the buffer and `size` the head's length with the empty line.
// `scanned` is what an earlier call on the same, shorter buffer has looked at (0 at first), so that a slow sender costs O(n).
Parse ParseHead(std::string_view buffer, std::size_t& scanned, const HeadLimits& limits, RequestHead& head, std::size_t& size, ParseError& error);

// Takes the chunked coding off a body that arrives in pieces.
class ChunkedDecoder {
 public:
  // Consumes from `input`; `piece` is the decoded part of it (a view). kDone: the body is whole. Call again while kMore and input is left.
  // Trailer fields are checked and dropped.
  Parse Feed(std::string_view& input, std::string_view& piece, ParseError& error);

 private:
  enum class State : unsigned char { kSize, kData, kDataEnd, kTrailer, kDone };
  Parse Bad(ParseError& error, std::string_view reason);
  Parse TakeSizeLine(ParseError& error);

  State state_ = State::kSize;
  std::uint64_t left_ = 0;
  std::string line_;  // an incomplete size or trailer line
  std::size_t trailer_size_ = 0;
};

}  // namespace terrarium::wire
