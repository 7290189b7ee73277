#include "store/database.h"

#include <sqlite3.h>

#include <algorithm>

#include "base/check.h"
#include "base/log.h"

namespace terrarium::store {
namespace {

constexpr int kSchemaVersion = 1;
constexpr int kCheckpointPages = 4000;
constexpr int kIdleCheckpointPages = 250;

}  // namespace

Statement::~Statement() { sqlite3_finalize(statement_); }

Statement& Statement::Bind(int at, std::string_view text) {
  TERRARIUM_CHECK(sqlite3_bind_text(statement_, at, text.data() ? text.data() : "", static_cast<int>(text.size()), SQLITE_TRANSIENT) == SQLITE_OK);
  return *this;
}
Statement& Statement::BindBlob(int at, std::string_view bytes) {
  TERRARIUM_CHECK(sqlite3_bind_blob(statement_, at, bytes.data() ? bytes.data() : "", static_cast<int>(bytes.size()), SQLITE_TRANSIENT) == SQLITE_OK);
  return *this;
}
Statement& Statement::Bind(int at, std::int64_t value) {
  TERRARIUM_CHECK(sqlite3_bind_int64(statement_, at, value) == SQLITE_OK);
  return *this;
}

bool Statement::Step(Tx& tx) {
  const int rc = sqlite3_step(statement_);
  if (rc == SQLITE_ROW) return true;
  if (!sqlite3_stmt_readonly(statement_)) tx.db_.wrote_ = true;
  if (rc != SQLITE_DONE) {
    tx.db_.broken_ = true;
    tx.db_.failure_ = sqlite3_errmsg(tx.db_.db_);
  }
  Reset();
  return false;
}

void Statement::Reset() {
  sqlite3_reset(statement_);
  sqlite3_clear_bindings(statement_);
}

std::string_view Statement::Text(int column) const {
  const auto* bytes = static_cast<const char*>(sqlite3_column_blob(statement_, column));
  return {bytes == nullptr ? "" : bytes, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}
std::int64_t Statement::Integer(int column) const { return sqlite3_column_int64(statement_, column); }

Result<std::unique_ptr<Database>> Database::Open(const std::string& path) {
  sqlite3* raw = nullptr;
  const int rc = sqlite3_open_v2(path.c_str(), &raw, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr);
  std::unique_ptr<Database> db(new Database(raw));
  if (rc != SQLITE_OK) return Fail(ErrorKind::kUnavailable, "the state " + path + " cannot be opened", raw == nullptr ? "out of memory" : sqlite3_errmsg(raw));
  TRY(db->Prepare());
  return db;
}

std::unique_ptr<Database> Database::OpenInMemory() {
  auto db = Open(":memory:");
  TERRARIUM_CHECK(db.has_value());
  return *std::move(db);
}

Status Database::Prepare() {
  // EXCLUSIVE first: no shared-memory file, and a second engine on the same state is turned away.
  const char* pragmas =
      "PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=0; PRAGMA foreign_keys=OFF; "
      "PRAGMA temp_store=MEMORY; BEGIN IMMEDIATE; COMMIT;";
  if (!Execute(pragmas)) {
    const int rc = sqlite3_errcode(db_);
    if (rc == SQLITE_BUSY || rc == SQLITE_LOCKED) return Fail(ErrorKind::kConflict, "another engine runs on this state", failure_);
    return Fail(ErrorKind::kInvalid, "the state is damaged or no Terrarium state", failure_);
  }
  Statement& version = Cached("PRAGMA user_version");
  Tx tx(*this);
  const std::int64_t found = version.Step(tx) ? version.Integer(0) : 0;
  version.Reset();
  if (found > kSchemaVersion)
    return Fail(ErrorKind::kInvalid, "the state has schema " + std::to_string(found) + ", written by a newer Terrarium; this one knows " + std::to_string(kSchemaVersion));
  const char* schema =
      // What is to be reconciled. A key is settled when observed = generation.
      "CREATE TABLE IF NOT EXISTS work(key TEXT PRIMARY KEY, generation INTEGER NOT NULL, observed INTEGER NOT NULL, attempts INTEGER NOT NULL DEFAULT 0,"
      " error TEXT NOT NULL DEFAULT '', since INTEGER NOT NULL DEFAULT 0) STRICT;"
      "CREATE INDEX IF NOT EXISTS work_pending ON work(key) WHERE generation <> observed;"
      "PRAGMA user_version=1;";
  if (!Execute(schema)) return Fail(ErrorKind::kUnavailable, "the state cannot be written", failure_);
  broken_ = false;
  sqlite3_wal_hook(
      db_,
      [](void* self, sqlite3*, const char*, int pages) {
        static_cast<Database*>(self)->log_pages_ = pages;
        return SQLITE_OK;
      },
      this);
  return {};
}

Database::~Database() {
  cache_.clear();
  if (db_ != nullptr && in_turn_) Execute("ROLLBACK");
  sqlite3_close_v2(db_);
}

bool Database::Execute(const char* sql) {
  char* message = nullptr;
  const int rc = sqlite3_exec(db_, sql, nullptr, nullptr, &message);
  if (rc != SQLITE_OK) failure_ = message == nullptr ? "unknown" : message;
  sqlite3_free(message);
  return rc == SQLITE_OK;
}

Statement& Database::Cached(const std::string& sql) {
  if (const auto found = cache_.find(sql); found != cache_.end()) return found->second;
  sqlite3_stmt* raw = nullptr;
  const int rc = sqlite3_prepare_v3(db_, sql.c_str(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT, &raw, nullptr);
  if (rc != SQLITE_OK) LogError("store", std::string(sqlite3_errmsg(db_)) + " in " + sql);
  TERRARIUM_CHECK(rc == SQLITE_OK);
  return cache_.emplace(sql, Statement(raw)).first->second;
}

bool Database::BeginSavepoint() {
  if (!in_turn_) {
    broken_ = false;
    if (!Execute("BEGIN IMMEDIATE")) return false;
    in_turn_ = true;
    wrote_ = false;
  }
  return !broken_ && Execute("SAVEPOINT one");
}

void Database::EndSavepoint(bool keep, std::size_t touched_before, std::size_t tables_before) {
  for (auto& [sql, statement] : cache_) statement.Reset();
  if (!keep) {
    touched_.resize(std::min(touched_.size(), touched_before));
    tables_.resize(std::min(tables_.size(), tables_before));  // a table made in the savepoint goes with it
    Execute("ROLLBACK TO one");
  }
  Execute("RELEASE one");
}

bool Database::EndTurn() {
  if (!in_turn_) return true;
  in_turn_ = false;
  std::vector<std::string> touched;
  touched.swap(touched_);
  std::vector<std::string_view> changed;
  changed.swap(changed_);
  if (broken_ || !Execute(wrote_ ? "COMMIT" : "ROLLBACK")) {
    sqlite3_exec(db_, "ROLLBACK", nullptr, nullptr, nullptr);
    LogError("store", "a turn was not committed: " + failure_);
    broken_ = false;
    tables_.clear();
    return false;
  }
  if (on_changed_ && !changed.empty()) on_changed_(changed);
  if (on_touched_ && !touched.empty()) {
    std::vector<std::string> once;
    for (auto& key : touched)
      if (std::find(once.begin(), once.end(), key) == once.end()) once.push_back(std::move(key));
    on_touched_(once);
  }
  return true;
}

void Database::Checkpoint(bool idle) {
  if (in_turn_ || (log_pages_ <= kCheckpointPages && !(idle && log_pages_ > kIdleCheckpointPages))) return;
  sqlite3_wal_checkpoint_v2(db_, nullptr, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
  log_pages_ = 0;
}

Status Database::BackupTo(const std::string& path) {
  TERRARIUM_CHECK(!in_turn_);
  sqlite3_stmt* raw = nullptr;
  TERRARIUM_CHECK(sqlite3_prepare_v2(db_, "VACUUM INTO ?1", -1, &raw, nullptr) == SQLITE_OK);
  Statement statement(raw);
  statement.Bind(1, path);
  Tx tx(*this);
  statement.Step(tx);
  const bool failed = std::exchange(broken_, false);
  if (failed) return Fail(ErrorKind::kUnavailable, "the state could not be copied", failure_);
  return {};
}

void Tx::EnsureTable(std::string_view name) {
  if (std::find(db_.tables_.begin(), db_.tables_.end(), name) != db_.tables_.end()) return;
  const std::string table(name);
  // Outside the list of known tables until the turn is durable would cost a look per use; a rolled back CREATE is instead noticed here, by name.
  TERRARIUM_CHECK(db_.Execute(("CREATE TABLE IF NOT EXISTS " + table + "(key TEXT PRIMARY KEY, owner TEXT NOT NULL, body BLOB NOT NULL) STRICT;"
                               "CREATE INDEX IF NOT EXISTS " + table + "_owner ON " + table + "(owner, key);").c_str()));
  db_.wrote_ = true;
  db_.tables_.emplace_back(name);
}

void Tx::Changed(std::string_view table) {
  if (std::find(db_.changed_.begin(), db_.changed_.end(), table) == db_.changed_.end()) db_.changed_.push_back(table);
}

void Tx::Touch(std::string_view key) {
  Statement& touch = Sql("INSERT INTO work(key, generation, observed) VALUES(?1, 1, 0) ON CONFLICT(key) DO UPDATE SET generation = generation + 1, attempts = 0");
  touch.Bind(1, key);
  touch.Step(*this);
  db_.touched_.emplace_back(key);
}

}  // namespace terrarium::store
