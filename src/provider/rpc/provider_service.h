// tfplugin5.Provider: each call decodes, asks the Provider, encodes.
#pragma once

#include "provider/core/provider.h"
#include "tfplugin5.grpc.pb.h"

namespace terrarium::provider {

class ProviderService final : public tfplugin5::Provider::Service {
 public:
  explicit ProviderService(Provider& provider) : provider_(provider) {}

// One line a call: the method, then the message that holds its Request and Response.
#define TERRARIUM_RPC(method, message)                                                          \
  grpc::Status method(grpc::ServerContext* context, const tfplugin5::message##_Request* in, \
                      tfplugin5::message##_Response* out) override
  TERRARIUM_RPC(GetMetadata, ServedTypes);
  TERRARIUM_RPC(GetSchema, GetProviderSchema);
  TERRARIUM_RPC(PrepareProviderConfig, PrepareProviderConfig);
  TERRARIUM_RPC(ValidateResourceTypeConfig, ValidateTypeConfig);
  TERRARIUM_RPC(ValidateDataSourceConfig, ValidateTypeConfig);
  TERRARIUM_RPC(UpgradeResourceState, UpgradeResourceState);
  TERRARIUM_RPC(Configure, Configure);
  TERRARIUM_RPC(ReadResource, ReadResource);
  TERRARIUM_RPC(PlanResourceChange, PlanResourceChange);
  TERRARIUM_RPC(ApplyResourceChange, ApplyResourceChange);
  TERRARIUM_RPC(ImportResourceState, ImportResourceState);
  TERRARIUM_RPC(ReadDataSource, ReadDataSource);
  TERRARIUM_RPC(ValidateEphemeralResourceConfig, ValidateTypeConfig);
  TERRARIUM_RPC(OpenEphemeralResource, OpenEphemeralResource);
  TERRARIUM_RPC(CloseEphemeralResource, CloseEphemeralResource);
  TERRARIUM_RPC(Stop, Stop);
#undef TERRARIUM_RPC

 private:
  Provider& provider_;
};

}  // namespace terrarium::provider
