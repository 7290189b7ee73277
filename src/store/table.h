#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/check.h"
#include "codec/row_codec.h"
#include "store/database.h"

namespace terrarium::store {

// Rows of one kind: a text key, optional second key (`owner`) to find rows by, and the row itself in its persisted form (a struct of a *.model file).
// Keys are paths, "123456789012/us-east-1/vpc-0a1b", so that a prefix is a range. Declared once per service, in its tables.h:
//   inline const store::Table<gen::ec2_rows::Vpc> kVpcs{"ec2_vpc"};
// The SQL table is made at first use.
template <class Row>
class Table {
 public:
  explicit constexpr Table(std::string_view name) : name_(name) {}

  // The row, in `arena`; null where there is none.
  Row* Find(Tx& tx, std::string_view key, Arena& arena) const {
    Statement& s = Ready(tx).Sql("SELECT body FROM " + std::string(name_) + " WHERE key = ?1");
    s.Bind(1, key);
    Row* row = s.Step(tx) ? Read(s.Text(0), arena) : nullptr;
    s.Reset();
    return row;
  }
  bool Exists(Tx& tx, std::string_view key) const {
    Statement& s = Ready(tx).Sql("SELECT 1 FROM " + std::string(name_) + " WHERE key = ?1");
    s.Bind(1, key);
    const bool found = s.Step(tx);
    s.Reset();
    return found;
  }
  // Rows whose key starts with `prefix`, by key.
  List<Row*> ListPrefix(Tx& tx, std::string_view prefix, Arena& arena) const {
    Statement& s = Ready(tx).Sql("SELECT body FROM " + std::string(name_) + " WHERE key >= ?1 AND key < ?2 ORDER BY key");
    std::string end(prefix);
    end += '\xFF';  // no key holds this byte: keys are UTF-8
    s.Bind(1, prefix).Bind(2, end);
    return Collect(tx, s, arena);
  }
  // Rows put with that owner, by key.
  List<Row*> ListOwner(Tx& tx, std::string_view owner, Arena& arena) const {
    Statement& s = Ready(tx).Sql("SELECT body FROM " + std::string(name_) + " WHERE owner = ?1 ORDER BY key");
    s.Bind(1, owner);
    return Collect(tx, s, arena);
  }
  // Inserts or replaces.
  void Put(Tx& tx, std::string_view key, const Row& row, std::string_view owner = {}) const {
    const std::string body = codec::ToRow(row);
    Statement& s = Ready(tx).Sql("INSERT INTO " + std::string(name_) + "(key, owner, body) VALUES(?1, ?2, ?3) ON CONFLICT(key) DO UPDATE SET owner = ?2, body = ?3");
    s.Bind(1, key).Bind(2, owner).BindBlob(3, body);
    s.Step(tx);
    tx.Changed(name_);
  }
  // Absent is success.
  void Delete(Tx& tx, std::string_view key) const {
    Statement& s = Ready(tx).Sql("DELETE FROM " + std::string(name_) + " WHERE key = ?1");
    s.Bind(1, key);
    s.Step(tx);
    tx.Changed(name_);
  }

 private:
  Tx& Ready(Tx& tx) const {
    tx.EnsureTable(name_);
    return tx;
  }
  static Row* Read(std::string_view body, Arena& arena) {
    auto row = codec::FromRow<Row>(body, arena);
    TERRARIUM_CHECK(row.has_value());  // rows are only written by Put: anything else is damage
    return *row;
  }
  static List<Row*> Collect(Tx& tx, Statement& s, Arena& arena) {
    List<Row*> rows;
    while (s.Step(tx)) rows.Add(arena, Read(s.Text(0), arena));
    return rows;
  }

  std::string_view name_;
};

}  // namespace terrarium::store
