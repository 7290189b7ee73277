#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "cli/session.h"

namespace terrarium::cli {

// The last lines that a container of this task printed, oldest first; none where its log is not in CloudWatch Logs or not there yet.
std::vector<std::string> LastLines(Session& session, const Json& task_definition, const std::string& task_arn, int most);

// What ended a task: "exit 1 after 0.4 s", or ECS's reason where no container ran.
std::string EndOf(const Json& task);
// The exit code of the first container that has one.
std::optional<std::int64_t> ExitCodeOf(const Json& task);
// Waiting longer for such tasks makes no sense: the image is absent, something is denied, a secret or log group is missing.
bool IsFinalCause(const Json& task);

Answer<Json> DescribeTask(Session& session, const std::string& cluster, const std::string& arn);
// Tasks of that deployment that have ended, the newest first.
Answer<Json::Array> EndedTasks(Session& session, const std::string& cluster, const std::string& started_by);

struct OneOff {
  std::string task{};  // ARN
  std::optional<std::int64_t> exit_code{};
  std::string end{};   // EndOf
  bool interrupted = false, timed_out = false;
};
// Runs `command` in a task of its own beside a service, with its network, and waits for its end. `watch` hears the task's status.
// An interruption or the time-out stops the task.
Answer<OneOff> RunOneOff(Session& session, const Json& service, const Json& task_definition, const std::string& container, const std::vector<std::string>& command, UnixMillis deadline,
                         const std::function<void(const std::string& status)>& watch);

// The container that the load balancer reaches, else the first.
std::string ServedContainer(const Json& service, const Json& task_definition);

}  // namespace terrarium::cli
