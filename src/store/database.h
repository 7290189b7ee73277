#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace terrarium::store {

class Tx;

// One prepared statement, reset after each use. Values are bound by position from 1; columns are read from 0.
class Statement {
 public:
  explicit Statement(sqlite3_stmt* statement) : statement_(statement) {}
  Statement(Statement&& other) noexcept : statement_(std::exchange(other.statement_, nullptr)) {}
  ~Statement();

  Statement& Bind(int at, std::string_view text);
  Statement& BindBlob(int at, std::string_view bytes);
  Statement& Bind(int at, std::int64_t value);
  // True while there is a row. A failed step (disk full, corruption) is kept in the transaction, which then cannot commit.
  bool Step(Tx& tx);
  void Reset();
  std::string_view Text(int column) const;  // valid until the next Step or Reset
  std::int64_t Integer(int column) const;

 private:
  sqlite3_stmt* statement_;
};

// The durable state: SQLite in WAL mode with synchronous=FULL, opened exclusively, used from one thread.
// Writes of one event-loop turn share one transaction: each Write is a savepoint in it, EndTurn commits with one fsync. Nothing that a turn
// read or wrote may leave the process before EndTurn has returned true.
class Database {
 public:
  // Opens or makes the file. kConflict when another engine holds it, kInvalid when it is of a newer schema or damaged.
  static Result<std::unique_ptr<Database>> Open(const std::string& path);
  // For tests: lives in memory.
  static std::unique_ptr<Database> OpenInMemory();
  ~Database();

  // Runs `work` in a savepoint: kept if it returns a value, rolled back if an error. `work` is an ordinary callable: a transaction never spans a co_await.
  template <class F>
  auto Write(F&& work) -> std::invoke_result_t<F, Tx&>;
  // The same view, for callers that only read.
  template <class F>
  auto Read(F&& work) -> std::invoke_result_t<F, Tx&> {
    return Write(std::forward<F>(work));
  }

  // Commits what this turn wrote. False: nothing of the turn is durable, every answer of it must become an error; the failure is in `failure()`.
  bool EndTurn();
  const std::string& failure() const { return failure_; }
  // Called with the keys touched by a committed turn, in order, each once.
  void OnTouched(std::function<void(const std::vector<std::string>&)> listener) { on_touched_ = std::move(listener); }

  // Called with the tables in which a committed turn put or deleted rows, each once, before OnTouched's listener.
  void OnChanged(std::function<void(const std::vector<std::string_view>&)> listener) { on_changed_ = std::move(listener); }

  // An idle moment: moves the log into the file when it has grown.
  void Checkpoint(bool idle);
  // A consistent copy while running.
  Status BackupTo(const std::string& path);

 private:
  friend class Tx;
  friend class Statement;
  explicit Database(sqlite3* db) : db_(db) {}
  Status Prepare();
  bool Execute(const char* sql);
  Statement& Cached(const std::string& sql);
  bool BeginSavepoint();
  void EndSavepoint(bool keep, std::size_t touched_before, std::size_t tables_before);

  sqlite3* db_;
  std::unordered_map<std::string, Statement> cache_;  // nodes do not move: callers hold references
  std::vector<std::string> tables_;  // known to exist
  std::vector<std::string> touched_;
  std::function<void(const std::vector<std::string>&)> on_touched_;
  std::vector<std::string_view> changed_;
  std::function<void(const std::vector<std::string_view>&)> on_changed_;
  std::string failure_;
  int log_pages_ = 0;
  bool in_turn_ = false;
  bool wrote_ = false;
  bool broken_ = false;
};

// What a handler sees of the store during its savepoint.
class Tx {
 public:
  // A statement prepared once per distinct text.
  Statement& Sql(const std::string& sql) { return db_.Cached(sql); }

  // Marks `key` for its reconciler, as part of this transaction: a new generation of what is asked for.
  void Touch(std::string_view key);

  // Says that rows of that table differ from now on. The name lives as long as the program. For store::Table.
  void Changed(std::string_view table);

  // Makes the key/owner/body table of that name if it is not there. For store::Table.
  void EnsureTable(std::string_view name);

  // A fault of the disk seen by any statement; such a transaction rolls back.
  bool failed() const { return db_.broken_; }

 private:
  friend class Database;
  friend class Statement;
  explicit Tx(Database& db) : db_(db) {}
  Database& db_;
};

template <class F>
auto Database::Write(F&& work) -> std::invoke_result_t<F, Tx&> {
  using R = std::invoke_result_t<F, Tx&>;
  if (!BeginSavepoint()) return Fail(ErrorKind::kUnavailable, "the state could not be opened for writing", failure_);
  Tx tx(*this);
  // An exception (a broken invariant) must not leave the savepoint open.
  struct Guard {
    Database& db;
    std::size_t touched_before;
    std::size_t tables_before;
    bool keep = false;
    ~Guard() { db.EndSavepoint(keep, touched_before, tables_before); }
  } guard{*this, touched_.size(), tables_.size()};
  R result = work(tx);
  guard.keep = result.has_value() && !broken_;
  if (result.has_value() && broken_) return Fail(ErrorKind::kUnavailable, "the state could not be written", failure_);
  return result;
}

}  // namespace terrarium::store
