#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "cli/world.h"

namespace terrarium::cli {

// A cloud for tests: each operation has a function. Requests and answers must fit the API models, so that no test
// passes on a member that the real API has not got. A call without a function fails the test.
class PlayedCloud {
 public:
  using Play = std::function<Result<Json>(const Json& request)>;

  void On(const std::string& operation, Play play) { plays_[operation] = std::move(play); }  // "ecs:DescribeServices"
  void On(const std::string& operation, Json answer) {
    On(operation, [answer = std::move(answer)](const Json&) -> Result<Json> { return answer; });
  }
  Result<Json> Call(const std::string& service, const std::string& operation, const Json& request);

  std::vector<std::pair<std::string, Json>> calls;

 private:
  std::map<std::string, Play> plays_;
};

// A program run: what it printed, stdout and stderr as they came, and its exit code.
class PlayedWorld {
 public:
  PlayedWorld();
  // Runs `words` ("status --watch"), split at blanks, and adds "$ terrarium …", its output and its exit code to the transcript.
  int Run(const std::string& words);

  World world;
  PlayedCloud cloud;
  FakeClock clock{1'795'601'587'000};  // 2026-11-25T10:13:07Z
  SeededRandom random{7};
  std::string transcript, out, err;
  std::map<std::string, std::string> variables = {{"AWS_ENDPOINT_URL", "http://127.0.0.1:4566"}, {"LANG", "C.UTF-8"}};
  std::vector<std::string> became;
  std::function<Result<Page>(const std::string&)> fetch;
  std::function<void()> on_sleep;  // after the clock moved
  bool interrupted = false;
};

// Compares with tests/transcripts/NAME.t; writes it instead where TERRARIUM_UPDATE_TRANSCRIPTS is set.
void ExpectTranscript(const std::string& name, const std::string& text);

// Reads JSON or fails the test.
Json J(std::string_view text);
// The stack "drupal" as it is when all is well: two tasks, healthy, a database.
void PlayHealthyStack(PlayedWorld& played);

}  // namespace terrarium::cli
