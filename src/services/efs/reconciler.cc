#include "services/efs/reconciler.h"

#include "services/ec2/public.h"
#include "services/efs/common.h"
#include "services/kms/public.h"

namespace terrarium::efs {

using control::Settled;

runtime::Task<Result<Settled>> FileSystemReconciler::Reconcile(std::string work) {
  const std::string key = work.substr(std::string_view("efs/fs/").size());
  Arena arena;
  bool absent = false, deleting = false, waiting = false;
  gen::host_files::EnsureFileSystemRequest ensure;
  crypto::Secret storage_key;
  std::string id;
  CO_TRY(database_.Write([&](store::Tx& tx) -> Status {
    rows::FileSystem* row = kFileSystems.Find(tx, key, arena);
    absent = row == nullptr;
    if (absent) return {};
    id = row->id.str();
    deleting = row->state == "deleting";
    const ec2::Scope scope{tx, random_, row->account.str(), row->region.str()};
    const std::string prefix = key.substr(0, key.size() - id.size());
    for (rows::MountTarget* target : kMountTargets.ListOwner(tx, key, arena)) {
      const auto eni = ec2::FindEni(scope, target->eni.view());
      if (target->state == "deleting" && !eni) {
        kMountTargets.Delete(tx, prefix + target->id.str());
      } else if (target->state == "creating" && eni && eni->ready) {
        target->state = "available";
        kMountTargets.Put(tx, prefix + target->id.str(), *target, key);
      } else {
        waiting |= target->state != "available";
      }
    }
    if (row->storage_key && !deleting) {
      const kms::Scope keys{tx, clock_.Now(), random_, root_, row->account.str(), row->region.str()};
      TRY_ASSIGN(storage_key, kms::Decrypt(keys, {{"aws:elasticfilesystem:fs-id", id}}, row->storage_key.view()));
      ensure.key = storage_key.view();
    }
    return {};
  }));
  if (absent) co_return Settled{.forget = true};
  if (deleting) {
    gen::host_files::RemoveFileSystemRequest remove;
    remove.id = id;
    const auto removed = co_await blocking_.Run("RemoveFileSystem", [&] { return host_.RemoveFileSystem(remove, arena); });
    if (!removed) co_return std::unexpected(removed.error());
    CO_TRY(database_.Write([&](store::Tx& tx) -> Status {
      kFileSystems.Delete(tx, key);
      return {};
    }));
    co_return Settled{.forget = true};
  }
  ensure.id = id;
  const auto made = co_await blocking_.Run("EnsureFileSystem", [&] { return host_.EnsureFileSystem(ensure, arena); });
  if (!made) co_return std::unexpected(made.error());
  CO_TRY(database_.Write([&](store::Tx& tx) -> Status {
    rows::FileSystem* row = kFileSystems.Find(tx, key, arena);
    if (row == nullptr || row->state == "deleting") return {};
    row->state = "available";
    row->used = (*made)->used_bytes;
    row->measured = clock_.Now();
    kFileSystems.Put(tx, key, *row);
    return {};
  }));
  co_return Settled{.look_again = Millis{waiting ? 1000 : 60'000}};
}

}  // namespace terrarium::efs
