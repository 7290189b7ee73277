// Calls about schemas and configurations; none of them needs the cloud.
#include "provider/rpc/boundary.h"
#include "provider/rpc/provider_service.h"
#include "provider/rpc/wire.h"
#include "provider/schema/validate.h"

namespace terrarium::provider {

using grpc::ServerContext;
using grpc::Status;

namespace {

template <class Type>
Status ValidateType(const Type* type, const tfplugin5::ValidateTypeConfig_Request& in,
                    tfplugin5::ValidateTypeConfig_Response* out) {
  return AtBoundary([&] {
    if (!type) return UnknownType(in.type_name());
    ValueReader read;
    Write(Validate(type->schema.body, read(in.config(), type->schema.body)), out->mutable_diagnostics());
    return read.Status();
  });
}

}  // namespace

Status ProviderService::GetMetadata(ServerContext*, const tfplugin5::ServedTypes_Request*,
                                    tfplugin5::ServedTypes_Response* out) {
  out->mutable_server_capabilities()->set_get_provider_schema_optional(true);
  for (const auto& one : provider_.catalog().resources) out->add_resources()->set_type_name(std::string(one.type));
  for (const auto& one : provider_.catalog().data_sources)
    out->add_data_sources()->set_type_name(std::string(one.type));
  for (const auto& one : provider_.catalog().ephemerals)
    out->add_ephemeral_resources()->set_type_name(std::string(one.type));
  return Status::OK;
}

Status ProviderService::GetSchema(ServerContext*, const tfplugin5::GetProviderSchema_Request*,
                                  tfplugin5::GetProviderSchema_Response* out) {
  return AtBoundary([&] {
    out->mutable_server_capabilities()->set_get_provider_schema_optional(true);
    Write(provider_.catalog().provider, out->mutable_provider());
    for (const auto& one : provider_.catalog().resources)
      Write(one.schema, &(*out->mutable_resource_schemas())[std::string(one.type)]);
    for (const auto& one : provider_.catalog().data_sources)
      Write(one.schema, &(*out->mutable_data_source_schemas())[std::string(one.type)]);
    for (const auto& one : provider_.catalog().ephemerals)
      Write(one.schema, &(*out->mutable_ephemeral_resource_schemas())[std::string(one.type)]);
    return Status::OK;
  });
}

Status ProviderService::PrepareProviderConfig(ServerContext*, const tfplugin5::PrepareProviderConfig_Request* in,
                                              tfplugin5::PrepareProviderConfig_Response* out) {
  return AtBoundary([&] {
    const Body& body = provider_.catalog().provider.body;
    ValueReader read;
    const Value config = read(in->config(), body);
    Write(Validate(body, config), out->mutable_diagnostics());
    Write(config, out->mutable_prepared_config());
    return read.Status();
  });
}

Status ProviderService::ValidateResourceTypeConfig(ServerContext*, const tfplugin5::ValidateTypeConfig_Request* in,
                                                   tfplugin5::ValidateTypeConfig_Response* out) {
  return ValidateType(provider_.catalog().FindResource(in->type_name()), *in, out);
}

Status ProviderService::ValidateDataSourceConfig(ServerContext*, const tfplugin5::ValidateTypeConfig_Request* in,
                                                 tfplugin5::ValidateTypeConfig_Response* out) {
  return ValidateType(provider_.catalog().FindDataSource(in->type_name()), *in, out);
}

Status ProviderService::ValidateEphemeralResourceConfig(ServerContext*,
                                                        const tfplugin5::ValidateTypeConfig_Request* in,
                                                        tfplugin5::ValidateTypeConfig_Response* out) {
  return ValidateType(provider_.catalog().FindEphemeral(in->type_name()), *in, out);
}

Status ProviderService::Configure(ServerContext*, const tfplugin5::Configure_Request* in,
                                  tfplugin5::Configure_Response* out) {
  return AtBoundary([&] {
    ValueReader read;
    const Value config = read(in->config(), provider_.catalog().provider.body);
    if (read.Status().ok()) Write(provider_.Configure(config), out->mutable_diagnostics());
    return read.Status();
  });
}

Status ProviderService::Stop(ServerContext*, const tfplugin5::Stop_Request*, tfplugin5::Stop_Response*) {
  provider_.Stop();
  return Status::OK;
}

}  // namespace terrarium::provider
