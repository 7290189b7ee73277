#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/random.h"
#include "base/result.h"
#include "base/unique_fd.h"

namespace terrarium::ecr {

// "sha256:" and 64 lower-case hexadecimal digits.
bool IsDigest(std::string_view text);

// A running SHA-256. Reading is verified with it while bytes leave, writing before a digest is believed.
class Hasher {
 public:
  Hasher();
  ~Hasher();
  Hasher(const Hasher&) = delete;
  void Add(std::string_view bytes);
  std::string Digest();  // "sha256:…"; ends it

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// Bytes by digest, and uploads on their way to become such:
//   <folder>/sha256/ab/<64 hex>      never changed once there
//   <folder>/uploads/<uuid>          what has arrived of an upload; outlives a restart, so that it can be resumed
// Constant memory whatever the size.
class BlobStore {
 public:
  static Result<std::unique_ptr<BlobStore>> Open(const std::string& folder);

  // Size of the blob; nothing if there is none.
  std::optional<std::uint64_t> Find(std::string_view digest) const;
  Result<UniqueFd> OpenBlob(std::string_view digest) const;
  Status Remove(std::string_view digest);

  Result<std::string> BeginUpload(Random& random);
  Result<std::uint64_t> UploadSize(std::string_view upload) const;  // kNotFound for an unknown one
  Result<UniqueFd> OpenUpload(std::string_view upload) const;       // for appending
  // Verifies the digest, makes the bytes durable and gives them their name: only then true that the blob is there. kInvalid on another digest; the upload is gone then.
  Status CompleteUpload(std::string_view upload, std::string_view digest);
  Status CancelUpload(std::string_view upload);

 private:
  explicit BlobStore(std::string folder) : folder_(std::move(folder)) {}
  std::string BlobPath(std::string_view digest) const;
  Result<std::string> UploadPath(std::string_view upload) const;

  std::string folder_;
};

}  // namespace terrarium::ecr
