#include "drivers/mysql/tls_files.h"

#include <unistd.h>

#include "base/file.h"
#include "drivers/mysql/certificates.h"
#include "drivers/mysql/tree.h"

namespace terrarium::mysql {
namespace {

Result<KeyPair> LoadOrMakeAuthority(const Layout& layout, const std::string& name, UnixMillis now, Random& random) {
  TRY(database::CheckName("certificate_authority", name, 40));
  const std::string stem = layout.Authorities() + "/" + name;
  if (::access((stem + ".pem").c_str(), F_OK) == 0) {
    TRY_ASSIGN(std::string certificate, ReadFile(stem + ".pem", 1 << 20));
    TRY_ASSIGN(std::string key, ReadFile(stem + ".key", 1 << 20));
    return KeyPair{std::move(certificate), std::move(key)};
  }
  TRY(MakeDirectories(layout.Authorities(), 0711));
  TRY_ASSIGN(KeyPair made, MakeAuthority("Terrarium RDS " + name, now, random));
  // The certificate last: where it is, the key is too.
  TRY(WriteFileAtomically(stem + ".key", made.key, 0400));
  TRY(WriteFileAtomically(stem + ".pem", made.certificate, 0444));
  return made;
}

}  // namespace

Result<std::string> EnsureAuthority(const Layout& layout, const std::string& name, UnixMillis now, Random& random) {
  TRY_ASSIGN(KeyPair authority, LoadOrMakeAuthority(layout, name, now, random));
  return std::move(authority.certificate);
}

Result<bool> EnsureServerCertificate(const Layout& layout, const ServerPaths& paths, const ServerSpec& spec, uid_t user, UnixMillis now, Random& random) {
  TRY_ASSIGN(const KeyPair authority, LoadOrMakeAuthority(layout, spec.certificate_authority, now, random));
  TRY(EnsureFolder(paths.Tls(), 0, 0711));
  const auto present = ReadFile(paths.Tls() + "/server.pem", 1 << 20);
  const auto signer = ReadFile(paths.Tls() + "/ca.pem", 1 << 20);
  if (present && signer && *signer == authority.certificate && CertificateFits(*present, authority.certificate, spec.endpoint, spec.address, now)) {
    return false;
  }
  TRY_ASSIGN(const KeyPair made, MakeServerCertificate(authority, {spec.endpoint}, {spec.address}, now, random));
  TRY(WriteFileFor(paths.Tls() + "/ca.pem", authority.certificate, 0, 0444));
  TRY(WriteFileFor(paths.Tls() + "/server.key", made.key, user, 0400));
  TRY(WriteFileFor(paths.Tls() + "/server.pem", made.certificate, 0, 0444));
  return true;
}

}  // namespace terrarium::mysql
