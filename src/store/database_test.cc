#include "store/database.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>

#include "gen/sample/types.h"
#include "store/table.h"

namespace terrarium::store {
namespace {

using gen::sample::Child;
constexpr Table<Child> kChildren{"test_children"};

class DatabaseTest : public testing::Test {
 protected:
  DatabaseTest() : folder_(std::filesystem::temp_directory_path() / ("terrarium-store-" + std::to_string(::getpid()))) { std::filesystem::create_directory(folder_); }
  ~DatabaseTest() override { std::filesystem::remove_all(folder_); }
  std::string Path() const { return folder_ / "state.db"; }

  static void PutChild(Tx& tx, std::string_view key, std::string_view name, std::string_view owner = {}) {
    Child child;
    child.name = name;
    kChildren.Put(tx, key, child, owner);
  }
  static std::string NameOf(Database& db, std::string_view key) {
    const auto name = db.Read([&](Tx& tx) -> Result<std::string> {
      Arena arena;
      const Child* child = kChildren.Find(tx, key, arena);
      return child == nullptr ? "absent" : child->name.str();
    });
    db.EndTurn();
    return name.value_or("failed");
  }

 private:
  std::filesystem::path folder_;
};

TEST_F(DatabaseTest, AFailedWriteLeavesNothingAndTouchesNothing) {
  auto db = Database::OpenInMemory();
  std::vector<std::string> touched;
  db->OnTouched([&](const auto& keys) { touched = keys; });
  ASSERT_TRUE(db->Write([](Tx& tx) -> Status {
    PutChild(tx, "a", "kept");
    tx.Touch("x/a");
    tx.Touch("x/a");
    return {};
  }));
  EXPECT_FALSE(db->Write([](Tx& tx) -> Status {
    PutChild(tx, "a", "lost");
    PutChild(tx, "b", "lost");
    tx.Touch("x/b");
    return Fail(ErrorKind::kInvalid, "no");
  }));
  EXPECT_TRUE(touched.empty());
  EXPECT_TRUE(db->EndTurn());
  EXPECT_EQ(touched, std::vector<std::string>{"x/a"});
  EXPECT_EQ(NameOf(*db, "a"), "kept");
  EXPECT_EQ(NameOf(*db, "b"), "absent");
}

TEST_F(DatabaseTest, ATableMadeInARolledBackWriteIsMadeAgain) {
  auto db = Database::OpenInMemory();
  (void)db->Write([](Tx& tx) -> Status {
    PutChild(tx, "a", "lost");
    return Fail(ErrorKind::kInvalid, "no");
  });
  db->EndTurn();
  ASSERT_TRUE(db->Write([](Tx& tx) -> Status { return PutChild(tx, "a", "kept"), Status(); }));
  EXPECT_TRUE(db->EndTurn());
  EXPECT_EQ(NameOf(*db, "a"), "kept");
}

TEST_F(DatabaseTest, AnExceptionRollsBack) {
  auto db = Database::OpenInMemory();
  EXPECT_THROW((void)db->Write([](Tx& tx) -> Status {
    PutChild(tx, "a", "lost");
    TERRARIUM_CHECK(false);
    return {};
  }),
               BugError);
  db->EndTurn();
  EXPECT_EQ(NameOf(*db, "a"), "absent");
}

TEST_F(DatabaseTest, PrefixAndOwnerFindRowsInKeyOrder) {
  auto db = Database::OpenInMemory();
  const auto names = db->Write([](Tx& tx) -> Result<std::string> {
    PutChild(tx, "1/b", "b", "p");
    PutChild(tx, "1/a", "a", "q");
    PutChild(tx, "10/c", "c", "p");
    Arena arena;
    std::string out;
    for (const Child* c : kChildren.ListPrefix(tx, "1/", arena)) out += c->name;
    out += ' ';
    for (const Child* c : kChildren.ListOwner(tx, "p", arena)) out += c->name;
    return out;
  });
  EXPECT_EQ(names, "ab bc");
}

TEST_F(DatabaseTest, ASecondEngineIsTurnedAway) {
  const auto first = Database::Open(Path());
  ASSERT_TRUE(first);
  const auto second = Database::Open(Path());
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().kind, ErrorKind::kConflict);
}

TEST_F(DatabaseTest, RefusesANewerSchemaAndForeignFiles) {
  {
    const auto db = Database::Open(Path());
    ASSERT_TRUE((*db)->Write([](Tx& tx) -> Status { return tx.Sql("PRAGMA user_version=99").Step(tx), Status(); }));
    (*db)->EndTurn();
  }
  EXPECT_NE(Database::Open(Path()).error().message.find("newer"), std::string::npos);
  const std::string other = Path() + "2";
  FILE* f = std::fopen(other.c_str(), "w");
  std::fputs("this is not a database, but it is long enough to be looked at as one by anybody who opens it", f);
  std::fclose(f);
  EXPECT_EQ(Database::Open(other).error().kind, ErrorKind::kInvalid);
}

TEST_F(DatabaseTest, AFullDiskFailsTheTurnAndTheNextOneWorks) {
  auto db = *Database::Open(Path());
  ASSERT_TRUE(db->Write([](Tx& tx) -> Status { return PutChild(tx, "a", "kept"), Status(); }));
  ASSERT_TRUE(db->EndTurn());
  rlimit old{};
  getrlimit(RLIMIT_FSIZE, &old);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  rlimit small{300'000, old.rlim_max};
  setrlimit(RLIMIT_FSIZE, &small);
  const auto wrote = db->Write([](Tx& tx) -> Status { return PutChild(tx, "a", std::string(1'000'000, 'x')), Status(); });
  const bool committed = db->EndTurn();
  setrlimit(RLIMIT_FSIZE, &old);
  std::signal(SIGXFSZ, handler);
  EXPECT_FALSE(wrote && committed);
  EXPECT_EQ(NameOf(*db, "a"), "kept");
  ASSERT_TRUE(db->Write([](Tx& tx) -> Status { return PutChild(tx, "a", "after"), Status(); }));
  EXPECT_TRUE(db->EndTurn());
  db.reset();
  EXPECT_EQ(NameOf(**Database::Open(Path()), "a"), "after");
}

TEST_F(DatabaseTest, ABackupIsACopyOfWhatWasCommitted) {
  auto db = *Database::Open(Path());
  ASSERT_TRUE(db->Write([](Tx& tx) -> Status { return PutChild(tx, "a", "kept"), Status(); }));
  db->EndTurn();
  ASSERT_TRUE(db->BackupTo(Path() + ".copy"));
  EXPECT_EQ(NameOf(**Database::Open(Path() + ".copy"), "a"), "kept");
}

}  // namespace
}  // namespace terrarium::store
