#pragma once

#include <string>
#include <vector>

#include "cli/progress.h"
#include "cli/session.h"

namespace terrarium::cli {

struct Rollout {
  enum class End : unsigned char { kServes, kRolledBack, kFailed, kSuperseded, kTimedOut, kInterrupted } end = End::kServes;
  std::string deployment{};
  std::string serves{};              // task definition (family:revision) that serves at the end
  std::string reason{};              // ECS's words
  bool by_us = false;                // this program asked for the revision before, because no circuit breaker would
  std::int64_t pages = 0, failed_pages = 0;  // asked of `url` meanwhile, one a look
  bool took_traffic = false;         // a task of it was healthy at some time
  std::int64_t failed_tasks = 0;
  Json failed_task{};                // one that ended, null if none did
  Millis took{};
};

// Follows one deployment of a service by its id to its end, whatever other deployments there are.
class Follower {
 public:
  // `before`: the task definition to go back to. `url`: asked at each look; empty for none.
  Follower(Session& session, Progress& progress, std::string cluster, std::string service, std::string deployment, std::string before, std::string url, UnixMillis deadline)
      : session_(session), progress_(progress), cluster_(std::move(cluster)), service_(std::move(service)), before_(std::move(before)), url_(std::move(url)), deadline_(deadline) {
    out_.deployment = std::move(deployment);
  }
  Answer<Rollout> Follow();

 private:
  // True when it is over.
  Answer<bool> Look();
  Status Healthy(const Json& service);
  Answer<bool> GiveUp(const Json& service);
  void AskPage();

  Session& session_;
  Progress& progress_;
  const std::string cluster_, service_, before_, url_;
  const UnixMillis deadline_;
  Rollout out_;
  std::string back_;  // deployment that brings the old revision back
  std::int64_t healthy_ = 0, old_ = 0;
};

}  // namespace terrarium::cli
