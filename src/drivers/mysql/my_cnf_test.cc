#include "drivers/mysql/my_cnf.h"

#include <gtest/gtest.h>

#include <map>

#include "base/random.h"
#include "base/text.h"

namespace terrarium::mysql {
namespace {

// The server's own reading of an option file (mysys/my_default.cc), line by line: comments, blanks, quotes and escapes.
std::map<std::string, std::string> ReadAsServer(std::string_view text) {
  std::map<std::string, std::string> options;
  for (const std::string_view whole : Split(text, '\n')) {
    std::string line;
    char quote = 0;
    bool escape = false;
    for (const char c : whole) {
      if ((c == '\'' || c == '"') && !escape) quote = quote == 0 ? c : (quote == c ? '\0' : quote);
      if (quote == 0 && c == '#') break;
      escape = quote != 0 && c == '\\' && !escape;
      line += c;
    }
    const std::string_view trimmed = Trim(line);
    if (trimmed.empty() || trimmed[0] == '[' || trimmed[0] == ';' || trimmed[0] == '!') continue;
    const std::size_t equals = trimmed.find('=');
    if (equals == std::string_view::npos) {
      options[std::string(trimmed)] = "(no value)";
      continue;
    }
    std::string_view value = Trim(trimmed.substr(equals + 1));
    if (value.size() > 1 && (value[0] == '"' || value[0] == '\'') && value.back() == value[0]) value = value.substr(1, value.size() - 2);
    std::string read;
    for (std::size_t i = 0; i < value.size(); ++i) {
      if (value[i] != '\\' || i + 1 == value.size()) {
        read += value[i];
        continue;
      }
      switch (value[++i]) {
        case 'n': read += '\n'; break;
        case 't': read += '\t'; break;
        case 'r': read += '\r'; break;
        case 'b': read += '\b'; break;
        case 's': read += ' '; break;
        case '"': case '\'': case '\\': read += value[i]; break;
        default: read += '\\'; read += value[i];
      }
    }
    options[std::string(Trim(trimmed.substr(0, equals)))] = read;
  }
  return options;
}

TEST(OptionName, IsLettersDigitsAndUnderscores) {
  EXPECT_TRUE(OptionName::From("max_connections"));
  EXPECT_TRUE(OptionName::From("utf8mb4x"));
  for (const char* bad : {"", "Max", "a-b", "a b", "a=b", "a\nb", "1a", "!include", "[mysqld]", "#a", "a.b"}) {
    EXPECT_FALSE(OptionName::From(bad)) << bad;
  }
  EXPECT_FALSE(OptionName::From(std::string(65, 'a')));
}

TEST(OptionValue, IsOneLineOfPrintableText) {
  for (const char* good : {"", "1", "READ-COMMITTED", " blank ", "a'b", "a\"b", "a#b", "a\\nb", "ä"}) EXPECT_TRUE(OptionValue::From(good)) << good;
  for (const char* bad : {"a\nb", "a\rb", "a\tb", "\x7f", "\xff"}) EXPECT_FALSE(OptionValue::From(bad)) << bad;
  EXPECT_FALSE(OptionValue::From(std::string_view("a\0b", 3)));
  EXPECT_TRUE(OptionValue::From(std::string(OptionValue::kMaxLength, 'a')));
  EXPECT_FALSE(OptionValue::From(std::string(OptionValue::kMaxLength + 1, 'a')));
}

TEST(MyCnf, IsReadBackAsItWasSet) {
  MyCnf config;
  const std::map<std::string, std::string> wanted = {
      {"plain", "1"},       {"blanks", "  a  b "},  {"quotes", "it's \"so\""}, {"comment", "a # b ; c"}, {"escapes", "\\n\\t\\"},
      {"trailing", "a\\"},  {"empty", ""},          {"group", "[client]"},     {"include", "!include x"}, {"quote_only", "\""},
      {"apostrophe", "'"},  {"quoted", "'a'"},      {"equals", "a=b=c"},
  };
  for (const auto& [name, value] : wanted) config.Set(name, value);
  EXPECT_EQ(ReadAsServer(config.Render()), wanted) << config.Render();
}

TEST(MyCnf, NoValueBreaksOut) {
  SeededRandom random(20261125);
  constexpr std::string_view kNasty = "\"\\'#;=[]! \n\r\tabn";
  int accepted = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::string text = RandomFrom(random, kNasty, random.Next() % 12);
    if (random.Next() % 4 == 0) text += static_cast<char>(random.Next());
    auto value = OptionValue::From(text);
    if (!value) continue;
    ++accepted;
    MyCnf config;
    config.Set(*OptionName::From("fuzzed"), *value);
    config.Set("after", "untouched");
    const std::map<std::string, std::string> wanted = {{"after", "untouched"}, {"fuzzed", text}};
    ASSERT_EQ(ReadAsServer(config.Render()), wanted) << config.Render();
  }
  EXPECT_GT(accepted, 3000);
}

TEST(MyCnf, NoLineIsLongerThanTheServerReads) {
  MyCnf config;
  config.Set(std::string(64, 'n'), std::string(OptionValue::kMaxLength, '"'));
  for (const std::string_view line : Split(config.Render(), '\n')) EXPECT_LT(line.size(), 4000u);
}

}  // namespace
}  // namespace terrarium::mysql
