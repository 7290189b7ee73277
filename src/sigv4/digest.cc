#include "sigv4/digest.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include "base/check.h"

namespace terrarium::sigv4 {
namespace {

struct Free {
  void operator()(EVP_MD* p) const { EVP_MD_free(p); }
  void operator()(EVP_MD_CTX* p) const { EVP_MD_CTX_free(p); }
  void operator()(EVP_MAC* p) const { EVP_MAC_free(p); }
  void operator()(EVP_MAC_CTX* p) const { EVP_MAC_CTX_free(p); }
};
template <class T>
using Owned = std::unique_ptr<T, Free>;

const unsigned char* Bytes(std::string_view s) { return reinterpret_cast<const unsigned char*>(s.data()); }
std::string_view View(const Hash& h) { return {reinterpret_cast<const char*>(h.data()), h.size()}; }

struct WipedString {
  std::string text;
  explicit WipedString(std::string s) : text(std::move(s)) {}
  WipedString(WipedString&&) noexcept = default;
  ~WipedString() { OPENSSL_cleanse(text.data(), text.size()); }
};

struct CachedKey {
  WipedString secret;
  Owned<EVP_MAC_CTX> mac;  // keyed; re-armed for each use
};

}  // namespace

struct Digester::Impl {
  // Fetched once: an implicit fetch costs as much as the hash of a small request.
  Owned<EVP_MD> sha{EVP_MD_fetch(nullptr, "SHA256", nullptr)};
  Owned<EVP_MD_CTX> md{EVP_MD_CTX_new()};
  Owned<EVP_MAC> hmac{EVP_MAC_fetch(nullptr, "HMAC", nullptr)};
  Owned<EVP_MAC_CTX> once{EVP_MAC_CTX_new(hmac.get())};
  std::size_t most;
  std::unordered_map<std::string, CachedKey> keys;
  std::string lookup;

  void Key(EVP_MAC_CTX* mac, std::string_view key) const {
    char name[] = "SHA256";
    const OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name, 0), OSSL_PARAM_construct_end()};
    TERRARIUM_CHECK(EVP_MAC_init(mac, Bytes(key), key.size(), params) == 1);
  }
  static Hash Finish(EVP_MAC_CTX* mac, std::string_view text) {
    Hash hash;
    std::size_t size = 0;
    TERRARIUM_CHECK(EVP_MAC_update(mac, Bytes(text), text.size()) == 1 && EVP_MAC_final(mac, hash.data(), &size, hash.size()) == 1);
    return hash;
  }
  Hash Mac(std::string_view key, std::string_view text) {
    Key(once.get(), key);
    return Finish(once.get(), text);
  }
  CachedKey Derive(std::string_view scope, std::string_view secret) {
    const WipedString start("AWS4" + std::string(secret));
    std::string_view rest = scope.substr(scope.find('/') + 1);
    Hash key{};
    std::string_view with = start.text;
    while (!rest.empty()) {
      const std::size_t slash = rest.find('/');
      key = Mac(with, rest.substr(0, slash));
      with = View(key);
      rest = slash == std::string_view::npos ? std::string_view() : rest.substr(slash + 1);
    }
    CachedKey cached{WipedString(std::string(secret)), Owned<EVP_MAC_CTX>(EVP_MAC_CTX_new(hmac.get()))};
    Key(cached.mac.get(), View(key));
    OPENSSL_cleanse(key.data(), key.size());
    return cached;
  }
};

Digester::Digester(std::size_t most) : impl_(std::make_unique<Impl>()) {
  impl_->most = most;
  TERRARIUM_CHECK(impl_->sha && impl_->md && impl_->hmac && impl_->once);
}

Digester::~Digester() = default;

Hash Digester::Sha256(std::string_view bytes) {
  Hash hash;
  unsigned size = hash.size();
  EVP_MD_CTX* md = impl_->md.get();
  TERRARIUM_CHECK(EVP_DigestInit_ex2(md, impl_->sha.get(), nullptr) == 1 && EVP_DigestUpdate(md, bytes.data(), bytes.size()) == 1 &&
                  EVP_DigestFinal_ex(md, hash.data(), &size) == 1);
  return hash;
}

Hash Digester::Sign(std::string_view scope, std::string_view secret, std::string_view text) {
  impl_->lookup.assign(scope);
  auto it = impl_->keys.find(impl_->lookup);
  if (it != impl_->keys.end() && !EqualInConstantTime(it->second.secret.text, secret)) {
    impl_->keys.erase(it);
    it = impl_->keys.end();
  }
  if (it == impl_->keys.end()) {
    if (impl_->keys.size() >= impl_->most) impl_->keys.clear();  // clients choose parts of the scope: it must not grow without end
    it = impl_->keys.emplace(impl_->lookup, impl_->Derive(scope, secret)).first;
  } else {
    TERRARIUM_CHECK(EVP_MAC_init(it->second.mac.get(), nullptr, 0, nullptr) == 1);
  }
  return Impl::Finish(it->second.mac.get(), text);
}

void Digester::Forget(std::string_view key_id) {
  std::erase_if(impl_->keys, [&](const auto& entry) { return entry.first.size() > key_id.size() && entry.first.starts_with(key_id) && entry.first[key_id.size()] == '/'; });
}

std::size_t Digester::cached() const { return impl_->keys.size(); }

struct BodyHash::Impl {
  Owned<EVP_MD_CTX> md{EVP_MD_CTX_new()};
};

BodyHash::BodyHash() : impl_(std::make_unique<Impl>()) { TERRARIUM_CHECK(EVP_DigestInit_ex(impl_->md.get(), EVP_sha256(), nullptr) == 1); }
BodyHash::BodyHash(BodyHash&&) noexcept = default;
BodyHash::~BodyHash() = default;
void BodyHash::Add(std::string_view bytes) { TERRARIUM_CHECK(EVP_DigestUpdate(impl_->md.get(), bytes.data(), bytes.size()) == 1); }
Hash BodyHash::Finish() {
  Hash hash;
  unsigned size = hash.size();
  TERRARIUM_CHECK(EVP_DigestFinal_ex(impl_->md.get(), hash.data(), &size) == 1);
  return hash;
}

std::string Hex(const Hash& hash) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  out.reserve(2 * hash.size());
  for (unsigned char byte : hash) {
    out += kDigits[byte >> 4];
    out += kDigits[byte & 15];
  }
  return out;
}

bool EqualInConstantTime(std::string_view a, std::string_view b) { return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0; }

}  // namespace terrarium::sigv4
