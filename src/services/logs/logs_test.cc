#include <gtest/gtest.h>

#include "base/random.h"
#include "services/logs/operations.h"
#include "services/logs/ops.h"
#include "services/logs/pattern.h"

namespace terrarium::logs {
namespace {

class EveryoneMay final : public api::Authorizer {
 public:
  Status Check(const api::Caller&, store::Tx&, std::string_view action, std::string_view resource, const std::vector<api::Fact>&) const override {
    asked.push_back(std::string(action) + " " + std::string(resource));
    return {};
  }
  mutable std::vector<std::string> asked;
};

class LogsTest : public ::testing::Test {
 protected:
  LogsTest() {
    RegisterLogs(registry_);
    caller_.account = "111122223333";
    caller_.region = "us-east-1";
  }
  template <class Op>
  Result<typename Op::Response*> Run(const typename Op::Request& request) {
    const api::OperationRow* row = registry_.Find(Op::service(), Op::kName);
    auto answer = database_->Write([&](store::Tx& tx) -> Result<void*> {
      api::Call call{caller_, tx, arena_, clock_, random_, authorizer_, "request"};
      TRY_ASSIGN(const api::Access access, row->access(call, &request));
      for (const std::string& r : access.resources) TRY(authorizer_.Check(caller_, tx, row->action, r, access.facts));
      return row->handler(call, &request);
    });
    if (!answer) return std::unexpected(answer.error());
    return static_cast<typename Op::Response*>(*answer);
  }
  void Make() {
    wire::CreateLogGroupRequest group;
    group.log_group_name = "/ecs/site";
    ASSERT_TRUE(Run<wire::ops::CreateLogGroup>(group));
    for (const char* name : {"a", "b"}) {
      wire::CreateLogStreamRequest stream;
      stream.log_group_name = "/ecs/site";
      stream.log_stream_name = name;
      ASSERT_TRUE(Run<wire::ops::CreateLogStream>(stream));
    }
  }
  Result<wire::PutLogEventsResponse*> Put(const char* stream, std::vector<std::pair<std::int64_t, std::string>> events) {
    wire::PutLogEventsRequest request;
    request.log_group_name = "/ecs/site";
    request.log_stream_name = stream;
    for (const auto& [time, message] : events) request.log_events.Add(arena_) = {time, arena_.Copy(message)};
    return Run<wire::ops::PutLogEvents>(request);
  }
  wire::GetLogEventsRequest GetRequest() {
    wire::GetLogEventsRequest request;
    request.log_group_name = "/ecs/site";
    request.log_stream_name = "a";
    return request;
  }
  std::string Messages(const auto& events) {
    std::string out;
    for (const auto& e : events) out += e.message.str() + ";";
    return out;
  }

