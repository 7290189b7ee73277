#pragma once

#include <string>

#include "base/result.h"
#include "base/unique_fd.h"

// Just enough of MySQL's protocol to ask a server who may come in.
namespace terrarium::prove {

enum class Tls : unsigned char { kNo, kYes };

struct LoginAnswer {
  bool accepted = false;
  std::string version{};     // as the server's greeting says it
  std::string tls{};         // "TLSv1.3"; empty without
  int error = 0;             // the server's number, 3159 for a connection without TLS where TLS is required
  std::string message{};
};

// One login with caching_sha2_password on a connected, blocking socket. The certificate is not checked: whether the server insists on TLS is
// what is asked. kUnavailable where the other side is no MySQL server or ends the talk.
Result<LoginAnswer> LogIn(UniqueFd socket, const std::string& user, const std::string& password, Tls tls);

}  // namespace terrarium::prove
