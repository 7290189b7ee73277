#include "prove/report.h"

#include <gtest/gtest.h>

namespace terrarium::prove {
namespace {

Report Sample() {
  Report report{.version = "0.4.0", .stack = "drupal", .machine = "2 cores, load 1.2", .seed = 8812, .started = 1'700'000'000'000};
  report.rows.push_back({"isolation", "Packets are dropped", {.verdict = Verdict::kProved, .experiment = "48 forbidden, 30 allowed connects", .measured = "48 timed out, 30 open", .limit = "all"}, 4.2});
  report.rows.push_back({"deploy", "No request is lost",
                         {.verdict = Verdict::kRefuted, .experiment = "2 deployments", .measured = "1 of 2,400 failed", .limit = "0 failed", .evidence = {"1 x status 503 <b>&\x1b[2J"}}, 61.0});
  report.rows.push_back({"clean-destroy", "Nothing is left", {.verdict = Verdict::kNotRun, .experiment = "destroy", .measured = "not run: needs --disposable"}, 0});
  return report;
}

TEST(Report, ClosesWithWhatPassedAndFailed) {
  EXPECT_EQ(ClosingLine(Sample()), "1 passed, 1 failed, 1 not run");
  Report all = Sample();
  all.rows.resize(1);
  EXPECT_EQ(ClosingLine(all), "1 passed, 0 failed");
}

TEST(Report, ExitCodesTellRefutedFromNotRun) {
  Report report = Sample();
  EXPECT_EQ(ExitCodeOf(report), 3);
  report.rows[1].finding.verdict = Verdict::kFailed;
  EXPECT_EQ(ExitCodeOf(report), 1);
  report.rows[1].finding.verdict = Verdict::kProved;
  EXPECT_EQ(ExitCodeOf(report), 9);  // not run is not passed
  report.rows.pop_back();
  EXPECT_EQ(ExitCodeOf(report), 0);
}

TEST(Report, TheTableShowsWhyAndNoForeignByte) {
  const std::string row = TableRow(Sample().rows[1], false);
  EXPECT_TRUE(row.contains("REFUTED")) << row;
  EXPECT_TRUE(row.contains("1 of 2,400 failed")) << row;
  EXPECT_TRUE(row.contains("status 503")) << row;
  EXPECT_FALSE(row.contains('\x1b')) << row;
}

TEST(Report, JsonIsVersionedAndWhole) {
  const auto read = Json::Parse(ToJson(Sample()).Write());
  ASSERT_TRUE(read);
  EXPECT_EQ((*read)["v"].integer(), 1);
  EXPECT_EQ((*read)["failed"].integer(), 1);
  EXPECT_EQ((*read)["claims"].array()[1]["verdict"].string(), "refuted");
  EXPECT_EQ((*read)["claims"].array()[2]["verdict"].string(), "not_run");
}

TEST(Report, JunitTellsFailureErrorAndSkipApart) {
  Report report = Sample();
  const std::string xml = ToJunit(report);
  EXPECT_TRUE(xml.contains("tests=\"3\" failures=\"1\" errors=\"0\" skipped=\"1\"")) << xml;
  EXPECT_TRUE(xml.contains("&lt;b&gt;&amp;")) << xml;
  EXPECT_FALSE(xml.contains('\x1b')) << xml;
  report.rows[1].finding.verdict = Verdict::kFailed;
  EXPECT_TRUE(ToJunit(report).contains("<error message=")) << ToJunit(report);
}

}  // namespace
}  // namespace terrarium::prove
