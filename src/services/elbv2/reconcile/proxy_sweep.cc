#include "services/elbv2/reconcile/proxy_sweep.h"

#include <set>

#include "base/log.h"
#include "services/elbv2/reconcile/load_balancer_reconciler.h"

namespace terrarium::elbv2 {
namespace {

constexpr Millis kLook{60'000};
constexpr const char* kKey = "elbv2/sweep";

}  // namespace

void ProxySweep::AddTo(control::Runner& runner) {
  runner.Add(kKey, *this);
  (void)database_.Write([&](store::Tx& tx) -> Status {
    tx.Touch(kKey);
    return {};
  });
}

runtime::Task<Result<control::Settled>> ProxySweep::Reconcile(std::string) {
  Arena arena;
  // The host first, then the rows: a proxy is made after its row, so one that is listed and has no row lost it. Rows that are being deleted
  // still count: their reconciler removes what they have.
  const auto listed = co_await blocking_.Run("ListProxies", [&] { return host_.ListProxies({}, arena); });
  if (!listed) co_return std::unexpected(listed.error());
  std::set<std::string> known;
  CO_TRY(database_.Read([&](store::Tx& tx) -> Status {
    for (const rows::LoadBalancer* row : kLoadBalancers.ListPrefix(tx, "", arena))
      for (const auto& door : row->doors) known.insert(ProxyId(door.eni.view()));
    return {};
  }));
  for (const auto& proxy : (*listed)->proxies) {
    if (known.contains(proxy.id.str())) continue;
    LogInfo("elbv2", "the proxy " + proxy.id.str() + " belongs to no load balancer and is removed");
    gen::host_proxy::RemoveProxyRequest request;
    request.id = proxy.id;
    const auto removed = co_await blocking_.Run("RemoveProxy", [&] { return host_.RemoveProxy(request, arena); });
    if (!removed) co_return std::unexpected(removed.error());
  }
  co_return control::Settled{.look_again = kLook};
}

}  // namespace terrarium::elbv2
