#include "base/json.h"
#include "host/database/spec.h"
#include "services/rds/ops.h"
#include "services/rds/secrets.h"
#include "services/rds/sizes.h"
#include "services/secretsmanager/public.h"

namespace terrarium::rds {
namespace {

kms::Scope KeyScope(api::Call& call, const crypto::RootKey& root) { return {call.tx, call.Now(), call.random, root, call.caller.account, call.caller.region}; }

Result<rows::Instance*> Get(const api::Call& call, Str name) {
  if (rows::Instance* row = kInstances.Find(call.tx, call.Key(ToLower(name.view())), call.arena)) return row;
  return ApiError("DBInstanceNotFound", "DBInstance " + name.str() + " not found.", ErrorKind::kNotFound);
}
Status MustBe(const rows::Instance& row, std::string_view status) {
  if (row.status == status) return {};
  return ApiError("InvalidDBInstanceState", "Instance " + row.name.str() + " is not in " + std::string(status) + " state.", ErrorKind::kConflict);
}
// The reconciler hears of it.
void Save(api::Call& call, rows::Instance& row) {
  row.generation = row.generation.value_or(0) + 1;
  kInstances.Put(call.tx, call.Key(row.name), row);
  call.tx.Touch(InstanceWork(call.Key(row.name)));
}

wire::DBInstance* WireInstance(api::Call& call, const rows::Instance& row) {
  auto* out = call.arena.New<wire::DBInstance>();
  out->db_instance_identifier = row.name;
  out->db_instance_class = row.instance_class;
  out->engine = "mysql";
  out->engine_version = row.version;
  out->db_instance_status = row.status;
  out->master_username = row.username;
  out->db_name = row.database;
  if (row.initialized.value_or(false)) {
    out->endpoint = call.arena.New<wire::Endpoint>();
    out->endpoint->address = row.endpoint;
    out->endpoint->port = row.port;
    out->instance_create_time = row.created_at;
  }
  out->db_instance_port = 0;
  out->allocated_storage = row.allocated_storage;
  out->backup_retention_period = 0;
  for (const Str& group : row.groups) {
    auto& one = out->vpc_security_groups.Add(call.arena);
    one.vpc_security_group_id = group;
    one.status = "active";
  }
  auto& parameters = out->db_parameter_groups.Add(call.arena);
  parameters.db_parameter_group_name = row.parameter_group;
  parameters.parameter_apply_status = row.pending_reboot.value_or(false) ? "pending-reboot" : "in-sync";
  auto& options = out->option_group_memberships.Add(call.arena);
  options.option_group_name = call.arena.Copy("default:mysql-" + row.version.str().substr(0, row.version.view().rfind('.')));
  if (const auto dot = options.option_group_name.view().rfind('.'); dot != std::string_view::npos)
    options.option_group_name = call.arena.Copy(ReplaceAll(options.option_group_name.view(), ".", "-"));
  options.status = "in-sync";
  if (const auto group = GetSubnetGroup(call, row.subnet_group)) {
    out->db_subnet_group = call.arena.New<wire::DBSubnetGroup>();
    *out->db_subnet_group = WireSubnetGroup(call, **group);
  }
  out->availability_zone = row.zone;
  out->pending_modified_values = call.arena.New<wire::PendingModifiedValues>();
  out->multi_az = false;
  out->publicly_accessible = false;
  out->auto_minor_version_upgrade = row.minor_upgrades.value_or(true);
  out->copy_tags_to_snapshot = false;
  out->license_model = "general-public-license";
  out->storage_type = "gp2";
  out->storage_encrypted = row.encrypted.value_or(false);
  out->kms_key_id = row.kms_key;
  out->dbi_resource_id = row.resource_id;
  out->db_instance_arn = call.arena.Copy(ArnOf(call, "db", row.name));
  out->monitoring_interval = 0;
  out->iam_database_authentication_enabled = false;
  out->performance_insights_enabled = false;
  out->deletion_protection = row.protection.value_or(false);
  out->network_type = "IPV4";
  out->tag_list = WireTags(call.arena, row.tags);
  if (!row.secret.empty()) {
    out->master_user_secret = call.arena.New<wire::MasterUserSecret>();
    out->master_user_secret->secret_arn = row.secret;
    out->master_user_secret->secret_status = row.password ? "creating" : "active";
    out->master_user_secret->kms_key_id = row.secret_key;
  }
  return out;
}

template <class Out>
Result<Out*> Answer(api::Call& call, const rows::Instance& row) {
  auto* out = call.arena.New<Out>();
  out->db_instance = WireInstance(call, row);
  return out;
}

std::string SecretText(std::string_view user, std::string_view password) {
  Json json;
  json.Set("username", std::string(user));
  json.Set("password", std::string(password));
  return json.Write();
}
std::string NewPassword(Random& random) { return RandomFrom(random, "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789#%*+-=?_~", 32); }

// Kept, encrypted, until the server has it.
Status KeepPassword(api::Call& call, const crypto::RootKey& root, rows::Instance& row, std::string_view password) {
  if (auto ok = database::CheckMasterPassword(password); !ok) return InvalidValue(ok.error().message);
  const auto scope = KeyScope(call, root);
  TRY_ASSIGN(const std::string key, kms::ResolveKey(scope, kOwnKey));
  TRY_ASSIGN(const std::string blob, kms::Encrypt(scope, key, ContextOf(row.resource_id.view()), password));
  row.password = call.arena.Copy(blob);
  return {};
}

Status CheckRefused(const auto& request) {
  if (request.multi_az.value_or(false)) return Refused("MultiAZ");
  if (request.backup_retention_period.value_or(0) > 0) return Refused("BackupRetentionPeriod above 0");
  if (request.publicly_accessible.value_or(false)) return Refused("PubliclyAccessible");
  if (request.option_group_name && !request.option_group_name.view().starts_with("default:")) return Refused("OptionGroupName other than the default");
  return {};
}

Status MakeSecrets(api::Call& call, const crypto::RootKey& root, const wire::CreateDBInstanceMessage& request, rows::Instance& row) {
  const auto scope = KeyScope(call, root);
  if (row.encrypted.value_or(false)) {
    TRY_ASSIGN(const std::string key, kms::ResolveKey(scope, request.kms_key_id.value_or(kOwnKey)));
    TRY(kms::CheckKeyUse(call, scope, "kms:GenerateDataKey", key, "rds"));
    std::string storage_key(32, '\0');
    call.random.Fill(storage_key.data(), storage_key.size());
    auto blob = kms::Encrypt(scope, key, ContextOf(row.resource_id.view()), storage_key);
    crypto::Wipe(storage_key);
    if (!blob) return ApiError("KMSKeyNotAccessibleFault", blob.error().message);
    row.kms_key = call.arena.Copy(key);
    row.storage_key = call.arena.Copy(*blob);
  } else if (request.kms_key_id) {
    return InvalidCombination("KmsKeyId requires StorageEncrypted.");
  }
  if (!request.manage_master_user_password.value_or(false)) {
    if (request.master_user_secret_kms_key_id) return InvalidCombination("MasterUserSecretKmsKeyId requires ManageMasterUserPassword.");
    if (!request.master_user_password) return InvalidValue("The parameter MasterUserPassword must be provided and must not be blank.");
    return KeepPassword(call, root, row, request.master_user_password.view());
  }
  if (request.master_user_password) return InvalidCombination("You can't specify MasterUserPassword when ManageMasterUserPassword is on.");
  std::string password = NewPassword(call.random);
  std::string text = SecretText(row.username.view(), password);
  auto made = secretsmanager::CreateManagedSecret(scope, "rds", "rds!" + ToLower(row.resource_id.view()), "Secret associated with primary RDS DB instance: " + ArnOf(call, "db", row.name),
                                                  {{"aws:rds:primaryDBInstanceArn", ArnOf(call, "db", row.name)}}, request.master_user_secret_kms_key_id.value_or(""), text);
  crypto::Wipe(text);
  auto kept = made ? KeepPassword(call, root, row, password) : Status{};
  crypto::Wipe(password);
  if (!made) return std::unexpected(made.error());
  row.secret = call.arena.Copy(made->arn);
  row.secret_key = call.arena.Copy(made->key_arn);
  return kept;
}

// The endpoint's middle and the server's number: each is drawn once and kept.
void Number(api::Call& call, rows::Instance& row) {
  rows::Place* machine = kPlaces.Find(call.tx, "", call.arena);
  if (machine == nullptr) machine = call.arena.New<rows::Place>();
  machine->last_server = machine->last_server.value_or(0) + 1;
  row.server_id = static_cast<std::int32_t>(*machine->last_server);
  kPlaces.Put(call.tx, "", *machine);
  rows::Place* place = kPlaces.Find(call.tx, call.Key(""), call.arena);
  if (place == nullptr) {
    place = call.arena.New<rows::Place>();
    place->hash = call.arena.Copy("c" + RandomFrom(call.random, "abcdefghijklmnopqrstuvwxyz0123456789", 11));
    kPlaces.Put(call.tx, call.Key(""), *place);
  }
  row.endpoint = call.arena.Copy(row.name.str() + "." + place->hash.str() + "." + call.caller.region + ".rds.amazonaws.com");
}

Status MakeInterface(api::Call& call, const wire::CreateDBInstanceMessage& request, const rows::SubnetGroup& group, rows::Instance& row) {
  std::vector<std::string> groups;
  for (const Str& g : request.vpc_security_group_ids) groups.push_back(g.str());
  for (const Str& id : group.subnets) {
    const auto subnet = ec2::GetSubnet(NetworkScope(call), id);
    if (!subnet || subnet->free_addresses < 1 || (request.availability_zone && !(request.availability_zone == subnet->zone))) continue;
    TRY_ASSIGN(const ec2::EniView eni, ec2::AllocateEni(NetworkScope(call), {.subnet = id.str(), .groups = groups, .requester = "rds", .description = "RDSNetworkInterface",
                                                                               .notify = InstanceWork(call.Key(row.name))}));
    row.eni = call.arena.Copy(eni.id);
    row.vpc = call.arena.Copy(eni.vpc);
    row.zone = call.arena.Copy(eni.zone);
    row.address = call.arena.Copy(eni.address);
    for (const auto& g : eni.groups) row.groups.Add(call.arena) = call.arena.Copy(g);
    return {};
  }
  return ApiError("InvalidVPCNetworkStateFault", "No subnet of the DB subnet group has a free address in the zone that is asked for.", ErrorKind::kConflict);
}

Result<wire::CreateDBInstanceResult*> Create(api::Call& call, const wire::CreateDBInstanceMessage& request, const crypto::RootKey& root) {
  TRY(CheckRefused(request));
  TRY(Only(request, {"DBInstanceIdentifier", "DBInstanceClass", "Engine", "EngineVersion", "AllocatedStorage", "DBName", "MasterUsername", "MasterUserPassword", "VpcSecurityGroupIds",
                     "AvailabilityZone", "DBSubnetGroupName", "DBParameterGroupName", "Port", "AutoMinorVersionUpgrade", "OptionGroupName", "Tags", "StorageType", "StorageEncrypted",
                     "KmsKeyId", "DeletionProtection", "ManageMasterUserPassword", "MasterUserSecretKmsKeyId", "LicenseModel", "NetworkType"}));
  const std::string name = ToLower(request.db_instance_identifier.view());
  if (!IsIdentifier(name, 63) || name.find('.') != std::string::npos) return InvalidValue("The parameter DBInstanceIdentifier is not a valid identifier.");
  if (kInstances.Exists(call.tx, call.Key(name))) return ApiError("DBInstanceAlreadyExists", "DB instance already exists", ErrorKind::kConflict);
  if (ToLower(request.engine.view()) != "mysql") return InvalidValue("Invalid DB engine: " + request.engine.str());
  if (request.storage_type && !(request.storage_type == "gp2")) return Refused("StorageType " + request.storage_type.str());
  if (request.license_model && !(request.license_model == "general-public-license")) return InvalidCombination("Invalid license model for mysql.");
  if (request.network_type && !(request.network_type == "IPV4")) return Refused("NetworkType " + request.network_type.str());
  const rows::Engine* engine = FindEngine(call.tx, call.arena, request.engine_version.value_or(""));
  if (engine == nullptr) return InvalidCombination("Cannot find version " + request.engine_version.str() + " for mysql");
  if (!SizeOf(request.db_instance_class.view())) return InvalidValue("Invalid DB Instance class: " + request.db_instance_class.str());
  if (request.allocated_storage.value_or(0) < 20) return InvalidValue("Invalid storage size for engine name mysql and storage type gp2: " + std::to_string(request.allocated_storage.value_or(0)));
  if (auto ok = database::CheckMasterUser(request.master_username.view()); !ok) return InvalidValue(ok.error().message);
  if (!request.db_name.empty())
    if (auto ok = database::CheckDatabaseName(request.db_name.view()); !ok) return InvalidValue(ok.error().message);
  const int port = request.port.value_or(3306);
  if (port < 1150 || port > 65535) return InvalidValue("Invalid endpoint port " + std::to_string(port) + ": must be from 1150 to 65535");
  if (request.db_subnet_group_name.empty()) return Refused("An instance without DBSubnetGroupName");
  TRY_ASSIGN(const rows::SubnetGroup* subnets, GetSubnetGroup(call, request.db_subnet_group_name));
  const std::string group_name = request.db_parameter_group_name.empty() ? "default." + engine->family.str() : request.db_parameter_group_name.str();
  TRY_ASSIGN(const rows::ParameterGroup* parameters, GetParameterGroup(call.tx, call.arena, call.Key(""), group_name));
  if (!(parameters->family == engine->family)) return InvalidCombination("The parameter group " + parameters->name.str() + " with DBParameterGroupFamily " + parameters->family.str() +
                                                                        " can't be used for this instance. Use a parameter group with DBParameterGroupFamily " + engine->family.str() + ".");
  rows::Instance row;
  row.name = call.arena.Copy(name);
  row.resource_id = call.arena.Copy("db-" + RandomFrom(call.random, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 26));
  row.account = call.arena.Copy(call.caller.account);
  row.region = call.arena.Copy(call.caller.region);
  row.instance_class = request.db_instance_class;
  row.version = engine->version;
  row.status = "creating";
  row.username = request.master_username;
  if (!request.db_name.empty()) row.database = request.db_name;
  row.allocated_storage = request.allocated_storage;
  row.subnet_group = subnets->name;
  row.port = port;
  row.parameter_group = parameters->name;
  row.encrypted = request.storage_encrypted.value_or(false);
  row.created_at = call.Now();
  row.protection = request.deletion_protection.value_or(false);
  row.minor_upgrades = request.auto_minor_version_upgrade.value_or(true);
  TRY_ASSIGN(row.tags, ReadTags(call, request.tags, ArnOf(call, "db", name)));
  TRY(MakeInterface(call, request, *subnets, row));
  Number(call, row);
  TRY(MakeSecrets(call, root, request, row));
  Save(call, row);
  return Answer<wire::CreateDBInstanceResult>(call, row);
}

Result<wire::DBInstanceMessage*> Describe(api::Call& call, const wire::DescribeDBInstancesMessage& request) {
  auto* out = call.arena.New<wire::DBInstanceMessage>();
  out->db_instances.Present(call.arena);
  std::vector<rows::Instance*> all;
  if (!request.db_instance_identifier.empty()) {
    TRY_ASSIGN(rows::Instance * one, Get(call, request.db_instance_identifier));
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

Result<wire::ModifyDBInstanceResult*> Modify(api::Call& call, const wire::ModifyDBInstanceMessage& request, const crypto::RootKey& root) {
  TRY_ASSIGN(rows::Instance * row, Get(call, request.db_instance_identifier));
  TRY(CheckRefused(request));
  TRY(Only(request, {"DBInstanceIdentifier", "DBInstanceClass", "VpcSecurityGroupIds", "ApplyImmediately", "MasterUserPassword", "DBParameterGroupName", "OptionGroupName",
                     "AutoMinorVersionUpgrade", "DBPortNumber", "DeletionProtection"}));
  TRY(MustBe(*row, "available"));
  const bool now = request.apply_immediately.value_or(false);
  if (request.db_instance_class && !(request.db_instance_class == row->instance_class.view())) {
    if (!now) return Refused("A change of DBInstanceClass without ApplyImmediately");
    if (!SizeOf(request.db_instance_class.view())) return InvalidValue("Invalid DB Instance class: " + request.db_instance_class.str());
    row->instance_class = request.db_instance_class;
    row->restart = true;
  }
  if (request.db_port_number && request.db_port_number != row->port) {
    if (*request.db_port_number < 1150 || *request.db_port_number > 65535) return InvalidValue("Invalid endpoint port " + std::to_string(*request.db_port_number));
    row->port = request.db_port_number;
    row->restart = true;
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
  if (request.master_user_password) {
    if (!row->secret.empty()) return InvalidCombination("You can't specify MasterUserPassword for an instance with ManageMasterUserPassword.");
    TRY(KeepPassword(call, root, *row, request.master_user_password.view()));
  }
  if (request.deletion_protection) row->protection = request.deletion_protection;
  if (request.auto_minor_version_upgrade) row->minor_upgrades = request.auto_minor_version_upgrade;
  row->status = "modifying";
  Save(call, *row);
  return Answer<wire::ModifyDBInstanceResult>(call, *row);
}

Result<wire::DeleteDBInstanceResult*> Delete(api::Call& call, const wire::DeleteDBInstanceMessage& request) {
  TRY_ASSIGN(rows::Instance * row, Get(call, request.db_instance_identifier));
  if (row->status == "deleting") return ApiError("InvalidDBInstanceState", "Instance " + row->name.str() + " is already being deleted.", ErrorKind::kConflict);
  if (row->protection.value_or(false)) return InvalidCombination("Cannot delete protected DB Instance, please disable deletion protection and try again.");
  if (!request.skip_final_snapshot.value_or(false)) return Refused("A final snapshot (SkipFinalSnapshot=false)");
  if (request.final_db_snapshot_identifier) return InvalidCombination("FinalDBSnapshotIdentifier can't be specified with SkipFinalSnapshot.");
  row->status = "deleting";
  Save(call, *row);
  return Answer<wire::DeleteDBInstanceResult>(call, *row);
}

Result<wire::RebootDBInstanceResult*> Reboot(api::Call& call, const wire::RebootDBInstanceMessage& request) {
  TRY_ASSIGN(rows::Instance * row, Get(call, request.db_instance_identifier));
  if (request.force_failover.value_or(false)) return InvalidCombination("Cannot request failover for a DB instance that is not Multi-AZ.");
  TRY(MustBe(*row, "available"));
  row->status = "rebooting";
  row->restart = true;
  Save(call, *row);
  return Answer<wire::RebootDBInstanceResult>(call, *row);
}
Result<wire::StopDBInstanceResult*> Stop(api::Call& call, const wire::StopDBInstanceMessage& request) {
  TRY_ASSIGN(rows::Instance * row, Get(call, request.db_instance_identifier));
  if (request.db_snapshot_identifier) return Refused("DBSnapshotIdentifier");
  TRY(MustBe(*row, "available"));
  row->status = "stopping";
  Save(call, *row);
  return Answer<wire::StopDBInstanceResult>(call, *row);
}
Result<wire::StartDBInstanceResult*> Start(api::Call& call, const wire::StartDBInstanceMessage& request) {
  TRY_ASSIGN(rows::Instance * row, Get(call, request.db_instance_identifier));
  TRY(MustBe(*row, "stopped"));
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
