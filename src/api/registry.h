#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "api/call.h"
#include "codec/descriptor.h"

namespace terrarium::api {

// What a request needs to be allowed: one action on each of the resources, under these facts.
struct Access {
  std::vector<std::string> resources{"*"};
  std::vector<Fact> facts;
};

// For actions that AWS does not confine to resources.
struct AnyResource {
  template <class Request>
  Result<Access> operator()(Call&, const Request&) const {
    return Access();
  }
};

// One served operation.
struct OperationRow {
  const codec::Service* service;
  const codec::Operation* operation;
  std::string action;  // "ecs:UpdateService"; empty only for what AWS lets every signed caller do (sts:GetCallerIdentity)
  std::function<Result<Access>(Call&, const void* request)> access;
  std::function<Result<void*>(Call&, const void* request)> handler;
};

// Every operation that the engine serves, with its IAM action and its handler: each service adds its table here, once, at start.
class Registry {
 public:
  // `handler` is Result<Response*>(Call&, const Request&). The IAM action is "<signing name>:<operation>"; `access` says on which resources, "*" by default.
  //   registry.Add<ops::UpdateService>(UpdateService, [](Call& call, const auto& request) -> Result<Access> { … });
  template <class Op, class Handler>
  void Add(Handler handler) {
    Add<Op>(std::move(handler), AnyResource());
  }
  template <class Op, class Handler, class AccessFunction>
  void Add(Handler handler, AccessFunction access) {
    AddNamed<Op>(std::string(Op::service().signing_name) + ":" + std::string(Op::kName), std::move(handler), std::move(access));
  }
  // For operations whose action has another name, or none.
  template <class Op, class Handler, class AccessFunction>
  void AddNamed(std::string action, Handler handler, AccessFunction access) {
    using Request = typename Op::Request;
    using Response = typename Op::Response;
    AddRow({&Op::service(), Op::service().operations + Op::kIndex, std::move(action),
            [access = std::move(access)](Call& call, const void* request) -> Result<Access> { return access(call, *static_cast<const Request*>(request)); },
            [handler = std::move(handler)](Call& call, const void* request) -> Result<void*> {
              Result<Response*> response = handler(call, *static_cast<const Request*>(request));
              if (!response) return std::unexpected(std::move(response).error());
              return static_cast<void*>(*response);
            }});
  }

  // The service is known by its signing name even before an operation of it is added, so that the rest can be refused by name.
  void AddService(const codec::Service& service);

  const codec::Service* FindService(std::string_view signing_name) const;
  const OperationRow* Find(const codec::Service& service, std::string_view operation) const;
  const std::vector<OperationRow>& rows() const { return rows_; }
  const std::vector<const codec::Service*>& services() const { return services_; }

 private:
  void AddRow(OperationRow row);

  std::vector<OperationRow> rows_;
  std::vector<const codec::Service*> services_;
  std::unordered_map<const codec::Operation*, std::size_t> by_operation_;
};

}  // namespace terrarium::api
