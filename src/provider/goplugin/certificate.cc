#include "provider/goplugin/certificate.h"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <memory>

namespace terrarium::provider {
namespace {

template <auto Free>
struct Deleter {
  void operator()(auto* object) const { Free(object); }
};
using Key = std::unique_ptr<EVP_PKEY, Deleter<EVP_PKEY_free>>;
using X509Owner = std::unique_ptr<X509, Deleter<X509_free>>;
using Bio = std::unique_ptr<BIO, Deleter<BIO_free_all>>;
using Extension = std::unique_ptr<X509_EXTENSION, Deleter<X509_EXTENSION_free>>;

constexpr unsigned char kName[] = "localhost";
constexpr long kClockSkew = 30;
constexpr long kYear = 365L * 24 * 3600;

bool AddExtension(X509* certificate, int nid, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
  const Extension extension(X509V3_EXT_conf_nid(nullptr, &context, nid, value));
  return extension && X509_add_ext(certificate, extension.get(), -1) == 1;
}

// The client trusts exactly this certificate and expects the name "localhost".
bool Fill(X509* certificate, EVP_PKEY* key) {
  std::uint64_t serial = 0;
  RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof serial);
  X509_NAME* name = X509_get_subject_name(certificate);
  return X509_set_version(certificate, 2) &&
         ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate), serial >> 1) &&
         X509_gmtime_adj(X509_getm_notBefore(certificate), -kClockSkew) &&
         X509_gmtime_adj(X509_getm_notAfter(certificate), kYear) && X509_set_pubkey(certificate, key) &&
         X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, kName, -1, -1, 0) &&
         X509_set_issuer_name(certificate, name) &&
         AddExtension(certificate, NID_subject_alt_name, "DNS:localhost") &&
         AddExtension(certificate, NID_basic_constraints, "critical,CA:TRUE") &&
         AddExtension(certificate, NID_key_usage, "critical,digitalSignature,keyCertSign") &&
         AddExtension(certificate, NID_ext_key_usage, "serverAuth,clientAuth") &&
         X509_sign(certificate, key, EVP_sha256()) > 0;
}

std::string Contents(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return {data, static_cast<std::size_t>(size)};
}

std::string UnpaddedBase64(const std::string& bytes) {
  std::string out(4 * ((bytes.size() + 2) / 3) + 1, '\0');
  const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                                   reinterpret_cast<const unsigned char*>(bytes.data()), static_cast<int>(bytes.size()));
  out.resize(static_cast<std::size_t>(size));
  while (out.ends_with('=')) out.pop_back();
  return out;
}

}  // namespace

Result<Certificate> MakeCertificate() {
  const Key key(EVP_EC_gen("P-256"));
  const X509Owner certificate(X509_new());
  const Bio pem(BIO_new(BIO_s_mem())), key_pem(BIO_new(BIO_s_mem())), der(BIO_new(BIO_s_mem()));
  if (!key || !certificate || !Fill(certificate.get(), key.get()) ||
      !PEM_write_bio_X509(pem.get(), certificate.get()) ||
      !PEM_write_bio_PrivateKey(key_pem.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) ||
      !i2d_X509_bio(der.get(), certificate.get()))
    return Fail(ErrorKind::kUnavailable, "the TLS certificate cannot be made");
  return Certificate{.pem = Contents(pem.get()),
                     .key_pem = Contents(key_pem.get()),
                     .announced = UnpaddedBase64(Contents(der.get()))};
}

}  // namespace terrarium::provider
