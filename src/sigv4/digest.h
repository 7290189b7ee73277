#pragma once

#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

// The hashes that Signature Version 4 needs. OpenSSL stays in digest.cc.
namespace terrarium::sigv4 {

using Hash = std::array<unsigned char, 32>;

std::string Hex(const Hash& hash);
// Takes the same time wherever the first difference is.
bool EqualInConstantTime(std::string_view a, std::string_view b);

// SHA-256 and the derived signing keys, which are cached: a key serves every request of one key id, day, region and service.
// One thread at a time.
class Digester {
 public:
  // `most` signing keys are kept; they are dropped all at once beyond that.
  explicit Digester(std::size_t most = 4096);
  Digester(const Digester&) = delete;
  ~Digester();

  Hash Sha256(std::string_view bytes);
  // The signature of `text` under the key of this scope ("keyid/date/region/service/aws4_request"). A cached key is used only if it was
  // made from this very secret.
  Hash Sign(std::string_view scope, std::string_view secret, std::string_view text);
  // Drops what was derived for a key id that is gone.
  void Forget(std::string_view key_id);
  std::size_t cached() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Hashes a body that arrives in pieces.
class BodyHash {
 public:
  BodyHash();
  BodyHash(BodyHash&&) noexcept;
  ~BodyHash();
  void Add(std::string_view bytes);
  Hash Finish();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace terrarium::sigv4
