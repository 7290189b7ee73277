#pragma once

#include "services/rds/ops.h"
#include "services/rds/secrets.h"

// What the operations that make, show and change an instance share.
namespace terrarium::rds {

inline kms::Scope KeyScope(api::Call& call, const crypto::RootKey& root) { return {call.tx, call.Now(), call.random, root, call.caller.account, call.caller.region}; }

Result<rows::Instance*> GetInstance(const api::Call& call, Str name);
// InvalidDBInstanceState where its status is none of these.
Status MustBe(const rows::Instance& row, std::initializer_list<std::string_view> statuses);
// Writes it; the reconciler hears of it.
void Save(api::Call& call, rows::Instance& row);
wire::DBInstance* WireInstance(api::Call& call, const rows::Instance& row);
template <class Out>
Result<Out*> Answer(api::Call& call, const rows::Instance& row) {
  auto* out = call.arena.New<Out>();
  out->db_instance = WireInstance(call, row);
  return out;
}

// What of a new instance does not depend on where its data come from.
struct NewInstance {
  Str name, instance_class, subnet_group, parameter_group, zone;
  List<Str> groups;
  List<wire::Tag> tags;
  const rows::Engine* engine = nullptr;
  std::optional<std::int32_t> port{};
  bool protection = false, minor_upgrades = true;
};
// A row with name, interface, endpoint and groups, each checked; not saved yet.
Result<rows::Instance> BeginInstance(api::Call& call, const NewInstance& wanted);

// Kept, encrypted, until the server has it.
Status KeepPassword(api::Call& call, const crypto::RootKey& root, rows::Instance& row, std::string_view password);
std::string NewPassword(Random& random);
// A password of RDS's own making: in Secrets Manager and, kept, on its way to the server.
Status ManagePassword(api::Call& call, const crypto::RootKey& root, rows::Instance& row, std::string_view secret_key);
// The key of the storage, 32 bytes, sealed under the KMS key and bound to the instance.
Status KeepStorageKey(api::Call& call, const crypto::RootKey& root, rows::Instance& row, std::string_view kms_key, std::string_view storage_key);

Status CheckRefused(const auto& request) {
  if (request.multi_az.value_or(false)) return Refused("MultiAZ");
  if (request.backup_retention_period.value_or(0) > 0) return Refused("BackupRetentionPeriod above 0");
  if (request.publicly_accessible.value_or(false)) return Refused("PubliclyAccessible");
  if (request.option_group_name && !request.option_group_name.view().starts_with("default:")) return Refused("OptionGroupName other than the default");
  if (request.storage_type && !(request.storage_type == "gp2")) return Refused("StorageType " + request.storage_type.str());
  if (request.license_model && !(request.license_model == "general-public-license")) return InvalidCombination("Invalid license model for mysql.");
  if (request.network_type && !(request.network_type == "IPV4")) return Refused("NetworkType " + request.network_type.str());
  return {};
}

}  // namespace terrarium::rds
