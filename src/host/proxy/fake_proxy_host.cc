#include "host/proxy/fake_proxy_host.h"

namespace terrarium::proxy {

using namespace gen::host_proxy;  // NOLINT: the messages of this port

ProxyState* FakeProxyHost::StateOf(const Proxy& proxy, Arena& arena) const {
  auto* state = arena.New<ProxyState>();
  state->id = arena.Copy(proxy.spec.id);
  state->status = proxy.running ? "running" : "failed";
  state->generation = proxy.generation;
  return state;
}

Result<EnsureProxyResponse*> FakeProxyHost::EnsureProxy(const EnsureProxyRequest& request, Arena& arena) {
  TRY_ASSIGN(Spec spec, ParseSpec(request.spec));
  const std::lock_guard lock(mutex_);
  Proxy& proxy = proxies_[spec.id];
  proxy.running = true;
  proxy.spec = std::move(spec);
  auto* response = arena.New<EnsureProxyResponse>();
  response->state = StateOf(proxy, arena);
  return response;
}

Result<ReadTargetsResponse*> FakeProxyHost::ReadTargets(const ReadTargetsRequest& request, Arena& arena) {
  const std::lock_guard lock(mutex_);
  const auto found = proxies_.find(request.id.str());
  if (found == proxies_.end()) return Fail(ErrorKind::kNotFound, "there is no such load balancer");
  if (!found->second.running) return Fail(ErrorKind::kUnavailable, "the load balancer does not answer");
  auto* response = arena.New<ReadTargetsResponse>();
  response->targets.Present(arena);
  for (const TargetGroup& group : found->second.spec.groups) {
    for (const Target& target : group.targets) {
      TargetState& state = response->targets.Add(arena);
      state.target_group = arena.Copy(group.id);
      state.address = arena.Copy(target.address.ToString());
      state.port = target.port;
      state.connections = 0;
      auto health = health_.find(request.id.str() + "/" + target.Name());
      if (health == health_.end()) health = health_.find(target.Name());
      if (target.draining) {
        state.state = "draining";
        state.reason = "Target.DeregistrationInProgress";
      } else if (health == health_.end()) {
        state.state = "initial";
        state.reason = "Elb.InitialHealthChecking";
      } else if (health->second) {
        state.state = "healthy";
      } else {
        state.state = "unhealthy";
        state.reason = "Target.FailedHealthChecks";
      }
    }
  }
  return response;
}

Result<SetTargetStateResponse*> FakeProxyHost::SetTargetState(const SetTargetStateRequest& request, Arena& arena) {
  const std::lock_guard lock(mutex_);
  const auto found = proxies_.find(request.id.str());
  if (found == proxies_.end()) return Fail(ErrorKind::kNotFound, "there is no such load balancer");
  if (!found->second.running) return Fail(ErrorKind::kUnavailable, "the load balancer does not answer");
  for (TargetGroup& group : found->second.spec.groups) {
    if (request.target_group != group.id) continue;
    for (Target& target : group.targets) {
      if (request.address != target.address.ToString() || request.port.value_or(0) != target.port) continue;
      target.draining = request.draining.value_or(false);
      return arena.New<SetTargetStateResponse>();
    }
  }
  return Fail(ErrorKind::kNotFound, "there is no such target");
}

Result<RemoveProxyResponse*> FakeProxyHost::RemoveProxy(const RemoveProxyRequest& request, Arena& arena) {
  const std::lock_guard lock(mutex_);
  if (!IsProxyId(request.id)) return Fail(ErrorKind::kInvalid, "the id of a load balancer does not fit");
  proxies_.erase(request.id.str());
  return arena.New<RemoveProxyResponse>();
}

Result<ListProxiesResponse*> FakeProxyHost::ListProxies(const ListProxiesRequest&, Arena& arena) {
  const std::lock_guard lock(mutex_);
  auto* response = arena.New<ListProxiesResponse>();
  response->proxies.Present(arena);
  for (const auto& [id, proxy] : proxies_) response->proxies.Add(arena, *StateOf(proxy, arena));
  return response;
}

void FakeProxyHost::SetHealth(const std::string& target, bool healthy) {
  const std::lock_guard lock(mutex_);
  health_[target] = healthy;
}

void FakeProxyHost::Crash(const std::string& id) {
  const std::lock_guard lock(mutex_);
  if (const auto found = proxies_.find(id); found != proxies_.end()) found->second.running = false;
}

}  // namespace terrarium::proxy
