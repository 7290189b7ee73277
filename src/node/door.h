#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"
#include "runtime/loop.h"

namespace terrarium::node {

// Where a connection of a door may lead: an address of the fabric, in whose namespace this process lives, or a unix socket.
struct DoorTarget {
  std::uint32_t address = 0;  // network byte order
  std::uint16_t port = 0;
  std::string unix_path{};
};

// The value of the Host header, lower case and without its port; nothing while the head is not complete up to it. Empty where there is none.
std::optional<std::string> HostOf(std::string_view head);

// A front door: connections of a listening socket go, byte for byte, to a load balancer or to the engine's own API. Each direction has a bounded
// buffer; who does not read is not read for; half-closing is passed on. Nothing is parsed, unless several load balancers share the door: then the
// Host header of a connection's first request says which it is for.
class Door {
 public:
  // Asked at each connection: where the load balancer moved, the next connection follows. They are tried in this order until one takes the
  // connection; without any it is closed.
  using Targets = std::function<std::vector<DoorTarget>(std::string_view host)>;
  // Whether Targets has to know the host.
  using ByHost = std::function<bool()>;
  Door(runtime::Loop& loop, UniqueFd listener, Targets targets, ByHost by_host = {});
  ~Door();
  std::size_t open_connections() const { return passages_.size(); }

 private:
  class Passage;
  void OnAcceptable();
  void PauseAccepting();
  void WatchListener();
  void CloseEnded();
  // Addresses that did not take a connection lately come last.
  void Order(std::vector<DoorTarget>& targets);

  runtime::Loop& loop_;
  UniqueFd listener_;
  Targets targets_;
  ByHost by_host_;
  std::map<std::pair<std::uint32_t, std::uint16_t>, Millis> failed_;  // when
  std::list<std::unique_ptr<Passage>> passages_;
  runtime::Watch watch_;
  runtime::TimerId pause_{};
  bool sweep_posted_ = false;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace terrarium::node
