#include <algorithm>

#include "provider/resource/name.h"
#include "provider/resources/rds.h"
#include "provider/resources/resources.h"

namespace terrarium::provider {
namespace {

constexpr std::string_view kTable = R"(
address                               string computed < Endpoint.Address
allocated_storage                     number optional computed <> AllocatedStorage
allow_major_version_upgrade           bool optional
apply_immediately                     bool optional = false
arn                                   string computed < DBInstanceArn
auto_minor_version_upgrade            bool optional = true <> AutoMinorVersionUpgrade
availability_zone                     string optional computed replaces <> AvailabilityZone
backup_retention_period               number optional computed <> BackupRetentionPeriod
backup_target                         string optional computed replaces refused
backup_window                         string optional computed <> PreferredBackupWindow
ca_cert_identifier                    string optional computed <> CACertificateIdentifier
character_set_name                    string optional computed replaces <> CharacterSetName
copy_tags_to_snapshot                 bool optional = false <> CopyTagsToSnapshot
custom_iam_instance_profile           string optional replaces refused
customer_owned_ip_enabled             bool optional refused
database_insights_mode                string optional computed <> DatabaseInsightsMode
db_name                               string optional computed replaces <> DBName
db_subnet_group_name                  string optional computed > DBSubnetGroupName < DBSubnetGroup.DBSubnetGroupName
dedicated_log_volume                  bool optional <> DedicatedLogVolume
delete_automated_backups              bool optional = true
deletion_protection                   bool optional <> DeletionProtection
domain                                string optional refused
domain_auth_secret_arn                string optional refused
domain_dns_ips                        list(string) optional refused
domain_fqdn                           string optional computed refused
domain_iam_role_name                  string optional refused
domain_ou                             string optional refused
enabled_cloudwatch_logs_exports       set(string) optional > EnableCloudwatchLogsExports < EnabledCloudwatchLogsExports
endpoint                              string computed
engine                                string optional computed replaces <> Engine
engine_lifecycle_support              string optional computed <> EngineLifecycleSupport
engine_version                        string optional computed > EngineVersion
engine_version_actual                 string computed < EngineVersion
final_snapshot_identifier             string optional
hosted_zone_id                        string computed < Endpoint.HostedZoneId
iam_database_authentication_enabled   bool optional > EnableIAMDatabaseAuthentication < IAMDatabaseAuthenticationEnabled
id                                    string optional computed < DbiResourceId
identifier                            string optional computed conflicts=identifier_prefix > DBInstanceIdentifier < DBInstanceIdentifier
identifier_prefix                     string optional computed conflicts=identifier follows=identifier
instance_class                        string required <> DBInstanceClass
iops                                  number optional computed <> Iops
kms_key_id                            string optional computed replaces <> KmsKeyId
latest_restorable_time                string computed < LatestRestorableTime
license_model                         string optional computed <> LicenseModel
listener_endpoint                     list(object{address:string,hosted_zone_id:string,port:number}) computed
maintenance_window                    string optional computed <> PreferredMaintenanceWindow
manage_master_user_password           bool optional > ManageMasterUserPassword
master_user_secret                    list(object{kms_key_id:string,secret_arn:string,secret_status:string}) computed
master_user_secret_kms_key_id         string optional computed > MasterUserSecretKmsKeyId < MasterUserSecret.KmsKeyId
max_allocated_storage                 number optional <> MaxAllocatedStorage
monitoring_interval                   number optional = 0 <> MonitoringInterval
monitoring_role_arn                   string optional computed <> MonitoringRoleArn
multi_az                              bool optional computed <> MultiAZ
nchar_character_set_name              string optional computed replaces <> NcharCharacterSetName
network_type                          string optional computed <> NetworkType
option_group_name                     string optional computed > OptionGroupName
parameter_group_name                  string optional computed > DBParameterGroupName
password                              string optional sensitive conflicts=manage_master_user_password|password_wo > MasterUserPassword
password_wo                           string optional sensitive write_only
password_wo_version                   number optional
performance_insights_enabled          bool optional = false > EnablePerformanceInsights < PerformanceInsightsEnabled
performance_insights_kms_key_id       string optional computed <> PerformanceInsightsKMSKeyId
performance_insights_retention_period number optional computed <> PerformanceInsightsRetentionPeriod
port                                  number optional computed > Port < Endpoint.Port
publicly_accessible                   bool optional = false <> PubliclyAccessible
region                                string optional computed replaces
replica_mode                          string optional computed refused
replicas                              list(string) computed < ReadReplicaDBInstanceIdentifiers
replicate_source_db                   string optional refused
resource_id                           string computed < DbiResourceId
skip_final_snapshot                   bool optional = false
snapshot_identifier                   string optional computed replaces refused
status                                string computed < DBInstanceStatus
storage_encrypted                     bool optional replaces <> StorageEncrypted
storage_throughput                    number optional computed <> StorageThroughput
storage_type                          string optional computed <> StorageType
tags                                  map(string) optional
tags_all                              map(string) optional computed
timezone                              string optional computed replaces <> Timezone
upgrade_storage_config                bool optional refused
username                              string optional computed replaces > MasterUsername < MasterUsername
vpc_security_group_ids                set(string) optional computed > VpcSecurityGroupIds
block blue_green_update list max=1 refused {
  enabled bool optional
}
block restore_to_point_in_time list replaces max=1 refused {
  restore_time                             string optional
  source_db_instance_automated_backups_arn string optional
  source_db_instance_identifier            string optional
  source_dbi_resource_id                   string optional
  use_latest_restorable_time               bool optional
}
block s3_import list max=1 refused {
  bucket_name           string required replaces
  bucket_prefix         string optional replaces
  ingestion_role        string required replaces
  source_engine         string required replaces
  source_engine_version string required replaces
}
)";

// By identifier where it is known, else by what an import was given: an identifier, or a resource id ("db-ABC…").
Result<std::optional<Value>> FindInstance(Call& call, const Object& state) {
  const Value& id = At(state, "id");
  const Value& identifier = At(state, "identifier");
  const std::string name = identifier.Text().empty() ? id.Text() : identifier.Text();
  Object request{{"DBInstanceIdentifier", name}};
  const bool resource_id = identifier.Text().empty() && name.starts_with("db-");
  if (resource_id) request = {{"Filters", List{Object{{"Name", "dbi-resource-id"}, {"Values", List{name}}}}}};
  TRY_ASSIGN(auto found, call.Find("rds", "DescribeDBInstances", request, "DBInstances",
                                   {"DBInstanceNotFound", "DBInstanceNotFoundFault"}));
  // The name may be another database's by now.
  if (found && id.Text().starts_with("db-") && (*found)["DbiResourceId"] != id && id.Text() != name) return std::nullopt;
  return found;
}

Result<void> WaitAvailable(Call& call, const Value& identifier) {
  return call.WaitUntil("waiting for the database " + identifier.Text(), [&]() -> Result<bool> {
    TRY_ASSIGN(const auto found,
               call.Find("rds", "DescribeDBInstances", {{"DBInstanceIdentifier", identifier}}, "DBInstances", {}));
    if (!found) return Fail(ErrorKind::kNotFound, "the database is gone");
    const auto& status = (*found)["DBInstanceStatus"].Text();
    if (status == "failed" || status.starts_with("incompatible-") || status == "inaccessible-encryption-credentials")
      return Fail(ErrorKind::kConflict, "the database is in the state " + status);
    return status == "available" || status == "storage-optimization";
  });
}

// The password that never is in plan or state.
void AddWriteOnlyPassword(const Call& call, Object& request) {
  if (const auto& password = At(call.config, "password_wo").Text(); !password.empty())
    request["MasterUserPassword"] = password;
}

Result<void> Create(Call& call, const Object& planned) {
  for (const char* needed : {"engine", "username", "allocated_storage"})
    if (At(planned, needed).IsNull() || At(planned, needed).IsUnknown())
      return Fail(ErrorKind::kInvalid, "\"" + std::string(needed) + "\" is required for a new database");
  Object request = WithRdsTags(ToApi(call.body, planned), planned);
  const std::string name = ChooseName(call, planned, "terraform-", "identifier", "identifier_prefix");
  request["DBInstanceIdentifier"] = name;
  if (!At(planned, "manage_master_user_password").Bool()) request.erase("ManageMasterUserPassword");
  AddWriteOnlyPassword(call, request);
  TRY_ASSIGN(const Object made, call.Api("rds", "CreateDBInstance", request));
  call.Created(At(made, "DBInstance")["DbiResourceId"].Text());
  call.config["identifier"] = name;  // what Read goes by when the plan left it open
  return WaitAvailable(call, name);
}

Value FirstOf(const Value& list, std::string_view member) {
  return list.Items().empty() ? Value() : list.Items()[0][member];
}

// "8.4" asked for and "8.4.3" running: the state keeps what was asked for.
Value VersionFor(const Value& known, const std::string& actual) {
  const auto& asked = known.Text();
  return !asked.empty() && (actual == asked || actual.starts_with(asked + ".")) ? known : Value(actual);
}

Result<std::optional<Object>> Read(Call& call, const Object& state) {
  Object known = state;
  if (!At(known, "identifier").IsKnown()) known["identifier"] = At(call.config, "identifier");
  TRY_ASSIGN(const auto found, FindInstance(call, known));
  if (!found) return std::nullopt;
  Object out = FromApi(call.body, *found);
  if (!out["address"].IsNull()) out["endpoint"] = out["address"].Text() + ":" + std::to_string(out["port"].Int());
  out["identifier_prefix"] = PrefixOfName(out["identifier"].Text());
  out["engine_version"] = VersionFor(At(state, "engine_version"), out["engine_version_actual"].Text());
  out["parameter_group_name"] = FirstOf((*found)["DBParameterGroups"], "DBParameterGroupName");
  out["option_group_name"] = FirstOf((*found)["OptionGroupMemberships"], "OptionGroupName");
  out["replicas"] = OrEmpty(out["replicas"]);
  List groups;
  for (const auto& one : (*found)["VpcSecurityGroups"].Items()) groups.push_back(one["VpcSecurityGroupId"]);
  out["vpc_security_group_ids"] = std::move(groups);
  const Value& secret = (*found)["MasterUserSecret"];
  List secrets;
  if (!secret.IsNull())
    secrets.push_back(Object{{"kms_key_id", secret["KmsKeyId"]},
                             {"secret_arn", secret["SecretArn"]},
                             {"secret_status", secret["SecretStatus"]}});
  out["master_user_secret"] = std::move(secrets);
  // The API does not say it again in these words; without this an import would ask for what is so already.
  if (secret.IsKnown()) out["manage_master_user_password"] = true;
  out["listener_endpoint"] = List{};
  out["tags"] = TagMap((*found)["TagList"]);
  return out;
}

Object LogExports(const Object& prior, const Object& planned) {
  const auto& before = At(prior, "enabled_cloudwatch_logs_exports").Items();
  const auto& after = At(planned, "enabled_cloudwatch_logs_exports").Items();
  const auto without = [](const List& all, const List& other) {
    List out;
    for (const auto& one : all)
      if (std::ranges::find(other, one) == other.end()) out.push_back(one);
    return out;
  };
  return {{"EnableLogTypes", without(after, before)}, {"DisableLogTypes", without(before, after)}};
}

// What an argument that is gone means: switches go off, growth of the storage stops at what there is.
void AddTakenAway(const Call& call, const Object& prior, const Object& planned, Object& request) {
  for (const auto& row : call.body.attributes) {
    const bool gone = !row.request.empty() && !IsZeroish(At(prior, row.name)) && At(planned, row.name).IsNull();
    if (!gone) continue;
    if (row.type.kind == TypeKind::kBool) request[std::string(row.request)] = false;
    if (row.name == "max_allocated_storage") request[std::string(row.request)] = At(planned, "allocated_storage");
    if (row.name == "enabled_cloudwatch_logs_exports") request[std::string(row.request)] = List{};
  }
}

Object ModifyRequest(const Call& call, const Object& prior, const Object& planned) {
  Object request = ChangesToApi(call.body, prior, planned);
  AddTakenAway(call, prior, planned, request);
  if (auto renamed = request.extract("DBInstanceIdentifier")) {
    renamed.key() = "NewDBInstanceIdentifier";
    request.insert(std::move(renamed));
  }
  if (auto port = request.extract("Port")) {
    port.key() = "DBPortNumber";
    request.insert(std::move(port));
  }
  if (request.erase("EnableCloudwatchLogsExports") > 0)
    request["CloudwatchLogsExportConfiguration"] = LogExports(prior, planned);
  if (At(prior, "password_wo_version") != At(planned, "password_wo_version")) AddWriteOnlyPassword(call, request);
  if (request.contains("EngineVersion") && At(planned, "allow_major_version_upgrade").Bool())
    request["AllowMajorVersionUpgrade"] = true;
  if (At(request, "VpcSecurityGroupIds").Items().empty()) request.erase("VpcSecurityGroupIds");
  return request;
}

Result<void> Update(Call& call, const Object& prior, const Object& planned) {
  Object request = ModifyRequest(call, prior, planned);
  if (request.empty()) return {};
  request["DBInstanceIdentifier"] = At(prior, "identifier");
  request["ApplyImmediately"] = At(planned, "apply_immediately").Bool();
  TRY(call.Tolerate("rds", "ModifyDBInstance", request, {}));
  return WaitAvailable(call, At(planned, "identifier"));
}

Result<void> Destroy(Call& call, const Object& state) {
  Object request{{"DBInstanceIdentifier", At(state, "identifier")},
                 {"DeleteAutomatedBackups", At(state, "delete_automated_backups").Bool()}};
  const bool skip = At(state, "skip_final_snapshot").Bool();
  const auto& snapshot = At(state, "final_snapshot_identifier").Text();
  if (!skip && snapshot.empty())
    return Fail(ErrorKind::kInvalid, "final_snapshot_identifier is required when skip_final_snapshot is false");
  request["SkipFinalSnapshot"] = skip;
  if (!skip) request["FinalDBSnapshotIdentifier"] = snapshot;
  TRY(call.Remove("rds", "DeleteDBInstance", request, {"DBInstanceNotFound", "DBInstanceNotFoundFault"}));
  return call.WaitUntil("waiting for the database to go", [&]() -> Result<bool> {
    TRY_ASSIGN(const auto found, FindInstance(call, state));
    return !found;
  });
}

// Arguments that only an apply needs are not known to the cloud.
Result<Object> Import(Call&, const std::string& id) {
  Object out{{"id", id}, {"skip_final_snapshot", true}, {"delete_automated_backups", true}};
  if (!id.starts_with("db-")) out["identifier"] = id;
  return out;
}

bool IsSameWhenLower(const Value& a, const Value& b) {
  return std::ranges::equal(a.Text(), b.Text(), [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

// Autoscaled storage above what was asked for is no difference.
void Customize(PlanDraft& draft) {
  if (draft.prior.IsNull()) return;
  auto& planned = *draft.plan.planned.If<Object>();
  const auto actual = draft.prior["allocated_storage"].Int(), wanted = planned["allocated_storage"].Int();
  const auto most = planned["max_allocated_storage"].Int();
  if (wanted > 0 && actual > wanted && most > wanted) planned["allocated_storage"] = actual;
}

Body Table() {
  Body body = ParseTable(kTable);
  Row(body, "engine").same = IsSameWhenLower;
  Row(body, "maintenance_window").same = IsSameWhenLower;
  Row(body, "identifier").same = IsSameWhenLower;
  return body;
}

}  // namespace

Resource DbInstance() {
  using std::chrono::minutes;
  return {
      .type = "aws_db_instance",
      .title = "RDS DB Instance",
      .schema = {.version = 2, .body = Table()},
      .timeouts = {.create = minutes(40), .update = minutes(80), .destroy = minutes(60)},
      .tags = kRdsTags,
      .create = Create,
      .read = Read,
      .update = Update,
      .destroy = Destroy,
      .import = Import,
      .customize = Customize,
  };
}

}  // namespace terrarium::provider
