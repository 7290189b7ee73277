#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ip.h"
#include "base/json.h"
#include "base/result.h"
#include "prove/load/load_client.h"

namespace terrarium::prove {

// How an AWS API is called: service and operation of the models, request and answer as JSON with the models' names.
using ApiCall = std::function<Result<Json>(std::string_view service, std::string_view operation, const Json& request)>;

struct StackOptions {
  std::string name{"drupal"};             // of cluster, service, load balancer, target group, database
  std::string instance{"t0"};             // of the engine
  std::string run_dir{};                  // /run/terrarium/<instance> where empty
  std::string state_dir{"/var/lib/terrarium"};
  std::uint16_t door = 8080;              // of the load balancer, on 127.0.0.1
  std::string path{"/"};                  // what the load asks for
  std::uint16_t port = 4566;              // of the engine, on 127.0.0.1
  std::string scripts{};                  // the repository's, for what only they do (destroy)
  std::string build{};                    // the folder of the engine's programs
};

struct ServiceState {
  std::string arn{};
  std::string task_definition{};
  int desired = 0, running = 0, pending = 0;
  int deployments = 0;                    // under way, the settled one included
  // Of the newest deployment.
  std::string rollout{};                  // "IN_PROGRESS", "COMPLETED", "FAILED"
  std::string rollout_reason{};
  int new_running = 0, new_pending = 0;
  std::vector<std::string> subnets{}, groups{};
  bool public_address = false;
  bool Steady() const { return deployments == 1 && rollout == "COMPLETED" && running == desired && pending == 0; }
};

struct TaskState {
  std::string arn{};
  std::string last_status{};
  std::string task_definition{};
  std::string interface_id{};
  std::string address{};
  std::string stop_code{}, stopped_reason{};
  std::string started_at{};
};

// A running stack of terraform/, as the APIs tell it.
class Stack {
 public:
  Stack(StackOptions options, ApiCall call) : options_(std::move(options)), call_(std::move(call)) {
    if (options_.run_dir.empty()) options_.run_dir = "/run/terrarium/" + options_.instance;
  }

  const StackOptions& options() const { return options_; }
  const std::string& name() const { return options_.name; }

  // An error names service and operation.
  Result<Json> Call(std::string_view service, std::string_view operation, Json request = Json(Json::Object{}));

  Result<ServiceState> Service();
  // Of the service where `of_service`, else all of the cluster; those that have stopped are not listed.
  Result<std::vector<TaskState>> Tasks(bool of_service = true);
  Result<TaskState> Task(const std::string& arn);
  // State of each registered target: address → "healthy".
  Result<std::vector<std::pair<std::string, std::string>>> Targets();
  Result<std::string> LoadBalancerName();  // its DNS name
  // A load on the site's door.
  Result<LoadOptions> Load(double rate);

 private:
  StackOptions options_;
  ApiCall call_;
};

// Helpers over JSON requests.
Json Object(std::initializer_list<std::pair<std::string_view, Json>> members);
Json Strings(const std::vector<std::string>& texts);
std::vector<std::string> TextsOf(const Json& array);

}  // namespace terrarium::prove
