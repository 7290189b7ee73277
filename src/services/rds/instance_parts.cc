#include "services/rds/instance_parts.h"

#include "base/json.h"
#include "host/database/spec.h"
#include "services/rds/sizes.h"
#include "services/secretsmanager/public.h"

namespace terrarium::rds {
namespace {

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

Status MakeInterface(api::Call& call, const NewInstance& wanted, const rows::SubnetGroup& group, rows::Instance& row) {
  std::vector<std::string> groups;
  for (const Str& g : wanted.groups) groups.push_back(g.str());
  for (const Str& id : group.subnets) {
    const auto subnet = ec2::GetSubnet(NetworkScope(call), id);
    if (!subnet || subnet->free_addresses < 1 || (!wanted.zone.empty() && !(wanted.zone == subnet->zone))) continue;
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

}  // namespace

Result<rows::Instance*> GetInstance(const api::Call& call, Str name) {
  if (rows::Instance* row = kInstances.Find(call.tx, call.Key(ToLower(name.view())), call.arena)) return row;
  return ApiError("DBInstanceNotFound", "DBInstance " + name.str() + " not found.", ErrorKind::kNotFound);
}

Status MustBe(const rows::Instance& row, std::initializer_list<std::string_view> statuses) {
  if (std::find(statuses.begin(), statuses.end(), row.status.view()) != statuses.end()) return {};
  return ApiError("InvalidDBInstanceState", "Instance " + row.name.str() + " is not in " + std::string(*statuses.begin()) + " state.", ErrorKind::kConflict);
}

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
    out->master_user_secret->secret_status = !row.password ? "active" : row.rotating.value_or(false) ? "rotating" : "creating";
    out->master_user_secret->kms_key_id = row.secret_key;
  }
  return out;
}

std::string SecretText(std::string_view user, std::string_view password) {
  Json json;
  json.Set("username", std::string(user));
  json.Set("password", std::string(password));
  return json.Write();
}
std::string NewPassword(Random& random) { return RandomFrom(random, "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789#%*+-=?_~", 32); }

Status KeepPassword(api::Call& call, const crypto::RootKey& root, rows::Instance& row, std::string_view password) {
  if (auto ok = database::CheckMasterPassword(password); !ok) return InvalidValue(ok.error().message);
  const auto scope = KeyScope(call, root);
  TRY_ASSIGN(const std::string key, kms::ResolveKey(scope, kOwnKey));
  TRY_ASSIGN(const std::string blob, kms::Encrypt(scope, key, ContextOf(row.resource_id.view()), password));
  row.password = call.arena.Copy(blob);
  return {};
}

Status ManagePassword(api::Call& call, const crypto::RootKey& root, rows::Instance& row, std::string_view secret_key) {
  const auto scope = KeyScope(call, root);
  if (!secret_key.empty()) {
    TRY_ASSIGN(const std::string key, kms::ResolveKey(scope, secret_key));
    TRY(kms::CheckKeyUse(call, scope, "kms:GenerateDataKey", key, "secretsmanager"));
  }
  std::string password = NewPassword(call.random);
  std::string text = SecretText(row.username.view(), password);
  const std::string arn = ArnOf(call, "db", row.name);
  auto made = secretsmanager::CreateManagedSecret(scope, "rds", "rds!" + ToLower(row.resource_id.view()), "Secret associated with primary RDS DB instance: " + arn,
                                                  {{"aws:rds:primaryDBInstanceArn", arn}}, secret_key, text);
  crypto::Wipe(text);
  auto kept = made ? KeepPassword(call, root, row, password) : Status{};
  crypto::Wipe(password);
  if (!made) return std::unexpected(made.error());
  row.secret = call.arena.Copy(made->arn);
  row.secret_key = call.arena.Copy(made->key_arn);
  row.rotating = false;
  return kept;
}

Status KeepStorageKey(api::Call& call, const crypto::RootKey& root, rows::Instance& row, std::string_view kms_key, std::string_view storage_key) {
  const auto scope = KeyScope(call, root);
  auto blob = kms::Encrypt(scope, kms_key, ContextOf(row.resource_id.view()), storage_key);
  if (!blob) return ApiError("KMSKeyNotAccessibleFault", blob.error().message);
  row.kms_key = call.arena.Copy(kms_key);
  row.storage_key = call.arena.Copy(*blob);
  return {};
}

Result<rows::Instance> BeginInstance(api::Call& call, const NewInstance& wanted) {
  const std::string name = ToLower(wanted.name.view());
  if (!IsIdentifier(name, 63) || name.find('.') != std::string::npos) return InvalidValue("The parameter DBInstanceIdentifier is not a valid identifier.");
  if (kInstances.Exists(call.tx, call.Key(name))) return ApiError("DBInstanceAlreadyExists", "DB instance already exists", ErrorKind::kConflict);
  if (!SizeOf(wanted.instance_class.view())) return InvalidValue("Invalid DB Instance class: " + wanted.instance_class.str());
  const int port = wanted.port.value_or(3306);
  if (port < 1150 || port > 65535) return InvalidValue("Invalid endpoint port " + std::to_string(port) + ": must be from 1150 to 65535");
  if (wanted.subnet_group.empty()) return Refused("An instance without DBSubnetGroupName");
  TRY_ASSIGN(const rows::SubnetGroup* subnets, GetSubnetGroup(call, wanted.subnet_group));
  const rows::Engine& engine = *wanted.engine;
  const std::string group_name = wanted.parameter_group.empty() ? "default." + engine.family.str() : wanted.parameter_group.str();
  TRY_ASSIGN(const rows::ParameterGroup* parameters, GetParameterGroup(call.tx, call.arena, call.Key(""), group_name));
  if (!(parameters->family == engine.family)) return InvalidCombination("The parameter group " + parameters->name.str() + " with DBParameterGroupFamily " + parameters->family.str() +
                                                                       " can't be used for this instance. Use a parameter group with DBParameterGroupFamily " + engine.family.str() + ".");
  rows::Instance row;
  row.name = call.arena.Copy(name);
  row.resource_id = call.arena.Copy("db-" + RandomFrom(call.random, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 26));
  row.account = call.arena.Copy(call.caller.account);
  row.region = call.arena.Copy(call.caller.region);
  row.instance_class = wanted.instance_class;
  row.version = engine.version;
  row.status = "creating";
  row.subnet_group = subnets->name;
  row.port = port;
  row.parameter_group = parameters->name;
  row.created_at = call.Now();
  row.protection = wanted.protection;
  row.minor_upgrades = wanted.minor_upgrades;
  TRY_ASSIGN(row.tags, ReadTags(call, wanted.tags, ArnOf(call, "db", name)));
  TRY(MakeInterface(call, wanted, *subnets, row));
  Number(call, row);
  return row;
}

}  // namespace terrarium::rds
