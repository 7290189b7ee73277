#pragma once

#include "api/registry.h"
#include "services/ec2/common.h"

// How the operations of EC2 are put into the table: name, resources for IAM, handler.
namespace terrarium::ec2 {

// Serves Op by `handler`. DryRun does it all and takes it back: the error rolls the savepoint back.
template <class Op, class Handler, class Access>
void Serve(api::Registry& registry, Handler handler, Access access) {
  registry.Add<Op>(
      [handler](api::Call& call, const typename Op::Request& request) -> Result<typename Op::Response*> {
        auto out = handler(call, request);
        if constexpr (requires { request.dry_run; })
          if (out && request.dry_run.value_or(false)) return ApiError("DryRunOperation", "Request would have succeeded, but DryRun flag is set.");
        return out;
      },
      access);
}
template <class Op, class Handler>
void Serve(api::Registry& registry, Handler handler) {
  Serve<Op>(registry, handler, api::AnyResource());
}

// The resource that a member of the request names.
template <class Request>
auto On(std::string_view type, Str Request::*id) {
  return [type, id](api::Call& call, const Request& request) -> Result<api::Access> {
    return api::Access{.resources = {ArnOf(call, type, (request.*id).value_or("*"))}, .facts = {}};
  };
}
// A resource that is about to be made, beside those that it is made in.
template <class Request>
auto New(std::string_view type, std::string_view in_type = {}, Str Request::*in = nullptr) {
  return [type, in_type, in](api::Call& call, const Request& request) -> Result<api::Access> {
    api::Access access{.resources = {ArnOf(call, type, "*")}, .facts = {}};
    if (in != nullptr) access.resources.push_back(ArnOf(call, in_type, (request.*in).value_or("*")));
    return access;
  };
}

void RegisterVpcs(api::Registry& registry);
void RegisterSubnets(api::Registry& registry);
void RegisterGateways(api::Registry& registry);
void RegisterRouteTables(api::Registry& registry);
void RegisterGroups(api::Registry& registry);
void RegisterRules(api::Registry& registry);
void RegisterInterfaces(api::Registry& registry);
void RegisterTags(api::Registry& registry);
void RegisterAccount(api::Registry& registry);

}  // namespace terrarium::ec2
