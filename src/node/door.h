#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <memory>

#include "base/result.h"
#include "base/unique_fd.h"
#include "runtime/loop.h"

namespace terrarium::node {

// A connection that is being made, from this process's namespace. `address` in network byte order.
Result<UniqueFd> ConnectTo(std::uint32_t address, std::uint16_t port);

// A front door: connections of a listening socket go, byte for byte, to where `connect` leads: a public address of the fabric, in whose namespace
// this process lives, or the engine's own API. Nothing is parsed. Each direction has a bounded buffer; who does not read is not read for; half-closing is passed on.
class Door {
 public:
  // Asked at each connection: where the load balancer moved, the next connection follows. An error closes the client's connection.
  using Connect = std::function<Result<UniqueFd>()>;
  Door(runtime::Loop& loop, UniqueFd listener, Connect connect);
  ~Door();
  std::size_t open_connections() const { return passages_.size(); }

 private:
  class Passage;
  void OnAcceptable();
  void CloseEnded();

  runtime::Loop& loop_;
  UniqueFd listener_;
  Connect connect_;
  std::list<std::unique_ptr<Passage>> passages_;
  runtime::Watch watch_;
  bool sweep_posted_ = false;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace terrarium::node
