#pragma once

#include <memory>

#include "api/registry.h"
#include "control/runner.h"
#include "crypto/root_key.h"
#include "daemon/options.h"
#include "host/verb.h"
#include "runtime/blocking.h"
#include "services/ecr/blob_store.h"
#include "services/iam/authority.h"

namespace terrarium::daemon {

// What services are made of. All of it outlives them.
struct World {
  const Options& options;
  store::Database& database;
  const Clock& clock;
  Random& random;
  const crypto::RootKey& root;
  host::VerbChannel& host;
  runtime::Blocking& blocking;
  iam::Authority& authority;
  control::Runner& runner;
};

// Every AWS service that the engine serves: its operations and its reconcilers, with the ports that these call.
class Services {
 public:
  explicit Services(World world);
  ~Services();
  Status Open();
  void AddOperations(api::Registry& registry);
  void AddReconcilers(control::Runner& runner);
  ecr::BlobStore& blobs();

 private:
  struct All;
  World world_;
  std::unique_ptr<All> all_;
};

}  // namespace terrarium::daemon
