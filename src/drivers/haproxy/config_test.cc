#include "drivers/haproxy/config.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/text.h"
#include "drivers/haproxy/runtime_api.h"

namespace terrarium::haproxy {
namespace {

// One configuration line as HAProxy reads it: words, double quotes with escapes, comments, variables.
std::vector<std::string> Words(std::string_view line) {
  std::vector<std::string> out;
  bool quoted = false, word = false;
  std::string current;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (c == '\n') return {"LINE ENDED"};
    if (c == '"') {
      quoted = !quoted;
      word = true;
    } else if (c == '\\' && i + 3 < line.size() && line[i + 1] == 'x') {
      current += *HexDecode(line.substr(i + 2, 2));
      word = true;
      i += 3;
    } else if (c == '$' || c == '\\' || c == '\'') {
      return {"SPECIAL"};
    } else if (c == '#' && !quoted) {
      break;
    } else if (c == ' ' && !quoted) {
      if (word) out.push_back(std::exchange(current, {}));
      word = false;
    } else {
      current += c;
      word = true;
    }
  }
  if (word) out.push_back(current);
  return quoted ? std::vector<std::string>{"OPEN QUOTE"} : out;
}

proxy::Spec OneListener(proxy::Action action) {
  proxy::Spec spec;
  spec.id = "lb";
  spec.listeners.push_back({80, std::move(action)});
  return spec;
}
std::string LineWith(const std::string& config, std::string_view text) {
  for (const auto line : Split(config, '\n'))
    if (line.contains(text)) return std::string(line);
  return "ABSENT";
}

TEST(HaproxyConfig, EveryTextComesBackAsOneWord) {
  std::vector<std::string> texts{"", "plain", "\"", "a\nserver evil 1.2.3.4:80", "$HOME", "${HOME}", "\\", "'", "# no", "a b\t\r", "\\x22", "\xC3\xA4", "%[env(x)]"};
  for (int c = 1; c < 256; ++c) texts.emplace_back(3, static_cast<char>(c));
  for (const std::string& text : texts) EXPECT_EQ(Words("string " + Quote(text) + " end"), (std::vector<std::string>{"string", text, "end"})) << Printable(text);
}

TEST(HaproxyConfig, AFixedResponseIsOneLineWithItsBody) {
  const std::string body = "it's \"down\"\n  server evil 1.2.3.4:80 # $X";
  const std::string config = RenderConfig(OneListener({.type = proxy::ActionType::kFixedResponse, .status = 503, .content_type = "text/plain", .body = body}), {{80, 4}}, "/s");
  const auto words = Words(LineWith(config, "http-request return status 503"));
  ASSERT_FALSE(words.empty());
  EXPECT_EQ(words.back(), body);
  EXPECT_EQ(LineWith(config, "evil").substr(0, 14), "  http-request");
}

TEST(HaproxyConfig, ARedirectKeepsForeignPercentsAndFillsKeywords) {
  proxy::Action action{.type = proxy::ActionType::kRedirect, .status = 301, .protocol = "HTTPS", .host = "#{host}", .port = "443", .path = "/a%[env(X)]/#{path}", .query = "#{query}"};
  const auto words = Words(LineWith(RenderConfig(OneListener(action), {{80, 4}}, "/s"), "hdr Location"));
  const auto at = std::ranges::find(words, "Location");
  ASSERT_NE(at, words.end());
  EXPECT_EQ(at[1], "https://%[var(txn.hostonly)]:443/a%%[env(X)]/%[path,regsub(^/,)]%[var(txn.qs)]");
}

TEST(HaproxyState, KnownServersKeepTheirStateAndOthersStartDrained) {
  const auto known = ParseServersState("1\n# be_id\n3 g 1 10.0.0.5:80 10.0.0.5 0 0 1 1 9 8 2 0 6 0 0 0 - 80 - 0 0 - - 0\n");
  const auto lines = ParseServersState(RenderServersState({{"g", "10.0.0.5:80", "10.0.0.5", 80, false}, {"g", "10.0.0.6:80", "10.0.0.6", 80, false}}, known));
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(lines.at("g/10.0.0.5:80"), known.at("g/10.0.0.5:80"));
  EXPECT_EQ(Split(lines.at("g/10.0.0.6:80"), ' ')[6], "8");
}

TEST(HaproxyState, AForeignTableIsRefused) {
  EXPECT_FALSE(ParseStat("Unknown command"));
  EXPECT_FALSE(ParseStat(""));
}

}  // namespace
}  // namespace terrarium::haproxy
