#include "prove/load/answer_reader.h"

#include <gtest/gtest.h>

namespace terrarium::prove {
namespace {

using State = AnswerReader::State;

// The state after all of `text`, whole and in pieces of every size; the pieces must not matter.
State Read(std::string_view text, AnswerReader* last = nullptr) {
  AnswerReader whole;
  const State state = whole.Feed(text);
  for (std::size_t size = 1; size < 8; ++size) {
    AnswerReader reader;
    State now = State::kMore;
    for (std::size_t at = 0; at < text.size() && now != State::kBroken; at += size) now = reader.Feed(text.substr(at, size));
    EXPECT_EQ(now, state) << "in pieces of " << size << ": " << text;
  }
  if (last) *last = whole;
  return state;
}

TEST(AnswerReader, EndsWhereTheLengthSays) {
  AnswerReader reader;
  EXPECT_EQ(Read("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", &reader), State::kDone);
  EXPECT_EQ(reader.status(), 200);
  EXPECT_TRUE(reader.reusable());
  EXPECT_EQ(Read("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell"), State::kMore);
  EXPECT_EQ(Read("HTTP/1.1 204 No Content\r\n\r\n"), State::kDone);
}

TEST(AnswerReader, ReadsChunksAndInterimAnswers) {
  AnswerReader reader;
  EXPECT_EQ(Read("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;x=y\r\nhello\r\n0\r\nA: b\r\n\r\n", &reader), State::kDone);
  EXPECT_EQ(reader.status(), 200);
  EXPECT_EQ(Read("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"), State::kMore);
  EXPECT_EQ(Read("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhelloo\r\n"), State::kBroken);
  EXPECT_EQ(Read("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"), State::kBroken);
}

TEST(AnswerReader, AConnectionThatEndsEarlyIsATruncatedAnswer) {
  AnswerReader reader;
  EXPECT_EQ(reader.End(), State::kBroken);
  EXPECT_EQ(reader.problem(), "closed without an answer");
  Read("HTTP/1.1 200 OK\r\nContent-Le", &reader);
  EXPECT_EQ(reader.End(), State::kBroken);
  EXPECT_EQ(reader.problem(), "truncated head");
  Read("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel", &reader);
  EXPECT_EQ(reader.End(), State::kBroken);
  EXPECT_EQ(reader.problem(), "truncated body");
  Read("HTTP/1.1 200 OK\r\n\r\nas long as it lasts", &reader);
  EXPECT_EQ(reader.End(), State::kDone);
  EXPECT_FALSE(reader.reusable());
}

TEST(AnswerReader, RefusesWhatIsNoAnswer) {
  EXPECT_EQ(Read("SSH-2.0-OpenSSH_9.2\r\n\r\n"), State::kBroken);
  EXPECT_EQ(Read("HTTP/1.1 20 OK\r\n\r\n"), State::kBroken);
  EXPECT_EQ(Read("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\na"), State::kBroken);
  EXPECT_EQ(Read("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nab"), State::kBroken);
}

TEST(AnswerReader, TellsWhetherTheConnectionStays) {
  AnswerReader reader;
  Read("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", &reader);
  EXPECT_FALSE(reader.reusable());
  Read("HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", &reader);
  EXPECT_FALSE(reader.reusable());
}

}  // namespace
}  // namespace terrarium::prove
