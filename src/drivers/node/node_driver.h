#pragma once

#include <sys/types.h>

#include <mutex>
#include <string>

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

// Starts terrarium-node where it does not run, adopts it where it does, and hands it the sockets that it lacks. A node that has died loses its
// sockets and gets new ones; connections that stood through it are gone with it.
class NodeDriver final : public host::NodeHost {
 public:
  NodeDriver(NodeConfig config, host::Network& network) : config_(std::move(config)), network_(network) {}
  Result<gen::host_node::EnsureNodeResponse*> EnsureNode(const gen::host_node::EnsureNodeRequest& request, Arena& arena) override;
  Result<gen::host_node::RemoveNodeResponse*> RemoveNode(const gen::host_node::RemoveNodeRequest& request, Arena& arena) override;

 private:
  std::string Folder() const { return config_.run_dir + "/node"; }
  std::string ControlSocket() const { return Folder() + "/control.sock"; }
  Status EnsureRunning();
  Status Give(const std::string& label, const host::SocketSpec& spec);

  NodeConfig config_;
  host::Network& network_;
  std::mutex mutex_;
};

}  // namespace terrarium::drivers
