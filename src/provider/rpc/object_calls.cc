// Calls about objects: state in, state out.
#include "provider/rpc/boundary.h"
#include "provider/rpc/provider_service.h"
#include "provider/rpc/wire.h"
#include "provider/value/json.h"

namespace terrarium::provider {

using grpc::ServerContext;
using grpc::Status;

Status ProviderService::UpgradeResourceState(ServerContext*, const tfplugin5::UpgradeResourceState_Request* in,
                                             tfplugin5::UpgradeResourceState_Response* out) {
  return AtBoundary([&] {
    const auto* type = provider_.catalog().FindResource(in->type_name());
    if (!type) return UnknownType(in->type_name());
    const auto stored = ParseJson(in->raw_state().json());
    if (!stored) return Status(grpc::StatusCode::INVALID_ARGUMENT, stored.error().message);
    Write(provider_.Upgrade(*type, *stored, in->version()).state, out->mutable_upgraded_state());
    return Status::OK;
  });
}

Status ProviderService::ReadResource(ServerContext*, const tfplugin5::ReadResource_Request* in,
                                     tfplugin5::ReadResource_Response* out) {
  return AtBoundary([&] {
    const auto* type = provider_.catalog().FindResource(in->type_name());
    if (!type) return UnknownType(in->type_name());
    ValueReader read;
    const Value state = read(in->current_state(), type->schema.body);
    if (!read.Status().ok()) return read.Status();
    const Outcome outcome = provider_.Read(*type, state, in->private_());
    Write(outcome.state, out->mutable_new_state());
    Write(outcome.diagnostics, out->mutable_diagnostics());
    out->set_private_(outcome.private_bytes);
    return Status::OK;
  });
}

// proposed_new_state is not read: configuration and prior state say the same.
Status ProviderService::PlanResourceChange(ServerContext*, const tfplugin5::PlanResourceChange_Request* in,
                                           tfplugin5::PlanResourceChange_Response* out) {
  return AtBoundary([&] {
    const auto* type = provider_.catalog().FindResource(in->type_name());
    if (!type) return UnknownType(in->type_name());
    ValueReader read;
    const Value prior = read(in->prior_state(), type->schema.body);
    const Value config = read(in->config(), type->schema.body);
    if (!read.Status().ok()) return read.Status();
    const Outcome outcome = provider_.Plan(*type, prior, config, in->prior_private());
    Write(outcome.state, out->mutable_planned_state());
    Write(outcome.diagnostics, out->mutable_diagnostics());
    for (const auto& path : outcome.replace) Write(path, out->add_requires_replace());
    out->set_planned_private(outcome.private_bytes);
    out->set_legacy_type_system(provider_.TypesOf(*type) == TypeSystem::kLegacy);
    return Status::OK;
  });
}

Status ProviderService::ApplyResourceChange(ServerContext*, const tfplugin5::ApplyResourceChange_Request* in,
                                            tfplugin5::ApplyResourceChange_Response* out) {
  return AtBoundary([&] {
    const auto* type = provider_.catalog().FindResource(in->type_name());
    if (!type) return UnknownType(in->type_name());
    ValueReader read;
    const Value prior = read(in->prior_state(), type->schema.body);
    const Value planned = read(in->planned_state(), type->schema.body);
    const Value config = read(in->config(), type->schema.body);
    if (!read.Status().ok()) return read.Status();
    const Outcome outcome = provider_.Apply(*type, prior, planned, config, in->planned_private());
    Write(outcome.state, out->mutable_new_state());
    Write(outcome.diagnostics, out->mutable_diagnostics());
    out->set_private_(outcome.private_bytes);
    out->set_legacy_type_system(provider_.TypesOf(*type) == TypeSystem::kLegacy);
    return Status::OK;
  });
}

Status ProviderService::ImportResourceState(ServerContext*, const tfplugin5::ImportResourceState_Request* in,
                                            tfplugin5::ImportResourceState_Response* out) {
  return AtBoundary([&] {
    const auto* type = provider_.catalog().FindResource(in->type_name());
    if (!type) return UnknownType(in->type_name());
    const Outcome outcome = provider_.Import(*type, in->id());
    Write(outcome.diagnostics, out->mutable_diagnostics());
    if (!outcome.diagnostics.empty()) return Status::OK;
    auto& imported = *out->add_imported_resources();
    imported.set_type_name(in->type_name());
    imported.set_private_(outcome.private_bytes);
    Write(outcome.state, imported.mutable_state());
    return Status::OK;
  });
}

Status ProviderService::ReadDataSource(ServerContext*, const tfplugin5::ReadDataSource_Request* in,
                                       tfplugin5::ReadDataSource_Response* out) {
  return AtBoundary([&] {
    const auto* type = provider_.catalog().FindDataSource(in->type_name());
    if (!type) return UnknownType(in->type_name());
    ValueReader read;
    const Value config = read(in->config(), type->schema.body);
    if (!read.Status().ok()) return read.Status();
    const Outcome outcome = provider_.ReadData(*type, config);
    Write(outcome.state, out->mutable_state());
    Write(outcome.diagnostics, out->mutable_diagnostics());
    return Status::OK;
  });
}

Status ProviderService::OpenEphemeralResource(ServerContext*, const tfplugin5::OpenEphemeralResource_Request* in,
                                              tfplugin5::OpenEphemeralResource_Response* out) {
  return AtBoundary([&] {
    const auto* type = provider_.catalog().FindEphemeral(in->type_name());
    if (!type) return UnknownType(in->type_name());
    ValueReader read;
    const Value config = read(in->config(), type->schema.body);
    if (!read.Status().ok()) return read.Status();
    const Outcome outcome = provider_.ReadData(*type, config);
    Write(outcome.state, out->mutable_result());
    Write(outcome.diagnostics, out->mutable_diagnostics());
    return Status::OK;
  });
}

// Nothing is held between Open and Close.
Status ProviderService::CloseEphemeralResource(ServerContext*, const tfplugin5::CloseEphemeralResource_Request*,
                                               tfplugin5::CloseEphemeralResource_Response*) {
  return Status::OK;
}

}  // namespace terrarium::provider
