#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "aws/config.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/random.h"
#include "base/result.h"

namespace terrarium::cli {

// The API of one account in one region. Members carry the names of the API models; times are RFC 3339 text.
class Cloud {
 public:
  virtual ~Cloud() = default;
  virtual std::string endpoint() const = 0;
  virtual std::string region() const = 0;
  // An error of the service has its code in Error::code; one without a code is of the way there.
  virtual Result<Json> Call(std::string_view service, std::string_view operation, const Json& request) = 0;
};

struct Page {
  int status = 0;
  Millis took{};
  std::string body{};
};

// All that a command touches, passed in: a test plays it.
struct World {
  aws::Environment environment;
  const Clock& clock;
  Random& random;
  std::string root{};      // the repository, with scripts/; empty where this program is elsewhere
  std::string build{};     // the folder of this program
  std::function<void(std::string_view)> out;  // stdout
  std::function<void(std::string_view)> err;  // stderr
  bool out_is_terminal = false;
  bool err_is_terminal = false;
  int columns = 80;
  std::function<void(Millis)> sleep;           // returns early when interrupted
  std::function<bool()> interrupted;           // SIGINT or SIGTERM came
  std::function<Result<std::unique_ptr<Cloud>>(const aws::Environment&)> open_cloud;
  std::function<Result<Page>(const std::string& url)> fetch;  // one GET, no redirects followed, 5 s
  // Becomes that program, with this one's streams; returns only if it cannot.
  std::function<Error(const std::vector<std::string>& argv)> become;
  // Runs a program with this one's streams to its end and gives its exit code.
  std::function<Result<int>(const std::vector<std::string>& argv)> run;
};

}  // namespace terrarium::cli
