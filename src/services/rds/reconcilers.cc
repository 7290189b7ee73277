#include "services/rds/reconcilers.h"

#include <algorithm>

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

constexpr Millis kLook{15'000}, kSoon{2'000}, kEnginesLook{60'000};

Str HostName(const rows::Instance& row, Arena& arena) { return arena.Copy(ToLower(row.resource_id.view())); }
std::string ScopeKey(const rows::Instance& row) { return row.account.str() + "/" + row.region.str() + "/"; }

const rows::Setting* Find(const List<rows::Setting>& settings, Str name) {
  for (const auto& one : settings) {
    if (one.name == name) return &one;
  }
  return nullptr;
}

// What the server is to be told of its group: a pending-reboot value waits for a start.
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
  return out;
}
bool Differs(const rows::ParameterGroup& group, const List<rows::Setting>& active) {
  return std::any_of(group.settings.begin(), group.settings.end(), [&](const auto& s) {
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
  if (row.status == "deleting" || row.status == "stopping" || row.status == "stopped" || row.status == "failed") return out;
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
  if (row.database) request->database = row.database;
  out->ensure = request;
  return out;
}

Task<Result<Settled>> InstanceReconciler::Reconcile(std::string key) {
  const std::string row_key = key.substr(kInstanceWork.size());
  Arena arena;
  std::string status;
  Str host_name;
  CO_TRY(machine_.database.Read([&](store::Tx& tx) -> Status {
    if (const rows::Instance* row = kInstances.Find(tx, row_key, arena)) {
      status = row->status.str();
      host_name = HostName(*row, arena);
    }
    return {};
  }));
  if (status.empty()) co_return Settled{.forget = true};
  if (status == "stopped" || status == "failed") co_return Settled{};
  if (status == "deleting") {
    auto removed = co_await Remove(row_key);
    co_return removed;
  }
  if (status == "stopping") {
    db::StopDatabaseRequest stop;
    stop.id = host_name;
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
  auto ran = co_await Run(row_key);
  co_return ran;
}

Task<Result<Settled>> InstanceReconciler::Run(std::string row_key) {
  Arena arena;
  Plan* plan = nullptr;
  CO_TRY(machine_.database.Write([&](store::Tx& tx) -> Status {
    TRY_ASSIGN(plan, Prepare(tx, row_key, arena));
    return {};
  }));
  if (plan->ensure == nullptr) co_return Settled{.look_again = kSoon};
  const rows::Instance& row = *plan->row;
  const bool initialized = row.initialized.value_or(false);
  const auto made = co_await machine_.blocking.Run("EnsureDatabase", [&] { return machine_.host.EnsureDatabase(*plan->ensure, arena); });
  Status done;
  List<Str> pending;
  bool failed = false;
  if (!made) {
    done = std::unexpected(made.error());
  } else {
    pending = (*made)->state->pending_reboot;
    failed = (*made)->state->status == "failed";
  }
  if (done && row.restart.value_or(false)) {
    db::RestartDatabaseRequest restart;
    restart.id = plan->ensure->spec->id;
    restart.storage_key = plan->ensure->storage_key;
    const auto restarted = co_await machine_.blocking.Run("RestartDatabase", [&] { return machine_.host.RestartDatabase(restart, arena); });
    if (!restarted) {
      done = std::unexpected(restarted.error());
    } else {
      pending = (*restarted)->state->pending_reboot;
      failed = (*restarted)->state->status == "failed";
    }
  }
  if (done && initialized && row.password) {
    db::SetMasterPasswordRequest set;
    set.id = plan->ensure->spec->id;
    set.master_user = row.username;
    set.master_password = plan->ensure->master_password;
    const auto changed = co_await machine_.blocking.Run("SetMasterPassword", [&] { return machine_.host.SetMasterPassword(set, arena); });
    if (!changed) done = std::unexpected(changed.error());
  }
  const bool final = !done && (done.error().kind == ErrorKind::kInvalid || done.error().kind == ErrorKind::kUnsupported);
  CO_TRY(machine_.database.Write([&](store::Tx& tx) -> Status {
    rows::Instance* now = kInstances.Find(tx, row_key, arena);
    if (now == nullptr) return {};
    // Whatever was asked for meanwhile has touched the key: its own look settles it.
    const bool same = now->generation == row.generation;
    if (done && !failed) {
      now->initialized = true;
      now->active = plan->active;
      now->pending_reboot = plan->differs || !pending.empty();
      if (same) now->restart = false;
      if (now->password == row.password) now->password = {};
      if (same) now->status = "available";
    } else if (final && same) {
      now->status = initialized ? "incompatible-parameters" : "failed";
    }
    kInstances.Put(tx, row_key, *now);
    return {};
  }));
  if (!done) co_return std::unexpected(done.error());
  if (failed) co_return Fail(ErrorKind::kUnavailable, "the database server does not stay up");
  co_return Settled{.look_again = kLook};
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
    kInstances.Delete(tx, row_key);
    gone = true;
    return {};
  }));
  if (gone) co_return Settled{.forget = true};
  co_return Settled{.look_again = kSoon};
}

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
    return {};
  }));
  co_return Settled{.look_again = kEnginesLook};
}

void Reconcilers::AddTo(control::Runner& runner) {
  runner.Add(std::string(kInstanceWork), instances_);
  runner.Add(std::string(kEnginesWork), engines_);
  // The first time; from then on the key is known, and known keys run at every start.
  (void)machine_.database.Write([&](store::Tx& tx) -> Status { return tx.Touch(kEnginesWork), Status(); });
}

}  // namespace terrarium::rds
