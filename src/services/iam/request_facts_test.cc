#include "services/iam/request_facts.h"

#include <gtest/gtest.h>

namespace terrarium::iam {
namespace {

const Fact* Find(Facts facts, std::string_view key) {
  for (const Fact& fact : facts) {
    if (fact.key == key) return &fact;
  }
  return nullptr;
}

TEST(RequestFacts, ListsKeepTheirValuesHoweverManyFactsThereAre) {
  for (int others = 0; others < 40; ++others) {  // a list's first value may come exactly when the facts have to move
    RequestFacts facts(0);
    for (int i = 0; i < others; ++i) facts.Add("aws:userid", "x");
    const std::vector<api::Fact> given = {{"aws:TagKeys", "Name"}, {"ec2:CreateAction", "CreateVpc"}, {"aws:TagKeys", "Project"}};
    facts.AddGiven(given);
    const Fact* keys = Find(facts.facts(), "aws:tagkeys");
    ASSERT_NE(keys, nullptr);
    EXPECT_TRUE(keys->is_list);
    ASSERT_EQ(keys->list.size(), 2U) << others;
    EXPECT_EQ(keys->list[1], "Project");
    EXPECT_EQ(Find(facts.facts(), "ec2:createaction")->value, "CreateVpc");
  }
}

}  // namespace
}  // namespace terrarium::iam
