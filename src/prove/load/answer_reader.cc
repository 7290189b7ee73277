#include "prove/load/answer_reader.h"

#include <algorithm>
#include <charconv>

#include "base/text.h"

namespace terrarium::prove {
namespace {

constexpr std::size_t kMostHead = 64 << 10;

}  // namespace

AnswerReader::State AnswerReader::Break(std::string_view problem) {
  step_ = Step::kBroken;
  problem_ = problem;
  return State::kBroken;
}

AnswerReader::State AnswerReader::Now() const {
  return step_ == Step::kDone ? State::kDone : step_ == Step::kBroken ? State::kBroken : State::kMore;
}

AnswerReader::State AnswerReader::ReadHead() {
  const std::string_view head(line_);
  const std::size_t first_end = head.find("\r\n");
  const std::string_view first = head.substr(0, first_end);
  if (first.size() < 12 || !(first.starts_with("HTTP/1.1 ") || first.starts_with("HTTP/1.0 ")) || (first.size() > 12 && first[12] != ' '))
    return Break("no HTTP answer");
  const auto status = ParseInt(first.substr(9, 3));
  if (!status || *status < 100) return Break("no HTTP answer");
  status_ = static_cast<int>(*status);
  reusable_ = first.starts_with("HTTP/1.1 ");
  bool chunked = false, has_length = false;
  std::uint64_t length = 0;
  std::string_view rest = head.substr(first_end + 2);
  while (rest != "\r\n") {
    const std::size_t end = rest.find("\r\n");
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(end + 2);
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos || colon == 0) return Break("broken head");
    const std::string_view name = line.substr(0, colon), value = Trim(line.substr(colon + 1));
    if (EqualsIgnoreCase(name, "content-length")) {
      const auto n = ParseInt(value);
      if (!n || *n < 0 || (has_length && length != static_cast<std::uint64_t>(*n))) return Break("broken head");
      length = static_cast<std::uint64_t>(*n);
      has_length = true;
    } else if (EqualsIgnoreCase(name, "transfer-encoding")) {
      chunked = EqualsIgnoreCase(value, "chunked");
      if (!chunked) return Break("broken head");
    } else if (EqualsIgnoreCase(name, "connection")) {
      if (ToLower(value).contains("close")) reusable_ = false;
    }
  }
  line_.clear();
  if (status_ < 200) {  // 100 Continue and the like: the answer itself follows
    if (status_ == 101) return Break("switched protocols");
    step_ = Step::kHead;
    return State::kMore;
  }
  if (chunked) {
    step_ = Step::kChunkSize;
  } else if (status_ == 204 || status_ == 304 || (has_length && length == 0)) {
    step_ = Step::kDone;
  } else if (has_length) {
    left_ = length;
    step_ = Step::kLength;
  } else {
    reusable_ = false;
    step_ = Step::kUntilClose;
  }
  return Now();
}

AnswerReader::State AnswerReader::ReadChunkLine() {
  std::string_view line(line_);
  line.remove_suffix(2);
  if (step_ == Step::kTrailers) {
    if (line.empty()) step_ = Step::kDone;
  } else if (step_ == Step::kChunkEnd) {
    if (!line.empty()) return Break("broken chunk");
    step_ = Step::kChunkSize;
  } else {
    line = line.substr(0, line.find(';'));
    const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), left_, 16);
    if (error != std::errc() || end != line.data() + line.size() || line.empty()) return Break("broken chunk");
    step_ = left_ == 0 ? Step::kTrailers : Step::kChunk;
  }
  line_.clear();
  return Now();
}

AnswerReader::State AnswerReader::Feed(std::string_view bytes) {
  if (!bytes.empty()) started_ = true;
  while (!bytes.empty()) {
    switch (step_) {
      case Step::kDone: return Break("bytes after the answer");
      case Step::kBroken: return State::kBroken;
      case Step::kUntilClose: return State::kMore;
      case Step::kLength:
      case Step::kChunk: {
        const auto n = std::min<std::uint64_t>(left_, bytes.size());
        left_ -= n;
        bytes.remove_prefix(n);
        if (left_ == 0) step_ = step_ == Step::kLength ? Step::kDone : Step::kChunkEnd;
        break;
      }
      case Step::kHead: {
        // The end of the head may be split between two pieces.
        const std::size_t had = line_.size(), from = had < 3 ? 0 : had - 3;
        line_.append(bytes);
        const std::size_t end = line_.find("\r\n\r\n", from);
        if (end == std::string::npos) return line_.size() > kMostHead ? Break("broken head") : State::kMore;
        bytes.remove_prefix(end + 4 - had);
        line_.resize(end + 4);
        if (ReadHead() == State::kBroken) return State::kBroken;
        break;
      }
      default: {
        const std::size_t had = line_.size(), from = had < 1 ? 0 : had - 1;
        line_.append(bytes);
        const std::size_t end = line_.find("\r\n", from);
        if (end == std::string::npos) return line_.size() > kMostHead ? Break("broken chunk") : State::kMore;
        bytes.remove_prefix(end + 2 - had);
        line_.resize(end + 2);
        if (ReadChunkLine() == State::kBroken) return State::kBroken;
      }
    }
  }
  return Now();
}

AnswerReader::State AnswerReader::End() {
  if (step_ == Step::kUntilClose) step_ = Step::kDone;
  if (step_ == Step::kDone || step_ == Step::kBroken) return Now();
  return Break(!started_ ? "closed without an answer" : step_ == Step::kHead ? "truncated head" : "truncated body");
}

}  // namespace terrarium::prove
