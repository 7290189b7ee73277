// The public protocol suites as server and as client; see README.md. Every case is a test of its own: --gtest_filter='*AwsJson11*'.

#include <gtest/gtest.h>

#include <cstdio>

#include "fuzz.h"
#include "run.h"

namespace terrarium::vectors {
namespace {

class CaseTest : public testing::Test {
 public:
  CaseTest(const Case& one, Side side, std::map<std::string, int>& counts) : one_(one), side_(side), counts_(counts) {}
  void TestBody() override {
    const std::string wrong = RunCase(one_, side_);
    if (!wrong.empty()) {
      ADD_FAILURE() << one_.values.Write() << "\n" << wrong;
      return;
    }
    const std::string name(NameOf(side_));
    const bool malformed = KindOf(one_) == "malformed";
    ++counts_[malformed ? "refused" : name];
    ++counts_[one_.protocol + (malformed ? " refused as " : " as ") + name];
  }

 private:
  const Case& one_;
  const Side side_;
  std::map<std::string, int>& counts_;
};

// What is left out must not hold, so that the list stays true.
class LeftOutTest : public testing::Test {
 public:
  LeftOutTest(const std::vector<Case>& cases, const std::map<std::string, std::string>& left_out) : cases_(cases), left_out_(left_out) {}
  void TestBody() override {
    std::map<std::string, std::string> unknown = left_out_;
    for (const Case& one : cases_)
      for (const Side side : {Side::kServer, Side::kClient}) {
        const auto found = left_out_.find(KeyOf(one, side));
        if (!IsFor(one, side) || found == left_out_.end()) continue;
        EXPECT_NE(RunCase(one, side), "") << found->first << " holds: take it off left_out.txt";
        unknown.erase(found->first);
      }
    for (const auto& [key, reason] : unknown) ADD_FAILURE() << "no such case: " << key;
  }

 private:
  const std::vector<Case>& cases_;
  const std::map<std::string, std::string>& left_out_;
};

class FuzzTest : public testing::Test {
 public:
  explicit FuzzTest(const std::vector<Case>& cases) : cases_(cases) {}
  void TestBody() override {
    const FuzzCounts counts = Fuzz(cases_, 20'000);
    std::printf("20000 bent requests and answers: %d read, %d refused, at most %zu KiB for one\n", counts.read, counts.refused, counts.most_memory / 1024);
    EXPECT_GT(counts.read, 2'000);
    EXPECT_GT(counts.refused, 2'000);
    EXPECT_LT(counts.most_memory, 16u << 20);
  }

 private:
  const std::vector<Case>& cases_;
};

int Main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  const auto cases = LoadCases(TERRARIUM_VECTORS);
  const auto left_out = LoadLeftOut(TERRARIUM_VECTORS);
  if (!cases || !left_out) {
    std::fprintf(stderr, "%s\n", (cases ? left_out.error() : cases.error()).message.c_str());
    return 1;
  }
  std::map<std::string, int> counts;  // by side and protocol, of those that held
  std::map<std::string, int> reasons;
  for (const Case& one : *cases)
    for (const Side side : {Side::kServer, Side::kClient}) {
      if (!IsFor(one, side)) continue;
      const std::string name(NameOf(side));
      if (const auto found = left_out->find(KeyOf(one, side)); found != left_out->end()) {
        ++reasons[found->second];
        continue;
      }
      const std::string suite = one.protocol + "." + name + "." + std::string(KindOf(one));
      testing::RegisterTest(suite.c_str(), one.id.c_str(), nullptr, nullptr, __FILE__, __LINE__, [&, side]() -> testing::Test* { return new CaseTest(one, side, counts); });
    }
  testing::RegisterTest("left_out", "StillDoesNotHold", nullptr, nullptr, __FILE__, __LINE__, [&]() -> testing::Test* { return new LeftOutTest(*cases, *left_out); });
  testing::RegisterTest("fuzz", "BentCasesAreReadOrRefused", nullptr, nullptr, __FILE__, __LINE__, [&]() -> testing::Test* { return new FuzzTest(*cases); });
  const int code = RUN_ALL_TESTS();
  for (const auto& [what, count] : counts)
    if (what.contains(" as ")) std::printf("  %4d %s\n", count, what.c_str());
  for (const auto& [reason, count] : reasons) std::printf("  %4d left out: %s\n", count, reason.c_str());
  std::printf("%d cases passed as server and %d malformed ones refused, %d passed as client, %zu left out by reason: %s\n", counts["server"], counts["refused"], counts["client"], left_out->size(), code == 0 ? "all hold" : "not all hold");
  return code;
}

}  // namespace
}  // namespace terrarium::vectors

int main(int argc, char** argv) { return terrarium::vectors::Main(argc, argv); }
