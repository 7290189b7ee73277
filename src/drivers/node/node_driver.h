#pragma once

#include <sys/types.h>

#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <thread>

#include "base/unique_fd.h"
#include "gen/host_node/ports.h"
#include "host/network/network.h"

namespace terrarium::drivers {

struct NodeConfig {
  std::string program;         // terrarium-node
  std::string run_dir;         // its folder is <run_dir>/node
  std::string snapshot;        // what it reads
  std::string log;             // what it writes on stderr, appended
  std::string fabric_netns;    // path of the namespace it lives in
  uid_t uid = 0;
  gid_t gid = 0;
};

// Starts terrarium-node where it does not run, adopts it where it does, and hands it the sockets that it lacks. It has a copy of each: one that
// dies is started again at once and gets the same sockets, so who came meanwhile waited in their queues. Connections that stood through the
// dead one are gone with it.
class NodeDriver final : public host::NodeHost {
 public:
  NodeDriver(NodeConfig config, host::Network& network) : config_(std::move(config)), network_(network) {}
  ~NodeDriver() override;
  Result<gen::host_node::EnsureNodeResponse*> EnsureNode(const gen::host_node::EnsureNodeRequest& request, Arena& arena) override;
  Result<gen::host_node::RemoveNodeResponse*> RemoveNode(const gen::host_node::RemoveNodeRequest& request, Arena& arena) override;

 private:
  std::string Folder() const { return config_.run_dir + "/node"; }
  // What we believe about it: the node's own folder is the node's to write.
  std::string Notes() const { return config_.run_dir + "/node-notes"; }
  std::string ControlSocket() const { return Folder() + "/control.sock"; }
  Status EnsureRunning();
  Status EndUnknown();
  Status EnsureHeld(const std::string& label, const std::set<std::string>& held, const std::function<Result<UniqueFd>()>& open);
  Result<UniqueFd> Open(const host::SocketSpec& spec);
  Status Revive();
  void Watch();

  NodeConfig config_;
  host::Network& network_;
  std::mutex mutex_;  // guards what follows, and the node
  std::map<std::string, UniqueFd> sockets_;  // by label
  std::thread watcher_;                      // waits for the node's end
  bool watching_ = false;
  UniqueFd stop_;                            // an event: the watcher is to end
};

}  // namespace terrarium::drivers
