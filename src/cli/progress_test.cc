#include "cli/progress.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/command.h"
#include "cli/played_cloud_fixture.h"

namespace terrarium::cli {
namespace {

std::string Played(const std::string& flags, bool terminal) {
  PlayedWorld played;
  played.world.err_is_terminal = terminal;
  std::vector<std::string> words;
  if (!flags.empty()) words.push_back(flags);
  Session session(played.world, *Arguments::Parse(words, GlobalFlags()));
  Progress progress(session, "up", 8);
  progress.Begin("image");
  progress.Still("61 of 74 packages", " · 3 MB");
  played.clock.Advance(Millis(300));
  progress.Still("61 of 74 packages", " · 4 MB");
  played.clock.Advance(Millis(31'000));
  progress.Still("61 of 74 packages", " · 5 MB");
  progress.End(Mark::kOk, "drupal:3f9c1e2");
  return played.err;
}

TEST(Progress, PlainLinesAreAppendedAndRepeatOnlyAsAHeartbeat) {
  EXPECT_EQ(Played("", false),
            "2026-11-25T10:13:07Z up 1/8 image begin\n2026-11-25T10:13:07Z up 1/8 image still 61 of 74 packages - 3 MB\n"
            "2026-11-25T10:13:38Z up 1/8 image still 61 of 74 packages - 5 MB\n2026-11-25T10:13:38Z up 1/8 image ok 31 s drupal:3f9c1e2\n");
  EXPECT_EQ(Played("--progress=none", false), "");
}

TEST(Progress, OnATerminalOneLineMoves) {
  const std::string text = Played("", true);
  EXPECT_TRUE(text.starts_with("\r\x1b[K 1/8 image      0.0 s\r\x1b[K 1/8 image    61 of 74 packages")) << text;
  EXPECT_TRUE(text.ends_with("\r\x1b[K 1/8 image    ✓ drupal:3f9c1e2  31 s\n")) << text;
}

TEST(Progress, JsonIsOneObjectAnEvent) {
  const std::string text = Played("--json", true);
  EXPECT_THAT(text, testing::HasSubstr(R"({"v":1,"ts":"2026-11-25T10:13:38.300Z","cmd":"up","phase":"image","n":1,"of":8,"ev":"end","ok":true,"ms":31300,"text":"drupal:3f9c1e2"})"));
}

}  // namespace
}  // namespace terrarium::cli
