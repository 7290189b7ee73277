#include "daemon/services.h"

#include "services/ecr/operations.h"
#include "services/iam/operations.h"
#include "services/kms/keys.h"
#include "services/kms/operations.h"
#include "services/secretsmanager/operations.h"
#include "services/secretsmanager/secrets.h"
#include "services/sts/operations.h"

namespace terrarium::daemon {

struct Services::All {
  explicit All(const World& world) : ecr{world.root, "localhost:" + std::to_string(world.options.port)} {}

  kms::KeyPolicies key_policies;
  secretsmanager::SecretPolicies secret_policies;
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
  kms::RegisterKms(registry, world_.root);
  world_.authority.UsePolicies("kms", all_->key_policies);
  secretsmanager::RegisterSecretsManager(registry, world_.root);
  world_.authority.UsePolicies("secretsmanager", all_->secret_policies);
  ecr::AddOperations(registry, all_->ecr);
}

void Services::AddReconcilers(control::Runner&) {}

}  // namespace terrarium::daemon
