#include "host/network/fake_network.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include "host/network/path.h"

namespace terrarium::host {

Status FakeNetwork::EnsureVpc(const VpcSpec& spec) {
  TRY(CheckSpec(spec));
  const std::lock_guard lock(mutex_);
  VpcSpec next = spec;
  std::optional<GroupId> kept;
  if (const auto old = vpcs_.find(spec.id); old != vpcs_.end()) {
    for (const GroupSpec& group : old->second.groups) {
      if (std::any_of(next.groups.begin(), next.groups.end(), [&](const GroupSpec& g) { return g.id == group.id; })) continue;
      for (const auto& [id, eni] : enis_) {
        if (eni.spec.vpc != spec.id || !eni.connected || std::find(eni.spec.groups.begin(), eni.spec.groups.end(), group.id) == eni.spec.groups.end()) continue;
        next.groups.push_back(group);
        kept = group.id;
        break;
      }
    }
  }
  vpcs_[spec.id] = std::move(next);
  if (kept) return Fail(ErrorKind::kConflict, kept->str() + " is still used by an interface");
  return {};
}

Status FakeNetwork::RemoveVpc(const VpcId& vpc) {
  const std::lock_guard lock(mutex_);
  for (const auto& [id, eni] : enis_)
    if (eni.spec.vpc == vpc && eni.connected) return Fail(ErrorKind::kConflict, vpc.str() + " still has " + id.str());
  vpcs_.erase(vpc);
  return {};
}

Result<EniPlace> FakeNetwork::EnsureEni(const EniSpec& spec) {
  TRY(CheckSpec(spec));
  const std::lock_guard lock(mutex_);
  const auto vpc = vpcs_.find(spec.vpc);
  if (vpc == vpcs_.end()) return Fail(ErrorKind::kNotFound, "network namespace of " + spec.vpc.str());
  const VpcSpec& v = vpc->second;
  if (std::none_of(v.subnets.begin(), v.subnets.end(), [&](const SubnetSpec& s) { return s.cidr == spec.subnet; }))
    return Fail(ErrorKind::kNotFound, spec.vpc.str() + " has no subnet " + spec.subnet.ToString());
  for (const GroupId& group : spec.groups)
    if (std::none_of(v.groups.begin(), v.groups.end(), [&](const GroupSpec& g) { return g.id == group; }))
      return Fail(ErrorKind::kNotFound, spec.vpc.str() + " has no group " + group.str());
  for (const auto& [id, eni] : enis_) {
    if (id == spec.id || eni.spec.vpc != spec.vpc || !eni.connected) continue;
    if (eni.spec.address == spec.address || (spec.public_address && eni.spec.public_address == spec.public_address))
      return Fail(ErrorKind::kConflict, "another interface has the address " + (eni.spec.address == spec.address ? spec.address : *spec.public_address).ToString());
  }
  enis_[spec.id] = {spec, true};
  return EniPlace{.netns = "/run/netns/fake-" + spec.id.str(), .interface = "eth0"};
}

Status FakeNetwork::RemoveEni(const VpcId&, const EniId& eni) {
  const std::lock_guard lock(mutex_);
  enis_.erase(eni);
  return {};
}

Result<NetworkListing> FakeNetwork::List() {
  const std::lock_guard lock(mutex_);
  NetworkListing out;
  for (const auto& [id, spec] : vpcs_) out.vpcs.push_back(id.str());
  for (const auto& [id, eni] : enis_) out.enis.push_back({id.str(), eni.connected ? eni.spec.vpc.str() : ""});
  return out;
}

Result<PathVerdict> FakeNetwork::Explain(const PathQuery& query) {
  const std::lock_guard lock(mutex_);
  const auto vpc = vpcs_.find(query.vpc);
  if (vpc == vpcs_.end()) return Fail(ErrorKind::kNotFound, "network namespace of " + query.vpc.str());
  PathView view{.cidr = vpc->second.cidr, .internet = vpc->second.internet, .subnets = vpc->second.subnets, .interfaces = {}, .rules = {}};
  for (const auto& [id, eni] : enis_)
    if (eni.spec.vpc == query.vpc && eni.connected) view.interfaces.push_back({id.str(), eni.spec.address, eni.spec.groups, eni.spec.public_address});
  view.rules = [&](const GroupId& group, bool ingress) {
    std::vector<PathRule> out;
    for (const GroupSpec& one : vpc->second.groups)
      if (one.id == group)
        for (const RuleSpec& rule : ingress ? one.ingress : one.egress) out.push_back({rule, 0});
    return out;
  };
  return ExplainPath(view, query);
}

Result<UniqueFd> FakeNetwork::OpenSocket(const SocketSpec& spec) {
  const std::lock_guard lock(mutex_);
  const auto* vpc = std::get_if<VpcId>(&spec.place);
  const auto* eni = std::get_if<EniId>(&spec.place);
  if ((vpc != nullptr && !vpcs_.contains(*vpc)) || (eni != nullptr && !enis_.contains(*eni))) return Fail(ErrorKind::kNotFound, "network namespace");
  const int fd = ::socket(AF_UNIX, (spec.datagram ? SOCK_DGRAM : SOCK_STREAM) | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return SystemFail("socket", errno);
  return UniqueFd(fd);
}

Status FakeNetwork::RemoveAll() {
  const std::lock_guard lock(mutex_);
  enis_.clear();
  vpcs_.clear();
  return {};
}

void FakeNetwork::Disconnect(const EniId& eni) {
  const std::lock_guard lock(mutex_);
  if (const auto at = enis_.find(eni); at != enis_.end()) at->second.connected = false;
}

}  // namespace terrarium::host
