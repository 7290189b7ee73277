#include "host/database/messages.h"

#include "base/text.h"

namespace terrarium::database {

Result<Parameters> ParametersOf(const List<gen::host_database::Parameter>& list) {
  Parameters out;
  for (const auto& item : list) {
    TRY_ASSIGN(OptionName name, OptionName::From(item.name.view()));
    TRY_ASSIGN(OptionValue value, OptionValue::From(item.value.view()));
    const std::string text = name.text();
    if (!out.emplace(std::move(name), std::move(value)).second) return Fail(ErrorKind::kInvalid, "parameter " + text + " is given twice");
  }
  return out;
}

Result<ServerSpec> SpecOf(const gen::host_database::DatabaseSpec& message) {
  if (message.engine != "mysql") return Fail(ErrorKind::kUnsupported, "database engine '" + Printable(message.engine.view()) + "' is not supported; mysql is");
  ServerSpec spec;
  const auto number = [](const std::optional<std::int32_t>& value, auto& out) {
    if (value) out = *value;
  };
  spec.id = message.id.str();
  spec.engine_version = message.engine_version.str();
  spec.network_namespace = message.network_namespace.str();
  spec.address = message.address.str();
  number(message.port, spec.port);
  spec.endpoint = message.endpoint.str();
  spec.certificate_authority = message.certificate_authority.str();
  number(message.memory_mib, spec.memory_mib);
  number(message.cpu_units, spec.cpu_units);
  number(message.buffer_pool_mib, spec.buffer_pool_mib);
  number(message.max_connections, spec.max_connections);
  number(message.temporary_mib, spec.temporary_mib);
  number(message.server_id, spec.server_id);
  spec.encrypted = message.encrypted.value_or(false);
  spec.performance_schema = message.performance_schema.value_or(false);
  TRY_ASSIGN(spec.parameters, ParametersOf(message.parameters));
  TRY(spec.Check());
  return spec;
}

Status CheckFirst(const gen::host_database::EnsureDatabaseRequest& request) {
  if (request.master_user.empty() != request.master_password.empty()) return Fail(ErrorKind::kInvalid, "a master user and its password are given together");
  if (request.snapshot.empty() && request.master_user.empty()) return Fail(ErrorKind::kInvalid, "a new database needs a master user or a snapshot");
  if (!request.master_user.empty()) {
    TRY(CheckMasterUser(request.master_user.view()));
    TRY(CheckMasterPassword(request.master_password.view()));
  }
  if (!request.database.empty()) TRY(CheckDatabaseName(request.database.view()));
  if (!request.snapshot.empty()) TRY(CheckName("snapshot", request.snapshot.view(), 255));
  if (request.spec->encrypted.value_or(false) && request.storage_key.view().size() != 32) return Fail(ErrorKind::kInvalid, "encrypted storage needs a key of 32 bytes");
  return {};
}

Status CheckChange(const ServerSpec& present, const ServerSpec& wanted) {
  const auto refuse = [](const char* what) { return Fail(ErrorKind::kConflict, std::string(what) + " of a database server cannot change"); };
  if (present.encrypted != wanted.encrypted) return refuse("encryption");
  if (present.engine_version != wanted.engine_version) return refuse("engine_version");
  if (present.certificate_authority != wanted.certificate_authority) return refuse("certificate_authority");
  return {};
}

void Fill(gen::host_database::ParameterDescription& out, const ParameterFact& fact, Arena& arena) {
  out.name = arena.Copy(fact.name);
  out.description = arena.Copy(fact.description);
  out.data_type = RdsDataType(fact);
  out.allowed_values = arena.Copy(RdsAllowedValues(fact));
  out.default_value = arena.Copy(fact.default_value);
  out.dynamic = fact.dynamic;
  out.modifiable = IsModifiable(fact.name);
}

}  // namespace terrarium::database
