#include "daemon/drivers.h"

#include <pwd.h>
#include <unistd.h>

#include <algorithm>

#include "base/clock.h"
#include "base/file.h"
#include "base/random.h"
#include "drivers/files/image_files_host.h"
#include "drivers/haproxy/haproxy_proxy_host.h"
#include "drivers/mysql/mysql_database_host.h"
#include "drivers/network/driver.h"
#include "drivers/network/netns.h"
#include "drivers/node/node_driver.h"
#include "drivers/podman/podman_container_host.h"
#include "gen/host_container/ports.h"
#include "gen/host_database/ports.h"
#include "gen/host_files/ports.h"
#include "gen/host_network/ports.h"
#include "gen/host_node/ports.h"
#include "gen/host_proxy/ports.h"
#include "host/network/network_verbs.h"

namespace terrarium::daemon {
namespace {

// The programs of an engine lie side by side.
Result<std::string> OwnFolder() {
  char path[4096];
  const ssize_t n = ::readlink("/proc/self/exe", path, sizeof path);
  if (n <= 0) return Fail(ErrorKind::kUnavailable, "the folder of this program is not known");
  const std::string_view self(path, static_cast<std::size_t>(n));
  return std::string(self.substr(0, self.rfind('/')));
}

}  // namespace

struct Drivers::All {
  std::unique_ptr<network::NetworkDriver> network;
  std::unique_ptr<host::NetworkVerbs> network_verbs;
  std::unique_ptr<drivers::NodeDriver> node;
  SystemClock clock;
  SystemRandom random;
  std::unique_ptr<mysql::MysqlDatabaseHost> databases;
  std::unique_ptr<files::ImageFilesHost> files;
  std::unique_ptr<podman::PodmanContainerHost> containers;
  std::unique_ptr<haproxy::HaproxyProxyHost> proxies;
};

Drivers::Drivers() : all_(std::make_unique<All>()) {}
Drivers::~Drivers() = default;

Status Drivers::Open(const Options& options) {
  TRY_ASSIGN(const std::string folder, OwnFolder());
  const passwd* user = ::getpwnam(options.user.c_str());
  if (user == nullptr) return Fail(ErrorKind::kNotFound, "there is no user " + options.user);

  TRY_ASSIGN(all_->network, network::NetworkDriver::Create(options.instance));
  TRY(all_->network->Probe());
  all_->network_verbs = std::make_unique<host::NetworkVerbs>(*all_->network);

  TRY(MakeDirectories(options.state_dir + "/log", 0755));
  drivers::NodeConfig node;
  node.program = folder + "/terrarium-node";
  node.run_dir = options.run_dir;
  node.snapshot = options.state_dir + "/engine/node.snapshot";
  node.log = options.state_dir + "/log/node.log";
  node.fabric_netns = network::NetnsPath(all_->network->NetnsOf("inet"));
  node.uid = user->pw_uid;
  node.gid = user->pw_gid;
  all_->node = std::make_unique<drivers::NodeDriver>(std::move(node), *all_->network);

  TRY_ASSIGN(all_->databases, mysql::MysqlDatabaseHost::Open({.instance = options.instance, .state_dir = options.state_dir, .run_dir = options.run_dir,
                                                              .programs_dir = options.programs_dir}, all_->clock, all_->random));

  TRY_ASSIGN(all_->files, files::ImageFilesHost::Open(options.state_dir + "/files"));

  podman::Config containers;
  containers.files = all_->files.get();
  containers.instance = options.instance;
  containers.state_dir = options.state_dir + "/containers";
  containers.run_dir = options.run_dir;
  containers.oci_wrapper = folder + "/terrarium-oci";
  TRY_ASSIGN(all_->containers, podman::PodmanContainerHost::Open(std::move(containers)));
  TRY_ASSIGN(all_->proxies, haproxy::HaproxyProxyHost::Open({.run_dir = options.run_dir, .programs_dir = options.programs_dir, .keeper = folder + "/terrarium-keeper",
                                                              .namespaces = network::NetnsPath(all_->network->NetnsOf(""))}, *all_->network));
  return {};
}

namespace {

Status RemoveProxies(host::ProxyHost& proxies) {
  Arena arena;
  TRY_ASSIGN(const auto* listed, proxies.ListProxies({}, arena));
  for (const auto& proxy : listed->proxies) {
    gen::host_proxy::RemoveProxyRequest request;
    request.id = proxy.id;
    TRY_ASSIGN([[maybe_unused]] const auto* removed, proxies.RemoveProxy(request, arena));
  }
  return {};
}

// By the image's stop signal; what still runs after kStopTime is killed with its task.
Status EndTasks(host::ContainerHost& containers) {
  constexpr std::int64_t kStopTime = 10'000;
  Arena arena;
  TRY_ASSIGN(const auto* listed, containers.ListContainers({}, arena));
  gen::host_container::AwaitExitRequest wait;
  for (const auto& container : listed->containers) {
    if (!(container.status == "running")) continue;
    gen::host_container::StopContainerRequest stop;
    stop.name = container.name;
    TRY_ASSIGN([[maybe_unused]] const auto* stopped, containers.StopContainer(stop, arena));
    wait.names.Add(arena, container.name);
  }
  const SystemClock clock;
  const UnixMillis until = clock.Now() + kStopTime;
  while (!wait.names.empty() && clock.Now() < until) {
    wait.timeout_ms = until - clock.Now();
    TRY_ASSIGN(const auto* ended, containers.AwaitExit(wait, arena));
    List<Str> left;
    for (const Str& name : wait.names) {
      if (std::none_of(ended->ended.begin(), ended->ended.end(), [&](Str e) { return e == name; })) left.Add(arena, name);
    }
    wait.names = left;
  }
  for (const Str& task : listed->tasks) {
    gen::host_container::RemoveTaskRequest remove;
    remove.task = task;
    TRY_ASSIGN([[maybe_unused]] const auto* removed, containers.RemoveTask(remove, arena));
  }
  return {};
}

}  // namespace

// Clients before servers: what a task still writes reaches the database.
Status Drivers::StopAll() {
  Arena arena;
  TRY_ASSIGN([[maybe_unused]] const auto* node, all_->node->RemoveNode({}, arena));
  TRY(RemoveProxies(*all_->proxies));
  TRY(EndTasks(*all_->containers));
  TRY(all_->files->CloseAll());
  TRY_ASSIGN(const auto* listed, all_->databases->ListDatabases({}, arena));
  for (const auto& database : listed->databases) {
    gen::host_database::StopDatabaseRequest request;
    request.id = database.id;
    TRY_ASSIGN([[maybe_unused]] const auto* stopped, all_->databases->StopDatabase(request, arena));
  }
  return all_->network->RemoveAll();
}

Status Drivers::RemoveAll() {
  Arena arena;
  TRY_ASSIGN([[maybe_unused]] const auto* node, all_->node->RemoveNode({}, arena));
  TRY(RemoveProxies(*all_->proxies));
  TRY(all_->containers->RemoveEverything());
  TRY_ASSIGN(const auto* file_systems, all_->files->ListFileSystems({}, arena));
  for (const Str& id : file_systems->ids) {
    gen::host_files::RemoveFileSystemRequest request;
    request.id = id;
    TRY_ASSIGN([[maybe_unused]] const auto* removed, all_->files->RemoveFileSystem(request, arena));
  }
  TRY_ASSIGN(const auto* listed, all_->databases->ListDatabases({}, arena));
  for (const auto& database : listed->databases) {
    gen::host_database::RemoveDatabaseRequest request;
    request.id = database.id;
    TRY_ASSIGN([[maybe_unused]] const auto* removed, all_->databases->RemoveDatabase(request, arena));
  }
  return all_->network->RemoveAll();
}

void Drivers::ServeAll(host::VerbTable& table) {
  host::ServeNetworkHost(table, *all_->network_verbs);
  host::ServeNodeHost(table, *all_->node);
  host::ServeDatabaseHost(table, *all_->databases);
  host::ServeFilesHost(table, *all_->files);
  host::ServeContainerHost(table, *all_->containers);
  host::ServeProxyHost(table, *all_->proxies);
}

}  // namespace terrarium::daemon
