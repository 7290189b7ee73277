#include "provider/core/batching_cloud.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <mutex>
#include <thread>
#include <vector>

namespace terrarium::provider {
namespace {

// Subnets whose ids do not begin with "gone"; remembers how many ids each call had.
class Subnets final : public Cloud {
 public:
  explicit Subnets(std::vector<std::size_t>& calls) : calls_(calls) {}
  std::string HomeRegion() const override { return "eu-central-1"; }
  Result<Object> Call(std::string_view region, std::string_view, std::string_view operation, const Object& request) override {
    const std::lock_guard lock(mutex_);
    const auto& ids = At(request, "SubnetIds").Items();
    calls_.push_back(ids.size());
    List found;
    for (const auto& id : ids) {
      if (id.Text().starts_with("gone")) return ApiError("InvalidSubnetID.NotFound", id.Text());
      found.push_back(Object{{"SubnetId", id}, {"Region", region}, {"Operation", operation}});
    }
    return Object{{"Subnets", std::move(found)}};
  }

 private:
  std::mutex mutex_;
  std::vector<std::size_t>& calls_;
};

class BatchingCloudTest : public testing::Test {
 protected:
  // All ids at the same time: the window is as good as endless, so a call goes out when it has `most` ids.
  std::vector<Result<Object>> Ask(std::vector<std::string> ids, std::size_t most, std::vector<std::string> regions = {}) {
    BatchingCloud cloud(std::make_unique<Subnets>(calls_), {std::chrono::hours(1), most});
    std::vector<Result<Object>> answers(ids.size());
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < ids.size(); ++i)
      threads.emplace_back([&, i] {
        answers[i] = cloud.Call(regions.empty() ? "eu-central-1" : regions[i], "ec2", "DescribeSubnets", {{"SubnetIds", List{ids[i]}}});
      });
    threads.clear();
    std::ranges::sort(calls_);
    return answers;
  }
  static std::string IdOf(const Result<Object>& answer) {
    const auto& found = At(*answer, "Subnets").Items();
    return found.size() == 1 ? found[0]["SubnetId"].Text() : "not one";
  }
  std::vector<std::size_t> calls_{};
};

TEST_F(BatchingCloudTest, ReadsAtTheSameTimeAreOneCallAndEachGetsItsOwn) {
  const auto answers = Ask({"a", "b", "c"}, 3);
  EXPECT_EQ(calls_, std::vector<std::size_t>{3});
  EXPECT_EQ(IdOf(answers[0]), "a");
  EXPECT_EQ(IdOf(answers[1]), "b");
  EXPECT_EQ(IdOf(answers[2]), "c");
}

TEST_F(BatchingCloudTest, AFullCallIsFollowedByAnother) {
  const auto answers = Ask({"a", "b", "c", "d"}, 2);
  EXPECT_EQ(calls_, (std::vector<std::size_t>{2, 2}));
  for (std::size_t i = 0; i < answers.size(); ++i) EXPECT_EQ(IdOf(answers[i]), std::string(1, static_cast<char>('a' + i)));
}

TEST_F(BatchingCloudTest, OneThatIsGoneTakesNobodyWithIt) {
  const auto answers = Ask({"a", "gone", "c"}, 3);
  EXPECT_EQ(calls_, (std::vector<std::size_t>{1, 1, 1, 3})) << "the call for all, and each by itself";
  EXPECT_EQ(IdOf(answers[0]), "a");
  ASSERT_FALSE(answers[1]);
  EXPECT_EQ(answers[1].error().code, "InvalidSubnetID.NotFound");
  EXPECT_EQ(IdOf(answers[2]), "c");
}

TEST_F(BatchingCloudTest, RegionsAreNotMixed) {
  const auto answers = Ask({"a", "b", "c", "d"}, 2, {"eu-central-1", "us-east-1", "eu-central-1", "us-east-1"});
  EXPECT_EQ(calls_, (std::vector<std::size_t>{2, 2}));
  EXPECT_EQ(At(*answers[0], "Subnets").Items()[0]["Region"].Text(), "eu-central-1");
  EXPECT_EQ(At(*answers[1], "Subnets").Items()[0]["Region"].Text(), "us-east-1");
}

TEST_F(BatchingCloudTest, WhatIsNotARequestForOneIdGoesAsItIs) {
  BatchingCloud cloud(std::make_unique<Subnets>(calls_), {std::chrono::hours(1), 3});
  EXPECT_TRUE(cloud.Call("r", "ec2", "DescribeSubnets", {{"SubnetIds", List{"a", "b"}}}));
  EXPECT_TRUE(cloud.Call("r", "ec2", "DescribeSubnets", {{"SubnetIds", List{"a"}}, {"DryRun", true}}));
  EXPECT_TRUE(cloud.Call("r", "ec2", "CreateSubnet", {{"SubnetIds", List{"a"}}}));
  EXPECT_EQ(calls_, (std::vector<std::size_t>{2, 1, 1}));
}

TEST_F(BatchingCloudTest, OneAloneGoesWhenTheWindowHasPassed) {
  BatchingCloud cloud(std::make_unique<Subnets>(calls_), {std::chrono::milliseconds(0), 3});
  const auto found = cloud.Call("r", "ec2", "DescribeSubnets", {{"SubnetIds", List{"a"}}});
  EXPECT_EQ(IdOf(found), "a");
  const auto gone = cloud.Call("r", "ec2", "DescribeSubnets", {{"SubnetIds", List{"gone"}}});
  EXPECT_EQ(gone.error().code, "InvalidSubnetID.NotFound");
  EXPECT_EQ(calls_, (std::vector<std::size_t>{1, 1})) << "a failure of one alone is its answer";
}

}  // namespace
}  // namespace terrarium::provider
