#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/command.h"
#include "cli/played_cloud_fixture.h"

namespace terrarium::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(Status, ShowsTheStackOnOneScreen) {
  PlayedWorld played;
  PlayHealthyStack(played);
  EXPECT_EQ(played.Run("status"), 0);
  // One target fails: the part is marked, the exit code says it, the next command asks about it.
  played.cloud.On("elbv2:DescribeTargetHealth", J(R"({"TargetHealthDescriptions":[{"Target":{"Id":"10.0.1.10","Port":80},"TargetHealth":{"State":"healthy"}},
    {"Target":{"Id":"10.0.2.9","Port":80},"TargetHealth":{"State":"unhealthy","Reason":"Target.ResponseCodeMismatch"}}]})"));
  EXPECT_EQ(played.Run("status"), 3);
  ExpectTranscript("status", played.transcript);
}

TEST(Status, OffATerminalIsSeparatedByTabsAndHasNoGlyph) {
  PlayedWorld played;
  PlayHealthyStack(played);
  played.world.out_is_terminal = false;
  played.fetch = [](const std::string&) -> Result<Page> { return Page{503, Millis(2), ""}; };
  EXPECT_EQ(played.Run("status"), 3);
  ExpectTranscript("status_piped", played.transcript);
  for (const char c : played.out) EXPECT_LT(static_cast<unsigned char>(c), 0x80);
}

TEST(Status, JsonIsOneDocument) {
  PlayedWorld played;
  PlayHealthyStack(played);
  EXPECT_EQ(played.Run("status --json"), 0);
  const Json document = J(played.out);
  EXPECT_EQ(document["v"].integer(), 1);
  EXPECT_TRUE(document["as_asked"].boolean());
  EXPECT_EQ(document["parts"].array().size(), 5u);
  EXPECT_EQ(document["parts"].array()[0]["facts"]["url"].string(), "http://localhost:8080/");
}

TEST(Status, OfNothingNamesWhatMakesIt) {
  PlayedWorld played;
  const auto absent = [](const char* code) { return [code](const Json&) -> Result<Json> { return ApiError(code, "not there", ErrorKind::kNotFound); }; };
  played.cloud.On("ecs:DescribeServices", absent("ClusterNotFoundException"));
  played.cloud.On("elbv2:DescribeLoadBalancers", absent("LoadBalancerNotFound"));
  played.cloud.On("elbv2:DescribeTargetGroups", absent("TargetGroupNotFound"));
  played.cloud.On("rds:DescribeDBInstances", absent("DBInstanceNotFound"));
  EXPECT_EQ(played.Run("status --name blog"), 3);
  ExpectTranscript("status_absent", played.transcript);
}

TEST(Status, AYoungerLoadBalancerIsReachedByItsName) {
  PlayedWorld played;
  PlayHealthyStack(played);
  Json ours = played.cloud.Call("elbv2", "DescribeLoadBalancers", Json(Json::Object{}))->operator[]("LoadBalancers").array()[0];
  ours.Set("CreatedTime", "2026-11-25T09:00:00Z");
  Json older = ours;
  older.Set("CreatedTime", "2026-11-25T08:00:00Z");
  older.Set("LoadBalancerName", "older");
  played.cloud.On("elbv2:DescribeLoadBalancers", [=](const Json& request) -> Result<Json> {
    Json answer;
    answer.Set("LoadBalancers", request.Has("Names") ? Json::Array{ours} : Json::Array{older, ours});
    return answer;
  });
  std::string asked;
  played.fetch = [&](const std::string& url) -> Result<Page> {
    asked = url;
    return Page{200, Millis(1), ""};
  };
  EXPECT_EQ(played.Run("status"), 0);
  EXPECT_EQ(asked, "http://drupal.elb.localhost:8080/");
}

TEST(Status, WatchShowsEventsAndEndsAtAnInterrupt) {
  PlayedWorld played;
  PlayHealthyStack(played);
  played.world.out_is_terminal = false;
  int turns = 0;
  played.on_sleep = [&] {
    if (++turns == 2) played.interrupted = true;
    played.fetch = [](const std::string&) -> Result<Page> { return Page{500, Millis(1), ""}; };
  };
  EXPECT_EQ(played.Run("status --watch"), 130);
  EXPECT_THAT(played.out, HasSubstr("site\tok\t"));
  EXPECT_THAT(played.out, HasSubstr("site\twarn\t"));
  EXPECT_THAT(played.out, Not(HasSubstr("\x1b")));
}

