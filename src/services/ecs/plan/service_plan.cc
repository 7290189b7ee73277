#include "services/ecs/plan/service_plan.h"

#include <algorithm>

namespace terrarium::ecs {

int HealthyFloor(int desired, int minimum_percent) { return static_cast<int>((static_cast<std::int64_t>(desired) * minimum_percent + 99) / 100); }
int TaskCeiling(int desired, int maximum_percent) { return static_cast<int>(static_cast<std::int64_t>(desired) * maximum_percent / 100); }
int BreakerThreshold(int desired) { return std::clamp((desired + 1) / 2, 3, 200); }

ServicePlan PlanService(const ServicePicture& p) {
  ServicePlan plan;
  const int floor = HealthyFloor(p.desired, p.minimum_percent), ceiling = TaskCeiling(p.desired, p.maximum_percent);
  const int all = static_cast<int>(p.tasks.size());
  int good = 0, healthy = 0, old = 0, current_healthy = 0;
  for (const TaskPicture& t : p.tasks) {
    good += t.current && !t.unhealthy;
    healthy += t.healthy && !t.unhealthy;
    current_healthy += t.current && t.healthy && !t.unhealthy;
    old += !t.current;
  }
  if (!p.current_failed) plan.start = std::max(0, std::min(ceiling - all, p.desired - good));

  const auto stop = [&](const TaskPicture& t) {
    plan.stop.push_back(t.id);
    healthy -= t.healthy && !t.unhealthy;
  };
  // A replacement starts before the unhealthy task goes, where the ceiling has room for it.
  const bool replaced = good >= p.desired, no_room = ceiling - all <= 0;
  for (const TaskPicture& t : p.tasks) {
    if (t.unhealthy && (replaced || no_room || p.current_failed || !t.current)) stop(t);
  }
  // While the newest deployment has failed and nothing replaces it, the old tasks are all that serves.
  const int keep_old = p.current_failed ? p.desired : 0;
  int old_left = old;
  for (const bool working : {false, true}) {
    for (const TaskPicture& t : p.tasks) {
      if (t.current || t.unhealthy || t.healthy != working || old_left <= keep_old) continue;
      if (working && healthy - 1 < floor) continue;
      stop(t);
      --old_left;
    }
  }
  // Too many of the newest: those that do not serve yet go first, then the oldest.
  int surplus = (p.current_failed ? good : good - p.desired);
  for (const bool working : {false, true}) {
    for (const TaskPicture& t : p.tasks) {
      if (surplus <= 0 || !t.current || t.unhealthy || t.healthy != working) continue;
      if (working && healthy - 1 < floor) continue;
      stop(t);
      --surplus;
    }
  }
  plan.complete = !p.current_failed && old == 0 && current_healthy == p.desired && good == p.desired && plan.start == 0 && plan.stop.empty();
  return plan;
}

}  // namespace terrarium::ecs
