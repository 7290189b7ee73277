#pragma once

#include <string>

#include "base/clock.h"
#include "control/reconciler.h"
#include "crypto/root_key.h"
#include "gen/host_files/ports.h"
#include "runtime/blocking.h"
#include "services/efs/tables.h"

namespace terrarium::efs {

// Makes one file system true, and follows the interfaces of its mount targets. Keys: "efs/fs/<row key>". Looks every minute: its size is measured then, and
// after a reboot or a `make down` that look mounts it again.
class FileSystemReconciler final : public control::Reconciler {
 public:
  FileSystemReconciler(store::Database& database, runtime::Blocking& blocking, host::FilesHost& host, const crypto::RootKey& root, const Clock& clock, Random& random)
      : database_(database), blocking_(blocking), host_(host), root_(root), clock_(clock), random_(random) {}

  runtime::Task<Result<control::Settled>> Reconcile(std::string key) override;

 private:
  store::Database& database_;
  runtime::Blocking& blocking_;
  host::FilesHost& host_;
  const crypto::RootKey& root_;
  const Clock& clock_;
  Random& random_;
};

}  // namespace terrarium::efs
