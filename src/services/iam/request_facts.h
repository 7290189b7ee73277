#pragma once

#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "api/call.h"
#include "iam/evaluate.h"

namespace terrarium::iam {

// The condition keys of one request: user guide, "AWS global condition context keys". A key that AWS sets and we cannot know stays absent.
class RequestFacts {
 public:
  explicit RequestFacts(UnixMillis now) : now_(now) {}
  RequestFacts(const RequestFacts&) = delete;

  void AddCaller(const api::Caller& caller, const Principal& principal, std::string_view user_name, UnixMillis issued, std::string_view source_identity, std::string_view action);
  void AddResource(std::string_view arn);
  // Keys of the operation. A key given twice, or one that is a list by nature, becomes a list; a scalar key's last value counts.
  void AddGiven(const std::vector<api::Fact>& facts);
  void Add(std::string_view lower_key, std::string_view value);  // both outlive this

  Facts facts() const { return facts_; }

 private:
  std::string_view Keep(std::string text) { return texts_.emplace_back(std::move(text)); }

  UnixMillis now_;
  std::vector<Fact> facts_;
  std::deque<std::string> texts_;
  std::deque<std::vector<std::string_view>> lists_;
};

// Keys whose type in the service reference is "ArrayOf…".
bool IsListKey(std::string_view lower_key);

}  // namespace terrarium::iam
