#include "drivers/mysql/certificates.h"

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <ctime>
#include <memory>

namespace terrarium::mysql {
namespace {

template <auto kFree>
struct Freer {
  template <class T>
  void operator()(T* p) const { kFree(p); }
};
using X509Ptr = std::unique_ptr<X509, Freer<::X509_free>>;
using PkeyPtr = std::unique_ptr<EVP_PKEY, Freer<::EVP_PKEY_free>>;
using BioPtr = std::unique_ptr<BIO, Freer<::BIO_free_all>>;
using ExtensionPtr = std::unique_ptr<X509_EXTENSION, Freer<::X509_EXTENSION_free>>;

constexpr std::int64_t kDayMillis = 86'400'000;

std::unexpected<Error> Failed() { return Fail(ErrorKind::kUnavailable, "a certificate cannot be made"); }

std::string Drain(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return std::string(data, static_cast<std::size_t>(size));
}

X509Ptr ReadCertificate(const std::string& pem) {
  const BioPtr bio(::BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  return X509Ptr(bio ? ::PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr) : nullptr);
}

PkeyPtr ReadKey(const std::string& pem) {
  const BioPtr bio(::BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  return PkeyPtr(bio ? ::PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr) : nullptr);
}

Result<KeyPair> WritePair(X509* certificate, EVP_PKEY* key) {
  const BioPtr cert_out(::BIO_new(::BIO_s_mem())), key_out(::BIO_new(::BIO_s_mem()));
  if (!cert_out || !key_out || ::PEM_write_bio_X509(cert_out.get(), certificate) != 1 ||
      ::PEM_write_bio_PrivateKey(key_out.get(), key, nullptr, nullptr, 0, nullptr, nullptr) != 1) {
    return Failed();
  }
  return KeyPair{Drain(cert_out.get()), Drain(key_out.get())};
}

bool AddExtension(X509* certificate, X509* issuer, int id, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  ::X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const ExtensionPtr extension(::X509V3_EXT_conf_nid(nullptr, &context, id, value.c_str()));
  return extension && ::X509_add_ext(certificate, extension.get(), -1) == 1;
}

// Version, serial number, validity, subject and key. An hour back, for clients whose clock is a little behind.
bool Begin(X509* certificate, EVP_PKEY* key, const std::string& subject, UnixMillis now, int days, Random& random) {
  unsigned char serial[16];
  random.Fill(serial, sizeof serial);
  serial[0] = static_cast<unsigned char>((serial[0] & 0x7f) | 0x40);
  const std::unique_ptr<BIGNUM, Freer<::BN_free>> number(::BN_bin2bn(serial, sizeof serial, nullptr));
  X509_NAME* name = ::X509_get_subject_name(certificate);
  const std::time_t from = static_cast<std::time_t>(now / 1000) - 3600;
  const std::string common = subject.substr(0, 64);
  return number && ::X509_set_version(certificate, 2) == 1 && ::BN_to_ASN1_INTEGER(number.get(), ::X509_get_serialNumber(certificate)) != nullptr &&
         ::ASN1_TIME_set(::X509_getm_notBefore(certificate), from) != nullptr &&
         ::ASN1_TIME_set(::X509_getm_notAfter(certificate), from + 86'400L * days) != nullptr &&
         ::X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, reinterpret_cast<const unsigned char*>(common.c_str()), -1, -1, 0) == 1 &&
         ::X509_set_pubkey(certificate, key) == 1;
}

}  // namespace

Result<KeyPair> MakeAuthority(const std::string& name, UnixMillis now, Random& random) {
  const PkeyPtr key(EVP_EC_gen("P-256"));
  const X509Ptr certificate(::X509_new());
  if (!key || !certificate || !Begin(certificate.get(), key.get(), name, now, 3652, random) ||
      ::X509_set_issuer_name(certificate.get(), ::X509_get_subject_name(certificate.get())) != 1 ||
      !AddExtension(certificate.get(), certificate.get(), NID_basic_constraints, "critical,CA:TRUE,pathlen:0") ||
      !AddExtension(certificate.get(), certificate.get(), NID_key_usage, "critical,keyCertSign,cRLSign") ||
      !AddExtension(certificate.get(), certificate.get(), NID_subject_key_identifier, "hash") ||
      ::X509_sign(certificate.get(), key.get(), ::EVP_sha256()) == 0) {
    return Failed();
  }
  return WritePair(certificate.get(), key.get());
}

Result<KeyPair> MakeServerCertificate(const KeyPair& authority, const std::vector<std::string>& dns_names,
                                      const std::vector<std::string>& addresses, UnixMillis now, Random& random) {
  const X509Ptr issuer = ReadCertificate(authority.certificate);
  const PkeyPtr issuer_key = ReadKey(authority.key);
  const PkeyPtr key(EVP_EC_gen("P-256"));
  const X509Ptr certificate(::X509_new());
  if (dns_names.empty() || !issuer || !issuer_key || !key || !certificate) return Failed();
  std::string alternatives;
  for (const std::string& name : dns_names) alternatives += (alternatives.empty() ? "DNS:" : ",DNS:") + name;
  for (const std::string& address : addresses) alternatives += ",IP:" + address;
  if (!Begin(certificate.get(), key.get(), dns_names.front(), now, 365, random) ||
      ::X509_set_issuer_name(certificate.get(), ::X509_get_subject_name(issuer.get())) != 1 ||
      !AddExtension(certificate.get(), issuer.get(), NID_basic_constraints, "critical,CA:FALSE") ||
      !AddExtension(certificate.get(), issuer.get(), NID_key_usage, "critical,digitalSignature") ||
      !AddExtension(certificate.get(), issuer.get(), NID_ext_key_usage, "serverAuth") ||
      !AddExtension(certificate.get(), issuer.get(), NID_subject_alt_name, alternatives) ||
      !AddExtension(certificate.get(), issuer.get(), NID_authority_key_identifier, "keyid") ||
      ::X509_sign(certificate.get(), issuer_key.get(), ::EVP_sha256()) == 0) {
    return Failed();
  }
  return WritePair(certificate.get(), key.get());
}

bool CertificateFits(const std::string& certificate, const std::string& authority, const std::string& dns_name, const std::string& address,
                     UnixMillis now) {
  const X509Ptr leaf = ReadCertificate(certificate), issuer = ReadCertificate(authority);
  if (!leaf || !issuer) return false;
  std::time_t until = static_cast<std::time_t>((now + 30 * kDayMillis) / 1000);
  const PkeyPtr issuer_key(::X509_get_pubkey(issuer.get()));
  return issuer_key && ::X509_verify(leaf.get(), issuer_key.get()) == 1 &&
         ::X509_check_host(leaf.get(), dns_name.c_str(), dns_name.size(), X509_CHECK_FLAG_NEVER_CHECK_SUBJECT, nullptr) == 1 &&
         ::X509_check_ip_asc(leaf.get(), address.c_str(), 0) == 1 && ::X509_cmp_time(::X509_get0_notAfter(leaf.get()), &until) > 0;
}

}  // namespace terrarium::mysql
