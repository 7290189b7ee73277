#include "drivers/mysql/record.h"

#include <unistd.h>

#include <cerrno>

#include "base/file.h"
#include "base/json.h"

namespace terrarium::mysql {

std::string Record::Write() const {
  Json json;
  json.Set("spec", spec.ToJson());
  json.Set("user", static_cast<std::int64_t>(user));
  json.Set("wanted_running", wanted_running);
  json.Set("initialized", initialized);
  if (started) json.Set("started", started->ToJson());
  Json list{Json::Object{}};
  for (const auto& [name, value] : running) list.Set(name.text(), value.text());
  json.Set("running", std::move(list));
  json.Set("started_at", started_at);
  return json.WriteIndented() + "\n";
}

Result<Record> Record::Read(std::string_view text) {
  TRY_ASSIGN(const Json json, Json::Parse(text));
  Record record;
  TRY_ASSIGN(record.spec, ServerSpec::FromJson(json["spec"]));
  record.user = static_cast<uid_t>(json["user"].integer());
  if (record.user == 0) return Fail(ErrorKind::kInvalid, "the record of a database server names no user");
  record.wanted_running = json["wanted_running"].boolean();
  record.initialized = json["initialized"].boolean();
  if (json.Has("started")) {
    TRY_ASSIGN(record.started, ServerSpec::FromJson(json["started"]));
  }
  for (const auto& [key, item] : json["running"].object()) {
    TRY_ASSIGN(database::OptionName name, database::OptionName::From(key));
    TRY_ASSIGN(database::OptionValue value, database::OptionValue::From(item.string()));
    record.running.emplace(std::move(name), std::move(value));
  }
  record.started_at = json["started_at"].integer();
  return record;
}

Result<std::optional<Record>> LoadRecord(const ServerPaths& paths) {
  if (::access(paths.Record().c_str(), F_OK) != 0) {
    if (errno == ENOENT || errno == ENOTDIR) return std::nullopt;
    return SystemFail(paths.Record(), errno);
  }
  TRY_ASSIGN(const std::string text, ReadFile(paths.Record(), 1 << 20));
  TRY_ASSIGN(Record record, Record::Read(text));
  return record;
}

Status SaveRecord(const ServerPaths& paths, const Record& record) { return WriteFileAtomically(paths.Record(), record.Write(), 0600); }

}  // namespace terrarium::mysql
