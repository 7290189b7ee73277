#include "crypto/root_key.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "base/file.h"
#include "base/text.h"
#include "base/unique_fd.h"
#include "crypto/seal.h"

namespace terrarium::crypto {

Result<RootKey> RootKey::Load(const std::string& path, Random& random, bool may_create) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!fd && errno != ENOENT) return SystemFail("the root key " + path + " cannot be opened", errno);
  if (!fd) {
    if (!may_create)
      return Fail(ErrorKind::kInvalid, "the root key " + path + " is missing, but the state holds secrets sealed with it; put the file back, nothing else can open them");
    RootKey made = InMemory(random);
    TRY(WriteFileAtomically(path, made.key_.view(), 0400));
    return made;
  }
  struct stat found {};
  if (::fstat(fd.get(), &found) != 0) return SystemFail("the root key " + path, errno);
  if (!S_ISREG(found.st_mode) || (found.st_mode & 0077) != 0 || found.st_uid != ::geteuid())
    return Fail(ErrorKind::kInvalid, "the root key " + path + " must be a file of the engine's own user that nobody else can read (mode 0400)");
  std::string bytes(kKeySize + 1, '\0');
  const ssize_t got = ::read(fd.get(), bytes.data(), bytes.size());
  if (got != static_cast<ssize_t>(kKeySize)) {
    Wipe(bytes);
    return Fail(ErrorKind::kInvalid, "the root key " + path + " is not " + std::to_string(kKeySize) + " bytes long");
  }
  RootKey key(Secret(bytes.substr(0, kKeySize)));
  Wipe(bytes);
  return key;
}

RootKey RootKey::InMemory(Random& random) {
  std::string bytes(kKeySize, '\0');
  random.Fill(bytes.data(), bytes.size());
  return RootKey(Secret(std::move(bytes)));
}

Secret RootKey::For(std::string_view purpose) const { return DeriveKey(key_, purpose); }

std::string RootKey::Fingerprint() const { return HexEncode(DeriveKey(key_, "terrarium fingerprint").view().substr(0, 16)); }

}  // namespace terrarium::crypto
