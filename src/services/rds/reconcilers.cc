#include "services/rds/reconcilers.h"

#include "base/log.h"
#include "base/text.h"

namespace terrarium::rds {
namespace {

namespace db = gen::host_database;
using control::Settled;
using runtime::Task;

constexpr Millis kEnginesLook{60'000}, kOrphansLook{60'000}, kRemembered{86'400'000};

}  // namespace

Task<Result<Settled>> EnginesReconciler::Reconcile(std::string) {
  Arena arena;
  db::DescribeEnginesRequest ask;
  const auto engines = co_await machine_.blocking.Run("DescribeEngines", [&] { return machine_.host.DescribeEngines(ask, arena); });
  if (!engines) co_return std::unexpected(engines.error());
  std::vector<rows::Engine> found;
  for (const auto& version : (*engines)->versions) {
    rows::Engine row;
    row.engine = version.engine;
    row.version = version.version;
    row.family = version.family;
    db::DescribeParametersRequest request;
    request.engine = version.engine;
    request.engine_version = version.version;
    const auto described = co_await machine_.blocking.Run("DescribeParameters", [&] { return machine_.host.DescribeParameters(request, arena); });
    if (!described) co_return std::unexpected(described.error());
    for (const auto& p : (*described)->parameters)
      row.parameters.Add(arena, {.name = p.name, .description = p.description, .data_type = p.data_type, .allowed_values = p.allowed_values, .default_value = p.default_value,
                                 .dynamic = p.dynamic, .modifiable = p.modifiable});
    found.push_back(row);
  }
  CO_TRY(machine_.database.Write([&](store::Tx& tx) -> Status {
    for (const rows::Engine* old : kEngines.ListPrefix(tx, "", arena)) kEngines.Delete(tx, old->version.view());
    for (const rows::Engine& row : found) kEngines.Put(tx, row.version.view(), row);
    kEngineLooks.Put(tx, "machine", {.at = machine_.clock.Now()});
    return {};
  }));
  co_return Settled{.look_again = kEnginesLook};
}

void Bury(store::Tx& tx, Str host_name, UnixMillis now) { kBuried.Put(tx, host_name.view(), {.at = now, .name = host_name}); }

Task<Result<Settled>> SnapshotReconciler::Reconcile(std::string key) {
  const std::string row_key = key.substr(kSnapshotWork.size());
  Arena arena;
  db::RemoveSnapshotRequest remove;
  CO_TRY(machine_.database.Read([&](store::Tx& tx) -> Status {
    const rows::Snapshot* row = kSnapshots.Find(tx, row_key, arena);
    if (row != nullptr && row->status == "deleting") remove.snapshot = row->host_name;
    return {};
  }));
  if (remove.snapshot.empty()) co_return Settled{.forget = true};
  const auto removed = co_await machine_.blocking.Run("RemoveSnapshot", [&] { return machine_.host.RemoveSnapshot(remove, arena); });
  if (!removed) co_return std::unexpected(removed.error());
  CO_TRY(machine_.database.Write([&](store::Tx& tx) -> Status {
    kSnapshots.Delete(tx, row_key);
    Bury(tx, remove.snapshot, machine_.clock.Now());
    return {};
  }));
  co_return Settled{.forget = true};
}

// A verb that a dead daemon had asked for may end after the new one has removed what it made. Only what was removed on request goes: a server that
// no row knows and nobody removed holds somebody's data (an older state was put back), so it is named and left alone.
Task<Result<Settled>> OrphanReconciler::Reconcile(std::string) {
  Arena arena;
  const auto servers = co_await machine_.blocking.Run("ListDatabases", [&] { return machine_.host.ListDatabases({}, arena); });
  if (!servers) co_return std::unexpected(servers.error());
  const auto snapshots = co_await machine_.blocking.Run("ListSnapshots", [&] { return machine_.host.ListSnapshots({}, arena); });
  if (!snapshots) co_return std::unexpected(snapshots.error());
  std::vector<Str> gone_servers, gone_snapshots;
  CO_TRY(machine_.database.Write([&](store::Tx& tx) -> Status {
    std::set<std::string> known;
    for (const rows::Instance* i : kInstances.ListPrefix(tx, "", arena)) known.insert(ToLower(i->resource_id.view()));
    for (const rows::Snapshot* s : kSnapshots.ListPrefix(tx, "", arena)) known.insert(s->host_name.str());
    const auto sort = [&](Str name, const char* what, std::vector<Str>& gone) {
      if (known.contains(name.str())) return;
      if (kBuried.Exists(tx, name.view())) return gone.push_back(name);
      if (named_.insert(name.str()).second) LogWarning("rds", std::string("the ") + what + " " + name.str() + " is on the machine and in no row; it is left alone");
    };
    for (const auto& one : (*servers)->databases) sort(one.id, "database server", gone_servers);
    for (const auto& one : (*snapshots)->snapshots) sort(one.snapshot, "snapshot", gone_snapshots);
    for (const rows::Buried* one : kBuried.ListPrefix(tx, "", arena)) {
      if (one->at.value_or(0) + kRemembered.count() < machine_.clock.Now()) kBuried.Delete(tx, one->name.view());
    }
    return {};
  }));
  for (const Str& name : gone_servers) {
    db::RemoveDatabaseRequest remove;
    remove.id = name;
    const auto removed = co_await machine_.blocking.Run("RemoveDatabase", [&] { return machine_.host.RemoveDatabase(remove, arena); });
    if (!removed) co_return std::unexpected(removed.error());
  }
  for (const Str& name : gone_snapshots) {
    db::RemoveSnapshotRequest remove;
    remove.snapshot = name;
    const auto removed = co_await machine_.blocking.Run("RemoveSnapshot", [&] { return machine_.host.RemoveSnapshot(remove, arena); });
    if (!removed) co_return std::unexpected(removed.error());
  }
  co_return Settled{.look_again = kOrphansLook};
}

void Reconcilers::AddTo(control::Runner& runner) {
  runner.Add(std::string(kInstanceWork), instances_);
  runner.Add(std::string(kSnapshotWork), snapshots_);
  runner.Add(std::string(kEnginesWork), engines_);
  runner.Add(std::string(kOrphansWork), orphans_);
  // The first time; from then on the keys are known, and known keys run at every start.
  (void)machine_.database.Write([&](store::Tx& tx) -> Status { return tx.Touch(kEnginesWork), tx.Touch(kOrphansWork), Status(); });
}

}  // namespace terrarium::rds
