#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace terrarium::prove {

// Reads one answer of HTTP/1.1 to a GET, in whatever pieces it comes. Strict: what RFC 9112 does not allow is broken, and so is a byte too many.
class AnswerReader {
 public:
  enum class State : unsigned char { kMore, kDone, kBroken };

  State Feed(std::string_view bytes);
  // The sender closed its side: done only where the closing is what ends the body.
  State End();

  int status() const { return status_; }
  bool started() const { return started_; }
  // The sender allows another request on this connection.
  bool reusable() const { return reusable_; }
  // What was wrong: "truncated body". For State::kBroken.
  std::string_view problem() const { return problem_; }

 private:
  enum class Step : unsigned char { kHead, kLength, kUntilClose, kChunkSize, kChunk, kChunkEnd, kTrailers, kDone, kBroken };

  State Break(std::string_view problem);
  State ReadHead();
  State ReadChunkLine();
  State Now() const;

  Step step_ = Step::kHead;
  std::string line_{};  // head, chunk sizes and trailers are collected; bodies are only counted
  std::uint64_t left_ = 0;
  int status_ = 0;
  bool started_ = false;
  bool reusable_ = true;
  std::string_view problem_{};
};

}  // namespace terrarium::prove
