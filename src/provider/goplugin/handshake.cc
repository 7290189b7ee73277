#include "provider/goplugin/handshake.h"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>

namespace terrarium::provider {
namespace {

constexpr const char* kCookieName = "TF_PLUGIN_MAGIC_COOKIE";
constexpr std::string_view kCookie = "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2";
constexpr char kProtocol = '5';

std::string Environment(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

}  // namespace

Result<Invitation> ReadInvitation() {
  if (Environment(kCookieName) != kCookie)
    return Fail(ErrorKind::kInvalid, "This program is a Terraform provider. Terraform starts it; it does nothing on its own.");
  const std::string versions = Environment("PLUGIN_PROTOCOL_VERSIONS");
  if (!versions.empty() && !("," + versions + ",").contains(std::string(",") + kProtocol + ","))
    return Fail(ErrorKind::kInvalid, "this provider speaks plugin protocol 5, which the caller does not");
  return Invitation{.client_certificate = Environment("PLUGIN_CLIENT_CERT")};
}

void Announce(std::string_view socket, std::string_view server_certificate) {
  std::string line = "1|";
  line += kProtocol;
  ((line += "|unix|") += socket) += "|grpc|";
  (line += server_certificate) += "\n";
  std::fwrite(line.data(), 1, line.size(), stdout);
  std::fflush(stdout);
  dup2(STDERR_FILENO, STDOUT_FILENO);
}

}  // namespace terrarium::provider
