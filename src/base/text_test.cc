#include "base/text.h"

#include <gtest/gtest.h>

#include "base/random.h"

namespace terrarium {
namespace {

TEST(TextTest, Base64RoundTripsEveryLength) {
  std::string bytes;
  for (int i = 0; i < 70; ++i) {
    EXPECT_EQ(Base64Decode(Base64Encode(bytes)), bytes);
    bytes += static_cast<char>(i * 37);
  }
  EXPECT_EQ(Base64Encode("foob"), "Zm9vYg==");
  for (const char* bad : {"Zg=", "Z===", "Zm9v Yg=", "Zg==Zg==", "Zm9*"}) EXPECT_FALSE(Base64Decode(bad)) << bad;
}

TEST(TextTest, UriDecodeRefusesMalformedEscapes) {
  EXPECT_EQ(UriDecode("a%2Fb+c", true), "a/b c");
  EXPECT_EQ(UriDecode("a+c", false), "a+c");
  for (const char* bad : {"%", "%4", "%zz"}) EXPECT_FALSE(UriDecode(bad, true)) << bad;
  EXPECT_EQ(UriEncode("a b/ü~"), "a%20b%2F%C3%BC~");
}

TEST(TextTest, Iso8601) {
  EXPECT_EQ(FormatIso8601(1'700'000'000'123, true), "2023-11-14T22:13:20.123Z");
  EXPECT_EQ(ParseIso8601("2023-11-14T22:13:20.123Z"), 1'700'000'000'123);
  EXPECT_EQ(ParseIso8601("2023-11-14T23:13:20.123+01:00"), 1'700'000'000'123);
  EXPECT_EQ(ParseIso8601("20231114T221320Z"), 1'700'000'000'000);
  EXPECT_EQ(ParseIso8601("2023-11-14"), 1'699'920'000'000);
  for (const char* bad : {"", "2023", "2023-13-14", "2023-11-14T25:00:00Z", "2023-11-14T22:13:20.Z", "2023-11-14T22:13:20Zx"})
    EXPECT_FALSE(ParseIso8601(bad)) << bad;
  EXPECT_EQ(ParseHttpDate(FormatHttpDate(1'700'000'000'000)), 1'700'000'000'000);
}

TEST(TextTest, Utf8) {
  EXPECT_TRUE(IsValidUtf8("grün €𐍈"));
  for (const char* bad : {"\x80", "\xC0\xAF", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xE2\x82"}) EXPECT_FALSE(IsValidUtf8(bad));
}

TEST(TextTest, PrintableShowsControlBytes) { EXPECT_EQ(Printable("a\x1b[2J\n"), "a\\x1b[2J\\x0a"); }

TEST(RandomTest, SeedRepeatsAndUuidHasItsShape) {
  SeededRandom a(7), b(7), c(8);
  const std::string first = RandomUuid(a);
  EXPECT_EQ(first, RandomUuid(b));
  EXPECT_NE(first, RandomUuid(c));
  EXPECT_EQ(first.size(), 36u);
  EXPECT_EQ(first[14], '4');
}

}  // namespace
}  // namespace terrarium
