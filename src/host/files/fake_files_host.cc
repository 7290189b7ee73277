#include "host/files/fake_files_host.h"

#include "host/files/spec.h"

namespace terrarium::host {

namespace wire = gen::host_files;

Result<wire::EnsureFileSystemResponse*> FakeFilesHost::EnsureFileSystem(const wire::EnsureFileSystemRequest& request, Arena& arena) {
  TRY(before("EnsureFileSystem"));
  if (!IsFileSystemId(request.id)) return Fail(ErrorKind::kInvalid, "the file system's id is not valid");
  const std::lock_guard lock(mutex_);
  const auto [at, fresh] = all_.try_emplace(request.id.str());
  if (fresh) at->second.key = request.key.str();
  if (at->second.key != request.key.str()) return Fail(ErrorKind::kConflict, "the key is not the file system's");
  auto* out = arena.New<wire::EnsureFileSystemResponse>();
  out->used_bytes = at->second.used;
  return out;
}

Result<wire::RemoveFileSystemResponse*> FakeFilesHost::RemoveFileSystem(const wire::RemoveFileSystemRequest& request, Arena& arena) {
  TRY(before("RemoveFileSystem"));
  const std::lock_guard lock(mutex_);
  all_.erase(request.id.str());
  return arena.New<wire::RemoveFileSystemResponse>();
}

Result<wire::ListFileSystemsResponse*> FakeFilesHost::ListFileSystems(const wire::ListFileSystemsRequest&, Arena& arena) {
  TRY(before("ListFileSystems"));
  const std::lock_guard lock(mutex_);
  auto* out = arena.New<wire::ListFileSystemsResponse>();
  out->ids.Present(arena);
  for (const auto& [id, one] : all_) out->ids.Add(arena, Str(arena.Copy(id)));
  return out;
}

std::map<std::string, FakeFilesHost::One> FakeFilesHost::all() const {
  const std::lock_guard lock(mutex_);
  return all_;
}
void FakeFilesHost::SetUsed(const std::string& id, std::int64_t bytes) {
  const std::lock_guard lock(mutex_);
  all_[id].used = bytes;
}

}  // namespace terrarium::host
