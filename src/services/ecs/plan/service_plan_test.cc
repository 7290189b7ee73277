#include "services/ecs/plan/service_plan.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace terrarium::ecs {
namespace {

TEST(ServiceArithmetic, FloorRoundsUpAndCeilingRoundsDown) {
  EXPECT_EQ(HealthyFloor(3, 50), 2);
  EXPECT_EQ(TaskCeiling(3, 150), 4);
  EXPECT_EQ(HealthyFloor(1, 50), 1);
  EXPECT_EQ(HealthyFloor(1, 0), 0);
  EXPECT_EQ(TaskCeiling(3, 125), 3);
  EXPECT_EQ(BreakerThreshold(1), 3);
  EXPECT_EQ(BreakerThreshold(20), 10);
  EXPECT_EQ(BreakerThreshold(1000), 200);
}

struct Counts {
  int old_healthy, old_pending, new_healthy, new_pending, new_unhealthy;
};
ServicePicture PictureOf(int desired, int minimum, int maximum, const Counts& c) {
  ServicePicture p{desired, minimum, maximum, false, {}};
  int id = 0;
  const auto add = [&](int n, bool current, bool healthy, bool unhealthy) {
    for (int i = 0; i < n; ++i) p.tasks.push_back({std::to_string(id++), current, healthy, unhealthy});
  };
  add(c.old_healthy, false, true, false);
  add(c.old_pending, false, false, false);
  add(c.new_healthy, true, true, false);
  add(c.new_pending, true, false, false);
  add(c.new_unhealthy, true, false, true);
  return p;
}
int Healthy(const ServicePicture& p) {
  return static_cast<int>(std::count_if(p.tasks.begin(), p.tasks.end(), [](const auto& t) { return t.healthy && !t.unhealthy; }));
}
void Stop(ServicePicture& p, const std::vector<std::string>& ids) {
  std::erase_if(p.tasks, [&](const auto& t) { return std::find(ids.begin(), ids.end(), t.id) != ids.end(); });
}

// Every mix of up to three tasks of each kind, every size and the percentages people use: no step breaks the bounds, and the steps come to an end.
TEST(ServicePlan, KeepsTheBoundsAndComesToAnEnd) {
  int pictures = 0, deadlocks = 0;
  for (int desired = 0; desired <= 4; ++desired) {
    for (int minimum : {0, 50, 75, 100}) {
      for (int maximum : {100, 125, 150, 200}) {
        for (int mix = 0; mix < 4 * 4 * 4 * 4 * 3; ++mix) {
          const Counts c{mix % 4, mix / 4 % 4, mix / 16 % 4, mix / 64 % 4, mix / 256};
          ServicePicture p = PictureOf(desired, minimum, maximum, c);
          ++pictures;
          const int floor = HealthyFloor(desired, minimum), ceiling = TaskCeiling(desired, maximum);
          bool complete = false;
          int next = 1000;
          for (int step = 0; step < 60 && !complete; ++step) {
            const ServicePlan plan = PlanService(p);
            const int before = Healthy(p), all = static_cast<int>(p.tasks.size());
            ASSERT_LE(all + plan.start, std::max(all, ceiling));
            ServicePicture after = p;
            Stop(after, plan.stop);
            ASSERT_EQ(after.tasks.size(), p.tasks.size() - plan.stop.size()) << "a task is stopped twice";
            ASSERT_GE(Healthy(after), std::min(before, floor)) << desired << " " << minimum << "/" << maximum << " mix " << mix;
            complete = plan.complete;
            const bool still = plan.start == 0 && plan.stop.empty() &&
                               std::all_of(p.tasks.begin(), p.tasks.end(), [](const TaskPicture& t) { return t.healthy || t.unhealthy; });
            p = after;
            if (still) break;
            for (int i = 0; i < plan.start; ++i) p.tasks.push_back({std::to_string(next++), true, false, false});
            // Time passes: what was pending serves now.
            for (TaskPicture& t : p.tasks) t.healthy |= !t.unhealthy;
          }
          // Neither start nor stop: Amazon says so in an event. Only where the percentages leave no room.
          if (!complete) {
            ++deadlocks;
            ASSERT_TRUE(ceiling <= desired && floor >= desired) << desired << " " << minimum << "/" << maximum << " mix " << mix;
          }
        }
      }
    }
  }
  EXPECT_EQ(pictures, 5 * 4 * 4 * 768);
  EXPECT_GT(deadlocks, 0);
}

TEST(ServicePlan, StartsBeforeItStops) {
  auto plan = PlanService(PictureOf(2, 100, 200, {2, 0, 0, 0, 0}));
  EXPECT_EQ(plan.start, 2);
  EXPECT_TRUE(plan.stop.empty());
  plan = PlanService(PictureOf(2, 100, 200, {2, 0, 0, 2, 0}));
  EXPECT_EQ(plan.start, 0);
  EXPECT_TRUE(plan.stop.empty()) << "a pending task replaces nothing";
  plan = PlanService(PictureOf(2, 100, 200, {2, 0, 1, 1, 0}));
  EXPECT_EQ(plan.stop.size(), 1U);
}

TEST(ServicePlan, AnUnhealthyTaskIsReplacedFirst) {
  auto plan = PlanService(PictureOf(2, 100, 200, {0, 0, 1, 0, 1}));
  EXPECT_EQ(plan.start, 1);
  EXPECT_TRUE(plan.stop.empty());
  plan = PlanService(PictureOf(2, 100, 200, {0, 0, 1, 1, 1}));
  EXPECT_EQ(plan.stop.size(), 1U);
}

TEST(ServicePlan, AFailedDeploymentStartsNothingAndKeepsTheOld) {
  auto p = PictureOf(2, 100, 200, {2, 0, 0, 1, 0});
  p.current_failed = true;
  const auto plan = PlanService(p);
  EXPECT_EQ(plan.start, 0);
  EXPECT_EQ(plan.stop, std::vector<std::string>{"2"});
  EXPECT_FALSE(plan.complete);
}

}  // namespace
}  // namespace terrarium::ecs
