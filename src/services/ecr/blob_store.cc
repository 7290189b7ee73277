#include "services/ecr/blob_store.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "base/check.h"
#include "base/file.h"
#include "base/text.h"

namespace terrarium::ecr {
namespace {

constexpr std::size_t kBuffer = 256 * 1024;

bool IsHex(std::string_view s) { return s.find_first_not_of("0123456789abcdef") == std::string_view::npos; }

Status SyncFolder(const std::string& folder) {
  const UniqueFd fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd || ::fsync(fd.get()) != 0) return SystemFail(folder, errno);
  return {};
}

Result<std::string> DigestOf(int fd) {
  Hasher hasher;
  std::string buffer(kBuffer, '\0');
  for (off_t at = 0;;) {
    const ssize_t got = ::pread(fd, buffer.data(), buffer.size(), at);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return SystemFail("blob", errno);
    if (got == 0) return hasher.Digest();
    hasher.Add({buffer.data(), static_cast<std::size_t>(got)});
    at += got;
  }
}

}  // namespace

bool IsDigest(std::string_view text) { return text.size() == 71 && text.starts_with("sha256:") && IsHex(text.substr(7)); }

struct Hasher::State {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
};

Hasher::Hasher() : state_(std::make_unique<State>()) { TERRARIUM_CHECK(EVP_DigestInit_ex(state_->context, EVP_sha256(), nullptr) == 1); }
Hasher::~Hasher() { EVP_MD_CTX_free(state_->context); }
void Hasher::Add(std::string_view bytes) { EVP_DigestUpdate(state_->context, bytes.data(), bytes.size()); }
std::string Hasher::Digest() {
  unsigned char out[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  EVP_DigestFinal_ex(state_->context, out, &size);
  return "sha256:" + HexEncode({reinterpret_cast<const char*>(out), size});
}

Result<std::unique_ptr<BlobStore>> BlobStore::Open(const std::string& folder) {
  TRY(MakeDirectories(folder, 0700));
  TRY(MakeDirectory(folder + "/sha256", 0700));
  TRY(MakeDirectory(folder + "/uploads", 0700));
  return std::unique_ptr<BlobStore>(new BlobStore(folder));
}

std::string BlobStore::BlobPath(std::string_view digest) const {
  TERRARIUM_CHECK(IsDigest(digest));
  const std::string hex(digest.substr(7));
  return folder_ + "/sha256/" + hex.substr(0, 2) + "/" + hex;
}

Result<std::string> BlobStore::UploadPath(std::string_view upload) const {
  // A name from a client: only what BeginUpload can have made.
  if (upload.size() != 36 || upload.find_first_not_of("0123456789abcdef-") != std::string_view::npos) return Fail(ErrorKind::kNotFound, "no such upload");
  return folder_ + "/uploads/" + std::string(upload);
}

std::optional<std::uint64_t> BlobStore::Find(std::string_view digest) const {
  struct stat st{};
  if (!IsDigest(digest) || ::stat(BlobPath(digest).c_str(), &st) != 0) return std::nullopt;
  return static_cast<std::uint64_t>(st.st_size);
}

Result<UniqueFd> BlobStore::OpenBlob(std::string_view digest) const {
  if (!IsDigest(digest)) return Fail(ErrorKind::kNotFound, "no such blob");
  UniqueFd fd(::open(BlobPath(digest).c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!fd) return SystemFail("blob", errno);
  return fd;
}

Status BlobStore::Remove(std::string_view digest) {
  if (::unlink(BlobPath(digest).c_str()) != 0 && errno != ENOENT) return SystemFail("blob", errno);
  return {};
}

Result<std::string> BlobStore::BeginUpload(Random& random) {
  const std::string upload = RandomUuid(random);
  TRY_ASSIGN(const std::string path, UploadPath(upload));
  const UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!fd) return SystemFail("upload", errno);
  return upload;
}

Result<std::uint64_t> BlobStore::UploadSize(std::string_view upload) const {
  TRY_ASSIGN(const std::string path, UploadPath(upload));
  struct stat st{};
  if (::stat(path.c_str(), &st) != 0) return Fail(ErrorKind::kNotFound, "no such upload");
  return static_cast<std::uint64_t>(st.st_size);
}

Result<UniqueFd> BlobStore::OpenUpload(std::string_view upload) const {
  TRY_ASSIGN(const std::string path, UploadPath(upload));
  UniqueFd fd(::open(path.c_str(), O_RDWR | O_APPEND | O_CLOEXEC | O_NOFOLLOW));
  if (!fd) return Fail(ErrorKind::kNotFound, "no such upload");
  return fd;
}

Status BlobStore::CompleteUpload(std::string_view upload, std::string_view digest) {
  if (!IsDigest(digest)) return Fail(ErrorKind::kInvalid, "the digest is not a sha256 digest");
  TRY_ASSIGN(const std::string path, UploadPath(upload));
  TRY_ASSIGN(const UniqueFd fd, OpenUpload(upload));
  TRY_ASSIGN(const std::string found, DigestOf(fd.get()));
  if (found != digest) {
    TRY(CancelUpload(upload));
    return Fail(ErrorKind::kInvalid, "the bytes have the digest " + found);
  }
  if (::fsync(fd.get()) != 0) return SystemFail("upload", errno);
  const std::string target = BlobPath(digest);
  const std::string folder = target.substr(0, target.rfind('/'));
  TRY(MakeDirectory(folder, 0700));
  TRY(SyncFolder(folder_ + "/sha256"));
  if (::rename(path.c_str(), target.c_str()) != 0) return SystemFail("blob", errno);
  return SyncFolder(folder);
}

Status BlobStore::CancelUpload(std::string_view upload) {
  TRY_ASSIGN(const std::string path, UploadPath(upload));
  if (::unlink(path.c_str()) != 0) return Fail(ErrorKind::kNotFound, "no such upload");
  return {};
}

}  // namespace terrarium::ecr
