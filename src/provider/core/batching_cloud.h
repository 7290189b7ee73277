// Reads of one object each that come at the same time become one call for all of them: Terraform refreshes ten objects
// at once, and most of the Describe operations take a list of ids.
#pragma once

#include <chrono>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>

#include "provider/cloud/cloud.h"

namespace terrarium::provider {

// A read is joined only with reads that were asked for before the call went out, so nobody gets an answer older than
// the question. When a call for several fails, one of them may be gone: each is then asked for by itself.
class BatchingCloud final : public Cloud {
 public:
  struct Limits {
    std::chrono::milliseconds window{4};  // how long the first waits for others
    std::size_t most = 20;                // ids in one call; what DescribeTags of Elastic Load Balancing takes
  };
  BatchingCloud(std::unique_ptr<Cloud> cloud, Limits limits) : cloud_(std::move(cloud)), limits_(limits) {}

  std::string HomeRegion() const override { return cloud_->HomeRegion(); }
  Result<Object> Call(std::string_view region, std::string_view service, std::string_view operation,
                      const Object& request) override;

 private:
  struct Gathering {
    std::set<std::string> ids{};
    bool done = false;
    Result<Object> answer{};
  };
  // The call for all that came within the window, by the one that came first.
  std::shared_ptr<Gathering> Join(std::string_view region, std::string_view service, std::string_view operation,
                                  std::string_view ids_member, const std::string& id);

  const std::unique_ptr<Cloud> cloud_;
  const Limits limits_;
  std::mutex mutex_;  // of what follows and of every Gathering
  std::condition_variable changed_;
  std::map<std::string, std::shared_ptr<Gathering>> open_;
};

}  // namespace terrarium::provider
