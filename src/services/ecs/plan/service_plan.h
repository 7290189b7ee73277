#pragma once

#include <cstdint>
#include <string>
#include <vector>

// What a service's scheduler does next. Pure: a picture in, steps out.
namespace terrarium::ecs {

struct TaskPicture {
  std::string id;
  bool current = false;    // of the newest deployment
  bool healthy = false;    // runs, and every balancer says so
  bool unhealthy = false;  // a check failed and the grace period is over
};
struct ServicePicture {
  int desired = 0;
  int minimum_percent = 100, maximum_percent = 200;
  bool current_failed = false;       // the circuit breaker has opened: no more tasks of the newest deployment
  std::vector<TaskPicture> tasks{};  // that are wanted to run, the oldest first
};
struct ServicePlan {
  int start = 0;
  std::vector<std::string> stop{};
  bool complete = false;  // the newest deployment has all its tasks healthy and no other has any
};

// The floor rounds up, the ceiling rounds down, both over all deployments.
int HealthyFloor(int desired, int minimum_percent);
int TaskCeiling(int desired, int maximum_percent);

ServicePlan PlanService(const ServicePicture& picture);

// Failed tasks at which the circuit breaker opens: half of the desired count, at least 3, at most 200.
int BreakerThreshold(int desired);

}  // namespace terrarium::ecs
