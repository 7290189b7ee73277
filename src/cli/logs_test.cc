#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/played_cloud_fixture.h"

namespace terrarium::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

// 2026-11-25T10:12:00Z
constexpr std::int64_t kTenTwelve = 1'795'601'520'000;

Json LogEvent(std::int64_t time, const std::string& id, const std::string& task, const std::string& message) {
  Json one;
  one.Set("timestamp", time);
  one.Set("eventId", id);
  one.Set("logStreamName", "task/web/" + task + "aaaaaaaaaaaaaaaaaaaaaaaa");
  one.Set("message", message);
  return one;
}

void PlayLog(PlayedWorld& played, std::vector<Json> events) {
  played.cloud.On("logs:FilterLogEvents", [events = std::move(events)](const Json& request) -> Result<Json> {
    // Two pages: the first event, then the rest.
    Json::Array page;
    const bool second = request.Has("nextToken");
    for (std::size_t i = second ? 1 : 0; i < (second ? events.size() : std::min<std::size_t>(1, events.size())); ++i)
      if (events[i]["timestamp"].integer() >= request["startTime"].integer()) page.push_back(events[i]);
    Json answer;
    answer.Set("events", std::move(page));
    if (!second) answer.Set("nextToken", "more");
    return answer;
  });
}

TEST(Logs, MergesTasksAndEventsByTime) {
  PlayedWorld played;
  PlayHealthyStack(played);
  PlayLog(played, {LogEvent(kTenTwelve, "1", "9c41e2d0", "GET / 200"), LogEvent(kTenTwelve - 150'000, "2", "b7703fa6", "error Undefined array key \"x\x1b[2J\"")});
  EXPECT_EQ(played.Run("logs"), 0);
  EXPECT_EQ(played.Run("logs --since 1m"), 0);
  EXPECT_EQ(played.Run("logs --since 10:09:30 --source app"), 0);
  EXPECT_EQ(played.Run("logs --grep error|fatal"), 0);
  EXPECT_EQ(played.Run("logs --task b770"), 0);
  played.world.out_is_terminal = false;
  EXPECT_EQ(played.Run("logs --source events"), 0);
  EXPECT_EQ(played.Run("logs --json --task 9c41"), 0);
  ExpectTranscript("logs", played.transcript);
}

TEST(Logs, FollowsWithoutRepeatingALine) {
  PlayedWorld played;
  PlayHealthyStack(played);
  std::vector<Json> events = {LogEvent(kTenTwelve, "1", "9c41e2d0", "first")};
  PlayLog(played, events);
  int turns = 0;
  played.on_sleep = [&] {
    // A line that was printed before the last one that was seen, and comes late.
    if (turns == 0) events.push_back(LogEvent(kTenTwelve - 900, "2", "b7703fa6", "late"));
    if (turns == 1) events.push_back(LogEvent(kTenTwelve + 900, "3", "b7703fa6", "third"));
    PlayLog(played, events);
    played.interrupted = ++turns == 4;
  };
  EXPECT_EQ(played.Run("logs -f --source app"), 130);
  EXPECT_EQ(played.out, "10:12:00.000 app 9c41  first\n10:11:59.100 app b770  late\n10:12:00.900 app b770  third\n");
}

TEST(Logs, SaysWhenThereIsNoLog) {
  PlayedWorld played;
  played.cloud.On("logs:FilterLogEvents", [](const Json&) -> Result<Json> { return ApiError("ResourceNotFoundException", "The specified log group does not exist.", ErrorKind::kNotFound); });
  EXPECT_EQ(played.Run("logs"), 3);
  EXPECT_THAT(played.err, HasSubstr("error TR-NO-LOG: there is no log group /ecs/drupal"));
}

}  // namespace
}  // namespace terrarium::cli
