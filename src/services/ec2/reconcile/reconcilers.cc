#include "services/ec2/reconcile/reconcilers.h"

#include <set>

#include "services/ec2/reconcile/host_plan.h"

namespace terrarium::ec2 {
namespace {

namespace net = gen::host_network;
using control::Settled;

constexpr std::string_view kVpcWork = "ec2/vpc/", kEniWork = "ec2/eni/", kOrphans = "ec2/orphans";
constexpr Millis kOrphansAgain{300'000};

// The last part of a row key.
std::string_view IdOf(std::string_view row_key) { return row_key.substr(row_key.rfind('/') + 1); }

// Interfaces that wait for their VPC get another chance now.
void WakeWaiting(store::Tx& tx, std::string_view row_key, std::string_view vpc) {
  Arena arena;
  const std::string scope(row_key.substr(0, row_key.rfind('/') + 1));
  for (const rows::Eni* eni : kEnis.ListOwner(tx, vpc, arena))
    if (!eni->ready.value_or(false) && !eni->deleting.value_or(false)) tx.Touch(EniWork(scope + eni->id.str()));
}

}  // namespace

runtime::Task<Result<Settled>> VpcReconciler::Reconcile(std::string key) {
  const std::string row_key = key.substr(kVpcWork.size());
  Arena arena;
  net::EnsureVpcRequest* request = nullptr;
  CO_TRY(machine_.database.Read([&](store::Tx& tx) -> Status {
    request = PlanVpc(tx, row_key, arena);
    return {};
  }));
  if (request == nullptr) {
    net::RemoveVpcRequest gone;
    gone.vpc = IdOf(row_key);
    const auto removed = co_await machine_.blocking.Run("RemoveVpc", [&] { return machine_.network.RemoveVpc(gone, arena); });
    if (!removed) co_return std::unexpected(removed.error());
    co_return Settled{.forget = true};
  }
  const auto made = co_await machine_.blocking.Run("EnsureVpc", [&] { return machine_.network.EnsureVpc(*request, arena); });
  if (!made) co_return std::unexpected(made.error());
  CO_TRY(machine_.database.Write([&](store::Tx& tx) -> Status {
    rows::Vpc* vpc = kVpcs.Find(tx, row_key, arena);
    if (vpc == nullptr) return {};
    if (!vpc->ready.value_or(false)) {
      vpc->ready = true;
      kVpcs.Put(tx, row_key, *vpc, vpc->id.view());
    }
    WakeWaiting(tx, row_key, vpc->id.view());
    return {};
  }));
  co_return Settled{};
}

runtime::Task<Result<Settled>> EniReconciler::Reconcile(std::string key) {
  const std::string row_key = key.substr(kEniWork.size());
  Arena arena;
  rows::Eni* eni = nullptr;
  CO_TRY(machine_.database.Read([&](store::Tx& tx) -> Status {
    eni = kEnis.Find(tx, row_key, arena);
    return {};
  }));
  if (eni == nullptr) co_return Settled{.forget = true};
  if (eni->deleting.value_or(false)) {
    net::RemoveEniRequest gone;
    gone.vpc = eni->vpc;
    gone.eni = eni->id;
    const auto removed = co_await machine_.blocking.Run("RemoveEni", [&] { return machine_.network.RemoveEni(gone, arena); });
    if (!removed) co_return std::unexpected(removed.error());
    CO_TRY(machine_.database.Write([&](store::Tx& tx) -> Status {
      kEnis.Delete(tx, row_key);
      if (eni->public_address) kPublicAddresses.Delete(tx, eni->public_address.view());
      if (eni->notify) tx.Touch(eni->notify.view());
      return {};
    }));
    co_return Settled{.forget = true};
  }
  const net::EnsureEniRequest* request = PlanEni(*eni, arena);
  const auto place = co_await machine_.blocking.Run("EnsureEni", [&] { return machine_.network.EnsureEni(*request, arena); });
  if (!place) co_return std::unexpected(place.error());
  CO_TRY(machine_.database.Write([&](store::Tx& tx) -> Status {
    rows::Eni* now = kEnis.Find(tx, row_key, arena);
    if (now == nullptr || (now->ready.value_or(false) && now->netns == (*place)->netns)) return {};
    now->ready = true;
    now->netns = (*place)->netns;
    kEnis.Put(tx, row_key, *now, now->vpc.view());
    if (now->notify) tx.Touch(now->notify.view());
    return {};
  }));
  co_return Settled{};
}

runtime::Task<Result<Settled>> OrphanReconciler::Reconcile(std::string) {
  Arena arena;
  // The host before the rows: whatever is asked for meanwhile has its row before the host can have it.
  net::ListNetworkRequest list;
  const auto listing = co_await machine_.blocking.Run("ListNetwork", [&] { return machine_.network.ListNetwork(list, arena); });
  if (!listing) co_return std::unexpected(listing.error());
  std::set<std::string> known;
  CO_TRY(machine_.database.Read([&](store::Tx& tx) -> Status {
    for (const rows::Eni* eni : kEnis.ListPrefix(tx, "", arena)) known.insert(eni->id.str());
    for (const rows::Vpc* vpc : kVpcs.ListPrefix(tx, "", arena)) known.insert(vpc->id.str());
    return {};
  }));
  for (const auto& found : (*listing)->enis) {
    if (known.contains(found.eni.str())) continue;
    net::RemoveEniRequest gone;
    gone.eni = found.eni;
    gone.vpc = found.vpc ? found.vpc : Str("vpc-00000000");  // of none: only its namespace is left
    const auto removed = co_await machine_.blocking.Run("RemoveEni", [&] { return machine_.network.RemoveEni(gone, arena); });
    if (!removed) co_return std::unexpected(removed.error());
  }
  for (const Str vpc : (*listing)->vpcs) {
    if (known.contains(vpc.str())) continue;
    net::RemoveVpcRequest gone;
    gone.vpc = vpc;
    const auto removed = co_await machine_.blocking.Run("RemoveVpc", [&] { return machine_.network.RemoveVpc(gone, arena); });
    if (!removed) co_return std::unexpected(removed.error());
  }
  co_return Settled{.look_again = kOrphansAgain};
}

void Reconcilers::AddTo(control::Runner& runner) {
  runner.Add(std::string(kVpcWork), vpcs_);
  runner.Add(std::string(kEniWork), enis_);
  runner.Add(std::string(kOrphans), orphans_);
  // The first time; from then on the key is known, and known keys run at every start.
  (void)machine_.database.Write([&](store::Tx& tx) -> Status { return tx.Touch(kOrphans), Status(); });
}

}  // namespace terrarium::ec2
