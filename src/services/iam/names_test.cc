#include "services/iam/names.h"

#include <gtest/gtest.h>

namespace terrarium::iam {
namespace {

TEST(IamNamesTest, AccessKeysCarryTheirAccount) {
  SeededRandom random(5);
  for (const char* account : {"000000000001", "123456789012", "999999999999"}) {
    const std::string id = NewAccessKeyId(random, "ASIA", account);
    EXPECT_EQ(id.size(), 20u);
    EXPECT_EQ(AccountOfAccessKey(id), account);
  }
  EXPECT_EQ(AccountOfAccessKey("ASIAQNZGKIQY56JQ7WML"), "029608264753");  // published with its account in the literature on these ids
  EXPECT_FALSE(AccountOfAccessKey("AKIA1NZGKIQY56JQ7WML"));
}

TEST(IamNamesTest, ArnsKeepTheColonsOfTheirLastField) {
  const auto arn = Arn::Parse("arn:aws:iam::000000000001:role/a/b:c/web");
  ASSERT_TRUE(arn);
  EXPECT_EQ(arn->resource, "role/a/b:c/web");
  EXPECT_EQ(arn->type(), "role");
  EXPECT_EQ(arn->name(), "web");
  EXPECT_FALSE(Arn::Parse("arn:aws:iam::role"));
}

TEST(IamNamesTest, RefusesInTheModelsWords) {
  EXPECT_EQ(CheckName("a b", "roleName").error().message,
            "1 validation error detected: Value 'a b' at 'roleName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\w+=,.@-]+");
  EXPECT_TRUE(CheckPath("/a/b/"));
  for (const char* bad : {"a/", "/a", "//", "/a b/"}) EXPECT_FALSE(CheckPath(bad)) << bad;
}

}  // namespace
}  // namespace terrarium::iam
