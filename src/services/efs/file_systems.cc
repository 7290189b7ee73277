#include <algorithm>

#include "host/files/spec.h"
#include "services/efs/common.h"
#include "services/kms/public.h"

// File systems, what is said about their policies, and tags.
namespace terrarium::efs {
namespace {

constexpr std::string_view kOwnKey = "alias/aws/elasticfilesystem";

void Fill(api::Call& call, const rows::FileSystem& row, wire::FileSystemDescription& out) {
  out.owner_id = row.account;
  out.creation_token = row.token;
  out.file_system_id = row.id;
  out.file_system_arn = call.arena.Copy(ArnOf(call, "file-system", row.id));
  out.creation_time = row.created;
  out.life_cycle_state = row.state;
  for (const auto& tag : row.tags)
    if (tag.key == "Name") out.name = tag.value;
  out.number_of_mount_targets = static_cast<std::int32_t>(kMountTargets.ListOwner(call.tx, call.Key(row.id), call.arena).size());
  out.size_in_bytes = call.arena.New<wire::FileSystemSize>();
  out.size_in_bytes->value = row.used.value_or(0);
  out.size_in_bytes->value_in_standard = row.used;
  out.size_in_bytes->timestamp = row.measured;
  out.performance_mode = "generalPurpose";
  out.throughput_mode = "bursting";
  out.encrypted = row.kms_key.has_value();
  out.kms_key_id = row.kms_key;
  out.tags = ShowTags(call, row.tags);
  out.file_system_protection = call.arena.New<wire::FileSystemProtectionDescription>();
  out.file_system_protection->replication_overwrite_protection = "ENABLED";
}

Status MakeKey(api::Call& call, const crypto::RootKey& root, Str wanted, rows::FileSystem& row) {
  const kms::Scope scope{call.tx, call.Now(), call.random, root, call.caller.account, call.caller.region};
  TRY_ASSIGN(const std::string key, kms::ResolveKey(scope, wanted.value_or(kOwnKey)));
  TRY(kms::CheckKeyUse(call, scope, "kms:GenerateDataKey", key, "elasticfilesystem"));
  std::string storage_key(host::kFileSystemKeySize, '\0');
  call.random.Fill(storage_key.data(), storage_key.size());
  const auto blob = kms::Encrypt(scope, key, {{"aws:elasticfilesystem:fs-id", row.id.str()}}, storage_key);
  crypto::Wipe(storage_key);
  if (!blob) return std::unexpected(blob.error());
  row.kms_key = call.arena.Copy(key);
  row.storage_key = call.arena.Copy(*blob);
  return {};
}

Result<wire::FileSystemDescription*> Create(api::Call& call, const wire::CreateFileSystemRequest& request, const crypto::RootKey& root) {
  if (request.performance_mode.value_or("generalPurpose") != "generalPurpose") return NotSupported("PerformanceMode " + request.performance_mode.str());
  if (request.throughput_mode.value_or("bursting") != "bursting") return NotSupported("ThroughputMode " + request.throughput_mode.str());
  if (request.provisioned_throughput_in_mibps) return NotSupported("ProvisionedThroughputInMibps");
  if (request.availability_zone_name) return NotSupported("AvailabilityZoneName");
  if (request.backup.value_or(false)) return NotSupported("Backup");
  for (const rows::FileSystem* one : kFileSystems.ListPrefix(call.tx, call.Key(""), call.arena))
    if (one->token == request.creation_token) return ApiError("FileSystemAlreadyExists", "File system '" + one->id.str() + "' already exists with creation token '" + one->token.str() + "'", ErrorKind::kConflict);
  rows::FileSystem row;
  row.id = call.arena.Copy(NewId(call.random, "fs"));
  row.account = call.arena.Copy(call.caller.account);
  row.region = call.arena.Copy(call.caller.region);
  row.token = request.creation_token;
  row.created = call.Now();
  row.state = "creating";
  TRY(CheckTagging(call, request.tags, ArnOf(call, "file-system", row.id), "CreateFileSystem"));
  TRY_ASSIGN(row.tags, ReadTags(call, request.tags, {}));
  if (request.encrypted.value_or(false)) {
    TRY(MakeKey(call, root, request.kms_key_id, row));
  } else if (request.kms_key_id) {
    return Bad("KmsKeyId requires Encrypted to be true.");
  }
  Save(call, row);
  auto* out = call.arena.New<wire::FileSystemDescription>();
  Fill(call, row, *out);
  return out;
}

Result<wire::DescribeFileSystemsResponse*> Describe(api::Call& call, const wire::DescribeFileSystemsRequest& request) {
  std::vector<rows::FileSystem*> found;
  if (request.file_system_id) {
    TRY_ASSIGN(rows::FileSystem * row, GetFileSystem(call, request.file_system_id));
    found.push_back(row);
  } else {
    for (rows::FileSystem* row : kFileSystems.ListPrefix(call.tx, call.Key(""), call.arena)) found.push_back(row);
  }
  if (request.creation_token) std::erase_if(found, [&](const rows::FileSystem* row) { return !(row->token == request.creation_token); });
  auto* out = call.arena.New<wire::DescribeFileSystemsResponse>();
  TRY(Paginate(found, request.max_items, request.marker, out->next_marker));
  out->file_systems.Present(call.arena);
  for (const rows::FileSystem* row : found) Fill(call, *row, out->file_systems.Add(call.arena));
  return out;
}

Result<wire::FileSystemDescription*> Update(api::Call& call, const wire::UpdateFileSystemRequest& request) {
  TRY_ASSIGN(const rows::FileSystem* row, GetFileSystem(call, request.file_system_id));
  if (request.throughput_mode.value_or("bursting") != "bursting") return NotSupported("ThroughputMode " + request.throughput_mode.str());
  if (request.provisioned_throughput_in_mibps) return NotSupported("ProvisionedThroughputInMibps");
  auto* out = call.arena.New<wire::FileSystemDescription>();
  Fill(call, *row, *out);
  return out;
}

template <class Out>
Result<Out*> Delete(api::Call& call, const wire::DeleteFileSystemRequest& request) {
  TRY_ASSIGN(rows::FileSystem * row, GetFileSystem(call, request.file_system_id));
  if (!kMountTargets.ListOwner(call.tx, call.Key(row->id), call.arena).empty())
    return ApiError("FileSystemInUse", "File system '" + row->id.str() + "' has mount targets in it.", ErrorKind::kConflict);
  for (const rows::AccessPoint* point : kAccessPoints.ListOwner(call.tx, call.Key(row->id), call.arena)) kAccessPoints.Delete(call.tx, call.Key(point->id));
  row->state = "deleting";
  Save(call, *row);
  return call.arena.New<Out>();
}

Result<wire::LifecycleConfigurationDescription*> Lifecycle(api::Call& call, Str id) {
  TRY_ASSIGN([[maybe_unused]] const rows::FileSystem* row, GetFileSystem(call, id));
  auto* out = call.arena.New<wire::LifecycleConfigurationDescription>();
  out->lifecycle_policies.Present(call.arena);
  return out;
}

// The tags of what the id or ARN names.
template <class Work>
Status WithTags(api::Call& call, Str resource, Work work) {
  if (IdOf(resource).starts_with("fsap-")) {
    TRY_ASSIGN(rows::AccessPoint * row, GetAccessPoint(call, resource));
    TRY_ASSIGN(const bool changed, work(row->tags));
    if (changed) Save(call, *row);
    return {};
  }
  TRY_ASSIGN(rows::FileSystem * row, GetFileSystem(call, resource));
  TRY_ASSIGN(const bool changed, work(row->tags));
  if (changed) Save(call, *row);
  return {};
}
template <class Request>
auto OnResource() {
  return [](api::Call& call, const Request& request) -> Result<api::Access> {
    api::Access access;
    const std::string_view id = IdOf(request.resource_id);
    access.resources = {ArnOf(call, id.starts_with("fsap-") ? "access-point" : "file-system", id)};
    return access;
  };
}

}  // namespace

void RegisterFileSystems(api::Registry& registry, const crypto::RootKey& root) {
  using namespace wire;
  registry.Add<ops::CreateFileSystem>([&root](api::Call& call, const CreateFileSystemRequest& request) { return Create(call, request, root); },
                                      [](api::Call& call, const CreateFileSystemRequest& request) -> Result<api::Access> {
                                        api::Access access;
                                        access.resources = {ArnOf(call, "file-system", "*")};
                                        access.facts.push_back({"elasticfilesystem:Encrypted", request.encrypted.value_or(false) ? "true" : "false"});
                                        return access;
                                      });
  registry.Add<ops::DescribeFileSystems>(Describe, OnFileSystem(&DescribeFileSystemsRequest::file_system_id));
  registry.Add<ops::UpdateFileSystem>(Update, OnFileSystem(&UpdateFileSystemRequest::file_system_id));
  registry.Add<ops::DeleteFileSystem>(Delete<ops::DeleteFileSystem::Response>, OnFileSystem(&DeleteFileSystemRequest::file_system_id));
  registry.Add<ops::DescribeLifecycleConfiguration>([](api::Call& call, const DescribeLifecycleConfigurationRequest& r) { return Lifecycle(call, r.file_system_id); },
                                                    OnFileSystem(&DescribeLifecycleConfigurationRequest::file_system_id));
  registry.Add<ops::PutLifecycleConfiguration>(
      [](api::Call& call, const PutLifecycleConfigurationRequest& r) -> Result<LifecycleConfigurationDescription*> {
        if (!r.lifecycle_policies.empty()) return NotSupported("LifecyclePolicies");
        return Lifecycle(call, r.file_system_id);
      },
      OnFileSystem(&PutLifecycleConfigurationRequest::file_system_id));
  registry.Add<ops::DescribeFileSystemPolicy>(
      [](api::Call& call, const DescribeFileSystemPolicyRequest& r) -> Result<FileSystemPolicyDescription*> {
        TRY_ASSIGN(const rows::FileSystem* row, GetFileSystem(call, r.file_system_id));
        return ApiError("PolicyNotFound", "No policy found for file system '" + row->id.str() + "'.", ErrorKind::kNotFound);
      },
      OnFileSystem(&DescribeFileSystemPolicyRequest::file_system_id));
  registry.Add<ops::DescribeBackupPolicy>(
      [](api::Call& call, const DescribeBackupPolicyRequest& r) -> Result<BackupPolicyDescription*> {
        TRY_ASSIGN([[maybe_unused]] const rows::FileSystem* row, GetFileSystem(call, r.file_system_id));
        auto* out = call.arena.New<BackupPolicyDescription>();
        out->backup_policy = call.arena.New<BackupPolicy>();
        out->backup_policy->status = "DISABLED";
        return out;
      },
      OnFileSystem(&DescribeBackupPolicyRequest::file_system_id));
  registry.Add<ops::ListTagsForResource>(
      [](api::Call& call, const ListTagsForResourceRequest& r) -> Result<ListTagsForResourceResponse*> {
        auto* out = call.arena.New<ListTagsForResourceResponse>();
        TRY(WithTags(call, r.resource_id, [&](const List<rows::Tag>& tags) -> Result<bool> {
          out->tags = ShowTags(call, tags);
          return false;
        }));
        return out;
      },
      OnResource<ListTagsForResourceRequest>());
  registry.Add<ops::TagResource>(
      [](api::Call& call, const TagResourceRequest& r) -> Result<ops::TagResource::Response*> {
        TRY(WithTags(call, r.resource_id, [&](List<rows::Tag>& tags) -> Result<bool> {
          TRY_ASSIGN(tags, ReadTags(call, r.tags, tags));
          return true;
        }));
        return call.arena.New<ops::TagResource::Response>();
      },
      OnResource<TagResourceRequest>());
  registry.Add<ops::UntagResource>(
      [](api::Call& call, const UntagResourceRequest& r) -> Result<ops::UntagResource::Response*> {
        TRY(WithTags(call, r.resource_id, [&](List<rows::Tag>& tags) -> Result<bool> {
          List<rows::Tag> kept;
          for (const auto& tag : tags)
            if (std::none_of(r.tag_keys.begin(), r.tag_keys.end(), [&](Str key) { return key == tag.key; })) kept.Add(call.arena, tag);
          tags = kept;
          return true;
        }));
        return call.arena.New<ops::UntagResource::Response>();
      },
      OnResource<UntagResourceRequest>());
}

}  // namespace terrarium::efs
