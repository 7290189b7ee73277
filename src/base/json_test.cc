#include "base/json.h"

#include <gtest/gtest.h>

namespace terrarium {
namespace {

TEST(JsonTest, RoundTrips) {
  const std::string text = R"({"a":[1,-2.5,true,null,"x\"\\\n\u0001ü"],"b":{},"c":[]})";
  const auto json = Json::Parse(text);
  ASSERT_TRUE(json);
  EXPECT_EQ(json->Write(), text);
  EXPECT_EQ((*json)["a"].array()[1].number(), -2.5);
  EXPECT_TRUE((*json)["nothing"]["deeper"].is_null());
}

TEST(JsonTest, ReadsEscapes) {
  EXPECT_EQ(Json::Parse(R"("\u00fc\uD83D\uDE00\/")")->string(), "ü😀/");
  EXPECT_EQ(Json::Parse("1e3")->integer(), 1000);
}

TEST(JsonTest, RefusesWhatIsNotJson) {
  for (const char* bad : {"", "{", "[1,]", "{\"a\":1,}", "[1 2]", "{a:1}", "'x'", "01", "1.", "-", "+1", "nul", "\"\\x\"", "\"\\uD800\"",
                          "\"a\nb\"", "[1]]", "{\"a\":1,\"a\":2}", "\"\xff\"", "{\"a\" 1}", ",", "[,1]"})
    EXPECT_FALSE(Json::Parse(bad)) << bad;
  EXPECT_FALSE(Json::Parse(std::string(65, '[') + std::string(65, ']')));
  EXPECT_TRUE(Json::Parse(std::string(64, '[') + std::string(64, ']')));
}

TEST(JsonTest, CanonicalTextSortsKeys) {
  EXPECT_EQ(Json::Parse(R"({"b":1,"a":{"d":2,"c":3}})")->WriteCanonical(), R"({"a":{"c":3,"d":2},"b":1})");
}

TEST(JsonTest, Edits) {
  Json json;
  json.Set("a", 1).Append("x");
  json.Set("b", true);
  json.Set("a", 2);
  json.Remove("b");
  EXPECT_EQ(json.Write(), R"({"a":2})");
}

}  // namespace
}  // namespace terrarium
