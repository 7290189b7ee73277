#include "drivers/mysql/snapshot.h"

#include <unistd.h>

#include <cerrno>

#include "base/file.h"
#include "base/json.h"
#include "drivers/mysql/tree.h"

namespace terrarium::mysql {
namespace {

std::string RecordOf(const std::string& folder) { return folder + "/snapshot.json"; }

}  // namespace

void Snapshot::Fill(gen::host_database::SnapshotState& out, Arena& arena) const {
  out.snapshot = arena.Copy(name);
  out.database = arena.Copy(database);
  out.engine_version = arena.Copy(engine_version);
  out.encrypted = encrypted;
  out.size_bytes = size_bytes;
  out.created_at = created_at;
  out.position = arena.Copy(position);
}

Result<Snapshot> LoadSnapshot(const Layout& layout, const std::string& name) {
  Snapshot snapshot;
  snapshot.folder = layout.Snapshot(name);
  snapshot.name = name;
  if (::access(RecordOf(snapshot.folder).c_str(), F_OK) != 0) return Fail(ErrorKind::kNotFound, "there is no snapshot " + name);
  TRY_ASSIGN(const std::string text, ReadFile(RecordOf(snapshot.folder), 1 << 20));
  TRY_ASSIGN(const Json json, Json::Parse(text));
  snapshot.database = json["database"].string();
  snapshot.engine_version = json["engine_version"].string();
  snapshot.position = json["position"].string();
  snapshot.encrypted = json["encrypted"].boolean();
  snapshot.size_bytes = json["size_bytes"].integer();
  snapshot.created_at = json["created_at"].integer();
  return snapshot;
}

Result<Snapshot> TakeSnapshot(Surroundings& around, Server& server, const Record& record, const Program& program, const std::string& name, bool final) {
  TRY(MakeDirectories(around.layout.Snapshots(), 0700));
  // It has its name only when it is whole; a name with a dot is no snapshot's.
  const std::string making = around.layout.Snapshot(".new-" + record.spec.id);
  TRY(RemoveTree(making));
  Snapshot snapshot{.folder = making, .name = name, .database = record.spec.id, .engine_version = record.spec.engine_version, .position = {},
                    .encrypted = record.spec.encrypted, .created_at = around.clock.Now()};
  TRY_ASSIGN(snapshot.position, server.Copy(record, program, making, final));
  TRY_ASSIGN(snapshot.size_bytes, TreeSize(making));
  if (snapshot.encrypted) {
    TRY_ASSIGN(const std::string sealed, ReadFile(server.paths().SealedKeyring(), 1 << 20));
    TRY(WriteFileAtomically(snapshot.SealedKeyring(), sealed, 0600));
  }
  Json json;
  json.Set("database", snapshot.database);
  json.Set("engine_version", snapshot.engine_version);
  json.Set("position", snapshot.position);
  json.Set("encrypted", snapshot.encrypted);
  json.Set("size_bytes", snapshot.size_bytes);
  json.Set("created_at", snapshot.created_at);
  TRY(WriteFileAtomically(RecordOf(making), json.WriteIndented() + "\n", 0600));
  snapshot.folder = around.layout.Snapshot(name);
  if (::rename(making.c_str(), snapshot.folder.c_str()) != 0) return SystemFail(snapshot.folder, errno);
  return snapshot;
}

}  // namespace terrarium::mysql
