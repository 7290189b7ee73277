#include "daemon/simulation/stack_simulation.h"

#include <algorithm>
#include <map>

#include "base/file.h"
#include "codec/json_codec.h"
#include "codec/validate.h"
#include "gen/host_container/ports.h"
#include "gen/host_database/ports.h"
#include "gen/host_network/ports.h"
#include "gen/host_proxy/ports.h"
#include "services/ec2/public.h"
#include "services/ecr/catalog.h"
#include "services/ecs/public.h"

namespace terrarium::daemon {
namespace {

constexpr char kAccount[] = "111122223333", kRegion[] = "us-east-1";
constexpr Millis kBreath{500};  // how often the world outside of terrariumd moves on

// A folder in memory where there is one: nothing in it is worth a disk's time.
std::string Folder(std::uint64_t seed) { return "/dev/shm/terrarium-simulation-" + std::to_string(::getpid()) + "-" + std::to_string(seed); }

}  // namespace

class StackSimulation::Channel final : public host::VerbChannel {
 public:
  explicit Channel(StackSimulation& simulation) : simulation_(simulation) {
    host::ServeNetworkHost(table_, simulation.network_verbs_);
    host::ServeContainerHost(table_, simulation.containers_);
    host::ServeProxyHost(table_, simulation.proxies_);
    host::ServeDatabaseHost(table_, simulation.databases_);
    host::ServeNodeHost(table_, simulation.node_);
  }
  Result<std::string> Exchange(std::string_view verb, std::string_view request) override {
    ++simulation_.calls_;
    const Fate fate = simulation_.decide({verb, seen_.insert(std::string(verb) + " " + std::string(request)).second});
    if (fate == Fate::kKilledBefore || fate == Fate::kKilledAfter) simulation_.kill_ = true;
    if (fate == Fate::kRefused || fate == Fate::kKilledBefore) return Fail(ErrorKind::kUnavailable, "terrarium-host does not answer");
    auto answer = table_.Run(verb, request);
    if (fate != Fate::kDone) return Fail(ErrorKind::kUnknown, "the answer of terrarium-host did not come");
    return answer;
  }

 private:
  StackSimulation& simulation_;
  host::VerbTable table_;
  std::set<std::string> seen_;
};

struct StackSimulation::Daemon {
  explicit Daemon(StackSimulation& s)
      : blocking(s.scheduler_, [&s](std::string_view) {
          runtime::SimBlocking::Fate fate;
          fate.before = Millis{static_cast<std::int64_t>(s.random_.Next() % 40)};
          fate.after = Millis{static_cast<std::int64_t>(1 + s.random_.Next() % 40)};
          return fate;
        }),
        authority(s.scheduler_.clock(), s.root_),
        runner(std::make_unique<control::Runner>(s.scheduler_, *s.database_, s.scheduler_.clock(), 24)),
        services({s.options_, *s.database_, s.scheduler_.clock(), s.random_, s.root_, *s.channel_, blocking, authority, *runner}) {
    services.AddOperations(registry);
    services.AddReconcilers(*runner);
    s.database_->EndTurn();
    runner->Start();
  }
  ~Daemon() { runner.reset(); }  // what runs in it refers to the services

