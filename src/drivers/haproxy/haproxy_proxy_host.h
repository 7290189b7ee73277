#pragma once

#include <sys/types.h>

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "drivers/haproxy/config.h"
#include "gen/host_proxy/ports.h"
#include "host/network/network.h"
#include "runtime/child_process.h"

namespace terrarium::haproxy {

// How one generation of a proxy is found again. Written before anything relies on it.
struct Record {
  runtime::DetachedProcess::Identity process{};  // terrarium-keeper, which starts the proxy again when it dies
  runtime::DetachedProcess::Identity worker{};   // the proxy under it when it was last looked at: it serves on where its keeper was killed
  long long generation = 0;
  std::string network_namespace;
  std::map<std::uint16_t, int> fds;   // port → the descriptor that the process has its listening socket at
  std::set<std::string> draining;     // "<group>/<ip>:<port>"

  std::string Write() const;
  static Result<Record> Read(std::string_view text);
};

// Real load balancers: HAProxy from a program root, unprivileged, in the namespace of its interface, under a keeper that holds its sockets. Both go
// on when we end, and are adopted afterwards. Targets come and go in the running process; any other change starts a new one that takes the
// listening sockets over, so no connection is refused. What the old one has under way it finishes.
// Keeps no state of its own: each verb looks at the machine. Verbs for different ids may run at once.
class HaproxyProxyHost final : public host::ProxyHost {
 public:
  struct Options {
    std::string run_dir;       // /run/terrarium/<instance>: what ends with a reboot, as the processes do
    std::string programs_dir;  // where scripts/program_root.py put its roots
    std::string keeper;        // terrarium-keeper
    std::string namespaces;    // a proxy lives in the namespace of its interface: this and the interface's id
    uid_t user = 420'000;      // runs every proxy
  };
  // Needs root. That the program root is there is looked at when a proxy is made.
  static Result<std::unique_ptr<HaproxyProxyHost>> Open(Options options, host::Network& network);

  Result<gen::host_proxy::EnsureProxyResponse*> EnsureProxy(const gen::host_proxy::EnsureProxyRequest& request, Arena& arena) override;
  Result<gen::host_proxy::ReadTargetsResponse*> ReadTargets(const gen::host_proxy::ReadTargetsRequest& request, Arena& arena) override;
  Result<gen::host_proxy::SetTargetStateResponse*> SetTargetState(const gen::host_proxy::SetTargetStateRequest& request, Arena& arena) override;
  Result<gen::host_proxy::RemoveProxyResponse*> RemoveProxy(const gen::host_proxy::RemoveProxyRequest& request, Arena& arena) override;
  Result<gen::host_proxy::ListProxiesResponse*> ListProxies(const gen::host_proxy::ListProxiesRequest& request, Arena& arena) override;

 private:
  HaproxyProxyHost(Options options, host::Network& network) : options_(std::move(options)), network_(network) {}

  std::string Home() const { return options_.run_dir + "/haproxy"; }
  std::string Folder(std::string_view id) const { return Home() + "/" + std::string(id); }
  Result<Record> Load(std::string_view id) const;
  Status Save(std::string_view id, const Record& record) const;
  Result<std::map<std::uint16_t, UniqueFd>> Sockets(const proxy::Spec& spec, const Record& record) const;
  Status Start(const proxy::Spec& spec, Record& record, std::map<std::uint16_t, UniqueFd> sockets, const std::string& servers);
  // Only the targets differ from what the process was started with: they are added, drained and removed while it runs.
  Status ChangeTargets(const proxy::Spec& spec, Record& record, const std::string& config) const;
  Status SetDraining(std::string_view id, Record& record, const std::string& target, bool draining) const;
  // What a proxy that is started again begins with.
  Status SaveServers(std::string_view id, const Record& record) const;
  Status Command(std::string_view id, const Record& record, const std::string& command) const;

  Options options_;
  host::Network& network_;
};

}  // namespace terrarium::haproxy
