#include "daemon/services.h"

#include "services/ecr/operations.h"
#include "services/iam/operations.h"
#include "services/sts/operations.h"

namespace terrarium::daemon {

struct Services::All {
  explicit All(const World& world) : ecr{world.root, "localhost:" + std::to_string(world.options.port)} {}

  ecr::Setting ecr;
  std::unique_ptr<ecr::BlobStore> blobs;
};

Services::Services(World world) : world_(world), all_(std::make_unique<All>(world)) {}
Services::~Services() = default;

Status Services::Open() {
  TRY_ASSIGN(all_->blobs, ecr::BlobStore::Open(world_.options.BlobsDir()));
  return {};
}

ecr::BlobStore& Services::blobs() { return *all_->blobs; }

void Services::AddOperations(api::Registry& registry) {
  iam::RegisterIam(registry, world_.root);
  sts::RegisterSts(registry, world_.root);
  ecr::AddOperations(registry, all_->ecr);
}

void Services::AddReconcilers(control::Runner&) {}

}  // namespace terrarium::daemon