  api::Registry registry_;
  std::unique_ptr<store::Database> database_ = store::Database::OpenInMemory();
  api::Caller caller_;
  Arena arena_;
  FakeClock clock_;
  SeededRandom random_{1};
  EveryoneMay authorizer_;
};

TEST_F(LogsTest, GroupsAreDescribedAsAwsDoes) {
  Make();
  const auto out = Run<wire::ops::DescribeLogGroups>({});
  ASSERT_TRUE(out);
  ASSERT_EQ((*out)->log_groups.size(), 1U);
  const auto& g = (*out)->log_groups[0];
  EXPECT_EQ(g.arn, "arn:aws:logs:us-east-1:111122223333:log-group:/ecs/site:*");
  EXPECT_EQ(g.log_group_arn, "arn:aws:logs:us-east-1:111122223333:log-group:/ecs/site");
  EXPECT_FALSE(g.retention_in_days);
  EXPECT_FALSE(g.kms_key_id.has_value());
  wire::CreateLogGroupRequest again;
  again.log_group_name = "/ecs/site";
  const auto twice = Run<wire::ops::CreateLogGroup>(again);
  ASSERT_FALSE(twice);
  EXPECT_EQ(twice.error().code, "ResourceAlreadyExistsException");
  EXPECT_EQ(twice.error().message, "The specified log group already exists");
}

TEST_F(LogsTest, TheResourceOfAnActionHasTheStarButOfTagsHasNot) {
  Make();
  EXPECT_EQ(authorizer_.asked[0], "logs:CreateLogGroup arn:aws:logs:us-east-1:111122223333:log-group:/ecs/site:*");
  EXPECT_EQ(authorizer_.asked[1], "logs:CreateLogStream arn:aws:logs:us-east-1:111122223333:log-group:/ecs/site:log-stream:a");
  wire::TagResourceRequest tag;
  tag.resource_arn = "arn:aws:logs:us-east-1:111122223333:log-group:/ecs/site";
  tag.tags.Add(arena_) = {"k", "v"};
  ASSERT_TRUE(Run<wire::ops::TagResource>(tag));
  EXPECT_EQ(authorizer_.asked.back(), "logs:TagResource arn:aws:logs:us-east-1:111122223333:log-group:/ecs/site");
  wire::ListTagsForResourceRequest list;
  list.resource_arn = tag.resource_arn;
  EXPECT_EQ((*Run<wire::ops::ListTagsForResource>(list))->tags[0].value, "v");
  list.resource_arn = "arn:aws:logs:us-east-1:111122223333:log-group:/ecs/site:*";
  const auto refused = Run<wire::ops::ListTagsForResource>(list);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "InvalidParameterException");
}

TEST_F(LogsTest, ReadingToTheEndTellsItByTheTokenAndGoesOnFromIt) {
  Make();
  const std::int64_t t = clock_.Now();
  ASSERT_TRUE(Put("a", {{t, "one"}, {t, "two"}, {t + 5, "three"}}));
  auto request = GetRequest();
  request.start_from_head = true;
  request.limit = 2;
  auto page = *Run<wire::ops::GetLogEvents>(request);
  EXPECT_EQ(Messages(page->events), "one;two;");
  request.next_token = page->next_forward_token;
  page = *Run<wire::ops::GetLogEvents>(request);
  EXPECT_EQ(Messages(page->events), "three;");
  EXPECT_NE(page->next_forward_token, request.next_token);
  request.next_token = page->next_forward_token;
  page = *Run<wire::ops::GetLogEvents>(request);
  EXPECT_EQ(Messages(page->events), "");
  EXPECT_EQ(page->next_forward_token, request.next_token);
  ASSERT_TRUE(Put("a", {{t + 9, "four"}}));
  EXPECT_EQ(Messages((*Run<wire::ops::GetLogEvents>(request))->events), "four;");
  // Without startFromHead the newest page comes, oldest first.
  auto newest = GetRequest();
  newest.limit = 2;
  EXPECT_EQ(Messages((*Run<wire::ops::GetLogEvents>(newest))->events), "three;four;");
  newest.next_token = "f/12/s";
  EXPECT_EQ(Run<wire::ops::GetLogEvents>(newest).error().message, "The specified nextToken is invalid.");
}

TEST_F(LogsTest, TheEndIsOutsideForGetAndInsideForFilter) {
  Make();
  const std::int64_t t = clock_.Now();
  ASSERT_TRUE(Put("a", {{t, "x"}, {t + 1, "y"}}));
  auto request = GetRequest();
  request.end_time = t + 1;
  EXPECT_EQ(Messages((*Run<wire::ops::GetLogEvents>(request))->events), "x;");
  wire::FilterLogEventsRequest filter;
  filter.log_group_name = "/ecs/site";
  filter.end_time = t + 1;
  EXPECT_EQ(Messages((*Run<wire::ops::FilterLogEvents>(filter))->events), "x;y;");
}

TEST_F(LogsTest, FilterMergesStreamsByTimeAndPages) {
  Make();
  const std::int64_t t = clock_.Now();
  ASSERT_TRUE(Put("a", {{t, "a0 error"}, {t + 20, "a20 error"}}));
  ASSERT_TRUE(Put("b", {{t + 10, "b10 error"}, {t + 15, "fine"}}));
  wire::FilterLogEventsRequest request;
  request.log_group_name = "/ecs/site";
  request.filter_pattern = "error";
  request.limit = 2;
  auto page = *Run<wire::ops::FilterLogEvents>(request);
  EXPECT_EQ(Messages(page->events), "a0 error;b10 error;");
  ASSERT_TRUE(page->next_token.has_value());
  request.next_token = page->next_token;
  page = *Run<wire::ops::FilterLogEvents>(request);
  EXPECT_EQ(Messages(page->events), "a20 error;");
  EXPECT_FALSE(page->next_token.has_value());
  request.next_token = {};
  request.log_stream_names.Add(arena_) = "gone";
  EXPECT_EQ(Run<wire::ops::FilterLogEvents>(request).error().code, "ResourceNotFoundException");
}

TEST_F(LogsTest, EventsOutOfTheWindowAreToldAndTheRestIsKept) {
  Make();
  const std::int64_t t = clock_.Now(), day = 86'400'000;
  const auto out = Put("a", {{t - 15 * day, "old"}, {t, "now"}, {t + day, "new"}});
  ASSERT_TRUE(out);
  ASSERT_NE((*out)->rejected_log_events_info, nullptr);
  EXPECT_EQ((*out)->rejected_log_events_info->too_old_log_event_end_index, 1);
  EXPECT_EQ((*out)->rejected_log_events_info->too_new_log_event_start_index, 2);
  EXPECT_EQ(Messages((*Run<wire::ops::GetLogEvents>(GetRequest()))->events), "now;");
  EXPECT_EQ(Put("a", {{t, "x"}, {t - 1, "y"}}).error().message, "Log events in a single PutLogEvents request must be in chronological order.");
  EXPECT_EQ(Put("c", {{t, "x"}}).error().message, "The specified log stream does not exist.");
}

TEST_F(LogsTest, RetentionTakesEventsAndTheirBytesAway) {
  Make();
  const std::int64_t t = clock_.Now();
  ASSERT_TRUE(Put("a", {{t, "12345"}}));
  EXPECT_EQ((*Run<wire::ops::DescribeLogGroups>({}))->log_groups[0].stored_bytes, 31);
  wire::PutRetentionPolicyRequest retention;
  retention.log_group_name = "/ecs/site";
  retention.retention_in_days = 2;
  EXPECT_FALSE(Run<wire::ops::PutRetentionPolicy>(retention));
  retention.retention_in_days = 1;
  ASSERT_TRUE(Run<wire::ops::PutRetentionPolicy>(retention));
  clock_.Advance(Millis(86'400'001));
  EXPECT_EQ(Messages((*Run<wire::ops::GetLogEvents>(GetRequest()))->events), "");
  EXPECT_EQ((*Run<wire::ops::DescribeLogGroups>({}))->log_groups[0].stored_bytes, 0);
}

TEST_F(LogsTest, ADeletedGroupComesBackEmpty) {
  Make();
  ASSERT_TRUE(Put("a", {{clock_.Now(), "x"}}));
  wire::DeleteLogGroupRequest request;
  request.log_group_name = "/ecs/site";
  ASSERT_TRUE(Run<wire::ops::DeleteLogGroup>(request));
  EXPECT_EQ(Run<wire::ops::DeleteLogGroup>(request).error().code, "ResourceNotFoundException");
  Make();
  EXPECT_EQ(Messages((*Run<wire::ops::GetLogEvents>(GetRequest()))->events), "");
}

TEST(LogsPattern, Terms) {
  const auto matches = [](std::string_view pattern, std::string_view message) { return Pattern::Parse(pattern).value().Matches(message); };
  EXPECT_TRUE(matches(" ", "anything"));
  EXPECT_TRUE(matches("ERROR", "TERROR"));
  EXPECT_FALSE(matches("ERROR", "error"));
  EXPECT_FALSE(matches("a b", "a"));
  EXPECT_TRUE(matches("a -b", "a"));
  EXPECT_FALSE(matches("a -b", "ab"));
  EXPECT_TRUE(matches("?a ?b", "b"));
  EXPECT_TRUE(matches("c ?a", "c"));
  EXPECT_TRUE(matches("\"a \\\"b\\\"\"", "x a \"b\" y"));
  EXPECT_FALSE(Pattern::Parse("-"));
  EXPECT_FALSE(Pattern::Parse("a.b"));
  EXPECT_FALSE(Pattern::Parse("\"open"));
  EXPECT_EQ(Pattern::Parse("{ $.a = 1 }").error().kind, ErrorKind::kUnsupported);
}

}  // namespace
}  // namespace terrarium::logs
