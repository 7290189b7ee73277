#include "services/rds/instance_parts.h"

namespace terrarium::rds {
namespace {

Result<rows::Snapshot*> Get(const api::Call& call, Str name) {
  if (rows::Snapshot* row = kSnapshots.Find(call.tx, call.Key(ToLower(name.view())), call.arena)) return row;
  return ApiError("DBSnapshotNotFound", "DBSnapshot " + name.str() + " not found.", ErrorKind::kNotFound);
}

wire::DBSnapshot WireSnapshot(const api::Call& call, const rows::Snapshot& row) {
  wire::DBSnapshot out;
  out.db_snapshot_identifier = row.name;
  out.db_instance_identifier = row.instance;
  out.engine = "mysql";
  out.engine_version = row.version;
  out.status = row.status;
  out.snapshot_type = "manual";
  out.percent_progress = row.status == "creating" ? 0 : 100;
  if (!(row.status == "creating")) out.snapshot_create_time = out.original_snapshot_create_time = row.created_at;
  out.instance_create_time = row.instance_created_at;
  out.master_username = row.username;
  out.allocated_storage = row.allocated_storage;
  out.port = row.port;
  out.availability_zone = row.zone;
  out.vpc_id = row.vpc;
  out.license_model = "general-public-license";
  out.storage_type = "gp2";
  out.encrypted = row.encrypted.value_or(false);
  out.kms_key_id = row.kms_key;
  out.db_snapshot_arn = call.arena.Copy(ArnOf(call, "snapshot", row.name));
  out.iam_database_authentication_enabled = false;
  out.dbi_resource_id = row.resource_id;
  out.tag_list = WireTags(call.arena, row.tags);
  return out;
}

template <class Out>
Result<Out*> Answer(api::Call& call, const rows::Snapshot& row) {
  auto* out = call.arena.New<Out>();
  out->db_snapshot = call.arena.New<wire::DBSnapshot>();
  *out->db_snapshot = WireSnapshot(call, row);
  return out;
}

Result<wire::CreateDBSnapshotResult*> Create(api::Call& call, const wire::CreateDBSnapshotMessage& request) {
  TRY_ASSIGN(rows::Instance * instance, GetInstance(call, request.db_instance_identifier));
  if (!(instance->status == "available"))
    return ApiError("InvalidDBInstanceState", "Cannot create a snapshot because the database instance " + instance->name.str() + " is not currently in the available state.", ErrorKind::kConflict);
  TRY_ASSIGN(const rows::Snapshot* made, BeginSnapshot(call, *instance, request.db_snapshot_identifier, request.tags));
  instance->status = "backing-up";
  Save(call, *instance);
  return Answer<wire::CreateDBSnapshotResult>(call, *made);
}

Result<wire::DBSnapshotMessage*> Describe(api::Call& call, const wire::DescribeDBSnapshotsMessage& request) {
  TRY(Only(request, {"DBInstanceIdentifier", "DBSnapshotIdentifier", "SnapshotType", "Filters", "MaxRecords", "Marker", "DbiResourceId"}));
  auto* out = call.arena.New<wire::DBSnapshotMessage>();
  out->db_snapshots.Present(call.arena);
  std::vector<rows::Snapshot*> all;
  if (!request.db_snapshot_identifier.empty()) {
    TRY_ASSIGN(rows::Snapshot * one, Get(call, request.db_snapshot_identifier));
    all.push_back(one);
  } else {
    for (rows::Snapshot* one : kSnapshots.ListPrefix(call.tx, call.Key(""), call.arena)) all.push_back(one);
  }
  const auto keep = [&all](const auto& values, auto of) {
    std::erase_if(all, [&](const rows::Snapshot* s) { return std::none_of(values.begin(), values.end(), [&](Str v) { return v == of(*s); }); });
  };
  const auto keep_one = [&](Str value, auto of) {
    if (!value.empty()) keep(std::initializer_list<Str>{value}, of);
  };
  const auto instance = [](const rows::Snapshot& s) { return s.instance.str(); };
  const auto resource = [](const rows::Snapshot& s) { return s.resource_id.str(); };
  const auto type = [](const rows::Snapshot&) { return std::string("manual"); };  // nothing makes automated ones, and none is shared
  keep_one(call.arena.Copy(ToLower(request.db_instance_identifier.view())), instance);
  keep_one(request.dbi_resource_id, resource);
  keep_one(request.snapshot_type, type);
  for (const auto& filter : request.filters) {
    if (filter.name == "db-instance-id") keep(filter.values, instance);
    else if (filter.name == "dbi-resource-id") keep(filter.values, resource);
    else if (filter.name == "snapshot-type") keep(filter.values, type);
    else if (filter.name == "db-snapshot-id") keep(filter.values, [](const rows::Snapshot& s) { return s.name.str(); });
    else if (filter.name == "engine") keep(filter.values, [](const rows::Snapshot&) { return std::string("mysql"); });
    else return InvalidValue("Unrecognized filter name: " + filter.name.str());
  }
  TRY_ASSIGN(const auto page, Page(all, request.max_records, request.marker, call.arena, out->marker, [](const auto* one) { return one->name.view(); }));
  for (const rows::Snapshot* one : page) out->db_snapshots.Add(call.arena, WireSnapshot(call, *one));
  return out;
}

Result<wire::DeleteDBSnapshotResult*> Delete(api::Call& call, const wire::DeleteDBSnapshotMessage& request) {
  TRY_ASSIGN(rows::Snapshot * row, Get(call, request.db_snapshot_identifier));
  if (!(row->status == "available")) return ApiError("InvalidDBSnapshotState", "Snapshot " + row->name.str() + " is not in available state.", ErrorKind::kConflict);
  for (const rows::Instance* i : kInstances.ListPrefix(call.tx, call.Key(""), call.arena)) {
    if (i->source_snapshot == row->host_name && !i->initialized.value_or(false) && !(i->status == "deleting"))
      return ApiError("InvalidDBSnapshotState", "Snapshot " + row->name.str() + " is in use: instance " + i->name.str() + " is being restored from it.", ErrorKind::kConflict);
  }
  row->status = "deleting";
  kSnapshots.Put(call.tx, call.Key(row->name), *row);
  call.tx.Touch(SnapshotWork(call.Key(row->name)));
  return Answer<wire::DeleteDBSnapshotResult>(call, *row);
}

Result<wire::RestoreDBInstanceFromDBSnapshotResult*> Restore(api::Call& call, const wire::RestoreDBInstanceFromDBSnapshotMessage& request, const crypto::RootKey& root) {
  TRY(CheckRefused(request));
  TRY(Only(request, {"DBInstanceIdentifier", "DBSnapshotIdentifier", "DBInstanceClass", "Port", "AvailabilityZone", "DBSubnetGroupName", "AutoMinorVersionUpgrade", "LicenseModel", "Engine",
                     "OptionGroupName", "Tags", "StorageType", "VpcSecurityGroupIds", "DBParameterGroupName", "DeletionProtection", "NetworkType", "AllocatedStorage",
                     "ManageMasterUserPassword", "MasterUserSecretKmsKeyId"}));
  if (request.db_snapshot_identifier.empty()) return InvalidValue("The parameter DBSnapshotIdentifier must be provided.");
  TRY_ASSIGN(const rows::Snapshot* from, Get(call, request.db_snapshot_identifier));
  if (!(from->status == "available")) return ApiError("InvalidDBSnapshotState", "Snapshot " + from->name.str() + " is not in available state.", ErrorKind::kConflict);
  if (!request.engine.empty() && ToLower(request.engine.view()) != "mysql") return InvalidCombination("The snapshot is of engine mysql and cannot become " + request.engine.str() + ".");
  const rows::Engine* engine = FindEngine(call.tx, call.arena, from->version.view());
  if (engine == nullptr) return InvalidCombination("Cannot find version " + from->version.str() + " for mysql");
  const std::int32_t storage = request.allocated_storage.value_or(from->allocated_storage.value_or(20));
  if (storage < from->allocated_storage.value_or(20)) return InvalidCombination("Invalid storage size for engine name mysql and storage type gp2: " + std::to_string(storage));
  TRY_ASSIGN(rows::Instance row, BeginInstance(call, {.name = request.db_instance_identifier, .instance_class = request.db_instance_class.empty() ? from->instance_class : request.db_instance_class,
                                                      .subnet_group = request.db_subnet_group_name, .parameter_group = request.db_parameter_group_name, .zone = request.availability_zone,
                                                      .groups = request.vpc_security_group_ids, .tags = request.tags, .engine = engine, .port = request.port ? request.port : from->port,
                                                      .protection = request.deletion_protection.value_or(false), .minor_upgrades = request.auto_minor_version_upgrade.value_or(true)}));
  row.username = from->username;
  row.database = from->database;
  row.allocated_storage = storage;
  row.encrypted = from->encrypted;
  row.source_snapshot = from->host_name;
  if (from->storage_key) {
    const auto scope = KeyScope(call, root);
    TRY(kms::CheckKeyUse(call, scope, "kms:Decrypt", from->kms_key, "rds"));
    const auto key = kms::Decrypt(scope, ContextOf(from->resource_id.view()), from->storage_key.view());
    if (!key) return ApiError("KMSKeyNotAccessibleFault", key.error().message);
    TRY(KeepStorageKey(call, root, row, from->kms_key.view(), key->view()));
  }
  if (request.manage_master_user_password.value_or(false)) {
    TRY(ManagePassword(call, root, row, request.master_user_secret_kms_key_id.value_or("")));
  } else if (request.master_user_secret_kms_key_id) {
    return InvalidCombination("MasterUserSecretKmsKeyId requires ManageMasterUserPassword.");
  }
  Save(call, row);
  return rds::Answer<wire::RestoreDBInstanceFromDBSnapshotResult>(call, row);
}

}  // namespace

Result<rows::Snapshot*> BeginSnapshot(api::Call& call, const rows::Instance& instance, Str asked, const List<wire::Tag>& tags) {
  const std::string name = ToLower(asked.view());
  if (!IsIdentifier(name, 255) || name.find('.') != std::string::npos) return InvalidValue("The parameter DBSnapshotIdentifier is not a valid identifier.");
  if (kSnapshots.Exists(call.tx, call.Key(name))) return ApiError("DBSnapshotAlreadyExists", "Cannot create the snapshot because a snapshot with the identifier " + name + " already exists.", ErrorKind::kConflict);
  auto* row = call.arena.New<rows::Snapshot>();
  row->name = call.arena.Copy(name);
  row->host_name = call.arena.Copy("snap-" + RandomFrom(call.random, "abcdefghijklmnopqrstuvwxyz0123456789", 24));
  row->instance = instance.name;
  row->resource_id = instance.resource_id;
  row->account = instance.account;
  row->region = instance.region;
  row->status = "creating";
  row->created_at = call.Now();
  row->instance_created_at = instance.created_at;
  row->version = instance.version;
  row->username = instance.username;
  row->database = instance.database;
  row->allocated_storage = instance.allocated_storage;
  row->port = instance.port;
  row->zone = instance.zone;
  row->vpc = instance.vpc;
  row->instance_class = instance.instance_class;
  row->encrypted = instance.encrypted;
  row->kms_key = instance.kms_key;
  row->storage_key = instance.storage_key;
  TRY_ASSIGN(row->tags, ReadTags(call, tags, ArnOf(call, "snapshot", name)));
  kSnapshots.Put(call.tx, call.Key(name), *row);
  return row;
}

void RegisterSnapshots(api::Registry& registry, const crypto::RootKey& root) {
  namespace ops = wire::ops;
  const auto snapshot = [](const api::Call& call, Str name) { return ArnOf(call, "snapshot", name.empty() ? "*" : ToLower(name.view())); };
  const auto on_snapshot = [snapshot](api::Call& call, const auto& r) -> Result<api::Access> { return api::Access{{snapshot(call, r.db_snapshot_identifier)}, {}}; };
  registry.Add<ops::CreateDBSnapshot>(Create, [snapshot](api::Call& call, const auto& r) -> Result<api::Access> {
    return api::Access{{ArnOf(call, "db", ToLower(r.db_instance_identifier.view())), snapshot(call, r.db_snapshot_identifier)}, {}};
  });
  registry.Add<ops::DescribeDBSnapshots>(Describe, on_snapshot);
  registry.Add<ops::DeleteDBSnapshot>(Delete, on_snapshot);
  registry.Add<ops::RestoreDBInstanceFromDBSnapshot>([&root](api::Call& call, const auto& r) { return Restore(call, r, root); },
                                                     [snapshot](api::Call& call, const auto& r) -> Result<api::Access> {
                                                       api::Access out{{ArnOf(call, "db", ToLower(r.db_instance_identifier.view())), snapshot(call, r.db_snapshot_identifier)}, {}};
                                                       if (!r.db_subnet_group_name.empty()) out.resources.push_back(ArnOf(call, "subgrp", ToLower(r.db_subnet_group_name.view())));
                                                       if (!r.db_parameter_group_name.empty()) out.resources.push_back(ArnOf(call, "pg", ToLower(r.db_parameter_group_name.view())));
                                                       return out;
                                                     });
}

}  // namespace terrarium::rds
