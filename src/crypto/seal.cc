#include "crypto/seal.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <memory>

#include "base/check.h"

namespace terrarium::crypto {
namespace {

constexpr int kNonce = 12;
constexpr int kTag = 16;

struct FreeContext {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
using Context = std::unique_ptr<EVP_CIPHER_CTX, FreeContext>;

const unsigned char* Bytes(std::string_view s) { return reinterpret_cast<const unsigned char*>(s.data()); }
unsigned char* Bytes(std::string& s) { return reinterpret_cast<unsigned char*>(s.data()); }

}  // namespace

std::string Seal(const Secret& key, std::string_view bound, std::string_view plaintext, Random& random) {
  TERRARIUM_CHECK(key.size() == kKeySize);
  std::string out(kNonce + plaintext.size() + kTag, '\0');
  random.Fill(out.data(), kNonce);
  const Context context(EVP_CIPHER_CTX_new());
  int length = 0;
  bool ok = context && EVP_EncryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, Bytes(key.view()), Bytes(out)) == 1;
  ok = ok && (bound.empty() || EVP_EncryptUpdate(context.get(), nullptr, &length, Bytes(bound), static_cast<int>(bound.size())) == 1);
  ok = ok && (plaintext.empty() || EVP_EncryptUpdate(context.get(), Bytes(out) + kNonce, &length, Bytes(plaintext), static_cast<int>(plaintext.size())) == 1);
  ok = ok && EVP_EncryptFinal_ex(context.get(), Bytes(out) + kNonce + plaintext.size(), &length) == 1;
  ok = ok && EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_GET_TAG, kTag, Bytes(out) + kNonce + plaintext.size()) == 1;
  TERRARIUM_CHECK(ok);  // only memory can be missing
  return out;
}

Result<Secret> Open(const Secret& key, std::string_view bound, std::string_view sealed) {
  TERRARIUM_CHECK(key.size() == kKeySize);
  const auto refuse = [] { return Fail(ErrorKind::kInvalid, "sealed bytes do not open"); };
  if (sealed.size() < kSealOverhead) return refuse();
  const std::size_t size = sealed.size() - kSealOverhead;
  std::string out(size, '\0');
  std::string tag(sealed.substr(sealed.size() - kTag));
  const Context context(EVP_CIPHER_CTX_new());
  int length = 0;
  bool ok = context && EVP_DecryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, Bytes(key.view()), Bytes(sealed)) == 1;
  ok = ok && (bound.empty() || EVP_DecryptUpdate(context.get(), nullptr, &length, Bytes(bound), static_cast<int>(bound.size())) == 1);
  ok = ok && (size == 0 || EVP_DecryptUpdate(context.get(), Bytes(out), &length, Bytes(sealed) + kNonce, static_cast<int>(size)) == 1);
  ok = ok && EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_SET_TAG, kTag, tag.data()) == 1;
  ok = ok && EVP_DecryptFinal_ex(context.get(), Bytes(out) + size, &length) == 1;
  Secret opened(std::move(out));
  if (!ok) return refuse();
  return opened;
}

Secret DeriveKey(const Secret& key, std::string_view purpose) { return Secret(HmacSha256(key.view(), std::string(purpose) + '\x01')); }

std::string Sha256(std::string_view bytes) {
  std::string out(32, '\0');
  TERRARIUM_CHECK(EVP_Digest(bytes.data(), bytes.size(), Bytes(out), nullptr, EVP_sha256(), nullptr) == 1);
  return out;
}

std::string HmacSha256(std::string_view key, std::string_view bytes) {
  std::string out(32, '\0');
  TERRARIUM_CHECK(HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), Bytes(bytes), bytes.size(), Bytes(out), nullptr) != nullptr);
  return out;
}

bool EqualSecrets(std::string_view a, std::string_view b) { return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0; }

}  // namespace terrarium::crypto