  runtime::SimBlocking blocking;
  iam::Authority authority;
  api::Registry registry;
  std::unique_ptr<control::Runner> runner;
  Services services;
};

StackSimulation::StackSimulation(std::uint64_t seed) : random_(seed * 7919 + 1), scheduler_(seed), root_(crypto::RootKey::InMemory(random_)) {
  options_.state_dir = Folder(seed);
  options_.account = kAccount;
  static_cast<void>(MakeDirectories(options_.state_dir + "/engine", 0700));
  channel_ = std::make_unique<Channel>(*this);
  hook_ = scheduler_.AddTurnHook(runtime::TurnPhase::kCommit, [this] { database_->EndTurn(); });
  Restart();
  kills_ = 0;
  scheduler_.At(scheduler_.Now() + kBreath, [this] { TurnWorld(); });
}

StackSimulation::~StackSimulation() {
  daemon_.reset();
  scheduler_.RemoveTurnHook(hook_);
  ::unlink((options_.state_dir + "/engine/node.snapshot").c_str());
  ::rmdir((options_.state_dir + "/engine").c_str());
  ::rmdir(options_.state_dir.c_str());
}

void StackSimulation::Restart() {
  ++kills_;
  kill_ = false;
  daemon_.reset();
  daemon_ = std::make_unique<Daemon>(*this);
}

void StackSimulation::RunFor(Millis duration) {
  bool over = false;
  scheduler_.At(scheduler_.Now() + duration, [&over] { over = true; });
  while (!over) {
    scheduler_.Step();
    if (kill_) Restart();
  }
}

bool StackSimulation::Until(const std::function<bool()>& condition, Millis patience) {
  const Millis end = scheduler_.Now() + patience;
  while (!condition()) {
    if (scheduler_.Now() >= end) return false;
    RunFor(Millis{1'000});
  }
  return true;
}

Result<Json> StackSimulation::Try(std::string_view service, std::string_view operation, std::string_view request) {
  Arena arena;
  const codec::Service* model = daemon_->registry.FindService(service);
  if (model == nullptr) return Fail(ErrorKind::kUnsupported, "no such service: " + std::string(service));
  const api::OperationRow* row = daemon_->registry.Find(*model, operation);
  if (row == nullptr) return Fail(ErrorKind::kUnsupported, "no such operation: " + std::string(operation));
  const codec::Tables& tables = *model->tables;
  void* message = nullptr;
  if (row->operation->input != codec::kNoShape) {
    message = arena.Zero(tables.shapes[row->operation->input].size);
    TRY(codec::DecodeJson(tables, row->operation->input, message, request, codec::JsonForm::kCanonical, arena));
    const auto problems = codec::Validate(tables, row->operation->input, message);
    if (!problems.empty()) return Fail(ErrorKind::kInvalid, codec::ValidationMessage(problems));
  }
  api::Caller caller;
  caller.account = kAccount;
  caller.region = kRegion;
  caller.arn = "arn:aws:iam::111122223333:root";
  caller.user_id = kAccount;
  caller.principal_key = iam::PrincipalKey(kAccount, "");
  auto answer = database_->Write([&](store::Tx& tx) -> Result<void*> {
    api::Call call{caller, tx, arena, scheduler_.clock(), random_, daemon_->authority, "request"};
    TRY_ASSIGN(const api::Access access, row->access(call, message));
    return row->handler(call, message);
  });
  database_->EndTurn();
  if (!answer) return std::unexpected(std::move(answer).error());
  if (row->operation->output == codec::kNoShape) return Json();
  std::string text;
  codec::EncodeJson(tables, row->operation->output, *answer, codec::JsonForm::kCanonical, text);
  return Json::Parse(text);
}

Result<Json> StackSimulation::Do(std::string_view service, std::string_view operation, std::string_view request, Millis patience) {
  const Millis end = scheduler_.Now() + patience;
  for (;;) {
    auto answer = Try(service, operation, request);
    if (answer) return answer;
    if (scheduler_.Now() >= end || answer.error().kind == ErrorKind::kUnsupported)
      return Fail(ErrorKind::kUnavailable, std::string(operation) + " is still refused: " + answer.error().code + ": " + answer.error().message);
    RunFor(Millis{2'000});
  }
}

void StackSimulation::Publish(const std::string& repository, char tag) {
  const std::string of(64, tag), layer = "sha256:" + of;
  Arena arena;
  const std::string manifest = R"({"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":")" + layer +
                               R"(","size":1},"layers":[{"mediaType":"application/vnd.oci.image.layer.v1.tar+gzip","digest":")" + layer + R"(","size":1}]})";
  const auto put = database_->Write([&](store::Tx& tx) -> Result<std::string> {
    TRY_ASSIGN(const ecr::Place place, ecr::FindRepository(tx, arena, kAccount, kRegion, repository));
    ecr::rows::Layer row;
    row.digest = layer;
    row.size = 1;
    ecr::kLayers.Put(tx, ecr::Below(place, layer), row, place.key);
    TRY_ASSIGN(const ecr::Put done, ecr::PutManifest(tx, arena, place, manifest, "application/vnd.oci.image.manifest.v1+json", std::string(1, tag), scheduler_.clock().Now()));
    return done.image->digest.str();
  });
  database_->EndTurn();
  if (put) containers_.Publish("localhost:" + std::to_string(options_.port) + "/" + repository + "@" + *put, of);
}

void StackSimulation::TurnWorld() {
  Arena arena;
  std::map<std::string, std::string> address_of;  // task's id → its address
  static_cast<void>(database_->Read([&](store::Tx& tx) -> Status {
    std::map<std::string, std::string> enis;
    for (const auto& eni : ec2::ListAllEnis(tx)) enis[eni.id] = eni.address;
    for (const auto& task : ecs::ListTaskEndpoints(tx, arena)) address_of[task.task.substr(task.task.rfind('/') + 1)] = enis[task.eni];
    return {};
  }));
  for (const auto& one : (*containers_.ListContainers({}, arena))->containers) {
    const std::string name = one.name.str(), task = name.substr(0, name.rfind('-'));
    const bool ends = containers_.Environment(name).contains("ENDS_AT_ONCE");
    if (one.status == "running" && ends) containers_.Exit(name, 3);
    if (address_of.contains(task)) proxies_.SetHealth(address_of[task] + ":80", one.status == "running" && !ends);
  }
  scheduler_.At(scheduler_.Now() + kBreath, [this] { TurnWorld(); });
}

void StackSimulation::EndOneContainer() {
  Arena arena;
  for (const auto& one : (*containers_.ListContainers({}, arena))->containers) {
    if (one.status != "running") continue;
    containers_.Exit(one.name, 1);
    return;
  }
}

std::vector<Json> StackSimulation::Tasks() {
  std::vector<Json> out;
  for (const char* desired : {"RUNNING", "STOPPED"}) {
    const auto listed = Try("ecs", "ListTasks", std::string(R"({"cluster":"site","desiredStatus":")") + desired + "\"}");
    if (!listed || (*listed)["taskArns"].array().empty()) continue;
    Json request;
    request.Set("cluster", "site");
    request.Set("tasks", (*listed)["taskArns"]);
    const auto described = Try("ecs", "DescribeTasks", request.Write());
    if (described) out.insert(out.end(), (*described)["tasks"].array().begin(), (*described)["tasks"].array().end());
  }
  return out;
}

std::vector<std::string> StackSimulation::Faults() {
  std::vector<std::string> out;
  Arena arena;
  for (const auto& one : daemon_->runner->Unsettled()) out.push_back(one.key + " does not settle: " + one.error);
  std::set<std::string> wanted, there;
  static_cast<void>(database_->Read([&](store::Tx& tx) -> Status {
    for (const auto& eni : ec2::ListAllEnis(tx)) {
      wanted.insert("interface " + eni.id);
      if (!eni.ready) out.push_back("interface " + eni.id + " is not ready");
    }
    for (const auto& task : ecs::ListTaskEndpoints(tx, arena)) wanted.insert("container " + task.task.substr(task.task.rfind('/') + 1) + "-0 running");
    return {};
  }));
  database_->EndTurn();
  for (const Json& task : Tasks())
    if (task["lastStatus"].string() != task["desiredStatus"].string())
      out.push_back("task " + task["taskArn"].string() + " is " + task["lastStatus"].string() + " and ought to be " + task["desiredStatus"].string() + ": " + task["stoppedReason"].string());
  const auto balancers = Try("elasticloadbalancing", "DescribeLoadBalancers", "{}");
  for (const Json& balancer : (*balancers)["LoadBalancers"].array()) {
    if (balancer["State"]["Code"].string() != "active") out.push_back("load balancer " + balancer["LoadBalancerName"].string() + " is " + balancer["State"]["Code"].string());
  }
  const auto databases = Try("rds", "DescribeDBInstances", "{}");
  for (const Json& database : (*databases)["DBInstances"].array()) {
    wanted.insert("database of " + database["DBInstanceIdentifier"].string());
    if (database["DBInstanceStatus"].string() != "available") out.push_back("database " + database["DBInstanceIdentifier"].string() + " is " + database["DBInstanceStatus"].string());
  }
  const std::size_t databases_wanted = (*databases)["DBInstances"].array().size();
  std::size_t proxies_wanted = 0;
  for (const Json& balancer : (*balancers)["LoadBalancers"].array()) proxies_wanted += balancer["AvailabilityZones"].array().size();

  const auto network = network_.List();
  for (const auto& eni : network->enis) there.insert("interface " + eni.id);
  for (const auto& one : (*containers_.ListContainers({}, arena))->containers) there.insert("container " + one.name.str() + " " + one.status.str());
  std::erase_if(wanted, [](const std::string& name) { return name.starts_with("database of"); });
  for (const std::string& name : wanted)
    if (!there.contains(name)) out.push_back(name + " is not on the host");
  for (const std::string& name : there)
    if (!wanted.contains(name)) out.push_back(name + " is on the host, and nothing asks for it");
  if (const auto n = (*databases_.ListDatabases({}, arena))->databases.size(); n != databases_wanted) out.push_back(std::to_string(n) + " database servers for " + std::to_string(databases_wanted));
  if (const auto n = (*proxies_.ListProxies({}, arena))->proxies.size(); n != proxies_wanted) out.push_back(std::to_string(n) + " proxies for " + std::to_string(proxies_wanted));
  return out;
}

std::vector<std::string> StackSimulation::Left() {
  std::vector<std::string> out;
  Arena arena;
  const auto network = network_.List();
  for (const auto& vpc : network->vpcs) out.push_back("vpc " + vpc);
  for (const auto& eni : network->enis) out.push_back("interface " + eni.id);
  const auto* containers = *containers_.ListContainers({}, arena);
  for (const auto& one : containers->containers) out.push_back("container " + one.name.str());
  for (const auto& task : containers->tasks) out.push_back("task " + task.str());
  for (const auto& one : (*proxies_.ListProxies({}, arena))->proxies) out.push_back("proxy " + one.id.str());
  for (const auto& one : (*databases_.ListDatabases({}, arena))->databases) out.push_back("database " + one.id.str());
  return out;
}

}  // namespace terrarium::daemon
