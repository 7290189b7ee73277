#pragma once

#include <list>
#include <memory>
#include <string>

#include "node/sockets.h"
#include "runtime/loop.h"

namespace terrarium::node {

// Where terrarium-host hands over listening sockets: one frame (snapshot.model, Control) a message, at most one descriptor with it, and a reply.
// Only root and our own user get through: the socket file is 0600 and the peer is looked at.
class Control {
 public:
  Control(runtime::Loop& loop, UniqueFd listener, Sockets& sockets);

 private:
  struct Peer {
    UniqueFd fd;
    runtime::Watch watch;
    bool gone = false;
  };
  void OnAcceptable();
  void OnReadable(Peer& peer);

  runtime::Loop& loop_;
  UniqueFd listener_;
  Sockets& sockets_;
  std::list<Peer> peers_;
  runtime::Watch watch_;
};

// The other side, for terrarium-host. Blocking.
Result<std::vector<std::string>> ListNodeSockets(const std::string& control_path);
Status GiveNodeSocket(const std::string& control_path, const std::string& label, int socket);
Result<UniqueFd> CopyNodeSocket(const std::string& control_path, const std::string& label);
Status DropNodeSocket(const std::string& control_path, const std::string& label);

}  // namespace terrarium::node
