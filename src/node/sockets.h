#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "node/dns_server.h"
#include "node/door.h"
#include "node/task_endpoint.h"
#include "node/world.h"
#include "wire/server.h"

namespace terrarium::node {

// What the node serves on each socket that terrarium-host made for it in some namespace, by label:
//   dns-udp/<vpc>   tasks/<vpc>   api/<vpc>   door/<port>
class Sockets {
 public:
  // `api_socket`: unix socket of terrariumd's API, where api/<vpc> leads.
  Sockets(runtime::Loop& loop, const Clock& clock, const std::unique_ptr<const World>& world, std::string api_socket)
      : loop_(loop), clock_(clock), world_(world), api_socket_(std::move(api_socket)) {}

  // kInvalid for a label that means nothing. A label that is held already keeps its old socket.
  Status Give(const std::string& label, UniqueFd socket);
  void Drop(const std::string& label) { held_.erase(label); }
  std::vector<std::string> Labels() const;
  // The descriptor that is held as `label`; stays ours.
  Result<int> Find(const std::string& label) const;

 private:
  struct Held {
    UniqueFd copy;  // for terrarium-host, which keeps the sockets over our death
    std::unique_ptr<DnsServer> dns;
    std::unique_ptr<TaskEndpoint> tasks;
    std::unique_ptr<wire::Server> server;
    std::unique_ptr<Door> door;
  };

  runtime::Loop& loop_;
  const Clock& clock_;
  const std::unique_ptr<const World>& world_;
  std::string api_socket_;
  std::map<std::string, Held> held_;
};

}  // namespace terrarium::node
