#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/arena.h"
#include "base/result.h"
#include "gen/node_snapshot/types.h"
#include "node/door.h"

namespace terrarium::node {

// One snapshot, indexed. Immutable; replaced as a whole.
class World {
 public:
  // kInvalid if the file's content is no snapshot: the old world stays.
  static Result<std::unique_ptr<const World>> Read(std::string_view bytes);

  struct Addresses {
    std::vector<std::uint32_t> v4;  // network byte order
    std::uint32_t ttl = 5;
  };
  // Null where the VPC does not know the name.
  const Addresses* FindName(std::string_view vpc, std::string_view name) const;
  const gen::node_snapshot::TaskEndpoint* FindTask(std::string_view vpc, std::string_view address) const;
  const gen::node_snapshot::Door* FindDoor(int port) const;
  // Where a connection to that door leads whose first request is for `host`; empty where nothing is behind it.
  std::vector<DoorTarget> FindDoorTargets(int port, std::string_view host) const;
  std::int64_t version() const { return snapshot_->version.value_or(0); }
  std::string_view region() const { return snapshot_->region.view(); }

 private:
  Arena arena_;
  const gen::node_snapshot::Snapshot* snapshot_ = nullptr;
  std::unordered_map<std::string, Addresses> names_;
  std::unordered_map<std::string, const gen::node_snapshot::TaskEndpoint*> tasks_;
};

}  // namespace terrarium::node