TEST(Errors, HaveFourPartsAndACode) {
  PlayedWorld played;
  played.cloud.On("ecs:DescribeServices", [](const Json&) -> Result<Json> { return Fail(ErrorKind::kUnavailable, "http://127.0.0.1:4566: Connection refused"); });
  EXPECT_EQ(played.Run("status"), 5);
  played.cloud.On("ecs:DescribeServices", [](const Json&) -> Result<Json> { return ApiError("AccessDeniedException", "User: arn:aws:iam::000000000000:user/eve is not authorized to perform: ecs:DescribeServices", ErrorKind::kDenied); });
  EXPECT_EQ(played.Run("status"), 4);
  played.cloud.On("ecs:DescribeServices", [](const Json&) -> Result<Json> { return ApiError("SignatureDoesNotMatch", "The request signature we calculated does not match\n\nThe Canonical String should have been\n'POST", ErrorKind::kDenied); });
  EXPECT_EQ(played.Run("status --json"), 4);
  EXPECT_EQ(played.Run("stauts"), 2);
  EXPECT_EQ(played.Run("status --wach"), 2);
  EXPECT_EQ(played.Run("status now"), 2);
  EXPECT_EQ(played.Run("logs --since yesterday"), 2);
  EXPECT_EQ(played.Run("logs --grep ("), 2);
  ExpectTranscript("errors", played.transcript);
}

TEST(Scripts, GetTheirWordsAsTheyAre) {
  PlayedWorld played;
  EXPECT_EQ(played.Run("up --port 4567 --site ."), 1);
  EXPECT_THAT(played.became, testing::ElementsAre("/usr/bin/python3", "/repository/scripts/stack.py", "up", "--port", "4567", "--site", "."));
  played.world.build = "/repository/build/sanitize";
  played.Run("destroy");
  EXPECT_THAT(played.became, testing::ElementsAre("/usr/bin/python3", "/repository/scripts/stack.py", "destroy", "--build", "/repository/build/sanitize"));
  played.world.root = "";
  EXPECT_EQ(played.Run("down"), 1);
  EXPECT_THAT(played.err, HasSubstr("TR-NO-SCRIPTS"));
}

TEST(Help, OfEveryCommandFitsAScreen) {
  PlayedWorld played;
  EXPECT_EQ(played.Run("--help"), 0);
  EXPECT_EQ(played.Run("help logs"), 0);
  ExpectTranscript("help", played.transcript);
  for (const CommandSpec& command : Commands()) {
    EXPECT_EQ(played.Run(std::string(command.name) + " --help"), 0);
    EXPECT_FALSE(command.examples.empty()) << command.name;
    std::size_t lines = 0;
    for (std::size_t at = 0; at < played.out.size(); ++lines) {
      const auto end = played.out.find('\n', at);
      EXPECT_LE(Columns(std::string_view(played.out).substr(at, end - at)), 80u) << played.out.substr(at, end - at);
      at = end + 1;
    }
    EXPECT_LE(lines, 40u) << command.name;
  }
}

TEST(Output, ForeignBytesStayText) {
  EXPECT_EQ(Shown("a\x1b[2Jb\x7f"), "a\\x1b[2Jb\\x7f");
  EXPECT_EQ(Shown("\xc2\x9b" "31m"), "\\x9b31m");
  EXPECT_EQ(Shown("x\xe2\x80\xae" "y"), "x\\u202ey");
  EXPECT_EQ(Shown("caf\xc3\xa9 \xe2\x9c\x93"), "caf\xc3\xa9 \xe2\x9c\x93");
  EXPECT_EQ(Shown("\xff"), "\\xff");
}

TEST(Output, FoldsAtBlanksAndCutsNoWord) {
  EXPECT_EQ(Folded("aaa bbb ccc", 7, 2), "aaa bbb\n  ccc");
  EXPECT_EQ(Folded("aaaaaaaaaa bb", 4, 2), "aaaaaaaaaa\n  bb");
  EXPECT_EQ(Folded("", 4, 2), "");
  EXPECT_EQ(Folded("  aa bb", 5, 4), "  aa\n    bb");
}

}  // namespace
}  // namespace terrarium::cli
