#include "daemon/services.h"

#include "daemon/neighbours.h"
#include "daemon/node_publisher.h"
#include "gen/host_container/ports.h"
#include "gen/host_database/ports.h"
#include "gen/host_files/ports.h"
#include "gen/host_network/ports.h"
#include "gen/host_proxy/ports.h"
#include "gen/host_node/ports.h"
#include "services/ec2/operations.h"
#include "services/ec2/reconcile/reconcilers.h"
#include "services/ecr/operations.h"
#include "services/ecs/operations.h"
#include "services/ecs/service_reconciler.h"
#include "services/ecs/task_reconciler.h"
#include "services/efs/operations.h"
#include "services/efs/reconciler.h"
#include "services/elbv2/operations.h"
#include "services/elbv2/reconcile/load_balancer_reconciler.h"
#include "services/elbv2/reconcile/proxy_sweep.h"
#include "services/iam/operations.h"
#include "services/kms/keys.h"
#include "services/kms/operations.h"
#include "services/secretsmanager/operations.h"
#include "services/secretsmanager/secrets.h"
#include "services/logs/operations.h"
#include "services/rds/operations.h"
#include "services/rds/reconcilers.h"
#include "services/sts/operations.h"

namespace terrarium::daemon {

struct Services::All {
  explicit All(const World& world)
      : network(world.host),
        containers(world.host),
        proxies(world.host),
        databases(world.host),
        files(world.host),
        node(world.host),
        ecr{world.root, "localhost:" + std::to_string(world.options.port)},
        neighbours(world.authority, world.root, ecr.registry),
        ec2({world.database, network, world.blocking}),
        file_systems(world.database, world.blocking, files, world.root, world.clock, world.random),
        balancers(world.database, world.blocking, proxies, world.clock, world.random),
        proxy_sweep(world.database, world.blocking, proxies),
        tasks(world.database, world.blocking, containers, neighbours, world.clock, world.random, {}),
        services(world.database, neighbours, world.clock, world.random),
        rds({world.database, databases, world.blocking, world.root, world.clock, world.random}),
        publisher(world.database, world.blocking, node, world.clock, world.random, world.root, world.options.state_dir + "/engine/node.snapshot", world.options.door) {}

  kms::KeyPolicies key_policies;
  secretsmanager::SecretPolicies secret_policies;
  host::NetworkHostStub network;
  host::ContainerHostStub containers;
  host::ProxyHostStub proxies;
  host::DatabaseHostStub databases;
  host::FilesHostStub files;
  host::NodeHostStub node;
  ecr::Setting ecr;
  std::unique_ptr<ecr::BlobStore> blobs;
  Neighbours neighbours;
  ec2::Reconcilers ec2;
  efs::FileSystemReconciler file_systems;
  elbv2::LoadBalancerReconciler balancers;
  elbv2::ProxySweep proxy_sweep;
  ecs::TaskReconciler tasks;
  ecs::ServiceReconciler services;
  rds::Reconcilers rds;
  NodePublisher publisher;
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
  ec2::RegisterEc2(registry);
  efs::RegisterEfs(registry, world_.root);
  elbv2::RegisterElbv2(registry);
  logs::RegisterLogs(registry);
  ecs::RegisterEcs(registry, all_->neighbours);
  rds::RegisterRds(registry, world_.root);
}

void Services::AddReconcilers(control::Runner& runner) {
  all_->ec2.AddTo(runner);
  runner.Add("efs/fs/", all_->file_systems);
  runner.Add("elbv2/lb/", all_->balancers);
  all_->proxy_sweep.AddTo(runner);
  runner.Add("ecs/task/", all_->tasks);
  runner.Add("ecs/service/", all_->services);
  all_->rds.AddTo(runner);
  all_->publisher.AddTo(runner);
}

}  // namespace terrarium::daemon
