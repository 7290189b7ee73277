#pragma once

#include <string>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"

namespace terrarium::mysql {

struct KeyPair {
  std::string certificate;  // PEM
  std::string key;          // PEM, secret
};

// A certificate authority of its own, P-256, valid for ten years from `now`.
Result<KeyPair> MakeAuthority(const std::string& name, UnixMillis now, Random& random);

// A server certificate, P-256, valid for a year from `now`. The first DNS name is the subject; every name and IPv4 address is an alternative one.
Result<KeyPair> MakeServerCertificate(const KeyPair& authority, const std::vector<std::string>& dns_names,
                                      const std::vector<std::string>& addresses, UnixMillis now, Random& random);

// Whether it is one for exactly this name and address by that authority, and for another thirty days from `now`.
bool CertificateFits(const std::string& certificate, const std::string& authority, const std::string& dns_name, const std::string& address,
                     UnixMillis now);

}  // namespace terrarium::mysql
