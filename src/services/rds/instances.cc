#include "host/database/spec.h"
#include "services/rds/instance_parts.h"
#include "services/rds/sizes.h"
#include "services/secretsmanager/public.h"

namespace terrarium::rds {
namespace {

Status MakeSecrets(api::Call& call, const crypto::RootKey& root, const wire::CreateDBInstanceMessage& request, rows::Instance& row) {
  const auto scope = KeyScope(call, root);
  if (row.encrypted.value_or(false)) {
    TRY_ASSIGN(const std::string key, kms::ResolveKey(scope, request.kms_key_id.value_or(kOwnKey)));
    TRY(kms::CheckKeyUse(call, scope, "kms:GenerateDataKey", key, "rds"));
    std::string storage_key(32, '\0');
    call.random.Fill(storage_key.data(), storage_key.size());
    const Status kept = KeepStorageKey(call, root, row, key, storage_key);
    crypto::Wipe(storage_key);
    TRY(kept);
  } else if (request.kms_key_id) {
    return InvalidCombination("KmsKeyId requires StorageEncrypted.");
  }
  if (!request.manage_master_user_password.value_or(false)) {
    if (request.master_user_secret_kms_key_id) return InvalidCombination("MasterUserSecretKmsKeyId requires ManageMasterUserPassword.");
    if (!request.master_user_password) return InvalidValue("The parameter MasterUserPassword must be provided and must not be blank.");
    return KeepPassword(call, root, row, request.master_user_password.view());
  }
  if (request.master_user_password) return InvalidCombination("You can't specify MasterUserPassword when ManageMasterUserPassword is on.");
  return ManagePassword(call, root, row, request.master_user_secret_kms_key_id.value_or(""));
}

Result<wire::CreateDBInstanceResult*> Create(api::Call& call, const wire::CreateDBInstanceMessage& request, const crypto::RootKey& root) {
  TRY(CheckRefused(request));
  TRY(Only(request, {"DBInstanceIdentifier", "DBInstanceClass", "Engine", "EngineVersion", "AllocatedStorage", "DBName", "MasterUsername", "MasterUserPassword", "VpcSecurityGroupIds",
                     "AvailabilityZone", "DBSubnetGroupName", "DBParameterGroupName", "Port", "AutoMinorVersionUpgrade", "OptionGroupName", "Tags", "StorageType", "StorageEncrypted",
                     "KmsKeyId", "DeletionProtection", "ManageMasterUserPassword", "MasterUserSecretKmsKeyId", "LicenseModel", "NetworkType"}));
  if (ToLower(request.engine.view()) != "mysql") return InvalidValue("Invalid DB engine: " + request.engine.str());
  TRY(EnginesKnown(call.tx, call.arena));
  const rows::Engine* engine = FindEngine(call.tx, call.arena, request.engine_version.value_or(""));
  if (engine == nullptr) return InvalidCombination("Cannot find version " + request.engine_version.str() + " for mysql");
  if (request.allocated_storage.value_or(0) < 20) return InvalidValue("Invalid storage size for engine name mysql and storage type gp2: " + std::to_string(request.allocated_storage.value_or(0)));
  if (auto ok = database::CheckMasterUser(request.master_username.view()); !ok) return InvalidValue(ok.error().message);
  if (!request.db_name.empty())
    if (auto ok = database::CheckDatabaseName(request.db_name.view()); !ok) return InvalidValue(ok.error().message);
  TRY_ASSIGN(rows::Instance row, BeginInstance(call, {.name = request.db_instance_identifier, .instance_class = request.db_instance_class, .subnet_group = request.db_subnet_group_name,
                                                      .parameter_group = request.db_parameter_group_name, .zone = request.availability_zone, .groups = request.vpc_security_group_ids,
                                                      .tags = request.tags, .engine = engine, .port = request.port, .protection = request.deletion_protection.value_or(false),
                                                      .minor_upgrades = request.auto_minor_version_upgrade.value_or(true)}));
  row.username = request.master_username;
  if (!request.db_name.empty()) row.database = request.db_name;
  row.allocated_storage = request.allocated_storage;
  row.encrypted = request.storage_encrypted.value_or(false);
  TRY(MakeSecrets(call, root, request, row));
  Save(call, row);
  return Answer<wire::CreateDBInstanceResult>(call, row);
}

Result<wire::DBInstanceMessage*> Describe(api::Call& call, const wire::DescribeDBInstancesMessage& request) {
  auto* out = call.arena.New<wire::DBInstanceMessage>();
  out->db_instances.Present(call.arena);
  std::vector<rows::Instance*> all;
  if (!request.db_instance_identifier.empty()) {
    TRY_ASSIGN(rows::Instance * one, GetInstance(call, request.db_instance_identifier));
    all.push_back(one);
  } else {
    for (rows::Instance* one : kInstances.ListPrefix(call.tx, call.Key(""), call.arena)) all.push_back(one);
  }
  for (const auto& filter : request.filters) {
    const bool by_id = filter.name == "db-instance-id", by_resource = filter.name == "dbi-resource-id";
    if (!by_id && !by_resource) return InvalidValue("Unrecognized filter name: " + filter.name.str());
    std::erase_if(all, [&](const rows::Instance* i) {
      return std::none_of(filter.values.begin(), filter.values.end(), [&](Str v) { return v == (by_id ? i->name : i->resource_id); });
    });
  }
  TRY_ASSIGN(const auto page, Page(all, request.max_records, request.marker, call.arena, out->marker, [](const auto* one) { return one->name.view(); }));
  for (const rows::Instance* one : page) out->db_instances.Add(call.arena, *WireInstance(call, *one));
  return out;
}

// Only a size that is the present one or larger; Amazon's steps.
Status ChangeStorage(std::int32_t wanted, rows::Instance& row) {
  const std::int32_t have = row.allocated_storage.value_or(0);
  if (wanted == have) return {};
  if (wanted < have) return InvalidCombination("Invalid storage size for engine name mysql and storage type gp2: " + std::to_string(wanted));
  if (wanted * 10LL < have * 11LL) return InvalidCombination("The allocated storage must be increased by at least 10 percent.");
  row.allocated_storage = wanted;
  return {};
}

// Of whom the master password is: the caller's, or RDS's in Secrets Manager, and a new one of either.
Status ChangePassword(api::Call& call, const crypto::RootKey& root, const wire::ModifyDBInstanceMessage& request, rows::Instance& row) {
  const bool managed = !row.secret.empty();
  const auto wish = request.manage_master_user_password;
  if (request.master_user_secret_kms_key_id && !(wish.value_or(false) && !managed)) return InvalidCombination("MasterUserSecretKmsKeyId can be given only when ManageMasterUserPassword is turned on.");
  if (request.rotate_master_user_password.value_or(false)) {
    if (!managed) return InvalidCombination("RotateMasterUserPassword requires ManageMasterUserPassword.");
    if (!request.apply_immediately.value_or(false)) return InvalidCombination("RotateMasterUserPassword requires ApplyImmediately.");
    if (wish && !*wish) return InvalidCombination("RotateMasterUserPassword and turning ManageMasterUserPassword off exclude each other.");
    std::string password = NewPassword(call.random);
    const Status kept = KeepPassword(call, root, row, password);
    crypto::Wipe(password);
    row.rotating = true;
    return kept;
  }
  if (request.master_user_password) {
    if (wish ? *wish : managed) return InvalidCombination("You can't specify MasterUserPassword for an instance with ManageMasterUserPassword.");
    if (managed) {
      TRY(secretsmanager::DeleteManagedSecret(KeyScope(call, root), row.secret));
      row.secret = row.secret_key = {};
      row.rotating = false;
    }
    return KeepPassword(call, root, row, request.master_user_password.view());
  }
  if (!wish || *wish == managed) return {};
  if (!*wish) return InvalidCombination("A new MasterUserPassword is required when ManageMasterUserPassword is turned off.");
  return ManagePassword(call, root, row, request.master_user_secret_kms_key_id.value_or(""));
}

Result<wire::ModifyDBInstanceResult*> Modify(api::Call& call, const wire::ModifyDBInstanceMessage& request, const crypto::RootKey& root) {
  TRY_ASSIGN(rows::Instance * row, GetInstance(call, request.db_instance_identifier));
  TRY(CheckRefused(request));
  TRY(Only(request, {"DBInstanceIdentifier", "DBInstanceClass", "VpcSecurityGroupIds", "ApplyImmediately", "MasterUserPassword", "DBParameterGroupName", "OptionGroupName",
                     "AutoMinorVersionUpgrade", "DBPortNumber", "DeletionProtection", "AllocatedStorage", "EngineVersion", "AllowMajorVersionUpgrade", "ManageMasterUserPassword",
                     "RotateMasterUserPassword", "MasterUserSecretKmsKeyId", "StorageType", "LicenseModel", "NetworkType"}));
  TRY(MustBe(*row, {"available", "incompatible-parameters"}));
  const bool now = request.apply_immediately.value_or(false);
  if (request.engine_version && !(request.engine_version == row->version) && !row->version.view().starts_with(request.engine_version.str() + ".")) {
    if (FindEngine(call.tx, call.arena, request.engine_version.view()) == nullptr) return InvalidCombination("Cannot find version " + request.engine_version.str() + " for mysql");
    return Refused("Cannot upgrade mysql from " + row->version.str() + " to " + request.engine_version.str() + ": a change of EngineVersion");
  }
  if (request.allocated_storage) {
    if (!now && *request.allocated_storage != row->allocated_storage) return Refused("A change of AllocatedStorage without ApplyImmediately");
    TRY(ChangeStorage(*request.allocated_storage, *row));
  }
  const auto restart = [&] {
    row->restart = true;
    row->restart_at = call.Now();
  };
  if (request.db_instance_class && !(request.db_instance_class == row->instance_class.view())) {
    if (!SizeOf(request.db_instance_class.view())) return InvalidValue("Invalid DB Instance class: " + request.db_instance_class.str());
    if (!now) return Refused("A change of DBInstanceClass without ApplyImmediately");
    row->instance_class = request.db_instance_class;
    restart();
  }
  if (request.db_port_number && request.db_port_number != row->port) {
    if (*request.db_port_number < 1150 || *request.db_port_number > 65535) return InvalidValue("Invalid endpoint port " + std::to_string(*request.db_port_number));
    row->port = request.db_port_number;
    restart();
  }
  if (!request.vpc_security_group_ids.empty()) {
    std::vector<std::string> groups;
    row->groups = {};
    for (const Str& g : request.vpc_security_group_ids) {
      groups.push_back(g.str());
      row->groups.Add(call.arena) = g;
    }
    TRY(ec2::SetEniGroups(NetworkScope(call), row->eni, groups));
  }
  if (!request.db_parameter_group_name.empty()) {
    TRY_ASSIGN(const rows::ParameterGroup* group, GetParameterGroup(call.tx, call.arena, call.Key(""), request.db_parameter_group_name.view()));
    const rows::Engine* engine = FindEngine(call.tx, call.arena, row->version.view());
    if (engine != nullptr && !(engine->family == group->family)) return InvalidCombination("The parameter group " + group->name.str() + " is of another family than the instance.");
    row->parameter_group = group->name;
  }
  TRY(ChangePassword(call, root, request, *row));
  if (request.deletion_protection) row->protection = request.deletion_protection;
  if (request.auto_minor_version_upgrade) row->minor_upgrades = request.auto_minor_version_upgrade;
  row->status = "modifying";
  Save(call, *row);
  return Answer<wire::ModifyDBInstanceResult>(call, *row);
}

Result<wire::DeleteDBInstanceResult*> Delete(api::Call& call, const wire::DeleteDBInstanceMessage& request) {
  TRY_ASSIGN(rows::Instance * row, GetInstance(call, request.db_instance_identifier));
  if (row->status == "deleting") return ApiError("InvalidDBInstanceState", "Instance " + row->name.str() + " is already being deleted.", ErrorKind::kConflict);
  if (row->protection.value_or(false)) return InvalidCombination("Cannot delete protected DB Instance, please disable deletion protection and try again.");
  if (row->status == "backing-up") return ApiError("InvalidDBInstanceState", "Instance " + row->name.str() + " is currently creating a snapshot.", ErrorKind::kConflict);
  if (request.skip_final_snapshot.value_or(false)) {
    if (request.final_db_snapshot_identifier) return InvalidCombination("FinalDBSnapshotIdentifier can't be specified with SkipFinalSnapshot.");
  } else {
    if (request.final_db_snapshot_identifier.empty()) return InvalidCombination("FinalDBSnapshotIdentifier is required unless SkipFinalSnapshot is specified.");
    if (row->status != "available" && row->status != "stopped")
      return ApiError("InvalidDBInstanceState", "A final snapshot needs an instance that is available or stopped; " + row->name.str() + " is " + row->status.str() + ".", ErrorKind::kConflict);
    TRY_ASSIGN(const rows::Snapshot* last, BeginSnapshot(call, *row, request.final_db_snapshot_identifier, {}));
    row->final_snapshot = last->name;
  }
  row->status = "deleting";
  Save(call, *row);
  return Answer<wire::DeleteDBInstanceResult>(call, *row);
}

Result<wire::RebootDBInstanceResult*> Reboot(api::Call& call, const wire::RebootDBInstanceMessage& request) {
  TRY_ASSIGN(rows::Instance * row, GetInstance(call, request.db_instance_identifier));
  if (request.force_failover.value_or(false)) return InvalidCombination("Cannot request failover for a DB instance that is not Multi-AZ.");
  TRY(MustBe(*row, {"available", "incompatible-parameters"}));
  row->status = "rebooting";
  row->restart = true;
  row->restart_at = call.Now();
  Save(call, *row);
  return Answer<wire::RebootDBInstanceResult>(call, *row);
}
Result<wire::StopDBInstanceResult*> Stop(api::Call& call, const wire::StopDBInstanceMessage& request) {
  TRY_ASSIGN(rows::Instance * row, GetInstance(call, request.db_instance_identifier));
  if (request.db_snapshot_identifier) return Refused("DBSnapshotIdentifier");
  TRY(MustBe(*row, {"available"}));
  row->status = "stopping";
  Save(call, *row);
  return Answer<wire::StopDBInstanceResult>(call, *row);
}
Result<wire::StartDBInstanceResult*> Start(api::Call& call, const wire::StartDBInstanceMessage& request) {
  TRY_ASSIGN(rows::Instance * row, GetInstance(call, request.db_instance_identifier));
  TRY(MustBe(*row, {"stopped"}));
  row->status = "starting";
  Save(call, *row);
  return Answer<wire::StartDBInstanceResult>(call, *row);
}

}  // namespace

void RegisterInstances(api::Registry& registry, const crypto::RootKey& root) {
  namespace ops = wire::ops;
  const auto on_instance = [](api::Call& call, const auto& r) -> Result<api::Access> {
    return api::Access{{ArnOf(call, "db", r.db_instance_identifier.empty() ? "*" : ToLower(r.db_instance_identifier.view()))}, {}};
  };
  registry.Add<ops::CreateDBInstance>([&root](api::Call& call, const auto& r) { return Create(call, r, root); }, [](api::Call& call, const auto& r) -> Result<api::Access> {
    api::Access out{{ArnOf(call, "db", ToLower(r.db_instance_identifier.view()))}, {}};
    if (!r.db_subnet_group_name.empty()) out.resources.push_back(ArnOf(call, "subgrp", ToLower(r.db_subnet_group_name.view())));
    if (!r.db_parameter_group_name.empty()) out.resources.push_back(ArnOf(call, "pg", ToLower(r.db_parameter_group_name.view())));
    return out;
  });
  registry.Add<ops::DescribeDBInstances>(Describe, on_instance);
  registry.Add<ops::ModifyDBInstance>([&root](api::Call& call, const auto& r) { return Modify(call, r, root); }, on_instance);
  registry.Add<ops::DeleteDBInstance>(Delete, on_instance);
  registry.Add<ops::RebootDBInstance>(Reboot, on_instance);
  registry.Add<ops::StopDBInstance>(Stop, on_instance);
  registry.Add<ops::StartDBInstance>(Start, on_instance);
}

}  // namespace terrarium::rds
