#include "node/world.h"

#include <arpa/inet.h>

#include "codec/row_codec.h"

namespace terrarium::node {
namespace {

std::string Key(std::string_view vpc, std::string_view rest) {
  std::string key(vpc);
  key += ' ';
  key += rest;
  return key;
}

}  // namespace

Result<std::unique_ptr<const World>> World::Read(std::string_view bytes) {
  auto world = std::make_unique<World>();
  TRY_ASSIGN(world->snapshot_, codec::FromRow<gen::node_snapshot::Snapshot>(bytes, world->arena_));
  for (const auto& name : world->snapshot_->names) {
    Addresses& to = world->names_[Key(name.vpc.view(), name.name)];
    to.ttl = static_cast<std::uint32_t>(name.ttl.value_or(5));
    for (const Str& address : name.addresses) {
      in_addr v4{};
      if (::inet_pton(AF_INET, address.str().c_str(), &v4) != 1) return Fail(ErrorKind::kInvalid, "not an IPv4 address: " + address.str());
      to.v4.push_back(v4.s_addr);
    }
  }
  for (const auto& task : world->snapshot_->tasks) world->tasks_[Key(task.vpc, task.address)] = &task;
  return world;
}

const World::Addresses* World::FindName(std::string_view vpc, std::string_view name) const {
  auto found = names_.find(Key(vpc, name));
  if (found == names_.end()) found = names_.find(Key("", name));
  return found == names_.end() ? nullptr : &found->second;
}

const gen::node_snapshot::TaskEndpoint* World::FindTask(std::string_view vpc, std::string_view address) const {
  const auto found = tasks_.find(Key(vpc, address));
  return found == tasks_.end() ? nullptr : found->second;
}

const gen::node_snapshot::Door* World::FindDoor(int port) const {
  for (const auto& door : snapshot_->doors)
    if (door.port == port) return &door;
  return nullptr;
}

std::vector<DoorTarget> World::FindDoorTargets(int port, std::string_view host) const {
  std::vector<DoorTarget> out;
  const auto* door = FindDoor(port);
  if (door == nullptr || door->behind.empty()) return out;
  const auto* chosen = &door->behind[0];
  for (const auto& one : door->behind)
    for (const Str& name : one.hosts)
      if (name == host) chosen = &one;
  for (const Str& text : chosen->addresses) {
    in_addr address{};
    if (::inet_pton(AF_INET, text.str().c_str(), &address) == 1) out.push_back({.address = address.s_addr, .port = static_cast<std::uint16_t>(chosen->port.value_or(80))});
  }
  return out;
}

}  // namespace terrarium::node
