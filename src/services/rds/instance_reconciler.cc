#include "services/rds/reconcilers.h"

#include <algorithm>

#include "base/log.h"
#include "base/text.h"
#include "services/ec2/public.h"
#include "services/rds/ops.h"
#include "services/rds/secrets.h"
#include "services/rds/sizes.h"
#include "services/secretsmanager/public.h"

namespace terrarium::rds {
namespace {

namespace db = gen::host_database;
using control::Settled;
using runtime::Task;

constexpr Millis kLook{15'000}, kSoon{2'000}, kLongestWait{600'000};
// So many looks in a row must fail before one that is being made is called failed, a minute or so. One that runs keeps its status: the server
// serves while the engine's other process is away.
constexpr std::int32_t kPatience = 12;

// What no repetition alone will heal; still looked at again, ever less often, since a program may be installed or a key enabled.
Millis WaitAfter(std::int32_t failures) { return std::min(kLongestWait, kLook * (std::int64_t{1} << std::min(failures, 6))); }

Str HostName(const rows::Instance& row, Arena& arena) { return arena.Copy(ToLower(row.resource_id.view())); }
std::string ScopeKey(const rows::Instance& row) { return row.account.str() + "/" + row.region.str() + "/"; }

const rows::Setting* Find(const List<rows::Setting>& settings, Str name) {
  for (const auto& one : settings) {
    if (one.name == name) return &one;
  }
  return nullptr;
}

// What the server is to be told of its group: a pending-reboot value, and its taking back, wait for a start.
List<rows::Setting> Effective(const rows::ParameterGroup& group, const rows::Instance& row, bool starts, Arena& arena) {
  List<rows::Setting> out;
  for (const auto& setting : group.settings) {
    const rows::Setting* active = Find(row.active, setting.name);
    if (starts || setting.method == "immediate") {
      out.Add(arena, setting);
    } else if (active != nullptr) {
      out.Add(arena, *active);
    }
  }
  for (const auto& gone : group.taken_back) {
    const rows::Setting* active = Find(row.active, gone.name);
    if (!starts && !(gone.method == "immediate") && active != nullptr) out.Add(arena, *active);
  }
  return out;
}
bool Differs(const rows::ParameterGroup& group, const List<rows::Setting>& active) {
  return active.size() != group.settings.size() || std::any_of(group.settings.begin(), group.settings.end(), [&](const auto& s) {
    const auto* have = Find(active, s.name);
    return have == nullptr || !(have->value == s.value);
  });
}

}  // namespace

struct InstanceReconciler::Plan {
  rows::Instance* row = nullptr;
  db::EnsureDatabaseRequest* ensure = nullptr;  // null: the network interface is not ready yet
  List<rows::Setting> active;
  bool differs = false;
};

Result<InstanceReconciler::Plan*> InstanceReconciler::Prepare(store::Tx& tx, const std::string& row_key, Arena& arena) {
  auto* out = arena.New<Plan>();
  out->row = kInstances.Find(tx, row_key, arena);
  if (out->row == nullptr) return out;
  const rows::Instance& row = *out->row;
  const ec2::Scope network{.tx = tx, .random = machine_.random, .account = row.account.str(), .region = row.region.str()};
  const auto eni = ec2::FindEni(network, row.eni);
  if (!eni || !eni->ready) return out;
  TRY_ASSIGN(const rows::ParameterGroup* group, GetParameterGroup(tx, arena, ScopeKey(row), row.parameter_group.view()));
  const auto size = SizeOf(row.instance_class.view());
  if (!size) return Fail(ErrorKind::kInvalid, "the instance class is unknown");
  const bool starts = !row.initialized.value_or(false) || row.restart.value_or(false) || row.status == "starting";
  out->active = Effective(*group, row, starts, arena);
  out->differs = Differs(*group, out->active);
  const kms::Scope keys{tx, machine_.clock.Now(), machine_.random, machine_.root, row.account.str(), row.region.str()};
  auto* request = arena.New<db::EnsureDatabaseRequest>();
  auto* spec = request->spec = arena.New<db::DatabaseSpec>();
  spec->id = HostName(row, arena);
  spec->engine = "mysql";
  spec->engine_version = row.version;
  spec->network_namespace = arena.Copy(eni->netns.substr(eni->netns.rfind('/') + 1));
  spec->address = row.address;
  spec->port = row.port;
  spec->endpoint = row.endpoint;
  spec->certificate_authority = arena.Copy("rds-" + row.region.str());
  spec->memory_mib = size->memory_mib;
  spec->cpu_units = size->cpu_units;
  spec->buffer_pool_mib = size->buffer_pool_mib;
  spec->max_connections = size->max_connections;
  spec->encrypted = row.encrypted;
  spec->performance_schema = false;
  spec->server_id = row.server_id;
  for (const auto& s : out->active) {
    auto& parameter = spec->parameters.Add(arena);
    parameter.name = s.name;
    parameter.value = s.value;
  }
  if (row.storage_key) {
    TRY_ASSIGN(const crypto::Secret key, kms::Decrypt(keys, ContextOf(row.resource_id.view()), row.storage_key.view()));
    request->storage_key = arena.Copy(key.view());
  }
  if (row.password) {
    TRY_ASSIGN(const crypto::Secret password, kms::Decrypt(keys, ContextOf(row.resource_id.view()), row.password.view()));
    request->master_user = row.username;
    request->master_password = arena.Copy(password.view());
  }
  if (!row.source_snapshot.empty()) {
    request->snapshot = row.source_snapshot;
  } else if (row.database) {
    request->database = row.database;
  }
  out->ensure = request;
  return out;
}

Task<Result<Settled>> InstanceReconciler::Reconcile(std::string key) {
  const std::string row_key = key.substr(kInstanceWork.size());
  Arena arena;
  std::string status;
  CO_TRY(machine_.database.Read([&](store::Tx& tx) -> Status {
    if (const rows::Instance* row = kInstances.Find(tx, row_key, arena)) status = row->status.str();
    return {};
  }));
  if (status.empty()) co_return Settled{.forget = true};
  if (status == "stopped") co_return Settled{};
  if (status == "stopping") {
    auto stopped = co_await Stop(row_key);
    co_return stopped;
  }
  if (status == "deleting") {
    CO_TRY(co_await TakeFinalSnapshot(row_key));
    auto removed = co_await Remove(row_key);
    co_return removed;
  }
  auto ran = co_await Run(row_key);
  co_return ran;
}

Task<Result<Settled>> InstanceReconciler::Stop(std::string row_key) {
  Arena arena;
  db::StopDatabaseRequest stop;
  CO_TRY(machine_.database.Read([&](store::Tx& tx) -> Status {
    if (const rows::Instance* row = kInstances.Find(tx, row_key, arena)) stop.id = HostName(*row, arena);
    return {};
  }));
  const auto stopped = co_await machine_.blocking.Run("StopDatabase", [&] { return machine_.host.StopDatabase(stop, arena); });
  if (!stopped) co_return std::unexpected(stopped.error());
  CO_TRY(machine_.database.Write([&](store::Tx& tx) -> Status {
    rows::Instance* row = kInstances.Find(tx, row_key, arena);
    if (row == nullptr || !(row->status == "stopping")) return {};
    row->status = "stopped";
    kInstances.Put(tx, row_key, *row);
    return {};
  }));
  co_return Settled{};
}

// Makes it run as the row says: parameters, restart, password. What the row is told of it is Record's.
Task<Status> InstanceReconciler::Serve(const Plan& plan, Seen& seen, Arena& arena) {
  const rows::Instance& row = *plan.row;
  const auto look = [&seen](const db::DatabaseState& state) {
    seen.pending = !state.pending_reboot.empty();
    seen.started_at = state.started_at.value_or(0);
    return state.status == "failed" ? Status(Fail(ErrorKind::kUnavailable, "the database server does not stay up")) : Status();
  };
  const auto made = co_await machine_.blocking.Run("EnsureDatabase", [&] { return machine_.host.EnsureDatabase(*plan.ensure, arena); });
  if (!made) co_return std::unexpected(made.error());
  CO_TRY(look(*(*made)->state));
  // One that began after it was asked for has been restarted already, though its answer was lost.
  if (row.restart.value_or(false) && seen.started_at <= row.restart_at.value_or(0)) {
    db::RestartDatabaseRequest restart;
    restart.id = plan.ensure->spec->id;
    restart.storage_key = plan.ensure->storage_key;
    const auto restarted = co_await machine_.blocking.Run("RestartDatabase", [&] { return machine_.host.RestartDatabase(restart, arena); });
    if (!restarted) co_return std::unexpected(restarted.error());
    CO_TRY(look(*(*restarted)->state));
  }
  if (row.initialized.value_or(false) && row.password) {
    db::SetMasterPasswordRequest set;
    set.id = plan.ensure->spec->id;
    set.master_user = row.username;
    set.master_password = plan.ensure->master_password;
    const auto changed = co_await machine_.blocking.Run("SetMasterPassword", [&] { return machine_.host.SetMasterPassword(set, arena); });
    if (!changed) co_return std::unexpected(changed.error());
  }
  co_return Status();
}

Task<Status> InstanceReconciler::TakeSnapshots(const rows::Instance& row, bool final, Arena& arena) {
  std::vector<rows::Snapshot*> wanted;
  CO_TRY(machine_.database.Read([&](store::Tx& tx) -> Status {
    for (rows::Snapshot* s : kSnapshots.ListPrefix(tx, ScopeKey(row), arena)) {
      if (s->status == "creating" && s->resource_id == row.resource_id) wanted.push_back(s);
    }
    return {};
  }));
  for (const rows::Snapshot* one : wanted) {
    db::SnapshotDatabaseRequest take;
    take.id = HostName(row, arena);
    take.snapshot = one->host_name;
    take.final = final;
    const auto taken = co_await machine_.blocking.Run("SnapshotDatabase", [&] { return machine_.host.SnapshotDatabase(take, arena); });
    if (!taken) co_return std::unexpected(taken.error());
    CO_TRY(machine_.database.Write([&](store::Tx& tx) -> Status {
      const std::string key = ScopeKey(row) + one->name.str();
      rows::Snapshot* now = kSnapshots.Find(tx, key, arena);
      if (now == nullptr) return {};
      now->status = "available";
      now->created_at = (*taken)->snapshot->created_at;
      now->position = (*taken)->snapshot->position;
      kSnapshots.Put(tx, key, *now);
      return {};
    }));
  }
  co_return Status();
}

// Before anything of the instance goes. A stopped one is started for it.
Task<Status> InstanceReconciler::TakeFinalSnapshot(std::string row_key) {
  Arena arena;
  Plan* plan = nullptr;
  bool wanted = false;
  CO_TRY(machine_.database.Write([&](store::Tx& tx) -> Status {
    const rows::Instance* row = kInstances.Find(tx, row_key, arena);
    if (row == nullptr || row->final_snapshot.empty()) return {};
    const rows::Snapshot* last = kSnapshots.Find(tx, ScopeKey(*row) + row->final_snapshot.str(), arena);
    wanted = last != nullptr && last->status == "creating";
    if (!wanted) return {};
    TRY_ASSIGN(plan, Prepare(tx, row_key, arena));
    return {};
  }));
  if (!wanted) co_return Status();
  if (plan->ensure == nullptr) co_return Fail(ErrorKind::kUnavailable, "its network interface is not ready");
  Seen seen;
  CO_TRY(co_await Serve(*plan, seen, arena));
  auto taken = co_await TakeSnapshots(*plan->row, true, arena);
  co_return taken;
}

Task<Result<Settled>> InstanceReconciler::Run(std::string row_key) {
  Arena arena;
  Plan* plan = nullptr;
  CO_TRY(machine_.database.Write([&](store::Tx& tx) -> Status {
    TRY_ASSIGN(plan, Prepare(tx, row_key, arena));
    return {};
  }));
  if (plan->row == nullptr) co_return Settled{.forget = true};
  if (plan->ensure == nullptr) co_return Settled{.look_again = kSoon};
  const rows::Instance& row = *plan->row;
  Seen seen;
  Status done = co_await Serve(*plan, seen, arena);
  if (done && row.status == "backing-up") done = co_await TakeSnapshots(row, false, arena);
  const bool final = !done && (done.error().kind == ErrorKind::kInvalid || done.error().kind == ErrorKind::kUnsupported);
  std::int32_t failures = 0;
  CO_TRY(machine_.database.Write([&](store::Tx& tx) -> Status {
    rows::Instance* now = kInstances.Find(tx, row_key, arena);
    if (now == nullptr) return {};
    // Whatever was asked for meanwhile has touched the key: its own look settles it.
    const bool same = now->generation == row.generation;
    if (done) {
      now->initialized = true;
      now->active = plan->active;
      now->pending_reboot = plan->differs || seen.pending;
      now->failures = {};
      now->failure = {};
      if (now->password == row.password) {
        if (now->password && now->rotating.value_or(false))
          TRY(secretsmanager::PutManagedValue({tx, machine_.clock.Now(), machine_.random, machine_.root, now->account.str(), now->region.str()}, now->secret,
                                              SecretText(now->username.view(), plan->ensure->master_password.view())));
        now->password = {};
        now->rotating = {};
      }
      if (same) {
        now->restart = {};
        now->restart_at = {};
        now->status = "available";
      }
    } else {
      now->failures = failures = now->failures.value_or(0) + 1;
      now->failure = arena.Copy(done.error().message);
      const bool begun = row.initialized.value_or(false);
      if (same && (final || (!begun && failures >= kPatience))) now->status = final && begun && done.error().kind == ErrorKind::kInvalid ? "incompatible-parameters" : "failed";
    }
    kInstances.Put(tx, row_key, *now);
    return {};
  }));
  if (done) co_return Settled{.look_again = kLook};
  if (!final) co_return std::unexpected(done.error());
  LogWarning("rds", "instance " + row.name.str() + ": " + done.error().message + (done.error().cause.empty() ? "" : ": " + done.error().cause));
  co_return Settled{.look_again = WaitAfter(failures)};
}

Task<Result<Settled>> InstanceReconciler::Remove(std::string row_key) {
  Arena arena;
  db::RemoveDatabaseRequest remove;
  CO_TRY(machine_.database.Read([&](store::Tx& tx) -> Status {
    if (const rows::Instance* row = kInstances.Find(tx, row_key, arena)) remove.id = HostName(*row, arena);
    return {};
  }));
  const auto removed = co_await machine_.blocking.Run("RemoveDatabase", [&] { return machine_.host.RemoveDatabase(remove, arena); });
  if (!removed) co_return std::unexpected(removed.error());
  bool gone = false;
  CO_TRY(machine_.database.Write([&](store::Tx& tx) -> Status {
    const rows::Instance* row = kInstances.Find(tx, row_key, arena);
    if (row == nullptr) return {};
    const ec2::Scope network{.tx = tx, .random = machine_.random, .account = row->account.str(), .region = row->region.str()};
    if (ec2::FindEni(network, row->eni)) {
      TRY(ec2::ReleaseEni(network, row->eni));
      // Its going touches this key. Until then the name is taken, so that groups and subnets can go once the instance is not found.
      if (ec2::FindEni(network, row->eni)) return {};
    }
    if (!row->secret.empty())
      TRY(secretsmanager::DeleteManagedSecret({tx, machine_.clock.Now(), machine_.random, machine_.root, row->account.str(), row->region.str()}, row->secret));
    Bury(tx, HostName(*row, arena), machine_.clock.Now());
    kInstances.Delete(tx, row_key);
    gone = true;
    return {};
  }));
  if (gone) co_return Settled{.forget = true};
  co_return Settled{.look_again = kSoon};
}

}  // namespace terrarium::rds
