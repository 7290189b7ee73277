#include "drivers/mysql/sql_text.h"

#include <gtest/gtest.h>

#include "base/random.h"

namespace terrarium::mysql {
namespace {

// What the server takes the literal at the start of `text` for, and where it ends; -1 if it never ends.
std::pair<std::string, std::ptrdiff_t> ReadLiteral(std::string_view text) {
  std::string value;
  if (text.empty() || text[0] != '\'') return {value, -1};
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] == '\'') {
      if (i + 1 < text.size() && text[i + 1] == '\'') {
        value += '\'';
        ++i;
        continue;
      }
      return {value, static_cast<std::ptrdiff_t>(i) + 1};
    }
    if (text[i] != '\\' || i + 1 == text.size()) {
      value += text[i];
      continue;
    }
    switch (text[++i]) {
      case '0': value += '\0'; break;
      case 'n': value += '\n'; break;
      case 'r': value += '\r'; break;
      case 't': value += '\t'; break;
      case 'b': value += '\b'; break;
      case 'Z': value += '\x1a'; break;
      default: value += text[i];
    }
  }
  return {value, -1};
}

TEST(SqlLiteral, IsReadBackAsItWas) {
  SeededRandom random(7);
  constexpr std::string_view kNasty = "'\"\\\n\r;-- /*`0nZ";
  for (int round = 0; round < 20'000; ++round) {
    std::string value = RandomFrom(random, kNasty, random.Next() % 10);
    if (random.Next() % 3 == 0) value += static_cast<char>(random.Next());
    const std::string literal = SqlLiteral(value);
    const auto [read, end] = ReadLiteral(literal + "; DROP DATABASE x");
    ASSERT_EQ(read, value);
    ASSERT_EQ(end, static_cast<std::ptrdiff_t>(literal.size()));
    ASSERT_EQ(literal.find('\n'), std::string::npos);
  }
}

TEST(SqlIdentifier, DoublesTheBackquote) {
  EXPECT_EQ(SqlIdentifier("a"), "`a`");
  EXPECT_EQ(SqlIdentifier("a`b"), "`a``b`");
}

TEST(Sql, BeginsByFixingHowLiteralsAreRead) {
  Sql sql;
  sql.Text("SELECT ").Literal("it's").Text(" FROM ").Identifier("t").End();
  EXPECT_EQ(sql.text(), "SET SESSION sql_mode='';\nSET NAMES utf8mb4;\nSELECT 'it\\'s' FROM `t`;\n");
}

TEST(SqlParameterValue, NumbersAreBareAndAllElseIsALiteral) {
  EXPECT_EQ(SqlParameterValue("16M"), "16777216");
  EXPECT_EQ(SqlParameterValue("0.5"), "0.5");
  EXPECT_EQ(SqlParameterValue("-1"), "-1");
  EXPECT_EQ(SqlParameterValue("ON"), "'ON'");
  EXPECT_EQ(SqlParameterValue("1e9"), "'1e9'");
  EXPECT_EQ(SqlParameterValue("1;"), "'1;'");
  EXPECT_EQ(SqlParameterValue(""), "''");
  EXPECT_EQ(SqlParameterValue("M"), "'M'");
}

TEST(BatchRows, ReadsWhatTheClientPrints) {
  const auto rows = BatchRows("a\tb\\tc\\n\\\\\n1\t\n");
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[0], (std::vector<std::string>{"a", "b\tc\n\\"}));
  EXPECT_EQ(rows[1], (std::vector<std::string>{"1", ""}));
  EXPECT_TRUE(BatchRows("").empty());
}

}  // namespace
}  // namespace terrarium::mysql
